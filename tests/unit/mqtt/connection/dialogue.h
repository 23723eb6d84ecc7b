#pragma once

// A whole broker in memory for scripted dialogues: loops that take turns when the test says so, connections
// whose bytes are strings, a clock that stands still, and a log of what the observer was told. Packets are
// compared as describe() prints them.

#include <gmock/gmock.h>

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/manual_clock.h"
#include "base/seeded_random.h"
#include "mqtt/broker/broker.h"
#include "mqtt/broker/shard.h"
#include "mqtt/codec/decode.h"
#include "mqtt/codec/describe.h"
#include "mqtt/codec/encode.h"
#include "mqtt/connection/server_connection.h"

namespace iotemu::mqtt::testing {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Lines = std::vector<std::string>;

inline std::string_view name_of(CloseReason reason) {
  switch (reason) {
    case CloseReason::client_disconnect:
      return "client_disconnect";
    case CloseReason::client_error:
      return "client_error";
    case CloseReason::connection_lost:
      return "connection_lost";
    case CloseReason::taken_over:
      return "taken_over";
    case CloseReason::keep_alive_timeout:
      return "keep_alive_timeout";
    case CloseReason::server_shutdown:
      return "server_shutdown";
    case CloseReason::authorization_lost:
      return "authorization_lost";
    case CloseReason::authorization_error:
      return "authorization_error";
    case CloseReason::forbidden:
      return "forbidden";
    case CloseReason::api:
      return "api";
    case CloseReason::throttled:
      return "throttled";
    case CloseReason::server_error:
      return "server_error";
  }
  return "?";
}

/// A loop without a thread.
class TestLoop final : public Loop {
 public:
  TestLoop(std::size_t index, const ManualClock& clock) : index_{index}, clock_{clock} {}

  void post(Task task) override { posted_.push_back(std::move(task)); }
  [[nodiscard]] bool is_current() const override { return current_ == this; }
  [[nodiscard]] std::size_t index() const override { return index_; }
  [[nodiscard]] Tick tick() const override { return clock_.tick(); }
  [[nodiscard]] TimerQueue& timers() override { return timers_; }
  void at_turn_end(TurnEnd& end) override { ends_.add(end); }
  void forget(TurnEnd& end) override { ends_.remove(end); }

  /// Runs `input` as something that the network brought, then ends the turn.
  template <class F>
  void turn(F&& input) {
    const TestLoop* outer = std::exchange(current_, this);
    input();
    ends_.run();
    current_ = outer;
  }
  /// One turn with what is posted; false if nothing was.
  bool run_posted() {
    if (posted_.empty()) return false;
    turn([this] {
      for (Task& task : std::exchange(posted_, {})) task();
    });
    return true;
  }

 private:
  inline static const TestLoop* current_{nullptr};
  const std::size_t index_;
  const ManualClock& clock_;
  TimerQueue timers_;
  TurnEnds ends_;
  std::vector<Task> posted_;
};

/// What the clients of a test may do. Empty sets forbid nothing.
struct Rights {
  std::set<std::string, std::less<>> no_publish{};
  std::set<std::string, std::less<>> no_retain{};
  std::set<std::string, std::less<>> no_subscribe{};
  std::set<std::string, std::less<>> no_receive{};
};

/// `$` topics are reserved, but `$in/…` may be published and goes to the observer only.
class TestAuthorizer final : public Authorizer {
 public:
  explicit TestAuthorizer(const Rights& rights) : rights_{rights} {}
  Access publish(std::string_view topic, bool retain) override {
    if (topic.substr(0, 4) == "$in/") return Access::observer_only;
    if (topic.front() == '$') return Access::forbidden_topic;
    if (retain && rights_.no_retain.contains(topic)) return Access::denied;
    return rights_.no_publish.contains(topic) ? Access::denied : Access::allowed;
  }
  Access subscribe(std::string_view filter) override {
    if (filter.substr(0, 9) == "$secrets/") return Access::forbidden_topic;
    return rights_.no_subscribe.contains(filter) ? Access::denied : Access::allowed;
  }
  bool receive(std::string_view topic) override { return !rights_.no_receive.contains(topic); }

 private:
  const Rights& rights_;
};

class TestAuthenticator final : public Authenticator {
 public:
  void authenticate(const ConnectAttempt& attempt, std::function<void(Verdict)> answer) override {
    attempts.push_back(std::string{attempt.client_id} + (attempt.will != nullptr ? " will " : "") +
                       std::string{attempt.will != nullptr ? attempt.will->topic : ""});
    if (refusal) {
      answer(*refusal);
    } else if (late) {
      waiting.push_back(std::move(answer));
    } else {
      answer(admission());
    }
  }
  [[nodiscard]] Admission admission() const {
    return {
        .broker = broker, .authorizer = std::make_unique<TestAuthorizer>(*rights), .principal = principal};
  }

  Broker* broker{};
  const Rights* rights{};
  std::string principal{"certificate-1"};
  std::optional<Refusal> refusal{};
  bool late{false};
  std::vector<std::function<void(Verdict)>> waiting{};
  Lines attempts{};
};

class Recorder final : public BrokerObserver {
 public:
  void on_connected(const ConnectionFacts& facts) override {
    log.push_back("connected " + facts.client_id);
    connections.push_back(facts);
  }
  void on_disconnected(const ConnectionFacts& facts, CloseReason reason) override {
    log.push_back("disconnected " + facts.client_id + " " + std::string{name_of(reason)});
  }
  void on_subscribed(const ConnectionFacts& facts, std::span<const std::string> filters) override {
    log.push_back("subscribed " + facts.client_id + list(filters));
  }
  void on_unsubscribed(const ConnectionFacts& facts, std::span<const std::string> filters) override {
    log.push_back("unsubscribed " + facts.client_id + list(filters));
  }
  bool wants_message(std::string_view topic) const override {
    return topic.substr(0, 4) == "$in/" || wants_all;
  }
  void on_message(const MessagePtr& message, const ConnectionFacts* publisher) override {
    log.push_back("message " + message->topic + " from " +
                  (publisher != nullptr ? publisher->client_id : "service"));
  }
  Lines take() { return std::exchange(log, {}); }

  bool wants_all{false};
  Lines log{};
  std::vector<ConnectionFacts> connections{};  ///< Accepted so far, gone ones included.

 private:
  static std::string list(std::span<const std::string> filters) {
    std::string text;
    for (const std::string& filter : filters) text += " " + filter;
    return text;
  }
};

/// One client: what it sends is handled at once, what it hears waits to be read.
class Client final : private Transport {
 public:
  Client(const ConnectionContext& context, TestLoop& loop) : loop_{loop}, connection_{context, loop, *this} {}
  ~Client() { lose(); }

  Client& say(const Packet& packet) {
    std::string bytes;
    encode(Version::v3_1_1, packet, bytes);
    return say_bytes(bytes);
  }
  Client& say_bytes(std::string_view bytes) {
    unread_ += bytes;
    loop_.turn([this] { hand_over(); });
    return *this;
  }
  /// The socket breaks.
  void lose() {
    loop_.turn([this] { connection_.on_lost(); });
  }

  // Packets that many tests send.
  Client& publish(std::string_view topic, std::string_view payload, QoS qos = QoS::at_most_once,
                  bool retain = false, std::uint16_t id = 1) {
    return say(Publish{.qos = qos,
                       .retain = retain,
                       .topic = topic,
                       .packet_id = qos == QoS::at_most_once ? std::uint16_t{0} : id,
                       .payload = as_bytes(payload)});
  }
  Client& subscribe(std::vector<FilterRequest> filters, std::uint16_t id = 1) {
    std::string bytes;
    encode_subscribe(Version::v3_1_1, id, filters, {}, bytes);
    return say_bytes(bytes);
  }
  Client& subscribe(std::string_view filter, QoS qos = QoS::at_most_once) {
    return subscribe({FilterRequest{.filter = filter, .qos = qos}});
  }
  Client& unsubscribe(std::vector<std::string_view> filters, std::uint16_t id = 1) {
    std::string bytes;
    encode_unsubscribe(Version::v3_1_1, id, filters, {}, bytes);
    return say_bytes(bytes);
  }
  Client& puback(std::uint16_t id) { return say(Puback{.packet_id = id}); }

  /// The packets that have come since the last call.
  Lines heard() {
    Lines lines;
    std::string_view rest{output_};
    while (!rest.empty()) {
      const FrameResult next = next_frame(as_bytes(rest), rest.size());
      if (next.state != FrameResult::State::frame) throw std::runtime_error{"no whole packet"};
      const auto packet = decode(Version::v3_1_1, next.frame);
      lines.push_back(packet ? describe(*packet) : packet.error().message);
      rest.remove_prefix(next.frame.total_size);
    }
    output_.clear();
    return lines;
  }
  std::string heard_bytes() { return std::exchange(output_, {}); }
  [[nodiscard]] bool closed() const { return closed_; }

  /// Makes the peer look slow: so many bytes seem to be unsent.
  void stall(std::size_t bytes) { stalled_ = bytes; }
  void recover() {
    stalled_ = 0;
    if (std::exchange(notify_, false)) loop_.turn([this] { connection_.on_room(); });
  }
  PeerIdentity identity{.chain = {"leaf"}, .address = "192.0.2.7", .port = 49152, .tls_version = "TLSv1.3"};

 private:
  void hand_over() {
    const std::size_t used = connection_.on_bytes(as_bytes(std::string_view{unread_}));
    unread_.erase(0, used);
  }
  const PeerIdentity& peer() override { return identity; }
  std::string& output(std::size_t) override { return output_; }
  std::size_t unsent() override { return stalled_; }
  void notify_when_sent() override { notify_ = true; }
  void forget_peer() override {}
  void pause_reading() override { paused_ = true; }
  void resume_reading() override {
    paused_ = false;
    loop_.post([this] {
      if (!paused_ && !unread_.empty()) hand_over();
    });
  }
  void close() override { closed_ = true; }

  TestLoop& loop_;
  std::string unread_;
  std::string output_;
  std::size_t stalled_{0};
  bool notify_{false};
  bool paused_{false};
  bool closed_{false};
  ServerConnection connection_;
};

struct ConnectWith {
  std::string client_id{"device"};
  bool clean{true};
  std::uint16_t keep_alive{60};
  std::optional<Will> will{};
};

class World {
 public:
  explicit World(BrokerOptions broker_options = {}, std::size_t loop_count = 1) : options{broker_options} {
    std::vector<Loop*> plain;
    for (std::size_t i = 0; i < loop_count; ++i) {
      loops.push_back(std::make_unique<TestLoop>(i, clock));
      plain.push_back(loops.back().get());
    }
    broker = std::make_unique<Broker>(options, plain, clock, random, &observer);
    authenticator.broker = broker.get();
    authenticator.rights = &rights;
  }
  ~World() { clients_.clear(); }

  /// A socket that has said nothing yet.
  Client& open(std::size_t loop = 0) {
    clients_.push_back(std::make_unique<Client>(context_, *loops[loop]));
    return *clients_.back();
  }
  /// Sends CONNECT and settles; the CONNACK waits to be read.
  Client& connect(const ConnectWith& with = {}, std::size_t loop = 0) {
    Client& client = open(loop);
    client.say(Connect{.clean_start = with.clean,
                       .keep_alive = with.keep_alive,
                       .client_id = with.client_id,
                       .will = with.will});
    settle();
    return client;
  }
  /// A connected client with nothing left to read.
  Client& connected(const ConnectWith& with = {}, std::size_t loop = 0) {
    Client& client = connect(with, loop);
    EXPECT_THAT(client.heard(), ElementsAre(HasSubstr("CONNACK{code 0x00")));
    return client;
  }
  void settle() {
    for (bool again = true; again;) {
      again = false;
      for (auto& loop : loops) again = loop->run_posted() || again;
    }
  }
  /// Fires what falls due on the way, in order.
  void advance(Duration by) {
    const Tick until = clock.tick() + by;
    while (true) {
      std::optional<Tick> next;
      for (auto& loop : loops) {
        const auto due = loop->timers().next_due();
        if (due && (!next || *due < *next)) next = due;
      }
      if (!next || *next > until) break;
      if (*next > clock.tick()) clock.advance(*next - clock.tick());
      for (auto& loop : loops) {
        loop->turn([&] { loop->timers().fire_due(clock.tick()); });
      }
      settle();
    }
    clock.advance(until - clock.tick());
  }

  BrokerOptions options;
  ManualClock clock;
  SeededRandom random{1};
  Rights rights;
  TestAuthenticator authenticator;
  Recorder observer;
  std::vector<std::unique_ptr<TestLoop>> loops;
  std::unique_ptr<Broker> broker;

 private:
  ConnectionContext context_{
      .options = options, .authenticator = authenticator, .random = random, .connect_wait = 10s};
  std::vector<std::unique_ptr<Client>> clients_;
};

inline const std::string kAccepted = "CONNACK{code 0x00}";
inline const std::string kResumed = "CONNACK{code 0x00, session present}";

inline constexpr QoS kQoS0 = QoS::at_most_once;
inline constexpr QoS kQoS1 = QoS::at_least_once;
inline constexpr QoS kQoS2 = QoS::exactly_once;

}  // namespace iotemu::mqtt::testing
