#include "emulator/neighbours/sqs/sqs.h"

#include <algorithm>

#include "base/log.h"
#include "emulator/neighbours/sqs/faults.h"

namespace iotemu::neighbours::sqs {

Sqs::Sqs(const Clock& clock, Random& random, Timers& timers)
    : Service{{.name = "sqs",
               .protocol = Protocol::json_and_query,
               .target = "AmazonSQS",
               .xml_space = "http://queue.amazonaws.com/doc/2012-11-05/",
               .invalid = "InvalidParameterValue",
               .json_version = "1.0",
               .type_space = "com.amazonaws.sqs#",
               .path_member = "QueueUrl"}},
      clock_{clock},
      random_{random},
      timers_{timers} {
  add_queue_operations();
  add_message_operations();
}

void Sqs::reset() {
  std::list<Waiter> ending;
  {
    const std::lock_guard lock{mutex_};
    queues_.clear();
    ending.swap(waiters_);
  }
  for (auto& waiter : ending) waiter.arrival({});
}

void Sqs::stop() {
  std::list<Waiter> ending;
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    ending.swap(waiters_);
  }
  for (auto& waiter : ending) waiter.arrival({});
}

std::string Sqs::arn_of(const Key& key) {
  const auto& [realm, name] = key;
  return "arn:" + std::string{partition(realm.region)} + ":sqs:" + realm.region + ":" + realm.account + ":" +
         name;
}

std::string Sqs::url_of(const Question& question, const Key& key) {
  return question.endpoint + "/" + key.first.account + "/" + key.second;
}

/// The last two parts of a URL are account and name; whose host it has does not matter.
Answer<Sqs::Homes::iterator> Sqs::asked(const Question& question) {
  const auto url = question.str("QueueUrl");
  const auto name_at = url.rfind('/');
  if (name_at == url.npos) {
    return Fault{"InvalidAddress", "The address " + url + " is not valid for this endpoint.", 404};
  }
  const auto before = url.substr(0, name_at);
  const auto account = before.substr(before.rfind('/') + 1);
  Realm realm = question.realm;
  if (account.size() == 12 && account.find_first_not_of("0123456789") == account.npos)
    realm.account = account;
  const auto found = queues_.find({realm, url.substr(name_at + 1)});
  if (found == queues_.end()) return no_such_queue();
  return found;
}

// Who waits.

std::uint64_t Sqs::wait_for(const std::string& queue_arn, std::size_t count, Arrival arrival) {
  Calls calls;
  std::uint64_t id = 0;
  {
    const std::lock_guard lock{mutex_};
    if (stopped_) {
      calls.emplace_back([arrival] { arrival({}); });
    } else {
      id = next_waiter_++;
      const auto found = find(queue_arn);
      // A queue that comes later serves by its key.
      Key key;
      if (found != queues_.end()) {
        key = found->first;
      } else if (const auto read = key_of(queue_arn)) {
        key = *read;
      }
      waiters_.push_back({.id = id, .key = key, .count = count, .arrival = std::move(arrival)});
      if (found != queues_.end()) serve(found, calls);
    }
  }
  for (const auto& call : calls) call();
  return id;
}

void Sqs::cancel(std::uint64_t waiter) {
  end_wait(waiter);
}

void Sqs::end_wait(std::uint64_t waiter) {
  Arrival arrival;
  {
    const std::lock_guard lock{mutex_};
    const auto found = std::ranges::find(waiters_, waiter, &Waiter::id);
    if (found == waiters_.end()) return;
    arrival = std::move(found->arrival);
    waiters_.erase(found);
  }
  arrival({});
}

void Sqs::serve(std::vector<Homes::iterator> fed, Calls& calls) {
  // One after the other: who serves a queue walks over the waiters of all.
  while (!fed.empty()) {
    const auto home = fed.back();
    fed.pop_back();
    serve_one(home, fed, calls);
  }
}

void Sqs::serve_one(Homes::iterator home, std::vector<Homes::iterator>& fed, Calls& calls) {
  bool waits = false;
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
    const auto next = std::next(waiter);
    if (waiter->key == home->first) {
      const auto visibility = waiter->visibility.value_or(home->second.queue.settings.visibility);
      auto messages = take(home, waiter->count, visibility, fed);
      if (messages.empty()) {
        waits = true;
        break;
      }
      calls.emplace_back([arrival = std::move(waiter->arrival), messages = std::move(messages)]() mutable {
        arrival(std::move(messages));
      });
      waiters_.erase(waiter);
    }
    waiter = next;
  }
  if (!waits) return;
  auto& looks_at = home->second.looks_at;
  const auto due = home->second.queue.next_visible(instant());
  if (!due || (looks_at && *looks_at <= *due)) return;
  looks_at = due;
  timers_.at(*due, [this, key = home->first] { look(key); });
}

void Sqs::look(const Key& key) {
  Calls calls;
  {
    const std::lock_guard lock{mutex_};
    const auto home = queues_.find(key);
    if (home == queues_.end()) return;
    home->second.looks_at.reset();
    serve(home, calls);
  }
  for (const auto& call : calls) call();
}

std::vector<Received> Sqs::take(Homes::iterator home, std::size_t count, std::chrono::seconds visibility,
                                std::vector<Homes::iterator>& fed) {
  auto& queue = home->second.queue;
  // Where the dead-letter queue is gone, messages stay.
  const auto dead_letters = find(queue.settings.dead_letter_arn);
  auto settings = queue.settings;
  if (dead_letters == queues_.end() || dead_letters == home) queue.settings.dead_letter_arn.clear();
  bool given_up = false;
  auto received = queue.receive(count, visibility, instant(), [&](Message message) {
    message.dead_letter_source = arn_of(home->first);
    message.receives = 0;
    message.first_received.reset();
    const auto taken = dead_letters->second.queue.take_over(std::move(message), instant());
    if (!taken && !std::exchange(home->second.said_stuck, true)) {
      log::warn("A dead-letter queue takes no more; messages stay in the queue they were sent to",
                {{"queue", arn_of(home->first)}, {"why", taken.fault().message}});
    }
    given_up = given_up || taken;
    return bool{taken};
  });
  queue.settings = settings;
  if (given_up) {
    home->second.said_stuck = false;
    fed.push_back(dead_letters);
  }
  return received;
}

// The mailbox.

std::optional<Sqs::Key> Sqs::key_of(const std::string& arn) {
  std::vector<std::string> parts(1);
  for (const char c : arn) {
    if (c == ':') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  if (parts.size() != 6 || parts[0] != "arn" || parts[2] != "sqs") return std::nullopt;
  return Key{{.account = parts[4], .region = parts[3]}, parts[5]};
}

Sqs::Homes::iterator Sqs::find(const std::string& queue_arn) {
  const auto key = key_of(queue_arn);
  return key ? queues_.find(*key) : queues_.end();
}

Answer<std::string> Sqs::deliver(const std::string& queue_arn, Delivery delivery) {
  Json entry{{"MessageBody", std::move(delivery.body)}};
  if (!delivery.attributes.empty()) entry["MessageAttributes"] = std::move(delivery.attributes);
  if (!delivery.group.empty()) entry["MessageGroupId"] = delivery.group;
  if (!delivery.deduplication.empty()) entry["MessageDeduplicationId"] = delivery.deduplication;
  if (delivery.delay) entry["DelaySeconds"] = delivery.delay->count();
  Calls calls;
  std::string id;
  {
    const std::lock_guard lock{mutex_};
    const auto home = find(queue_arn);
    if (home == queues_.end()) return no_such_queue();
    const auto sent = post(home->second, entry, home->first.first.account);
    if (!sent) return sent.fault();
    id = sent->id;
    serve(home, calls);
  }
  for (const auto& call : calls) call();
  return id;
}

bool Sqs::exists(const std::string& queue_arn) const {
  const auto key = key_of(queue_arn);
  const std::lock_guard lock{mutex_};
  return key && queues_.contains(*key);
}

std::chrono::seconds Sqs::visibility(const std::string& queue_arn) const {
  const auto key = key_of(queue_arn);
  const std::lock_guard lock{mutex_};
  const auto found = key ? queues_.find(*key) : queues_.end();
  return found == queues_.end() ? std::chrono::seconds{0} : found->second.queue.settings.visibility;
}

void Sqs::remove(const std::string& queue_arn, const std::vector<std::string>& handles) {
  const std::lock_guard lock{mutex_};
  const auto home = find(queue_arn);
  if (home == queues_.end()) return;
  for (const auto& handle : handles) (void)home->second.queue.remove(handle, instant());
}

}  // namespace iotemu::neighbours::sqs
