#include "emulator/runtime/spawn_request.h"

#include <cstring>
#include <type_traits>

namespace iotemu::runtime {
namespace {

class Writer {
 public:
  template <class T>
  void number(T value) {
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    bytes_.append(raw, sizeof value);
  }
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    bytes_ += value;
  }
  template <class T>
  void list(const std::vector<T>& values) {
    number(static_cast<std::uint32_t>(values.size()));
    for (const T& value : values) {
      if constexpr (std::is_integral_v<T>) {
        number(value);
      } else {
        text(value);
      }
    }
  }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// The first failed read wins; later ones return nothing.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_{bytes} {}

  template <class T>
  T number() {
    T value{};
    if (bytes_.size() < sizeof value) {
      failed_ = true;
      return value;
    }
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_.remove_prefix(sizeof value);
    return value;
  }
  std::string text() {
    const auto size = number<std::uint32_t>();
    if (size > bytes_.size()) failed_ = true;
    if (failed_) return {};
    std::string value{bytes_.substr(0, size)};
    bytes_.remove_prefix(size);
    return value;
  }
  template <class T>
  std::vector<T> list() {
    std::vector<T> values;
    for (auto left = number<std::uint32_t>(); left > 0 && !failed_; --left) {
      if constexpr (std::is_integral_v<T>) {
        values.push_back(number<T>());
      } else {
        values.push_back(text());
      }
    }
    return values;
  }
  [[nodiscard]] bool whole() const { return !failed_ && bytes_.empty(); }

 private:
  std::string_view bytes_;
  bool failed_{false};
};

}  // namespace

Result<std::string> to_bytes(const SpawnRequest& request) {
  Writer out;
  out.list(request.arguments);
  out.list(request.environment);
  out.text(request.folder);
  out.text(request.scratch);
  out.list(request.readable);
  out.list(request.connect_ports);
  out.number(request.memory_bytes);
  out.number(request.file_bytes);
  out.number(request.processes);
  out.number(request.emulator);
  out.number(request.walls);
  auto bytes = out.take();
  if (bytes.size() > kMaxSpawnRequest) {
    return Error{Errc::too_large, "the command line and environment of the function have " +
                                      std::to_string(bytes.size()) + " bytes, more than " +
                                      std::to_string(kMaxSpawnRequest)};
  }
  return bytes;
}

Result<SpawnRequest> read_spawn_request(std::string_view bytes) {
  Reader in{bytes};
  SpawnRequest request;
  request.arguments = in.list<std::string>();
  request.environment = in.list<std::string>();
  request.folder = in.text();
  request.scratch = in.text();
  request.readable = in.list<std::string>();
  request.connect_ports = in.list<std::uint16_t>();
  request.memory_bytes = in.number<std::uint64_t>();
  request.file_bytes = in.number<std::uint64_t>();
  request.processes = in.number<std::uint32_t>();
  request.emulator = in.number<std::int32_t>();
  request.walls = in.number<Walls>();
  if (!in.whole() || request.arguments.empty()) return Error{Errc::internal, "not a spawn request"};
  return request;
}

std::string_view name_of(KeeperReport::Step step) {
  switch (step) {
    case KeeperReport::Step::fork:
      return "start a process";
    case KeeperReport::Step::session:
      return "open a session";
    case KeeperReport::Step::descriptors:
      return "connect its output";
    case KeeperReport::Step::folder:
      return "enter the folder of its code";
    case KeeperReport::Step::limits:
      return "set its limits";
    case KeeperReport::Step::walls:
      return "put up the sandbox";
    case KeeperReport::Step::execute:
      return "execute the program";
  }
  return "";
}

}  // namespace iotemu::runtime
