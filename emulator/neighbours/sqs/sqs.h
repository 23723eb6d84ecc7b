#pragma once

// SQS, small and in memory: standard and FIFO queues, delays, visibility, long polling, dead-letter queues,
// over both of its protocols. Queue policies are kept and shown, not enforced; messages are not encrypted.
// Event source mappings, dead-letter settings and rules reach the queues through Mailbox, without HTTP. One
// lock guards all queues; answers are given outside it. Thread-safe, nothing blocks.

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/realm.h"
#include "base/timers.h"
#include "emulator/neighbours/service.h"
#include "emulator/neighbours/sqs/attributes.h"
#include "emulator/neighbours/sqs/mailbox.h"
#include "emulator/neighbours/sqs/queue.h"

namespace iotemu::neighbours::sqs {

/// Receivers and event source mappings that wait for a message.
inline constexpr std::size_t kMaxWaiters = 1'000;

class Sqs final : public Service, public Mailbox {
 public:
  /// All references outlive the service; the timers are stopped before it ends.
  Sqs(const Clock& clock, Random& random, Timers& timers);

  void reset() override;
  /// Those who wait for messages are answered with none.
  void stop() override;

  // Mailbox
  Answer<std::string> deliver(const std::string& queue_arn, Delivery delivery) override;
  [[nodiscard]] bool exists(const std::string& queue_arn) const override;
  [[nodiscard]] std::chrono::seconds visibility(const std::string& queue_arn) const override;
  std::uint64_t wait_for(const std::string& queue_arn, std::size_t count, Arrival arrival) override;
  void cancel(std::uint64_t waiter) override;
  void remove(const std::string& queue_arn, const std::vector<std::string>& handles) override;

 private:
  using Key = std::pair<Realm, std::string>;  ///< a queue's name in its realm
  struct Home {
    Home(Time now, std::string mark, std::size_t& bytes_of_all)
        : created{now}, changed{now}, queue{std::move(mark), bytes_of_all} {}

    Attributes attributes{};
    std::map<std::string, std::string> tags{};
    Time created{};
    Time changed{};
    Queue queue;
    bool said_stuck{false};          ///< that its dead letters are not taken
    std::optional<Tick> looks_at{};  ///< when a timer looks for waiters that can be served
    std::optional<Tick> purged{};
  };
  struct Waiter {
    std::uint64_t id{0};
    Key key{};
    std::size_t count{1};
    std::optional<std::chrono::seconds> visibility{};
    Arrival arrival{};
  };
  /// What is to be called without the lock.
  using Calls = std::vector<std::function<void()>>;
  using Homes = std::map<Key, Home>;

  void add_queue_operations();
  void add_message_operations();
  Answer<Json> create(const Question& question);
  Answer<Json> get_url(const Question& question);
  Answer<Json> list(const Question& question);
  Answer<Json> list_sources(const Question& question);
  Answer<Json> get_attributes(const Question& question);
  Answer<Json> set_attributes(const Question& question);
  Answer<Json> drop(const Question& question);
  Answer<Json> purge(const Question& question);
  Answer<Json> tag(const Question& question);
  Answer<Json> untag(const Question& question);
  Answer<Json> list_tags(const Question& question);
  Answer<Json> send(const Question& question);
  Answer<Json> send_batch(const Question& question);
  void receive(const Question& question, Later later);
  Answer<Json> remove_message(const Question& question);
  Answer<Json> remove_batch(const Question& question);
  Answer<Json> change_visibility(const Question& question);
  Answer<Json> change_visibility_batch(const Question& question);

  [[nodiscard]] Queue::Instant instant() const { return {clock_.now(), clock_.tick()}; }
  [[nodiscard]] static std::string arn_of(const Key& key);
  [[nodiscard]] static std::optional<Key> key_of(const std::string& arn);
  [[nodiscard]] static std::string url_of(const Question& question, const Key& key);
  [[nodiscard]] static Answer<Json> page_of(const Question& question, const char* list,
                                            const std::vector<std::string>& urls);
  // Under the lock:
  [[nodiscard]] Answer<Homes::iterator> asked(const Question& question);
  [[nodiscard]] Homes::iterator find(const std::string& queue_arn);
  [[nodiscard]] Done check_dead_letters(const Key& source, const Settings& settings);
  Answer<Sent> post(Home& home, const Json& entry, const std::string& sender);
  /// What can be received; a queue that got what was given up is added to `fed` and must be served.
  std::vector<Received> take(Homes::iterator home, std::size_t count, std::chrono::seconds visibility,
                             std::vector<Homes::iterator>& fed);
  /// Serves who waits, and sees to it that they are served when a message becomes visible.
  void serve(Homes::iterator home, Calls& calls) { serve(std::vector{home}, calls); }
  void serve(std::vector<Homes::iterator> fed, Calls& calls);
  void serve_one(Homes::iterator home, std::vector<Homes::iterator>& fed, Calls& calls);
  void look(const Key& key);
  void end_wait(std::uint64_t waiter);

  const Clock& clock_;
  Random& random_;
  Timers& timers_;
  mutable std::mutex mutex_;
  std::size_t bytes_of_all_{0};
  Homes queues_;
  std::list<Waiter> waiters_;  ///< in the order of their coming
  std::uint64_t next_waiter_{1};
  bool stopped_{false};
};

}  // namespace iotemu::neighbours::sqs
