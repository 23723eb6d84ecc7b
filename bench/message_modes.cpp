#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "bench/load_modes.h"
#include "mqtt/codec/decode.h"
#include "mqtt/codec/encode.h"

namespace iotemu::bench {
namespace {

using mqtt::PacketType;
using mqtt::QoS;
using mqtt::Version;

/// Unacknowledged QoS 1 messages of one publisher.
constexpr std::size_t kWindow = 100;
/// What a publisher gathers before it writes: one TLS record.
constexpr std::size_t kRecord = 16'000;
/// How long what was published may take to arrive once nothing more is sent.
constexpr double kDrainSeconds = 10;

std::string own_topic(const LoadClient& client) {
  return "bench/" + client.name() + "/data";
}

void subscribe(LoadLoop& load, LoadClient& client, const std::string& topic, QoS qos) {
  bool granted = false;
  client.on_packet = [&](const mqtt::Frame& frame) {
    granted = mqtt::packet_type(frame.first_byte) == PacketType::suback && frame.body.back() < 0x80;
    if (!granted) fail(client.name() + " may not subscribe to " + topic);
  };
  mqtt::encode_subscribe(Version::v3_1_1, 1, std::vector<mqtt::FilterRequest>{{.filter = topic, .qos = qos}},
                         {}, client.out());
  client.flush();
  while (!granted) {
    if (client.ended()) fail(client.name() + " was cut when it subscribed to " + topic);
    load.turn(100);
  }
  client.on_packet = nullptr;
}

/// Calls `on_message` with each message's payload, and acknowledges.
template <class OnMessage>
void receive(LoadClient& client, OnMessage on_message) {
  client.on_packet = [&client, on_message](const mqtt::Frame& frame) {
    if (mqtt::packet_type(frame.first_byte) != PacketType::publish) return;
    const auto publish = mqtt::decode_publish(Version::v3_1_1, frame);
    if (!publish) fail("the server sent a malformed PUBLISH");
    if (publish->qos == QoS::at_least_once) {
      mqtt::encode(Version::v3_1_1, mqtt::Puback{.packet_id = publish->packet_id}, client.out());
    }
    on_message(publish->payload);
  };
}

/// One client's outgoing messages: QoS 1 within a window.
class Publisher {
 public:
  Publisher(LoadClient& client, std::string topic, QoS qos)
      : client_{client}, topic_{std::move(topic)}, qos_{qos} {
    client_.on_packet = [this](const mqtt::Frame& frame) {
      if (mqtt::packet_type(frame.first_byte) == PacketType::puback) ++acknowledged_;
    };
  }
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  void publish(std::string_view payload) {
    if (++packet_id_ == 0) packet_id_ = 1;
    mqtt::encode(Version::v3_1_1,
                 mqtt::Publish{.qos = qos_,
                               .topic = topic_,
                               .packet_id = qos_ == QoS::at_most_once ? std::uint16_t{0} : packet_id_,
                               .payload = mqtt::as_bytes(payload)},
                 client_.out());
    ++published_;
  }
  /// From now on without pause: a record whenever the last one is out.
  void keep_publishing(const std::string& payload) {
    client_.on_sent = [this, payload] {
      while (client_.out().size() < kRecord && (qos_ == QoS::at_most_once || unacknowledged() < kWindow)) {
        publish(payload);
      }
    };
    client_.flush();
  }
  void stop() { client_.on_sent = nullptr; }

  [[nodiscard]] std::uint64_t published() const { return published_; }
  [[nodiscard]] std::uint64_t unacknowledged() const { return published_ - acknowledged_; }
  [[nodiscard]] LoadClient& client() { return client_; }

 private:
  LoadClient& client_;
  std::string topic_;
  QoS qos_;
  std::uint16_t packet_id_{0};
  std::uint64_t published_{0};
  std::uint64_t acknowledged_{0};
};

/// Publishers and subscribers, connected and subscribed.
struct Room {
  Room(const LoadOptions& options, Shape shape)
      : identities{read_identities(options.identities, options.prefix, options.skip,
                                   options.publishers + options.subscribers)},
        load{options.target},
        clients{connect_all(load, identities, options.in_flight)} {
    const auto qos = options.qos == 0 ? QoS::at_most_once : QoS::at_least_once;
    for (std::size_t i = 0; i < options.publishers; ++i) {
      auto& client = *clients[i];
      publishers.push_back(std::make_unique<Publisher>(
          client, shape == Shape::fan_in ? "bench/all/data" : own_topic(client), qos));
    }
    for (std::size_t i = 0; i < options.subscribers; ++i) {
      const auto topic =
          shape == Shape::fan_in ? "bench/all/data" : own_topic(*clients[i % options.publishers]);
      subscribers.push_back(clients[options.publishers + i].get());
      subscribe(load, *subscribers.back(), topic, qos);
    }
  }

  [[nodiscard]] std::uint64_t published() const {
    std::uint64_t sum = 0;
    for (const auto& publisher : publishers) sum += publisher->published();
    return sum;
  }
  [[nodiscard]] std::uint64_t unacknowledged() const {
    std::uint64_t sum = 0;
    for (const auto& publisher : publishers) sum += publisher->unacknowledged();
    return sum;
  }
  void run_for(double seconds) {
    for (const auto begin = WallClock::now(); seconds_since(begin) < seconds;) load.turn(10);
    for (const auto& client : clients) {
      if (client->ended()) fail(client->name() + " was cut");
    }
  }

  std::vector<Identity> identities;
  LoadLoop load;
  Clients clients;
  std::vector<std::unique_ptr<Publisher>> publishers;
  std::vector<LoadClient*> subscribers;
};

std::int64_t nanoseconds(WallClock::time_point time) {
  return time.time_since_epoch().count();
}

}  // namespace

Json measure_messages(const LoadOptions& options, Shape shape) {
  Room room{options, shape};
  std::uint64_t received = 0;
  for (auto* subscriber : room.subscribers) receive(*subscriber, [&](mqtt::Bytes) { ++received; });
  const std::string payload(options.payload, 'x');
  for (auto& publisher : room.publishers) publisher->keep_publishing(payload);
  room.run_for(std::min(0.5, options.seconds));

  const ServerProcess server{options.server_pid};
  const Window window{server};
  const std::uint64_t before = received;
  room.run_for(options.seconds);
  const double took = window.seconds();
  const double cpu = window.server_cpu();
  const auto count = static_cast<double>(received - before);

  for (auto& publisher : room.publishers) publisher->stop();
  const std::uint64_t copies = shape == Shape::fan_out ? options.subscribers : 1;
  const auto missing = [&] {
    return room.published() * copies - std::min(received, room.published() * copies);
  };
  if (options.qos == 1) {
    auto last = WallClock::now();
    for (auto seen = received;
         missing() + room.unacknowledged() > 0 && seconds_since(last) < kDrainSeconds;) {
      room.load.turn(10);
      if (std::exchange(seen, received) != received) last = WallClock::now();
    }
  }
  const char* const names[] = {"pairs", "fanout", "fanin"};
  Json result{{"mode", names[static_cast<int>(shape)]},
              {"publishers", options.publishers},
              {"subscribers", options.subscribers},
              {"qos", options.qos},
              {"payload", options.payload},
              {"messages_per_second", count / took},
              {"server_cpu_seconds_per_100k", count > 0 ? cpu / count * 1e5 : 0},
              {"server_cpu_share", cpu / took},
              {"published", room.published()},
              {"received", received}};
  // QoS 0 promises nothing, and what lies in buffers when the time is over may be a minute's work.
  if (options.qos == 1) result["lost"] = missing();
  return result;
}

Json measure_ping_pong(const LoadOptions& base) {
  LoadOptions options = base;
  options.publishers = 2;
  options.subscribers = 0;
  options.qos = 1;
  Room room{options, Shape::pairs};
  LoadClient& ping = *room.clients[0];
  LoadClient& pong = *room.clients[1];
  subscribe(room.load, ping, own_topic(pong), QoS::at_least_once);
  subscribe(room.load, pong, own_topic(ping), QoS::at_least_once);
  const std::string payload(options.payload, 'x');
  bool back = false;
  receive(ping, [&](mqtt::Bytes) { back = true; });
  receive(pong, [&](mqtt::Bytes) { room.publishers[1]->publish(payload); });

  const auto rounds_for = [&](double seconds, Latencies& latencies) {
    for (const auto begin = WallClock::now(); seconds_since(begin) < seconds;) {
      back = false;
      const auto thrown = WallClock::now();
      room.publishers[0]->publish(payload);
      ping.flush();
      while (!back) {  // without sleeping: what is measured is the server's waking up, not ours
        room.load.turn(0);
        if (seconds_since(thrown) > kDrainSeconds) fail("a message did not come back");
      }
      latencies.add(seconds_since(thrown));
    }
  };
  Latencies warm_up;
  rounds_for(0.2, warm_up);
  Latencies latencies;
  const ServerProcess server{options.server_pid};
  const Window window{server};
  rounds_for(options.seconds, latencies);
  Json result{{"mode", "pingpong"},
              {"qos", 1},
              {"round_trips", latencies.count()},
              {"server_cpu_share", window.server_cpu() / window.seconds()}};
  latencies.put_into(result, "round_trip_ms");
  return result;
}

Json measure_echo(const LoadOptions& options) {
  const auto server = load::resolve(options.target.host, options.target.port);
  if (!server) fail(server.error().message);
  const auto& address = server->addresses.front();
  const Descriptor socket{::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0) {
    fail("nothing listens at " + options.target.host + ":" + std::to_string(options.target.port));
  }
  std::string bytes(options.payload, 'x');
  Latencies latencies;
  for (const auto begin = WallClock::now(); seconds_since(begin) < options.seconds;) {
    const auto thrown = WallClock::now();
    if (::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) fail("the echo hung up");
    for (std::size_t back = 0; back < bytes.size();) {
      const ssize_t got = ::recv(socket.get(), bytes.data() + back, bytes.size() - back, MSG_DONTWAIT);
      if (got == 0 || (got < 0 && errno != EAGAIN)) fail("the echo hung up");
      if (got > 0) back += static_cast<std::size_t>(got);
    }
    latencies.add(seconds_since(thrown));
  }
  Json result{{"mode", "echo"}, {"round_trips", latencies.count()}};
  latencies.put_into(result, "round_trip_ms");
  return result;
}

Json measure_paced(const LoadOptions& options) {
  Room room{options, Shape::pairs};
  Latencies latencies;
  WallClock::time_point measured_from{};
  for (auto* subscriber : room.subscribers) {
    receive(*subscriber, [&](mqtt::Bytes payload) {
      std::int64_t intended = 0;
      std::memcpy(&intended, payload.data(), sizeof intended);
      if (intended < nanoseconds(measured_from)) return;
      latencies.add(static_cast<double>(nanoseconds(WallClock::now()) - intended) / 1e9);
    });
  }
  const auto begin = WallClock::now();
  const double warm_up = std::min(0.5, options.seconds);
  measured_from =
      begin + std::chrono::duration_cast<WallClock::duration>(std::chrono::duration<double>{warm_up});
  const auto total =
      static_cast<std::uint64_t>((options.seconds + warm_up) * static_cast<double>(options.rate));
  std::string payload(std::max(options.payload, sizeof(std::int64_t)), 'x');
  const ServerProcess server{options.server_pid};
  const Window window{server};
  for (std::uint64_t sent = 0; sent < total;) {
    for (const double now = seconds_since(begin); sent < total; ++sent) {
      const double intended = static_cast<double>(sent) / static_cast<double>(options.rate);
      if (intended > now) break;
      const auto stamp = nanoseconds(begin) + static_cast<std::int64_t>(intended * 1e9);
      std::memcpy(payload.data(), &stamp, sizeof stamp);
      auto& publisher = *room.publishers[sent % room.publishers.size()];
      publisher.publish(payload);
      publisher.client().flush();
    }
    room.load.turn(0);
  }
  const double cpu = window.server_cpu();
  const double took = window.seconds();
  const auto expected = static_cast<std::uint64_t>(options.seconds * static_cast<double>(options.rate));
  for (const auto end = WallClock::now();
       latencies.count() < expected && seconds_since(end) < kDrainSeconds;) {
    room.load.turn(1);
  }
  Json result{{"mode", "paced"},
              {"publishers", options.publishers},
              {"qos", options.qos},
              {"rate", options.rate},
              {"received", latencies.count()},
              {"lost", expected - std::min<std::uint64_t>(expected, latencies.count())},
              {"server_cpu_share", cpu / took}};
  latencies.put_into(result, "latency_ms");
  return result;
}

}  // namespace iotemu::bench
