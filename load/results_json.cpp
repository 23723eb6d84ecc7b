// The JSON form of results. Seconds are kept as columns, "null" where nothing was seen: an hour is a few
// hundred kB.

#include <array>
#include <string>
#include <variant>

#include "load/json_members.h"
#include "load/results.h"

namespace iotemu::load {
namespace {

constexpr const char* kSchemaMember = "iot-emulator-load";
/// A week of seconds: more is no run of ours.
constexpr std::size_t kMostSeconds = 604'800;

struct CountMember {
  const char* name;
  std::uint64_t Counts::*member;
};
constexpr std::array kCounts{
    CountMember{"arrivals", &Counts::arrivals},         CountMember{"connects", &Counts::connects},
    CountMember{"accepted", &Counts::accepted},         CountMember{"givenUp", &Counts::given_up},
    CountMember{"unfinished", &Counts::unfinished},     CountMember{"reconnects", &Counts::reconnects},
    CountMember{"disconnected", &Counts::disconnected}, CountMember{"published", &Counts::published},
    CountMember{"acknowledged", &Counts::acknowledged}, CountMember{"received", &Counts::received},
};

using ColumnMember = std::variant<std::uint64_t Second::*, std::optional<std::uint64_t> Second::*,
                                  std::optional<double> Second::*>;
struct Column {
  const char* name;
  ColumnMember member;
};
const std::array kColumns{
    Column{"arrivals", &Second::arrivals},
    Column{"connects", &Second::connects},
    Column{"accepted", &Second::accepted},
    Column{"refused", &Second::refused},
    Column{"errors", &Second::errors},
    Column{"published", &Second::published},
    Column{"acknowledged", &Second::acknowledged},
    Column{"received", &Second::received},
    Column{"connections", &Second::connections},
    Column{"slowest", &Second::slowest},
    Column{"loadCpu", &Second::load_cpu},
    Column{"loadRss", &Second::load_rss},
    Column{"cpu", &Second::cpu},
    Column{"rss", &Second::rss},
    Column{"handlerP50", &Second::handler_p50},
    Column{"handlerP99", &Second::handler_p99},
};

Json cell(std::uint64_t value) {
  return value;
}
template <class T>
Json cell(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json to_columns(const std::vector<Second>& series) {
  Json columns = Json::object();
  auto& at = columns["at"] = Json::array();
  for (const auto& second : series) at.push_back(second.at);
  for (const auto& [name, member] : kColumns) {
    auto& column = columns[name] = Json::array();
    for (const auto& second : series) {
      column.push_back(std::visit([&](auto pointer) { return cell(second.*pointer); }, member));
    }
  }
  return columns;
}

bool read_cell(const Json& json, std::uint64_t& into) {
  if (!json.is_number_unsigned()) return false;
  into = json.get<std::uint64_t>();
  return true;
}
bool read_cell(const Json& json, std::optional<std::uint64_t>& into) {
  return json.is_null() || read_cell(json, into.emplace());
}
bool read_cell(const Json& json, std::optional<double>& into) {
  if (json.is_null()) return true;
  if (!json.is_number() || json.get<double>() < 0) return false;
  into = json.get<double>();
  return true;
}

std::vector<Second> read_columns(Members& columns) {
  std::vector<Second> series;
  for (const auto& at : columns.array("at")) {
    const bool ascends = at.is_number_integer() && at.get<std::int64_t>() >= 0 &&
                         (series.empty() || series.back().at < at.get<std::int64_t>());
    if (!ascends || series.size() == kMostSeconds) {
      columns.fail("at", "a list of seconds that ascends, of at most a week");
      return {};
    }
    series.push_back({.at = at.get<std::int64_t>()});
  }
  for (const auto& [name, member] : kColumns) {
    const auto& column = columns.array(name);
    if (columns.failed()) return {};
    bool good = column.size() == series.size();
    for (std::size_t i = 0; good && i < series.size(); ++i) {
      good = std::visit([&](auto pointer) { return read_cell(column[i], series[i].*pointer); }, member);
    }
    if (!good) columns.fail(name, "a list of one number for each of 'at'");
  }
  return series;
}

std::map<std::string, std::uint64_t> read_causes(Members& file, const char* name) {
  std::map<std::string, std::uint64_t> causes;
  const auto& object = file.object(name);
  Members members{object, name};
  for (const auto& [cause, value] : object.items()) causes[cause] = members.number(cause);
  if (auto done = members.done(); !done) file.fail(done.error());
  return causes;
}

std::vector<std::pair<std::string, std::string>> read_configuration(Members& file) {
  std::vector<std::pair<std::string, std::string>> configuration;
  for (const auto& pair : file.array("configuration")) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) {
      file.fail("configuration", "a list of [name, text]");
      return {};
    }
    configuration.emplace_back(pair[0].get<std::string>(), pair[1].get<std::string>());
  }
  return configuration;
}

std::vector<std::string> read_machines(Members& file) {
  std::vector<std::string> machines;
  for (const auto& line : file.array("machines")) {
    if (!line.is_string()) {
      file.fail("machines", "a list of strings");
      return {};
    }
    machines.push_back(line.get<std::string>());
  }
  return machines;
}

std::vector<Shard> read_shards(Members& file) {
  std::vector<Shard> shards;
  for (const auto& pair : file.array("shards")) {
    const bool numbers =
        pair.is_array() && pair.size() == 2 && pair[0].is_number_unsigned() && pair[1].is_number_unsigned();
    const auto index = numbers ? pair[0].get<std::uint64_t>() : 0;
    const auto of = numbers ? pair[1].get<std::uint64_t>() : 0;
    if (index == 0 || index > of || of > 1'000'000) {
      file.fail("shards", "a list of [number, of how many], counted from 1");
      return {};
    }
    shards.push_back({.index = static_cast<std::uint32_t>(index), .of = static_cast<std::uint32_t>(of)});
  }
  if (shards.empty()) file.fail("shards", "a list of at least one shard");
  return shards;
}

void read_histograms(Members& file, Results& results) {
  Members histograms{file.object("histograms"), "histograms"};
  for (std::size_t i = 0; i < kPhases && !histograms.failed(); ++i) {
    const std::string name{name_of(static_cast<Phase>(i))};
    const auto& json = histograms.object(name);
    if (histograms.failed()) break;
    auto read = Histogram::from_json(json);
    if (!read) {
      histograms.fail(unreadable("'histograms." + name + "': " + read.error().message));
      break;
    }
    results.histograms[i] = std::move(*read);
  }
  if (auto done = histograms.done(); !done) file.fail(done.error());
}

/// Milliseconds since the epoch, up to the year 9999.
Time read_time(Members& file, const char* name) {
  return Time{Duration{static_cast<Duration::rep>(file.number(name, 253'402'300'799'999))}};
}

}  // namespace

Json to_json(const Results& results) {
  Json json{{kSchemaMember, Results::kSchema},
            {"commandLine", results.command_line},
            {"profile", results.profile},
            {"machines", results.machines},
            {"started", epoch_ms(results.started)},
            {"finished", epoch_ms(results.finished)},
            {"interrupted", results.interrupted},
            {"refusals", results.refusals},
            {"errors", results.errors},
            {"seconds", to_columns(results.series)}};
  auto& configuration = json["configuration"] = Json::array();
  for (const auto& [name, text] : results.configuration) configuration.push_back(Json::array({name, text}));
  auto& shards = json["shards"] = Json::array();
  for (const auto& shard : results.shards) shards.push_back(Json::array({shard.index, shard.of}));
  auto& histograms = json["histograms"] = Json::object();
  for (std::size_t i = 0; i < kPhases; ++i) {
    histograms[std::string{name_of(static_cast<Phase>(i))}] = results.histograms[i].to_json();
  }
  auto& counts = json["counts"] = Json::object();
  for (const auto& [name, member] : kCounts) counts[name] = results.counts.*member;
  return json;
}

Result<Results> results_from_json(const Json& json) {
  if (!json.is_object() || !json.contains(kSchemaMember)) {
    return unreadable("this is no result of a load run: it has no member 'iot-emulator-load'");
  }
  if (json[kSchemaMember] != Results::kSchema) {
    return unreadable("the result is of schema " + to_text(json[kSchemaMember]) +
                      ", this program reads schema " + std::to_string(Results::kSchema));
  }
  Members file{json, {}};
  Results results;
  (void)file.number(kSchemaMember);
  results.command_line = file.text("commandLine");
  results.profile = file.text("profile");
  results.configuration = read_configuration(file);
  results.machines = read_machines(file);
  results.shards = read_shards(file);
  results.started = read_time(file, "started");
  results.finished = read_time(file, "finished");
  results.interrupted = file.flag("interrupted");
  read_histograms(file, results);
  Members counts{file.object("counts"), "counts"};
  for (const auto& [name, member] : kCounts) results.counts.*member = counts.number(name);
  if (auto done = counts.done(); !done) file.fail(done.error());
  results.refusals = read_causes(file, "refusals");
  results.errors = read_causes(file, "errors");
  Members columns{file.object("seconds"), "seconds"};
  results.series = read_columns(columns);
  if (auto done = columns.done(); !done) file.fail(done.error());
  // The verdicts of the run that wrote the file. They are found anew where they are wanted.
  if (file.has("thresholds")) (void)file.array("thresholds");
  if (auto done = file.done(); !done) return done.error();
  if (results.finished < results.started) return unreadable("'finished' lies before 'started'");
  return results;
}

Result<Results> read_results(std::string_view text) {
  auto json = parse_json(text);
  if (!json) return unreadable("this is no JSON: " + json.error().message);
  return results_from_json(*json);
}

}  // namespace iotemu::load
