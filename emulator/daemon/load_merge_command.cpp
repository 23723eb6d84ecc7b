#include "emulator/daemon/load_merge_command.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/private_file.h"
#include "emulator/daemon/load_outcome.h"
#include "load/results.h"

namespace iotemu::daemon {
namespace {

/// An hour's results are below 1 MB.
constexpr std::size_t kMostBytes = 64 * 1024 * 1024;

struct MergeOptions {
  std::vector<std::string> files{};
  LoadOutcome outcome{};
};

/// Adds the runs up as they are read; `note` is told what is odd and no error.
class Sum {
 public:
  explicit Sum(Console& console) : console_{console} {}

  Status add(const std::string& file) {
    const auto text = read_file(file, kMostBytes);
    if (!text) return text.error();
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      if (texts_[i] == *text) return of(file, "holds the same results as " + names_[i]);
    }
    auto read = load::read_results(*text);
    if (!read) return of(file, read.error().message);
    if (!sum_) {
      sum_ = std::move(*read);
    } else {
      const bool apart = read->started >= sum_->finished || read->finished <= sum_->started;
      if (auto merged = load::merge(*sum_, *read); !merged) return of(file, merged.error().message);
      if (apart) {
        console_.err
            << "iot-emulator: note: " << file
            << " ran at another time than those before it; rates and charts show a load that never was "
               "there at once (--start-at starts shards together)\n";
      }
    }
    texts_.push_back(*text);
    names_.push_back(file);
    return Ok{};
  }

  [[nodiscard]] const load::Results& results() const { return *sum_; }

 private:
  static Error of(const std::string& file, const std::string& message) {
    return {.code = Errc::invalid_request, .message = file + ": " + message};
  }

  Console& console_;
  std::optional<load::Results> sum_;
  std::vector<std::string> texts_;
  std::vector<std::string> names_;
};

/// "2/3, 3/3": the shards of a load whose results nobody gave.
std::string missing_shards(const load::Results& results) {
  constexpr std::size_t kMostNamed = 8;
  const auto of = results.shards.front().of;
  if (results.shards.size() >= of) return {};
  std::string missing;
  std::size_t named = 0;
  auto next = results.shards.begin();
  for (std::uint32_t index = 1; index <= of && named <= kMostNamed; ++index) {
    if (next != results.shards.end() && next->index == index) {
      ++next;
      continue;
    }
    const auto name =
        named == kMostNamed ? std::string{"…"} : std::to_string(index) + "/" + std::to_string(of);
    missing += (named++ == 0 ? "" : ", ") + name;
  }
  return missing;
}

int merge(Console& console, const MergeOptions& options) {
  if (auto writable = check_load_outcome(options.outcome); !writable) {
    return fail(console, writable.error().message);
  }
  Sum sum{console};
  for (const auto& file : options.files) {
    if (auto added = sum.add(file); !added) return fail(console, added.error().message);
  }
  if (const auto missing = missing_shards(sum.results()); !missing.empty()) {
    console.err << "iot-emulator: note: shard " << missing << " of this load is not among the files\n";
  }
  return conclude_load(console, sum.results(), options.outcome);
}

}  // namespace

void add_load_merge(CLI::App& load, Command& chosen) {
  auto* command = load.add_subcommand(
      "merge", "Adds up the results of several load machines, and judges and draws the sum");
  const auto options = std::make_shared<MergeOptions>();
  command->add_option("files", options->files, "What each wrote with --json")
      ->type_name("FILE.json")
      ->required();
  add_load_outcome(*command, options->outcome);
  command->callback(
      [&chosen, options] { chosen = [options](Console& console) { return merge(console, *options); }; });
}

}  // namespace iotemu::daemon
