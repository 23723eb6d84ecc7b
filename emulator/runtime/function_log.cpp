#include "emulator/runtime/function_log.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"

namespace iotemu::runtime {
namespace {

constexpr std::size_t kRingLines = 10'000;
constexpr std::size_t kRingBytes = 16 * 1024 * 1024;
constexpr std::size_t kInvocationBytes = 1024 * 1024;
/// CloudWatch's longest event is 256 KB; one that is cut here goes on in the next line.
constexpr std::size_t kLineBytes = 64 * 1024;
constexpr std::size_t kTailBytes = 4 * 1024;

/// What runtimes say when they end for want of memory. The last is Node.js 18 that gets no page for code.
constexpr std::array<std::string_view, 7> kMemoryWords{"heap out of memory",
                                                       "process out of memory",
                                                       "std::bad_alloc",
                                                       "MemoryError",
                                                       "Cannot allocate memory",
                                                       "OutOfMemory",
                                                       "Check failed: reservation_.SetPermissions"};

/// An ARN without the version or alias at its end: its first seven fields.
std::string_view unqualified(std::string_view arn) {
  std::size_t end = 0;
  for (int field = 0; field < 7; ++field) {
    end = arn.find(':', end);
    if (end == arn.npos) return arn;
    ++end;
  }
  return arn.substr(0, end - 1);
}

}  // namespace

void FunctionLog::add(LogLine line) {
  log::info("function log",
            {{"function", line.function}, {"request_id", line.request_id}, {"line", line.text}});
  const std::lock_guard lock{mutex_};
  bytes_ += line.text.size();
  lines_.push_back(std::move(line));
  while (lines_.size() > kRingLines || bytes_ > kRingBytes) {
    bytes_ -= lines_.front().text.size();
    lines_.pop_front();
  }
}

Json FunctionLog::list(std::string_view function) const {
  Json events = Json::array();
  const std::lock_guard lock{mutex_};
  for (const LogLine& line : lines_) {
    const bool wanted = function.empty() || function == line.function || function == line.arn ||
                        function == unqualified(line.arn);
    if (!wanted) continue;
    events.push_back({{"timestamp", epoch_ms(line.time)},
                      {"function", line.function},
                      {"functionArn", line.arn},
                      {"requestId", line.request_id},
                      {"message", line.text}});
  }
  return events;
}

void FunctionLog::clear() {
  const std::lock_guard lock{mutex_};
  lines_.clear();
  bytes_ = 0;
}

InvocationLog::InvocationLog(FunctionLog& log, const Clock& clock, std::string function, std::string arn)
    : log_{log}, clock_{clock}, function_{std::move(function)}, arn_{std::move(arn)} {}

void InvocationLog::take(Stream stream, std::string_view bytes) {
  if (written_ >= kInvocationBytes) {
    cut_ += bytes.size();
    return;
  }
  std::string& partial = partial_[static_cast<int>(stream)];
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    const auto part = bytes.substr(0, std::min({end, bytes.size(), kLineBytes - partial.size()}));
    partial += part;
    bytes.remove_prefix(part.size());
    const bool line_end = !bytes.empty() && bytes.front() == '\n';
    if (line_end) bytes.remove_prefix(1);
    if (line_end || partial.size() >= kLineBytes) emit(std::exchange(partial, {}));
    if (written_ < kInvocationBytes) continue;
    cut_ += bytes.size();
    return;
  }
}

void InvocationLog::write(std::string_view line) {
  emit(line);
}

void InvocationLog::begin(const std::string& request_id) {
  flush();
  request_id_ = request_id;
  tail_.clear();
  written_ = 0;
  out_of_memory_ = false;
}

void InvocationLog::flush() {
  for (std::string& partial : partial_) {
    if (!partial.empty()) emit(std::exchange(partial, {}));
  }
  if (cut_ > 0) emit("… " + std::to_string(std::exchange(cut_, 0)) + " further bytes of output were cut");
}

void InvocationLog::emit(std::string_view line) {
  std::string text{line};
  // Runtimes keep the lines of one record together with these.
  std::replace(text.begin(), text.end(), '\r', '\n');
  while (!text.empty() && text.back() == '\n') text.pop_back();
  written_ += text.size() + 1;
  for (const auto word : kMemoryWords) out_of_memory_ = out_of_memory_ || text.find(word) != text.npos;
  tail_ += text + "\n";
  if (tail_.size() > kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
  log_.add({.time = clock_.now(),
            .function = function_,
            .arn = arn_,
            .request_id = request_id_,
            .text = std::move(text)});
}

}  // namespace iotemu::runtime
