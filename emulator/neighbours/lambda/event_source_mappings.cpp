#include "emulator/neighbours/lambda/event_source_mappings.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/log.h"
#include "emulator/neighbours/digests.h"
#include "emulator/neighbours/sqs/message_attributes.h"

namespace iotemu::neighbours::lambda {
namespace {

/// Of the messages of one event; Lambda takes 6 MB with all that stands around them.
constexpr std::size_t kMaxEventBytes = 5 * 1024 * 1024;
/// Until a throttled function is asked again.
constexpr Duration kThrottlePause{500};

Json attributes_of(const Json& attributes) {
  auto result = Json::object();
  for (const auto& [name, value] : attributes.items()) {
    Json one{{"dataType", value.at("DataType")},
             {"stringListValues", Json::array()},
             {"binaryListValues", Json::array()}};
    if (value.contains("StringValue")) one["stringValue"] = value.at("StringValue");
    if (value.contains("BinaryValue")) one["binaryValue"] = value.at("BinaryValue");
    result[name] = std::move(one);
  }
  return result;
}

}  // namespace

Json sqs_event(const std::vector<sqs::Received>& messages, const std::string& queue_arn,
               const std::string& region) {
  auto records = Json::array();
  for (const auto& [message, handle] : messages) {
    Json record{{"messageId", message.id},
                {"receiptHandle", handle},
                {"body", message.body},
                {"attributes", sqs::system_attributes(message)},
                {"messageAttributes", attributes_of(message.attributes)},
                {"md5OfBody", md5_hex(message.body)},
                {"eventSource", "aws:sqs"},
                {"eventSourceARN", queue_arn},
                {"awsRegion", region}};
    if (!message.attributes.empty())
      record["md5OfMessageAttributes"] = sqs::md5_of_attributes(message.attributes);
    records.push_back(std::move(record));
  }
  return {{"Records", std::move(records)}};
}

std::optional<std::vector<std::string>> succeeded(const std::vector<sqs::Received>& messages,
                                                  const std::string& answer) {
  std::set<std::string> failed;
  if (!answer.empty()) {
    const auto parsed = parse_json(answer);
    if (!parsed) return std::nullopt;
    const auto list =
        parsed->is_object() ? parsed->value("batchItemFailures", Json()) : Json();  // null: none has failed
    if (!parsed->is_null() && !parsed->is_object()) return std::nullopt;
    if (!list.is_null() && !list.is_array()) return std::nullopt;
    for (const auto& item : list) {
      const auto id = item.is_object() ? item.find("itemIdentifier") : item.end();
      if (!item.is_object() || id == item.end() || !id->is_string()) return std::nullopt;
      const bool known =
          std::ranges::any_of(messages, [&](const auto& one) { return one.message.id == *id; });
      if (!known) return std::nullopt;
      failed.insert(id->get<std::string>());
    }
  }
  std::vector<std::string> handles;
  for (const auto& [message, handle] : messages) {
    if (!failed.contains(message.id)) handles.push_back(handle);
  }
  return handles;
}

struct EventSourceMappings::Poller {
  Mapping mapping{};
  std::vector<sqs::Received> held{};
  std::size_t running{0};
  std::optional<std::uint64_t> waiter{};
  bool asks{false};         ///< is between asking for messages and knowing its waiter
  std::uint64_t turn{0};    ///< of asking
  std::uint64_t window{0};  ///< which window is open; grows
  bool window_open{false};
  bool ended{false};
};

EventSourceMappings::EventSourceMappings(Invoker& invoker, sqs::Mailbox& mailbox, Random& random,
                                         Timers& timers, WorkCounter& work)
    : invoker_{invoker}, mailbox_{mailbox}, random_{random}, timers_{timers}, work_{work} {}

void EventSourceMappings::put(Mapping mapping) {
  auto poller = std::make_shared<Poller>();
  poller->mapping = std::move(mapping);
  Shared old;
  {
    const std::lock_guard lock{mutex_};
    old = std::exchange(pollers_[poller->mapping.uuid], poller);
  }
  if (old) end(old);
  poll(poller);
}

bool EventSourceMappings::remove(const std::string& uuid) {
  Shared old;
  {
    const std::lock_guard lock{mutex_};
    const auto found = pollers_.find(uuid);
    if (found == pollers_.end()) return false;
    old = found->second;
    pollers_.erase(found);
  }
  end(old);
  return true;
}

void EventSourceMappings::clear() {
  decltype(pollers_) ending;
  {
    const std::lock_guard lock{mutex_};
    ending.swap(pollers_);
  }
  for (const auto& [uuid, poller] : ending) end(poller);
}

/// What it holds comes back to the queue after the visibility timeout.
void EventSourceMappings::end(const Shared& poller) {
  std::optional<std::uint64_t> waiter;
  {
    const std::lock_guard lock{mutex_};
    poller->ended = true;
    waiter = poller->waiter;
  }
  if (waiter) mailbox_.cancel(*waiter);
}

std::optional<Mapping> EventSourceMappings::get(const std::string& uuid) const {
  const std::lock_guard lock{mutex_};
  const auto found = pollers_.find(uuid);
  if (found == pollers_.end()) return std::nullopt;
  return found->second->mapping;
}

std::vector<Mapping> EventSourceMappings::all() const {
  std::vector<Mapping> result;
  const std::lock_guard lock{mutex_};
  for (const auto& [uuid, poller] : pollers_) result.push_back(poller->mapping);
  return result;
}

void EventSourceMappings::poll(const Shared& poller) {
  std::size_t room = 0;
  std::uint64_t turn = 0;
  {
    const std::lock_guard lock{mutex_};
    const auto& mapping = poller->mapping;
    if (poller->ended || !mapping.enabled || poller->asks || poller->waiter ||
        poller->running >= mapping.concurrency || poller->held.size() >= mapping.batch_size)
      return;
    room = mapping.batch_size - poller->held.size();
    poller->asks = true;
    turn = ++poller->turn;
  }
  const auto waiter = mailbox_.wait_for(
      poller->mapping.queue_arn, room,
      [this, poller](std::vector<sqs::Received> messages) { arrived(poller, std::move(messages)); });
  bool ended = false;
  {
    const std::lock_guard lock{mutex_};
    // Otherwise it has been called already.
    if (poller->asks && poller->turn == turn) {
      poller->waiter = waiter;
      poller->asks = false;
      ended = poller->ended;
    }
  }
  if (ended) mailbox_.cancel(waiter);
}

void EventSourceMappings::arrived(const Shared& poller, std::vector<sqs::Received> messages) {
  bool full = false;
  std::optional<std::uint64_t> window;
  {
    const std::lock_guard lock{mutex_};
    poller->asks = false;
    poller->waiter.reset();
    if (poller->ended || messages.empty()) return;
    std::ranges::move(messages, std::back_inserter(poller->held));
    full = poller->held.size() >= poller->mapping.batch_size || poller->mapping.window.count() == 0;
    if (!full && !poller->window_open) {
      poller->window_open = true;
      window = ++poller->window;
    }
  }
  if (full) return dispatch(poller);
  if (window) {
    timers_.after(poller->mapping.window, [this, poller, window = *window] {
      {
        const std::lock_guard lock{mutex_};
        if (!poller->window_open || poller->window != window) return;
      }
      dispatch(poller);
    });
  }
  // Not on this stack: whoever brings messages may bring many.
  timers_.after(Duration{0}, [this, poller] { poll(poller); });
}

void EventSourceMappings::dispatch(const Shared& poller) {
  auto batch = std::make_shared<std::vector<sqs::Received>>();
  {
    const std::lock_guard lock{mutex_};
    poller->window_open = false;
    if (poller->ended || poller->held.empty()) return;
    std::size_t bytes = 0;
    auto& held = poller->held;
    auto last = held.begin();
    for (; last != held.end(); ++last) {
      bytes += last->message.body.size();
      if (last != held.begin() && bytes > kMaxEventBytes) break;
    }
    batch->assign(std::make_move_iterator(held.begin()), std::make_move_iterator(last));
    held.erase(held.begin(), last);
    ++poller->running;
  }
  invoke(poller, std::move(batch), Duration{0});
  timers_.after(Duration{0}, [this, poller] { poll(poller); });
}

/// A function that is throttled, at its reserved concurrency for one, is asked again while the messages are
/// out of sight: without a visibility timeout for every batch that came too early.
void EventSourceMappings::invoke(const Shared& poller, Batch batch, Duration waited) {
  {
    const std::lock_guard lock{mutex_};
    if (poller->ended) return;
  }
  const auto& mapping = poller->mapping;
  auto token = std::make_shared<WorkToken>(work_);
  invoker_.run(
      mapping.function_arn,
      {.request_id = random_.uuid(),
       .payload = to_text(sqs_event(*batch, mapping.queue_arn, mapping.realm.region))},
      [this, poller, batch, waited, token = std::move(token)](const Result<runtime::Outcome>& outcome) {
        const auto next = waited + kThrottlePause;
        const bool throttled = !outcome && outcome.error().code == Errc::throttled;
        if (!throttled || next >= mailbox_.visibility(poller->mapping.queue_arn)) {
          return finish(poller, *batch, outcome);
        }
        timers_.after(kThrottlePause, [this, poller, batch, next] { invoke(poller, batch, next); });
      });
}

void EventSourceMappings::finish(const Shared& poller, const std::vector<sqs::Received>& messages,
                                 const Result<runtime::Outcome>& outcome) {
  const auto& mapping = poller->mapping;
  std::string result = "OK";
  std::vector<std::string> handles;
  if (!outcome || !outcome->function_error.empty()) {
    result = "PROBLEM: Function call failed";
    if (!outcome) result += ": " + outcome.error().message;
  } else if (!mapping.reports_failures) {
    for (const auto& one : messages) handles.push_back(one.handle);
  } else if (auto good = succeeded(messages, outcome->payload)) {
    handles = std::move(*good);
  } else {
    result = "PROBLEM: The function's answer is no list of batchItemFailures";
  }
  mailbox_.remove(mapping.queue_arn, handles);
  if (handles.size() != messages.size()) {
    log::warn("Messages of an event source mapping have failed and come again after the visibility timeout",
              {{"mapping", mapping.uuid},
               {"function", mapping.function_arn},
               {"failed", std::to_string(messages.size() - handles.size())},
               {"result", result}});
  }
  bool more = false;
  {
    const std::lock_guard lock{mutex_};
    --poller->running;
    poller->mapping.last_result = result;
    more = !poller->held.empty() && !poller->window_open;
  }
  if (more) return dispatch(poller);
  timers_.after(Duration{0}, [this, poller] { poll(poller); });
}

}  // namespace iotemu::neighbours::lambda
