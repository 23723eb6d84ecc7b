// The limit: what remains of a broker when everything but OpenSSL is left out. One epoll loop on one thread;
// mutual TLS without session tickets, a chain that was verified once is known by the certificate's SHA-256
// from then on; every CONNECT is accepted, no policy is asked, a topic is looked up whole in one hash table,
// and what a turn of the loop gathers for a connection leaves in records of 16 KiB at its end.
//
//   floor --cert FILE --key FILE --ca FILE [--port P]     prints {"port": P} when it listens
//   floor --echo                                          the loopback alone: plain TCP, every byte comes
//   back

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <csignal>
#include <iostream>
#include <set>
#include <unordered_map>

#include "bench/measure.h"
#include "mqtt/codec/decode.h"
#include "mqtt/codec/encode.h"

namespace iotemu::bench {
namespace {

using mqtt::PacketType;
using mqtt::QoS;
constexpr auto kVersion = mqtt::Version::v3_1_1;
constexpr std::size_t kRecord = 16 * 1024;
/// QoS 0 is dropped for a connection that has so much unsent.
constexpr std::size_t kHighMark = 1 << 20;

struct Files {
  std::string certificate{};
  std::string key{};
  std::string authority{};
};

int verify_once(X509_STORE_CTX* chain, void*) {
  static std::set<std::array<unsigned char, 32>> known;
  std::array<unsigned char, 32> digest{};
  X509_digest(X509_STORE_CTX_get0_cert(chain), EVP_sha256(), digest.data(), nullptr);
  if (known.contains(digest)) return 1;
  if (X509_verify_cert(chain) != 1) return 0;
  known.insert(digest);
  return 1;
}

SSL_CTX* server_context(const Files& files) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, 2 * kRecord);
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_load_verify_locations(context, files.authority.c_str(), nullptr) != 1) {
    fail("--cert, --key and --ca expect PEM files");
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, verify_once, nullptr);
  return context;
}

struct Connection {
  int fd{-1};
  SSL* ssl{};
  bool up{false};
  bool writing{false};  ///< waits until the socket takes more
  bool dirty{false};    ///< stands in Floor::dirty_
  std::uint16_t packet_id{0};
  std::string in{};
  std::string out{};
  std::vector<std::string> topics{};
};

class Floor {
 public:
  Floor(const Files& files, int listener) : context_{server_context(files)}, listener_{listener} {
    watch(EPOLL_CTL_ADD, listener_, EPOLLIN, nullptr);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    while (true) {
      const int ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < ready; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        event.data.ptr == nullptr ? accept() : on_ready(*static_cast<Connection*>(event.data.ptr));
      }
      for (std::size_t i = 0; i < dirty_.size(); ++i) {
        dirty_[i]->dirty = false;
        flush(*dirty_[i]);
      }
      dirty_.clear();
      for (Connection* gone : gone_) remove(gone);
      gone_.clear();
    }
  }

 private:
  void watch(int how, int fd, std::uint32_t events, Connection* connection) const {
    epoll_event event{.events = events, .data = {.ptr = connection}};
    ::epoll_ctl(epoll_, how, fd, &event);
  }

  void accept() {
    int fd = -1;
    while ((fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      auto* connection = new Connection{.fd = fd, .ssl = SSL_new(context_)};
      SSL_set_fd(connection->ssl, fd);
      SSL_set_accept_state(connection->ssl);
      watch(EPOLL_CTL_ADD, fd, EPOLLIN, connection);
    }
  }

  void on_ready(Connection& connection) {
    if (connection.fd < 0) return;
    if (!connection.up) {
      ERR_clear_error();
      connection.up = check(connection, SSL_do_handshake(connection.ssl));
      if (!connection.up) return;
    }
    if (connection.writing) flush(connection);
    while (connection.fd >= 0) {
      ERR_clear_error();
      std::size_t got = 0;
      if (!check(connection, SSL_read_ex(connection.ssl, buffer_.data(), buffer_.size(), &got))) return;
      connection.in.append(buffer_.data(), got);
      take_packets(connection);
      if (SSL_has_pending(connection.ssl) == 0) return;
    }
  }

  void take_packets(Connection& from) {
    std::size_t used = 0;
    while (true) {
      const auto next = mqtt::next_frame(mqtt::as_bytes(std::string_view{from.in}.substr(used)), 1 << 20);
      if (next.state != mqtt::FrameResult::State::frame) break;
      used += next.frame.total_size;
      switch (mqtt::packet_type(next.frame.first_byte)) {
        case PacketType::connect:
          mqtt::encode(kVersion, mqtt::Connack{}, from.out);
          break;
        case PacketType::subscribe:
          subscribe(from, next.frame);
          break;
        case PacketType::publish:
          relay(from, next.frame);
          break;
        case PacketType::disconnect:
          return close(from);
        default:
          break;
      }
    }
    from.in.erase(0, used);
    mark(from);
  }

  void subscribe(Connection& from, const mqtt::Frame& frame) {
    const auto packet = mqtt::decode(kVersion, frame);
    if (!packet) return close(from);
    const auto& subscribe = std::get<mqtt::Subscribe>(*packet);
    std::vector<std::uint8_t> codes;
    for (const auto& request : subscribe.filters) {
      topics_[std::string{request.filter}].emplace_back(&from, request.qos);
      from.topics.emplace_back(request.filter);
      codes.push_back(static_cast<std::uint8_t>(request.qos));
    }
    mqtt::encode(kVersion, mqtt::Suback{.packet_id = subscribe.packet_id, .codes = codes}, from.out);
  }

  void relay(Connection& from, const mqtt::Frame& frame) {
    auto message = mqtt::decode_publish(kVersion, frame);
    if (!message) return close(from);
    if (message->qos == QoS::at_least_once) {
      mqtt::encode(kVersion, mqtt::Puback{.packet_id = message->packet_id}, from.out);
    }
    topic_.assign(message->topic);
    const auto found = topics_.find(topic_);
    if (found == topics_.end()) return;
    const auto qos = message->qos;
    for (const auto& [to, granted] : found->second) {
      message->qos = std::min(qos, granted);
      message->packet_id = 0;
      if (message->qos == QoS::at_least_once) {
        if (++to->packet_id == 0) to->packet_id = 1;
        message->packet_id = to->packet_id;
      } else if (to->out.size() > kHighMark) {
        continue;
      }
      mqtt::encode(kVersion, *message, to->out);
      mark(*to);
    }
  }

  void mark(Connection& connection) {
    if (connection.out.empty() || std::exchange(connection.dirty, true)) return;
    dirty_.push_back(&connection);
  }

  void flush(Connection& connection) {
    if (connection.fd < 0 || !connection.up) return;
    std::size_t sent = 0;
    while (sent < connection.out.size()) {
      ERR_clear_error();
      std::size_t written = 0;
      const auto size = std::min(kRecord, connection.out.size() - sent);
      if (!check(connection, SSL_write_ex(connection.ssl, connection.out.data() + sent, size, &written)))
        break;
      sent += written;
    }
    connection.out.erase(0, sent);
    const bool more = connection.fd >= 0 && !connection.out.empty();
    if (std::exchange(connection.writing, more) != more && connection.fd >= 0) {
      watch(EPOLL_CTL_MOD, connection.fd, EPOLLIN | (more ? std::uint32_t{EPOLLOUT} : 0U), &connection);
    }
  }

  bool check(Connection& connection, int result) {
    if (result == 1) return true;
    const int error = SSL_get_error(connection.ssl, result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) close(connection);
    return false;
  }

  void close(Connection& connection) {
    if (connection.fd < 0) return;
    ::close(std::exchange(connection.fd, -1));
    gone_.push_back(&connection);
  }

  void remove(Connection* connection) {
    for (const auto& topic : connection->topics) {
      std::erase_if(topics_[topic], [&](const auto& subscriber) { return subscriber.first == connection; });
    }
    SSL_free(connection->ssl);
    delete connection;
  }

  SSL_CTX* context_;
  int listener_;
  int epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  std::unordered_map<std::string, std::vector<std::pair<Connection*, QoS>>> topics_{};
  std::string topic_{};
  std::vector<char> buffer_ = std::vector<char>(64 * 1024);
  std::vector<Connection*> dirty_{};
  std::vector<Connection*> gone_{};
};

int listen_on(std::uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener, any, size) != 0 || ::listen(listener, 4096) != 0)
    fail("port " + std::to_string(port) + " is taken");
  ::getsockname(listener, any, &size);
  std::cout << Json{{"port", ntohs(address.sin_port)}}.dump() << std::endl;
  return listener;
}

[[noreturn]] void echo(int listener) {
  ::fcntl(listener, F_SETFL, 0);
  while (true) {
    const int fd = ::accept(listener, nullptr, nullptr);
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::array<char, 4096> bytes;
    for (ssize_t got = 0; (got = ::read(fd, bytes.data(), bytes.size())) > 0;) {
      if (::write(fd, bytes.data(), static_cast<std::size_t>(got)) != got) break;
    }
    ::close(fd);
  }
}

int run(int argc, char** argv) {
  CLI::App app{"The limit: TLS and MQTT's framing without a broker"};
  Files files;
  std::uint16_t port = 0;
  bool plain = false;
  app.add_option("--cert", files.certificate, "the server's chain");
  app.add_option("--key", files.key);
  app.add_option("--ca", files.authority, "of the clients");
  app.add_option("--port", port, "0: any free one")->capture_default_str();
  app.add_flag("--echo", plain, "plain TCP, every byte comes back");
  CLI11_PARSE(app, argc, argv);
  ::signal(SIGPIPE, SIG_IGN);
  if (plain) echo(listen_on(port));
  SSL_CTX_free(server_context(files));  // wrong files end it before it listens
  Floor{files, listen_on(port)}.run();
}

}  // namespace
}  // namespace iotemu::bench

int main(int argc, char** argv) {
  return iotemu::bench::run(argc, argv);
}
