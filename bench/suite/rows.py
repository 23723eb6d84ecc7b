"""The rows of the table: what is run for each, and which ratio of its figures is held against which bar.

A row's function runs one round and gives {figure: {contender: value}}, or a list of values where it made several rounds
itself. What it starts once for all rounds it keeps in `bench`. Rows that only need a broker run on whoever is there: the
emulator, mosquitto, the floor.
"""
import json
import os
import select
import statistics
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass

from . import handlers
from .servers import Echo, Emulator, Failed, Floor, Identities, Mosquitto


@dataclass(frozen=True)
class Figure:
    unit: str
    better: str = "higher"


@dataclass(frozen=True)
class Bar:
    """`contender` over `than` in `figure`; without `than` the value itself. No `owed`: it is only wanted."""
    title: str
    figure: str
    than: str = None
    owed: float = None
    wanted: float = None
    contender: str = "emulator"


FIGURES = {
    "connects_per_second": Figure("1/s"),
    "connect_p99": Figure("ms", "lower"),
    "handshake_cpu": Figure("s per 1,000", "lower"),
    "pairs_qos0": Figure("msg/s"),
    "pairs_qos1": Figure("msg/s"),
    "fanout_50": Figure("msg/s"),
    "fanout_1000": Figure("msg/s"),
    "fanin": Figure("msg/s"),
    "pingpong_p50": Figure("ms", "lower"),
    "paced_p50": Figure("ms", "lower"),
    "paced_p99": Figure("ms", "lower"),
    "idle_connection": Figure("bytes", "lower"),
    "idle_rss": Figure("bytes", "lower"),
    "device_seconds": Figure("s", "lower"),
    "device_cpu": Figure("s per 1,000", "lower"),
    "jitr_per_second": Figure("1/s"),
    "jitr_p99": Figure("ms", "lower"),
    "start": Figure("ms", "lower"),
    "create_thing_1": Figure("1/s"),
    "create_thing_8": Figure("1/s"),
    "create_thing_cpu": Figure("s per 1,000", "lower"),
    "operation": Figure("ms", "lower"),
    "operation_in_process": Figure("µs", "lower"),
    "handshake_cpu_workers": Figure("s per 1,000", "lower"),
    "soak_rss": Figure("bytes", "lower"),
    "soak_turns": Figure("turns"),
    "message_cpu_workers": Figure("s per 100k", "lower"),
}


def figure(name):
    """Of every rate there is also what it cost: below one core's worth of CPU, the load was the limit."""
    if name.endswith("_share"):
        return Figure("of its core")
    if name.endswith("_lost"):
        return Figure("messages", "lower")
    return FIGURES.get(name) or Figure("s per 100k", "lower")


class Bench:
    """One run: the options, and the servers that serve all rounds."""

    def __init__(self, place, quick, tls, rsa, without):
        self.place, self.quick, self.tls, self.rsa, self.without = place, quick, tls, rsa, without
        self.identities = Identities(place, "factory", rsa)
        self.kept = ExitStack()
        self.servers = {}

    def some(self, much, little):
        return little if self.quick else much

    def kinds(self):
        return [kind for kind in (Emulator, Mosquitto, Floor) if kind.name not in self.without]

    def server(self, key, make):
        """One that is kept for later rounds."""
        if key not in self.servers:
            self.servers[key] = self.kept.enter_context(make())
        return self.servers[key]

    def brokers(self, count):
        """(name, server) of all, each ready for `count` devices."""
        for kind in self.kinds():
            server = self.server(kind.name, lambda: kind(self.place, self.identities))
            server.admit(self.identities, count)
            yield kind.name, server

    def load(self, server, mode, count, *more):
        how = ("--tls", self.tls, *(("--rsa",) if self.rsa else ()))
        return self.place.load("broker_load", mode, *server.arguments(), *self.identities.need(count), *how, *more)

    def close(self):
        self.kept.close()


def connects(bench):
    pool = bench.some(32 if bench.rsa else 256, 32)
    result = {"connects_per_second": {}, "handshake_cpu": {}, "connect_p99": {}, "connects_share": {}}
    for name, server in bench.brokers(pool):
        got = bench.load(server, "connects", pool, "--total", bench.some(2000, 100), "--pool", pool)
        result["connects_per_second"][name] = got["connects_per_second"]
        result["handshake_cpu"][name] = got["server_cpu_seconds_per_1000"]
        result["connect_p99"][name] = got["latency_ms_p99"]
        result["connects_share"][name] = got["server_cpu_share"]
    return result


def messages(name_of_figure, mode, publishers, subscribers, qos):
    def run(bench):
        result = {}
        count = publishers + subscribers
        for name, server in bench.brokers(count):
            got = bench.load(server, mode, count, "--qos", qos, "--publishers", publishers,
                             "--subscribers", subscribers, "--seconds", bench.some(3, 0.3))
            for suffix, member in (("", "messages_per_second"), ("_cpu", "server_cpu_seconds_per_100k"),
                                   ("_share", "server_cpu_share"), ("_lost", "lost")):
                if member in got:
                    result.setdefault(name_of_figure + suffix, {})[name] = got[member]
        return result
    return run


def pingpong(bench):
    """Beside the brokers, twice an echo over plain TCP: to and fro, each through a server."""
    seconds = ("--seconds", bench.some(2, 0.3))
    result = {}
    for name, server in bench.brokers(2):
        result[name] = bench.load(server, "pingpong", 2, *seconds)["round_trip_ms_p50"]
    echo = bench.server("loopback", lambda: Echo(bench.place))
    got = bench.place.load("broker_load", "echo", "--port", echo.port, *seconds)
    result["loopback × 2"] = 2 * got["round_trip_ms_p50"]
    return {"pingpong_p50": result}


def paced(bench):
    result = {"paced_p50": {}, "paced_p99": {}, "paced_lost": {}}
    for name, server in bench.brokers(20):
        got = bench.load(server, "paced", 20, "--qos", 1, "--rate", bench.some(5000, 500),
                         "--seconds", bench.some(3, 0.3))
        result["paced_p50"][name], result["paced_p99"][name] = got["latency_ms_p50"], got["latency_ms_p99"]
        result["paced_lost"][name] = got["lost"]
    return result


def idle_memory(bench):
    steps = bench.some([1000, 5000, 10000], [50, 100])
    result = {"idle_connection": {}}
    for kind in bench.kinds():
        with kind(bench.place, bench.identities) as server:  # a heap that nobody has used yet
            server.admit(bench.identities, steps[-1])
            got = bench.load(server, "idle", steps[-1], "--steps", ",".join(map(str, steps)))
            for step in steps:
                result["idle_connection"][f"{kind.name} {step}"] = got[f"bytes_per_connection_{step}"]
    return result


def idle_rss(bench):
    result = {"idle_rss": {}}
    for kind in bench.kinds():
        with kind(bench.place, bench.identities) as server:
            time.sleep(bench.some(1, 0.1))  # what a start leaves to do behind it is done
            result["idle_rss"][kind.name] = server.resident_bytes()
    return result


def jitp(bench):
    """A device that was never seen: refused and provisioned, in at its second knock. Beside it two bare handshakes."""
    total, in_flight = bench.some(1000, 50), ("--in-flight", 16)

    def make():
        server = Emulator(bench.place)
        server.newcomers = Identities(bench.place, "jitp")
        server.register_jitp_ca(server.newcomers)
        return server

    emulator = bench.server("emulator jitp", make)
    floor = bench.server("floor", lambda: Floor(bench.place, bench.identities))
    got = bench.place.load("broker_load", "onboard", *emulator.arguments(), *emulator.newcomers.fresh(total), "--total", total,
                           *in_flight)
    pool = bench.some(256, 32)
    bare = bench.load(floor, "connects", pool, "--pool", pool, "--total", total, *in_flight)
    return {"device_seconds": {"emulator": 1 / got["devices_per_second"],
                               "floor × 2": 2 / bare["connects_per_second"]},
            "device_cpu": {"emulator": got["server_cpu_seconds_per_1000"],
                           "floor × 2": 2 * bare["server_cpu_seconds_per_1000"]}}


def jitr(bench):
    """As JITP, by a handler that attaches a policy and activates; refused devices come again after 20 ms, then 40, …"""
    total = bench.some(300, 20)
    result = {"jitr_per_second": {}, "jitr_p99": {}}
    for name, make in handlers.KINDS.items():
        with make(bench.place) as host:
            got = bench.place.load("broker_load", "onboard", *host.arguments(), *host.identities.fresh(total),
                                   "--total", total, "--retry-ms", 20)
        result["jitr_per_second"][name] = got["devices_per_second"]
        result["jitr_p99"][name] = got["time_to_accepted_ms_p99"]
    return result


def workers(bench):
    """One worker and two, both on all cores beside the load: only CPU is compared."""
    pool = bench.some(256, 32)
    everything = set(bench.place.server_cores) | set(bench.place.load_cores)
    result = {"handshake_cpu_workers": {}, "message_cpu_workers": {}}
    for count, name in ((1, "one worker"), (2, "two workers")):
        server = bench.server(name, lambda: Emulator(bench.place, bench.identities, cores=everything, workers=count))
        server.admit(bench.identities, pool)
        got = bench.load(server, "connects", pool, "--pool", pool, "--total", bench.some(2000, 100))
        result["handshake_cpu_workers"][name] = got["server_cpu_seconds_per_1000"]
        got = bench.load(server, "pairs", 20, "--qos", 1, "--seconds", bench.some(3, 0.3))
        result["message_cpu_workers"][name] = got["server_cpu_seconds_per_100k"]
    return result


def start(bench):
    """From exec to the line that says ready; in process the constructor alone. A round is the median of 20."""
    times = []
    for _ in range(bench.some(20, 3)):
        begin = time.perf_counter()
        ports = ("--api-port", "0", "--mqtt-port", "0", "--https-port", "0")
        process = subprocess.Popen([bench.place.emulator, "serve", *ports], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        log = b""
        while b" ready " not in log:
            if not select.select([process.stderr], [], [], 30)[0] or not (more := os.read(process.stderr.fileno(), 65536)):
                raise Failed(f"the emulator did not start:\n{log.decode(errors='replace')}")
            log += more
        times.append((time.perf_counter() - begin) * 1000)
        process.kill()
        process.communicate()
    result = {"start": {"daemon": statistics.median(times)}}
    if (bench.place.programs / "door_bench").exists():
        got = benchmark(bench, "door_bench", "^start/", "--benchmark_repetitions=" + str(bench.some(20, 3)))
        result["start"]["in process"] = statistics.median(run["real_time"] for run in got)
    return result


def benchmark(bench, program, only, *more):
    """The runs of a Google Benchmark, on the server's core."""
    done = subprocess.run(
        [bench.place.programs / program, f"--benchmark_filter={only}", "--benchmark_format=json",
         f"--benchmark_min_time={bench.some(0.2, 0.01)}", *more],
        capture_output=True, text=True, preexec_fn=lambda: os.sched_setaffinity(0, bench.place.server_cores))
    if done.returncode != 0:
        raise Failed(f"{program}: {done.stderr.strip()}")
    return [run for run in json.loads(done.stdout)["benchmarks"] if run["run_type"] == "iteration"]


def api(bench):
    result = {"create_thing_1": {}, "create_thing_8": {}, "create_thing_cpu": {}}
    with Emulator(bench.place) as emulator:
        total = bench.some(10000, 200)
        for number, connections in enumerate((1, 8)):
            got = bench.place.load("api_load", "create", "--port", emulator.api_port, "--server-pid", emulator.pid,
                                   "--connections", connections, "--total", total, "--from", number * total)
            result[f"create_thing_{connections}"]["emulator"] = got["requests_per_second"]
            result["create_thing_cpu"][f"{connections} connections"] = got["server_cpu_seconds_per_1000"]
    return result


def scale_api(bench):
    """The median of each operation over HTTP among a thousand things and certificates and among a hundred thousand. An
    account has a thousand rules at most: those, and subscriptions, are in `scale`."""
    result = {"operation": {}}
    small, large = bench.some((1000, 100000), (100, 1000))
    for things, at in ((small, "small"), (large, "large")):
        server = bench.servers.get(f"emulator {at}")
        if not server:
            server = bench.server(f"emulator {at}", lambda: Emulator(bench.place))
            for mode in ("create", "certificates"):
                bench.place.load("api_load", mode, "--port", server.api_port, "--connections", 8, "--total", things)
        got = bench.place.load("api_load", "mixed", "--port", server.api_port, "--things", things, "--total",
                               bench.some(500, 20))
        for key, value in got.items():
            if key.endswith("_ms_p50"):
                result["operation"][f"{key.removesuffix('_ms_p50')} {at}"] = value
    return result


def scale(bench):
    """The same in process: things and certificates (registry_bench), subscriptions (topic_match_bench), rules. The rounds
    are the benches' own: a registry is filled once."""
    result = {"operation_in_process": {}}
    for program, only in (("registry_bench", "."), ("topic_match_bench", "among"), ("rules_bench", ".")):
        if not (bench.place.programs / program).exists():
            raise Failed(f"{bench.place.programs / program} is not built")
        for run in benchmark(bench, program, only if not bench.quick else "/1000$",
                             f"--benchmark_repetitions={bench.some(3, 1)}"):
            name, _, size = run["name"].partition("/")
            at = {"1000": "small", "100000": "large"}.get(size)
            if at:
                scale_of = {"ns": 1e-3, "us": 1, "ms": 1e3}[run["time_unit"]]
                result["operation_in_process"].setdefault(f"{name} {at}", []).append(run["cpu_time"] * scale_of)
    return result


def soak(bench):
    """Half an hour of everything at once, by turns: devices that come and go, messages of every kind, the API, newcomers
    by a Lambda function who are deleted again. What a process still holds after each turn must not grow."""
    everything = set(bench.place.server_cores) | set(bench.place.load_cores)
    rate, short = bench.some(2000, 200), bench.some(3, 0.3)
    resident, lost = [], 0
    with handlers.Lambda(bench.place, cores=everything, workers=2) as server:
        server.register_ca(bench.identities)
        server.admit(bench.identities, 64)
        bench.place.load("api_load", "create", "--port", server.api_port, "--connections", 4, "--total", 500)
        ends = time.monotonic() + bench.some(1800, 5)
        while time.monotonic() < ends or len(resident) < 4:
            bench.load(server, "connects", 64, "--pool", 64, "--total", bench.some(500, 50))
            for mode, qos, more in (("pairs", 0, ()), ("pairs", 1, ()), ("fanout", 0, ()), ("fanin", 1, ()),
                                    ("paced", 1, ("--rate", rate))):
                got = bench.load(server, mode, 64, "--qos", qos, "--seconds", short, *more)
                lost += got["lost"] if qos == 1 else 0
            bench.place.load("api_load", "mixed", "--port", server.api_port, "--things", 500, "--connections", 4,
                             "--total", bench.some(100, 10))
            server.let_in_and_forget(bench.some(20, 4))
            resident.append(server.resident_bytes())
    middle, quarter = len(resident) // 2, max(1, len(resident) // 4)
    return {"soak_rss": {"third quarter": statistics.median(resident[middle:middle + quarter]),
                         "last quarter": statistics.median(resident[-quarter:])},
            "soak_turns": {"emulator": len(resident)}, "soak_lost": {"emulator": lost}}


# In the order of the table. The first figure of a bar is the emulator's, over somebody else's.
ROWS = {
    "connects": (connects, [
        Bar("mTLS connects/s", "connects_per_second", "mosquitto", 1.25, 1.6),
        Bar("mTLS connects/s", "connects_per_second", "floor", None, 0.9),
        Bar("server CPU per 1,000 handshakes", "handshake_cpu", "mosquitto", 0.65, 0.45)]),
    "pairs0": (messages("pairs_qos0", "pairs", 10, 10, 0), [Bar("10 pairs, 64 B, QoS 0", "pairs_qos0", "mosquitto", 4, 9)]),
    "pairs1": (messages("pairs_qos1", "pairs", 10, 10, 1), [
        Bar("10 pairs, 64 B, QoS 1", "pairs_qos1", "mosquitto", 4, 9),
        Bar("server CPU per 100k QoS 1 messages", "pairs_qos1_cpu", "mosquitto", 0.25, 0.08)]),
    "fanout": (messages("fanout_50", "fanout", 1, 50, 0), [Bar("fan-out 1 → 50, QoS 0", "fanout_50", "mosquitto", 4, 8)]),
    "fanout1000": (messages("fanout_1000", "fanout", 1, 1000, 0), [
        Bar("fan-out 1 → 1,000, QoS 0", "fanout_1000", "mosquitto")]),
    "fanin": (messages("fanin", "fanin", 50, 1, 1), [
        Bar("fan-in 50 → 1, QoS 1", "fanin", "mosquitto", 4, 8),
        Bar("acknowledged and lost in it", "fanin_lost", None, 0, 0)]),
    "pingpong": (pingpong, [Bar("p50 of a QoS 1 ping-pong", "pingpong_p50", "mosquitto", 1, 0.8)]),
    "paced": (paced, [Bar("p99 at 5,000 msg/s", "paced_p99", "mosquitto", 1, 0.8)]),
    "idle": (idle_memory, [
        Bar("memory per idle connection (1,000)", "idle_connection", "mosquitto 1000", contender="emulator 1000"),
        Bar("memory per idle connection (5,000)", "idle_connection", "mosquitto 5000", 1.1, 0.95, "emulator 5000"),
        Bar("memory per idle connection (10,000)", "idle_connection", "mosquitto 10000", contender="emulator 10000")]),
    "rss": (idle_rss, [Bar("idle RSS of the process", "idle_rss", "mosquitto", 3, 1.5)]),
    "jitp": (jitp, [
        Bar("JITP per device, 16 at a time, over two bare handshakes", "device_seconds", "floor × 2", 3, 2.2),
        Bar("the same in server CPU", "device_cpu", "floor × 2")]),
    "workers": (workers, [
        Bar("CPU per handshake, two workers over one", "handshake_cpu_workers", "one worker", 1.15, 1.05, "two workers"),
        Bar("CPU per message, two workers over one", "message_cpu_workers", "one worker", 1.15, 1.05, "two workers")]),
    "start": (start, [
        Bar("start to ready, daemon (ms)", "start", None, 50, 20, "daemon"),
        Bar("start to ready, in process (ms)", "start", None, 25, 10, "in process")]),
    "api": (api, [
        Bar("API requests/s, one connection", "create_thing_1", None, 5000, 20000),
        Bar("API requests/s, eight connections", "create_thing_8", None, 5000, 20000)]),
    "scale": (scale, "operation_in_process"),
    "scale-api": (scale_api, "operation"),
    "jitr": (jitr, [Bar(f"JITR/s, handler {name}", "jitr_per_second", contender=name) for name in handlers.KINDS]),
    "soak": (soak, [
        Bar("memory at the end of the soak, last quarter over third", "soak_rss", "third quarter", 1.05, 1.01, "last quarter"),
        Bar("turns of it", "soak_turns"),
        Bar("acknowledged and lost in it", "soak_lost", None, 0, 0)]),
}

# Only where they are asked for by name.
LONG = {"soak"}


# Rows that take long, or that hardly differ from round to round.
MOST_ROUNDS = {"idle": 2, "rss": 3, "scale": 1, "scale-api": 3, "soak": 1}


def bars(row, samples):
    """Those of a row; where every operation is one, they come from what was measured."""
    found = ROWS[row][1]
    if isinstance(found, str):
        names = sorted(key.removesuffix(" large") for key in samples.get(found, {}) if key.endswith(" large"))
        return [Bar(f"{name} at 100k over 1k", found, f"{name} small", 1.5, 1.1, f"{name} large") for name in names]
    return found
