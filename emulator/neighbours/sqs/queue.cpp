#include "emulator/neighbours/sqs/queue.h"

#include <charconv>
#include <utility>

#include "base/base64.h"

namespace iotemu::neighbours::sqs {
namespace {

/// What one is charged with, its place in two containers included.
constexpr std::size_t kDeduplicationBytes = 512;

std::size_t size_of(const Message& message) {
  return message.body.size() + to_text(message.attributes).size() + 256;
}

}  // namespace

Queue::~Queue() {
  bytes_of_all_ -= bytes_;
}

Done Queue::check_room(std::size_t size) const {
  constexpr std::size_t kMegabyte = std::size_t{1024} * 1024;
  if (messages_.size() >= kMaxMessages || bytes_ + size > kMaxQueueBytes) {
    return Fault{"OverLimit",
                 "This emulator keeps " + std::to_string(kMaxMessages) + " messages and " +
                     std::to_string(kMaxQueueBytes / kMegabyte) +
                     " MB a queue; receive and delete some, or purge the queue",
                 403};
  }
  return Ok{};
}

Answer<Sent> Queue::send(Message message, std::optional<std::chrono::seconds> delay, Instant at) {
  refresh(at);
  const bool deduplicates = !message.deduplication.empty();
  if (deduplicates) {
    if (const auto known = deduplication_.find(message.deduplication); known != deduplication_.end())
      return known->second;
  }
  const auto size = size_of(message) + (deduplicates ? kDeduplicationBytes : 0);
  if (auto room = check_room(size); !room) return room.fault();
  if (bytes_of_all_ + size > kMaxBytesOfAll) {
    return Fault{"OverLimit",
                 "This emulator keeps " + std::to_string(kMaxBytesOfAll / (1024 * 1024)) +
                     " MB in all its queues; receive and delete messages, or purge a queue",
                 403};
  }
  if (deduplicates && deduplication_.size() >= kMaxDeduplication) {
    return Fault{"OverLimit",
                 "This emulator remembers " + std::to_string(kMaxDeduplication) +
                     " deduplication ids of a queue for five minutes; try again later",
                 403};
  }
  Sent sent{.id = message.id};
  const auto deduplication = message.deduplication;
  sent.sequence = keep(std::move(message), delay.value_or(settings.delay), at);
  if (deduplicates) {
    deduplication_[deduplication] = sent;
    deduplication_ends_.emplace_back(at.tick + kDeduplication, deduplication);
    charge(kDeduplicationBytes);
  }
  return sent;
}

Done Queue::take_over(Message message, Instant at) {
  refresh(at);
  // It leaves another queue for this one: all queues together keep no more than before.
  if (auto room = check_room(size_of(message)); !room) return room;
  keep(std::move(message), std::chrono::seconds{0}, at);
  return Ok{};
}

std::uint64_t Queue::keep(Message message, std::chrono::seconds wait, Instant at) {
  const auto sequence = next_sequence_++;
  message.sequence = sequence;
  charge(size_of(message));
  auto& held = messages_[sequence];
  held.message = std::move(message);
  if (wait.count() > 0) {
    hide(sequence, held, at.tick + wait);
  } else {
    ready_.insert(sequence);
  }
  return sequence;
}

void Queue::charge(std::size_t bytes) {
  bytes_ += bytes;
  bytes_of_all_ += bytes;
}

void Queue::release(std::size_t bytes) {
  bytes_ -= bytes;
  bytes_of_all_ -= bytes;
}

std::vector<Received> Queue::receive(std::size_t count, std::chrono::seconds visibility, Instant at,
                                     const GiveUp& give_up) {
  refresh(at);
  std::vector<Received> result;
  std::set<std::string> stuck;  // groups with a message that nobody takes over
  const auto most = settings.fifo ? kMaxInFlightFifo : kMaxInFlight;
  for (auto next = ready_.begin(); next != ready_.end() && result.size() < count && flying_ < most;) {
    const auto sequence = *next++;
    const auto found = messages_.find(sequence);
    auto& held = found->second;
    // Several of one group may come in one answer, in their order; none while some of it are elsewhere.
    const bool of_this_answer = !result.empty() && result.back().message.group == held.message.group;
    if (is_blocked(held) && !of_this_answer) continue;
    if (settings.fifo && stuck.contains(held.message.group)) continue;
    if (!settings.dead_letter_arn.empty() && held.message.receives >= settings.max_receives) {
      if (give_up(held.message)) {
        drop(found);
      } else {
        stuck.insert(held.message.group);
      }
      continue;
    }
    ++held.message.receives;
    if (!held.message.first_received) held.message.first_received = at.now;
    result.push_back({held.message, handle_of(sequence, held.message.receives)});
    ready_.erase(sequence);
    if (visibility.count() == 0) {
      ready_.insert(sequence);
      continue;
    }
    held.in_flight = true;
    held.received_at = at.tick;
    ++flying_;
    if (settings.fifo) ++flying_groups_[held.message.group];
    hide(sequence, held, at.tick + visibility);
  }
  return result;
}

Done Queue::remove(std::string_view handle, Instant at) {
  refresh(at);
  const auto read = read_handle(handle);
  if (!read) return read.fault();
  const auto found = messages_.find(read->sequence);
  if (found == messages_.end() || found->second.message.receives != read->receives) return Ok{};
  if (settings.fifo && !found->second.in_flight) {
    return Fault{"InvalidParameterValueException",
                 "Value " + std::string{handle} +
                     " for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.",
                 400, "InvalidParameterValue"};
  }
  drop(found);
  return Ok{};
}

Done Queue::change_visibility(std::string_view handle, std::chrono::seconds visibility, Instant at) {
  refresh(at);
  const auto read = read_handle(handle);
  if (!read) return read.fault();
  const auto found = messages_.find(read->sequence);
  if (found == messages_.end() || found->second.message.receives != read->receives ||
      !found->second.in_flight) {
    return Fault{"MessageNotInflight",
                 "Value " + std::string{handle} +
                     " for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not "
                     "available for visibility timeout change.",
                 400, "AWS.SimpleQueueService.MessageNotInflight"};
  }
  auto& held = found->second;
  if (at.tick + visibility > held.received_at + std::chrono::seconds{kMaxVisibility}) {
    return Fault{"InvalidParameterValueException",
                 "Value " + std::to_string(visibility.count()) +
                     " for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the "
                     "message is beyond the limit [43200 seconds]",
                 400, "InvalidParameterValue"};
  }
  hidden_.erase({held.hidden_until, read->sequence});
  hide(read->sequence, held, at.tick + visibility);
  refresh(at);
  return Ok{};
}

void Queue::purge() {
  messages_.clear();
  ready_.clear();
  hidden_.clear();
  flying_groups_.clear();
  flying_ = 0;
  release(bytes_ - deduplication_.size() * kDeduplicationBytes);
}

std::optional<Tick> Queue::next_visible(Instant at) {
  refresh(at);
  if (hidden_.empty()) return std::nullopt;
  return hidden_.begin()->first;
}

std::size_t Queue::visible(Instant at) {
  refresh(at);
  return ready_.size();
}

std::size_t Queue::delayed(Instant at) {
  refresh(at);
  return hidden_.size() - flying_;
}

std::size_t Queue::in_flight(Instant at) {
  refresh(at);
  return flying_;
}

/// What has been hidden for long enough can be received; what is too old goes.
void Queue::refresh(Instant at) {
  while (!hidden_.empty() && hidden_.begin()->first <= at.tick) {
    const auto sequence = hidden_.begin()->second;
    auto& held = messages_.at(sequence);
    hidden_.erase(hidden_.begin());
    land(held);
    held.in_flight = false;
    ready_.insert(sequence);
  }
  while (!messages_.empty() && messages_.begin()->second.message.sent + settings.retention <= at.now)
    drop(messages_.begin());
  while (!deduplication_ends_.empty() && deduplication_ends_.front().first <= at.tick) {
    deduplication_.erase(deduplication_ends_.front().second);
    release(kDeduplicationBytes);
    deduplication_ends_.pop_front();
  }
}

void Queue::hide(std::uint64_t sequence, Held& held, Tick until) {
  held.hidden_until = until;
  hidden_.insert({until, sequence});
}

/// It is on its way to nobody any more.
void Queue::land(const Held& held) {
  if (!held.in_flight) return;
  --flying_;
  if (!settings.fifo) return;
  const auto group = flying_groups_.find(held.message.group);
  if (group != flying_groups_.end() && --group->second == 0) flying_groups_.erase(group);
}

void Queue::drop(std::map<std::uint64_t, Held>::iterator held) {
  const auto sequence = held->first;
  land(held->second);
  hidden_.erase({held->second.hidden_until, sequence});
  ready_.erase(sequence);
  release(size_of(held->second.message));
  messages_.erase(held);
}

bool Queue::is_blocked(const Held& held) const {
  if (!settings.fifo) return false;
  return flying_groups_.contains(held.message.group);
}

std::string Queue::handle_of(std::uint64_t sequence, std::int64_t receives) const {
  return to_base64(mark_ + '.' + std::to_string(sequence) + '.' + std::to_string(receives));
}

Answer<Queue::Handle> Queue::read_handle(std::string_view text) const {
  const Fault invalid{
      "ReceiptHandleIsInvalid",
      "The input receipt handle \"" + std::string{text.substr(0, 200)} + "\" is not a valid receipt handle."};
  const auto said = from_base64(text);
  if (!said) return invalid;
  const auto first = said->find('.');
  const auto second = first == said->npos ? first : said->find('.', first + 1);
  if (second == said->npos || std::string_view{*said}.substr(0, first) != mark_) return invalid;
  Handle handle;
  const char* data = said->data();
  const auto one = std::from_chars(data + first + 1, data + second, handle.sequence);
  const auto two = std::from_chars(data + second + 1, data + said->size(), handle.receives);
  if (one.ptr != data + second || two.ptr != data + said->size()) return invalid;
  return handle;
}

}  // namespace iotemu::neighbours::sqs
