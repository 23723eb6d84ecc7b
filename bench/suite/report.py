"""From rounds to a table: medians, ratios, verdicts; and what two reports say of each other."""
import statistics


def median(samples, figure, contender):
    values = samples.get(figure, {}).get(contender)
    return statistics.median(values) if values else None


def ratios(samples, bar):
    """One a round where rounds can be paired; the value itself for a bar that is no ratio."""
    mine = samples.get(bar.figure, {}).get(bar.contender, [])
    if bar.than is None:
        return list(mine)
    return [a / b for a, b in zip(mine, samples.get(bar.figure, {}).get(bar.than, [])) if b]


def judge(bar, figure, samples):
    """The row of a report, or None if nothing was measured for it."""
    mine = median(samples, bar.figure, bar.contender)
    other = median(samples, bar.figure, bar.than) if bar.than else None
    floor = median(samples, bar.figure, "floor")
    if mine is None:
        return None
    row = {"bar": bar.title, "figure": bar.figure, "unit": figure.unit, "contender": bar.contender, "median": mine,
           "than": bar.than, "than_median": other, "over_floor": mine / floor if floor else None,
           "value": None, "lowest": None, "highest": None, "owed": bar.owed, "wanted": bar.wanted, "verdict": ""}
    if bar.than and not other:
        return row  # nobody is there to be held against
    rounds = ratios(samples, bar)
    value = mine / other if bar.than else mine
    row.update(value=value, lowest=min(rounds), highest=max(rounds))

    def reached(mark):
        return mark is not None and (value >= mark if figure.better == "higher" else value <= mark)

    if reached(bar.wanted):
        row["verdict"] = "wanted"
    elif reached(bar.owed):
        row["verdict"] = "owed"
    elif bar.owed is not None:
        row["verdict"] = "MISSED"
    elif bar.wanted is not None:
        row["verdict"] = "not yet"
    return row


def number(value):
    if value is None:
        return ""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _cells(row):
    unit = "×" if row["than"] else row["unit"]
    measured = row["value"] is not None
    return (row["bar"], f"{number(row['median'])} {row['unit']}",
            f"{number(row['than_median'])} ({row['than']})" if row["than_median"] else "",
            f"{number(row['value'])} {unit}" if measured else "",
            f"{number(row['lowest'])} – {number(row['highest'])}" if measured else "",
            number(row["owed"]), number(row["wanted"]), row["verdict"], number(row["over_floor"]))


def table(rows, markdown=False):
    head = ("figure", "here", "beside it", "result", "rounds from – to", "owed", "wanted", "verdict", "× floor")
    lines = [head, *map(_cells, rows)]
    if markdown:
        text = [" | ".join(line) for line in lines]
        text.insert(1, "|".join("---" for _ in head))
        return "\n".join(f"| {line} |" for line in text)
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def compare(before, after):
    """For each figure of both reports: medians, change, the spread of the rounds, and whether the change is more than
    noise: no round of the one lies among the rounds of the other, and those beside us did not change as much."""
    rows = []
    for figure, contenders in after["samples"].items():
        changes = {}
        for contender, values in contenders.items():
            old = before["samples"].get(figure, {}).get(contender)
            if old and values and statistics.median(old):
                changes[contender] = statistics.median(values) / statistics.median(old) - 1
        drift = max((abs(change) for contender, change in changes.items()
                     if contender.split()[0] in ("mosquitto", "floor")), default=0)
        for contender, change in changes.items():
            old, new = before["samples"][figure][contender], contenders[contender]
            apart = min(new) > max(old) or max(new) < min(old)
            spread = max((max(values) - min(values)) / statistics.median(values) for values in (old, new))
            real = apart and abs(change) > drift and min(len(old), len(new)) > 1
            rows.append({"figure": figure, "contender": contender, "before": statistics.median(old),
                         "after": statistics.median(new), "change": change, "spread": spread,
                         "verdict": ("better" if (change > 0) == (after["better"][figure] == "higher") else "worse")
                         if real else "noise"})
    return rows
