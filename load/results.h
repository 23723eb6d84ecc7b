#pragma once

// Everything that one load run yields, as values: what `iot-emulator load` measures, writes as JSON, merges,
// judges and draws. The engine fills one of these; who reads it needs neither the engine nor an emulator.
// Plain data without a lock: one thread at a time.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "load/histogram.h"

namespace iotemu::load {

/// What is measured. All but `attempts` are latencies in microseconds, counted from the instant at which the
/// load meant to begin, not from the one at which it could: a server that stalls shows.
enum class Phase : std::uint8_t {
  provision,  ///< a new device, from its planned arrival to the accepted connection
  connect,    ///< one attempt, from the planned instant to CONNACK
  handshake,  ///< TCP and TLS of one attempt
  reconnect,  ///< a known device, from the planned instant to the accepted connection
  subscribe,  ///< SUBSCRIBE to SUBACK
  publish,    ///< QoS 1, from the planned instant to PUBACK
  delivery,   ///< from the planned publish to the PUBLISH at its subscriber
  attempts,   ///< connects that a device needed to be accepted; a number, not a time
  handler,    ///< one run of the user's handler, as the emulator tells it (/metrics); not in a real cloud
};
inline constexpr std::size_t kPhases = 9;

/// "provision" …: the names of JSON files, thresholds and tables.
[[nodiscard]] std::string_view name_of(Phase phase) noexcept;
[[nodiscard]] std::optional<Phase> phase_named(std::string_view name) noexcept;
/// false for `attempts`, which is a plain number.
[[nodiscard]] bool is_latency(Phase phase) noexcept;

/// What the load counted from start to end.
struct Counts {
  std::uint64_t arrivals{};      ///< devices that were let loose
  std::uint64_t connects{};      ///< attempts begun
  std::uint64_t accepted{};      ///< devices that got in, each counted once
  std::uint64_t given_up{};      ///< devices that ran out of attempts or time
  std::uint64_t unfinished{};    ///< devices still on their way when the run ended
  std::uint64_t reconnects{};    ///< accepted again after having been in
  std::uint64_t disconnected{};  ///< connections that the server cut after it had accepted them
  std::uint64_t published{};     ///< PUBLISH packets sent
  std::uint64_t acknowledged{};  ///< PUBACKs
  std::uint64_t received{};      ///< messages that came to subscribers
  friend bool operator==(const Counts&, const Counts&) = default;
};

/// One second of the run. A second that nobody looked at is not there; what could not be seen is absent,
/// never 0.
struct Second {
  std::int64_t at{};  ///< seconds since the epoch
  std::uint64_t arrivals{};
  std::uint64_t connects{};
  std::uint64_t accepted{};
  std::uint64_t refused{};
  std::uint64_t errors{};
  std::uint64_t published{};
  std::uint64_t acknowledged{};
  std::uint64_t received{};
  std::optional<std::uint64_t> connections{};  ///< the load's, open at the end of the second
  /// The slowest provisioning that ended in this second, in microseconds.
  std::optional<std::uint64_t> slowest{};
  std::optional<double> load_cpu{};         ///< of the load itself, in cores: 1.5 is one and a half
  std::optional<std::uint64_t> load_rss{};  ///< bytes
  // What was seen of the emulator, if it lets itself be looked at.
  std::optional<double> cpu{};                 ///< cores
  std::optional<std::uint64_t> rss{};          ///< bytes
  std::optional<std::uint64_t> handler_p50{};  ///< microseconds
  std::optional<std::uint64_t> handler_p99{};
  friend bool operator==(const Second&, const Second&) = default;
};

/// Which part of the devices this process played: `index` of `of`, counted from 1.
struct Shard {
  std::uint32_t index{1};
  std::uint32_t of{1};
  friend bool operator==(const Shard&, const Shard&) = default;
};

struct Results {
  /// The `schema` of the JSON form. Raised when a reader of the old form would misread the new one.
  static constexpr int kSchema = 1;

  /// What a person typed, for the report. The engine leaves out what is secret.
  std::string command_line{};
  /// "onboard", "steady" …
  std::string profile{};
  /// Settings as name and text, in the order in which they are shown ("devices", "1000").
  std::vector<std::pair<std::string, std::string>> configuration{};
  /// One line for each machine that made load: `machine_line()`.
  std::vector<std::string> machines{};
  /// One entry, or those of all merged runs.
  std::vector<Shard> shards{Shard{}};
  Time started{};
  Time finished{};
  /// Somebody ended the run before its time.
  bool interrupted{false};

  std::array<Histogram, kPhases> histograms{};
  Counts counts{};
  /// Refusals by cause, in the emulator's words where it tells ("certificate_pending"), else as the load sees
  /// them
  /// ("closed_before_connack").
  std::map<std::string, std::uint64_t> refusals{};
  /// What should not happen, by cause: "connection_refused", "timed_out", "tls_handshake" …
  std::map<std::string, std::uint64_t> errors{};
  /// Ascending by `at`, no second twice.
  std::vector<Second> series{};

  [[nodiscard]] Histogram& operator[](Phase phase) { return histograms[static_cast<std::size_t>(phase)]; }
  [[nodiscard]] const Histogram& operator[](Phase phase) const {
    return histograms[static_cast<std::size_t>(phase)];
  }
  /// The entry of that second, made if it is not there. Cheap for the last one.
  [[nodiscard]] Second& second(std::int64_t at);
  [[nodiscard]] std::uint64_t refusals_total() const noexcept;
  [[nodiscard]] std::uint64_t errors_total() const noexcept;
  /// From start to end, at least one millisecond.
  [[nodiscard]] Duration duration() const noexcept;

  friend bool operator==(const Results&, const Results&) = default;
};

/// The JSON form, pretty enough to be read: {"iot-emulator-load": 1, …}.
[[nodiscard]] Json to_json(const Results& results);
/// Strict: a file of something else, of another schema, with a member missing, unknown or of the wrong kind
/// is Errc::serialization with a sentence that names it.
[[nodiscard]] Result<Results> results_from_json(const Json& json);
/// The same from text; bytes that are no JSON are told apart.
[[nodiscard]] Result<Results> read_results(std::string_view text);

/// Adds `from` to `into`: histograms and counts add, seconds are aligned by their absolute time, what both
/// saw of one emulator (CPU, memory, handler) is not added but the larger is kept. Fails with a sentence, and
/// leaves `into` as it was, when the two do not belong together: other profiles, another number of shards,
/// one shard twice.
[[nodiscard]] Status merge(Results& into, const Results& from);

/// "AMD EPYC 7B13, 2 cores, 7.8 GiB, Linux 6.1.0": this machine. Reads /proc; what cannot be read is left
/// out.
[[nodiscard]] std::string machine_line();

}  // namespace iotemu::load
