// Loads the AWS API of a running emulator over HTTP and prints one JSON object. Each connection is kept alive
// and has one request under way.
//
//   api_load create --port P [--connections 8] [--total N] [--from FIRST]   CreateThing, things thing-FIRST …
//   api_load register --port P --identities DIR [--prefix P] [--skip N] --total N --ca FILE --policy NAME
//                                                        devices as they stand after onboarding: an ACTIVE
//                                                        certificate of a registered CA, its thing, its
//                                                        policy
//   api_load certificates --port P [--total N] [--from FIRST]   RegisterCertificateWithoutCA
//   api_load mixed  --port P [--things N] [--total N]    one operation after the other, each --total times;
//                                                        the registry holds thing-0 … thing-<N - 1> and as
//                                                        many certificates
//
// With --server-pid the CPU that it cost the server is read from /proc.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <functional>
#include <iostream>
#include <optional>

#include "bench/load_client.h"
#include "bench/many_certificates.h"
#include "bench/measure.h"

namespace iotemu::bench {
namespace {

struct ApiOptions {
  std::uint16_t port{};
  pid_t server_pid{0};
  std::size_t connections{1};
  std::size_t total{5000};
  std::size_t from{0};
  std::size_t things{1000};
  std::filesystem::path identities{};
  std::string prefix{};
  std::size_t skip{0};
  std::filesystem::path authority{};
  std::string policy{};
};

std::string request(std::string_view method, const std::string& target, const std::string& body = {},
                    const std::string& header = {}) {
  return std::string{method} + " " + target +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + header +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string create_thing(const std::string& name, std::size_t number) {
  return request(
      "POST", "/things/" + name,
      R"({"attributePayload":{"attributes":{"site":"north","serial":")" + std::to_string(number) + "\"}}}");
}

class Connection {
 public:
  explicit Connection(std::uint16_t port) : port_{port} { open(); }
  ~Connection() { ::close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void send(const std::string& text) {
    sent_ = WallClock::now();
    if (spent_) open();
    if (::write(fd_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) fail("the API hung up");
    busy_ = true;
  }
  /// Reads what is there; true when the answer is whole.
  bool receive() {
    const auto at = in_.size();
    in_.resize(at + 64 * 1024);
    const ssize_t got = ::read(fd_, in_.data() + at, in_.size() - at);
    if (got <= 0) fail("the API hung up");
    in_.resize(at + static_cast<std::size_t>(got));
    const auto end = in_.find("\r\n\r\n");
    if (end == in_.npos) return false;
    const std::string head = in_.substr(0, end + 2);
    std::size_t size = 0;
    const std::string length = header(head, "content-length");
    if (length.empty()) fail("an answer without Content-Length: " + head);
    std::from_chars(length.data(), length.data() + length.size(), size);
    if (in_.size() < end + 4 + size) return false;
    if (!head.starts_with("HTTP/1.1 200")) fail("the API refused: " + in_);
    spent_ = header(head, "connection") == "close";  // after so many requests, the server wants a new one
    body_ = in_.substr(end + 4);
    in_.clear();
    busy_ = false;
    return true;
  }
  [[nodiscard]] bool busy() const { return busy_; }
  /// Of the last answer.
  [[nodiscard]] const std::string& body() const { return body_; }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] double seconds() const { return seconds_since(sent_); }

 private:
  void open() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    spent_ = false;
    sockaddr_in address{.sin_family = AF_INET,
                        .sin_port = htons(port_),
                        .sin_addr = {htonl(INADDR_LOOPBACK)},
                        .sin_zero = {}};
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      fail("nothing listens on port " + std::to_string(port_));
    }
  }

  /// The value of a header, or nothing; `name` in lowercase.
  static std::string header(const std::string& head, std::string_view name) {
    const std::string wanted = "\r\n" + std::string{name} + ": ";
    const auto found = std::search(head.begin(), head.end(), wanted.begin(), wanted.end(),
                                   [](char a, char b) { return std::tolower(a) == b; });
    if (found == head.end()) return {};
    const auto begin = found + static_cast<std::ptrdiff_t>(wanted.size());
    return {begin, std::find(begin, head.end(), '\r')};
  }

  std::uint16_t port_;
  int fd_{-1};
  bool spent_{false};
  WallClock::time_point sent_{};
  bool busy_{false};
  std::string in_;
  std::string body_;
};

using Connections = std::vector<std::unique_ptr<Connection>>;
using MakeRequest = std::function<std::string(std::size_t number)>;
using TakeAnswer = std::function<void(std::size_t number, const std::string& body)>;

/// `total` requests over the connections, each busy all the time.
Latencies exchange(Connections& connections, std::size_t total, const MakeRequest& make,
                   const TakeAnswer& take = {}) {
  Latencies latencies;
  std::size_t started = 0;
  std::vector<std::size_t> under_way(connections.size());
  const auto next = [&](std::size_t connection) {
    if (started == total) return;
    under_way[connection] = started;
    connections[connection]->send(make(started++));
  };
  for (std::size_t i = 0; i < connections.size(); ++i) next(i);
  // A single client does not sleep: what is measured is the server's waking up, not ours.
  const int patience = connections.size() == 1 ? 0 : 1000;
  std::vector<pollfd> waiting;
  while (latencies.count() < total) {
    waiting.clear();
    for (const auto& connection : connections) {
      waiting.push_back({.fd = connection->busy() ? connection->fd() : -1, .events = POLLIN, .revents = 0});
    }
    ::poll(waiting.data(), waiting.size(), patience);
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      auto& connection = *connections[i];
      if (waiting[i].revents == 0 || !connection.receive()) continue;
      latencies.add(connection.seconds());
      if (take) take(under_way[i], connection.body());
      next(i);
    }
  }
  return latencies;
}

Json create(const ApiOptions& options, Connections& connections) {
  const ServerProcess server{options.server_pid};
  const Window window{server};
  auto latencies = exchange(connections, options.total, [&](std::size_t i) {
    const auto number = options.from + i;
    return create_thing("thing-" + std::to_string(number), number);
  });
  const double took = window.seconds();
  const double cpu = window.server_cpu();
  const auto total = static_cast<double>(options.total);
  Json result{{"mode", "create"},
              {"operation", "CreateThing"},
              {"connections", options.connections},
              {"requests", options.total},
              {"requests_per_second", total / took},
              {"server_cpu_seconds_per_1000", cpu / total * 1000},
              {"server_cpu_share", cpu / took}};
  latencies.put_into(result, "latency_ms");
  return result;
}

Json register_devices(const ApiOptions& options, Connections& connections) {
  const auto devices = identity_files(options.identities, options.prefix, options.skip, options.total);
  const std::string authority = contents(options.authority);
  std::vector<std::string> arns(devices.size());
  const auto name = [&](std::size_t i) { return devices[i].stem().string(); };
  const auto for_all = [&](const MakeRequest& make, const TakeAnswer& take = {}) {
    exchange(connections, devices.size(), make, take);
  };
  const auto begin = WallClock::now();
  for_all(
      [&](std::size_t i) {
        const Json body{
            {"certificatePem", contents(devices[i])}, {"caCertificatePem", authority}, {"status", "ACTIVE"}};
        return request("POST", "/certificate/register", body.dump());
      },
      [&](std::size_t i, const std::string& answer) {
        arns[i] = parse_json(answer)->at("certificateArn").get<std::string>();
      });
  for_all([&](std::size_t i) { return create_thing(name(i), i); });
  for_all([&](std::size_t i) {
    return request("PUT", "/things/" + name(i) + "/principals", {}, "x-amzn-principal: " + arns[i] + "\r\n");
  });
  for_all([&](std::size_t i) {
    return request("PUT", "/target-policies/" + options.policy, Json{{"target", arns[i]}}.dump());
  });
  return {{"mode", "register"},
          {"devices", devices.size()},
          {"devices_per_second", static_cast<double>(devices.size()) / seconds_since(begin)}};
}

/// What RegisterCertificateWithoutCA takes.
class Registrations {
 public:
  explicit Registrations(Connections& connections) {
    const Json body{{"certificateSigningRequest", ManyCertificates::kRequest}};
    exchange(
        connections, 1, [&](std::size_t) { return request("POST", "/certificates", body.dump()); },
        [&](std::size_t, const std::string& answer) {
          many_.emplace(parse_json(answer)->at("certificatePem").get<std::string>());
        });
  }
  [[nodiscard]] std::string number(std::size_t number) const {
    return request("POST", "/certificate/register-no-ca",
                   Json{{"certificatePem", many_->number(number)}, {"status", "INACTIVE"}}.dump());
  }

 private:
  std::optional<ManyCertificates> many_;
};

Json register_certificates(const ApiOptions& options, Connections& connections) {
  const Registrations registrations{connections};
  auto latencies = exchange(connections, options.total,
                            [&](std::size_t i) { return registrations.number(options.from + i); });
  Json result{{"mode", "certificates"}, {"requests", options.total}};
  latencies.put_into(result, "latency_ms");
  return result;
}

Json mixed(const ApiOptions& options, Connections& connections) {
  const auto some = [&](std::size_t i) {
    return "/things/thing-" + std::to_string(i * 7919 % options.things);
  };
  const std::vector<std::pair<std::string, MakeRequest>> operations{
      {"CreateThing",
       [&](std::size_t i) { return create_thing("new-" + std::to_string(options.from + i), i); }},
      {"DescribeThing", [&](std::size_t i) { return request("GET", some(i)); }},
      {"UpdateThing",
       [&](std::size_t i) {
         return request(
             "PATCH", some(i),
             R"({"attributePayload":{"attributes":{"site":"s)" + std::to_string(i) + R"("},"merge":true}})");
       }},
      {"ListThings", [](std::size_t) { return request("GET", "/things?maxResults=50"); }},
      {"ListThings_by_attribute",
       [](std::size_t) { return request("GET", "/things?attributeName=serial&attributeValue=77"); }},
      {"ListThings_by_attribute_prefix",
       [](std::size_t) {
         return request(
             "GET",
             "/things?attributeName=serial&attributeValue=77&usePrefixAttributeValue=true&maxResults=10");
       }},
      {"ListThingPrincipals", [&](std::size_t i) { return request("GET", some(i) + "/principals"); }},
      {"ListThingGroupsForThing", [&](std::size_t i) { return request("GET", some(i) + "/thing-groups"); }},
      {"DeleteThing",
       [&](std::size_t i) { return request("DELETE", "/things/new-" + std::to_string(options.from + i)); }},
  };
  const Registrations registrations{connections};
  std::vector<std::string> certificates(options.total);
  const auto certificate = [&](std::size_t i) { return "/certificates/" + certificates[i]; };
  const auto keep_id = [&](std::size_t i, const std::string& answer) {
    certificates[i] = parse_json(answer)->at("certificateId").get<std::string>();
  };
  const std::vector<std::pair<std::string, MakeRequest>> certificate_operations{
      {"DescribeCertificate", [&](std::size_t i) { return request("GET", certificate(i)); }},
      {"ListCertificates", [](std::size_t) { return request("GET", "/certificates?pageSize=50"); }},
      {"UpdateCertificate",
       [&](std::size_t i) { return request("PUT", certificate(i) + "?newStatus=REVOKED"); }},
      {"DeleteCertificate", [&](std::size_t i) { return request("DELETE", certificate(i)); }},
  };
  Json result{{"mode", "mixed"}, {"things", options.things}, {"requests", options.total}};
  for (const auto& [name, make] : operations) {
    exchange(connections, options.total, make).put_into(result, name + "_ms");
  }
  const auto registered = [&](std::size_t i) {
    return registrations.number(options.things + options.from + i);
  };
  exchange(connections, options.total, registered, keep_id)
      .put_into(result, "RegisterCertificateWithoutCA_ms");
  for (const auto& [name, make] : certificate_operations) {
    exchange(connections, options.total, make).put_into(result, name + "_ms");
  }
  return result;
}

int run(int argc, char** argv) {
  CLI::App app{"Loads the AWS API over HTTP and prints one JSON object"};
  ApiOptions options;
  std::string mode;
  app.add_option("mode", mode)
      ->required()
      ->check(CLI::IsMember({"create", "certificates", "mixed", "register"}));
  app.add_option("--port", options.port)->required();
  app.add_option("--server-pid", options.server_pid, "whose CPU is read; 0: nobody's");
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--total", options.total, "requests (mixed: of each operation)")->capture_default_str();
  app.add_option("--from", options.from, "number of the first new thing")->capture_default_str();
  app.add_option("--things", options.things, "mixed: how many there are, and certificates")
      ->capture_default_str();
  app.add_option("--identities", options.identities, "register: folder of NAME.crt and NAME.key");
  app.add_option("--prefix", options.prefix, "register: of NAME");
  app.add_option("--skip", options.skip, "register: so many of the identities");
  app.add_option("--ca", options.authority, "register: the file of their CA");
  app.add_option("--policy", options.policy, "register: its name");
  CLI11_PARSE(app, argc, argv);
  Connections connections;
  for (std::size_t i = 0; i < options.connections; ++i) {
    connections.push_back(std::make_unique<Connection>(options.port));
  }
  const auto run_mode = mode == "create"         ? create
                        : mode == "certificates" ? register_certificates
                        : mode == "mixed"        ? mixed
                                                 : register_devices;
  std::cout << run_mode(options, connections).dump() << "\n";
  return 0;
}

}  // namespace
}  // namespace iotemu::bench

int main(int argc, char** argv) {
  return iotemu::bench::run(argc, argv);
}
