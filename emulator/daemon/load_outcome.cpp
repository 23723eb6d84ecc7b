#include "emulator/daemon/load_outcome.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/private_file.h"
#include "emulator/daemon/load_causes.h"
#include "load/report.h"
#include "load/summary.h"
#include "load/thresholds.h"

namespace iotemu::daemon {
namespace {

/// A space per level: to be read, and an hour's seconds still fit into a mail.
constexpr int kIndent = 1;

std::string why_no_threshold(std::string& text) {
  const auto threshold = load::parse_threshold(text);
  return threshold ? why_no_cause(*threshold) : threshold.error().message;
}

Error cannot_write(const std::string& option, const std::string& file, const std::string& why) {
  return {.code = Errc::io, .message = option + ": " + file + " cannot be written: " + why};
}

Status check_file(const std::string& option, const std::string& file) {
  if (file.empty() || file == "-") return Ok{};
  const std::filesystem::path path{file};
  std::error_code failure;
  if (std::filesystem::is_directory(path, failure)) return cannot_write(option, file, "it is a directory");
  const auto directory = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
  if (::access(directory.c_str(), W_OK | X_OK) == 0) return Ok{};
  return cannot_write(option, file, std::generic_category().message(errno));
}

Json json_of(const load::Results& results, const std::vector<load::Verdict>& verdicts) {
  auto json = load::to_json(results);
  json["thresholds"] = load::to_json(verdicts);
  return json;
}

std::string text_of(const Json& json) {
  // Texts may come from anywhere: what is no UTF-8 is replaced.
  return json.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

void add_load_outcome(CLI::App& command, LoadOutcome& outcome) {
  command
      .add_option(
          "--fail-if", outcome.fail_if,
          "Exit code 3 if this holds at the end; may be given again.\n[METRIC.]FIGURE OP VALUE, for example\n"
          "p99>2s, publish.max>500ms, errors>0, accepted<1000,\nrefusals.throttled>10, attempts.max>5, "
          "given_up>1%,\naccepted.rate<10/s, cpu.max>150%, rss.max>500MB")
      ->type_name("'p99>2s'")
      ->allow_extra_args(false)
      ->check(CLI::Validator{why_no_threshold, ""})
      ->group("Results");
  command.add_option("--json", outcome.json, "Writes all results to this file; - is stdout")
      ->type_name("FILE")
      ->group("Results");
  command.add_option("--report", outcome.report, "Writes one page with charts to this file")
      ->type_name("FILE.html")
      ->group("Results");
}

Status check_load_outcome(const LoadOutcome& outcome) {
  if (auto done = check_file("--json", outcome.json); !done) return done;
  return check_file("--report", outcome.report);
}

int conclude_load(Console& console, const load::Results& results, const LoadOutcome& outcome) {
  std::vector<load::Threshold> thresholds;
  for (const auto& text : outcome.fail_if) {
    auto threshold = load::parse_threshold(text);
    if (!threshold) return fail(console, "--fail-if " + threshold.error().message);
    thresholds.push_back(std::move(*threshold));
  }
  const auto verdicts = load::judge_all(thresholds, results);
  const bool json_to_stdout = outcome.json == "-";
  (json_to_stdout ? console.err : console.out) << load::summary(results, verdicts);
  // Both are tried: a full disk under the one keeps the other.
  Status written = Ok{};
  if (json_to_stdout) {
    console.out << text_of(json_of(results, verdicts));
  } else if (!outcome.json.empty()) {
    written = write_file(outcome.json, text_of(json_of(results, verdicts)), kPublicMode, Overwrite::yes);
  }
  if (!outcome.report.empty()) {
    auto done = write_file(outcome.report, load::html_report(results, verdicts), kPublicMode, Overwrite::yes);
    if (!done) written = done;
  }
  if (!written) return fail(console, written.error().message);
  return load::all_passed(verdicts) ? 0 : kThresholdFailed;
}

}  // namespace iotemu::daemon
