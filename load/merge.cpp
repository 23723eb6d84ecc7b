#include <algorithm>

#include "load/results.h"

namespace iotemu::load {
namespace {

Error apart(std::string message) {
  return {.code = Errc::invalid_request, .message = std::move(message)};
}

std::string text_of(Shard shard) {
  return std::to_string(shard.index) + "/" + std::to_string(shard.of);
}

/// Whether the two are parts of one load.
Status belong_together(const Results& a, const Results& b) {
  if (a.profile != b.profile) {
    return apart("runs of different profiles do not add up: one is '" + a.profile + "', the other '" +
                 b.profile + "'");
  }
  for (const auto& one : a.shards) {
    for (const auto& other : b.shards) {
      if (one.of != other.of) {
        return apart("shard " + text_of(one) + " and shard " + text_of(other) +
                     " are parts of different loads");
      }
      // Whole runs may be added; the same part twice would count its devices twice.
      if (one.of > 1 && one == other) return apart("shard " + text_of(one) + " is there twice");
    }
  }
  return Ok{};
}

template <class T>
void add(std::optional<T>& into, const std::optional<T>& from) {
  if (from) into = into.value_or(T{}) + *from;
}

/// What two loads saw of one emulator is one thing seen twice.
template <class T>
void keep_larger(std::optional<T>& into, const std::optional<T>& from) {
  if (from) into = std::max(into.value_or(*from), *from);
}

void add(Second& into, const Second& from) {
  into.arrivals += from.arrivals;
  into.connects += from.connects;
  into.accepted += from.accepted;
  into.refused += from.refused;
  into.errors += from.errors;
  into.published += from.published;
  into.acknowledged += from.acknowledged;
  into.received += from.received;
  add(into.connections, from.connections);
  keep_larger(into.slowest, from.slowest);
  add(into.load_cpu, from.load_cpu);
  add(into.load_rss, from.load_rss);
  keep_larger(into.cpu, from.cpu);
  keep_larger(into.rss, from.rss);
  keep_larger(into.handler_p50, from.handler_p50);
  keep_larger(into.handler_p99, from.handler_p99);
}

void add(Counts& into, const Counts& from) {
  into.arrivals += from.arrivals;
  into.connects += from.connects;
  into.accepted += from.accepted;
  into.given_up += from.given_up;
  into.unfinished += from.unfinished;
  into.reconnects += from.reconnects;
  into.disconnected += from.disconnected;
  into.published += from.published;
  into.acknowledged += from.acknowledged;
  into.received += from.received;
}

/// A line of `lines` for each different text.
void add_line(std::string& lines, const std::string& line) {
  std::string_view rest{lines};
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    if (rest.substr(0, end) == line) return;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (!lines.empty()) lines += '\n';
  lines += line;
}

/// Settings in which the parts differ show all their values.
void add_settings(Results& into, const Results& from) {
  for (const auto& [name, text] : from.configuration) {
    const auto same =
        std::ranges::find(into.configuration, name, &std::pair<std::string, std::string>::first);
    if (same == into.configuration.end()) {
      into.configuration.emplace_back(name, text);
    } else if ((", " + same->second + ",").find(", " + text + ",") == std::string::npos) {
      same->second += ", " + text;
    }
  }
}

}  // namespace

Status merge(Results& into, const Results& from) {
  if (auto together = belong_together(into, from); !together) return together;

  add_line(into.command_line, from.command_line);
  add_settings(into, from);
  for (const auto& machine : from.machines) {
    if (std::ranges::find(into.machines, machine) == into.machines.end()) into.machines.push_back(machine);
  }
  into.shards.insert(into.shards.end(), from.shards.begin(), from.shards.end());
  std::ranges::sort(into.shards, {}, &Shard::index);
  into.started = std::min(into.started, from.started);
  into.finished = std::max(into.finished, from.finished);
  into.interrupted = into.interrupted || from.interrupted;

  for (std::size_t i = 0; i < kPhases; ++i) {
    if (static_cast<Phase>(i) != Phase::handler) into.histograms[i].merge(from.histograms[i]);
  }
  if (from[Phase::handler].count() > into[Phase::handler].count())
    into[Phase::handler] = from[Phase::handler];
  add(into.counts, from.counts);
  for (const auto& [cause, count] : from.refusals) into.refusals[cause] += count;
  for (const auto& [cause, count] : from.errors) into.errors[cause] += count;
  for (const auto& second : from.series) add(into.second(second.at), second);
  return Ok{};
}

}  // namespace iotemu::load
