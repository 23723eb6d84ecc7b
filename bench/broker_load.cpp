// Loads any MQTT-over-TLS broker at host:port and prints one JSON object: rates, latencies, and what it cost
// the server (--server-pid), whose CPU time is taken from /proc around the measured window alone.
//
//   broker_load connects --port P --identities DIR --server-pid PID [--total N] [--in-flight N]
//   broker_load onboard  …  devices that the server has never seen, tried until they are in
//   broker_load pairs | fanout | fanin  …  [--qos 0|1] [--publishers N] [--subscribers N] [--seconds S]
//   broker_load pingpong | paced  …
//   broker_load echo --port P  …  against floor --echo
//   broker_load idle  …  [--steps 1000,5000,10000]
//
// Each client has a certificate of its own, NAME.crt and NAME.key in DIR, and NAME as client id. A client
// NAME publishes on bench/NAME/data, all of a fan-in on bench/all/data; the broker must allow both, and
// reading them.

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>

#include "bench/load_modes.h"

namespace iotemu::bench {
namespace {

using Mode = std::function<Json(const LoadOptions&)>;

const std::map<std::string, Mode>& modes() {
  static const std::map<std::string, Mode> table{
      {"connects", measure_connects},
      {"onboard", measure_onboarding},
      {"idle", measure_idle},
      {"pairs", [](const LoadOptions& options) { return measure_messages(options, Shape::pairs); }},
      {"fanout", [](const LoadOptions& options) { return measure_messages(options, Shape::fan_out); }},
      {"fanin", [](const LoadOptions& options) { return measure_messages(options, Shape::fan_in); }},
      {"pingpong", measure_ping_pong},
      {"echo", measure_echo},
      {"paced", measure_paced}};
  return table;
}

int run(int argc, char** argv) {
  CLI::App app{"Loads an MQTT-over-TLS broker and prints one JSON object"};
  LoadOptions options;
  std::string mode;
  std::string tls{"1.3"};
  std::vector<std::string> names;
  for (const auto& [name, function] : modes()) names.push_back(name);
  app.add_option("mode", mode)->required()->check(CLI::IsMember(names));
  app.add_option("--host", options.target.host, "name or address")->capture_default_str();
  app.add_option("--port", options.target.port)->required();
  app.add_option("--tls", tls)->check(CLI::IsMember({"1.2", "1.3"}))->capture_default_str();
  app.add_flag("--rsa", options.target.rsa, "RSA on both sides; the identities must have such keys");
  app.add_option("--identities", options.identities, "folder of NAME.crt and NAME.key");
  app.add_option("--prefix", options.prefix, "of NAME");
  app.add_option("--skip", options.skip, "so many of the identities");
  app.add_option("--server-pid", options.server_pid, "whose CPU and memory are read; 0: nobody's");
  app.add_option("--total", options.total, "connects, onboard: how many")->capture_default_str();
  app.add_option("--in-flight", options.in_flight, "connects under way at a time")->capture_default_str();
  app.add_option("--pool", options.pool, "connects: identities that take turns, twice --in-flight at least")
      ->capture_default_str();
  app.add_option("--retry-ms", options.retry_ms, "onboard: pause after the first refusal, which doubles")
      ->capture_default_str();
  const auto* publishers = app.add_option("--publishers", options.publishers, "(10; fanout 1, fanin 50)");
  const auto* subscribers = app.add_option("--subscribers", options.subscribers, "(10; fanout 50, fanin 1)");
  app.add_option("--qos", options.qos)->check(CLI::Range(0, 1))->capture_default_str();
  app.add_option("--payload", options.payload, "bytes")->capture_default_str();
  app.add_option("--seconds", options.seconds, "that are measured")->capture_default_str();
  app.add_option("--rate", options.rate, "paced: messages a second")->capture_default_str();
  app.add_option("--steps", options.steps, "idle: connections")->delimiter(',')->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  if (publishers->empty() && mode != "pairs")
    options.publishers = mode == "fanin" ? 50 : mode == "fanout" ? 1 : 10;
  if (subscribers->empty() && mode != "pairs")
    options.subscribers = mode == "fanout" ? 50 : mode == "fanin" ? 1 : 10;
  using Versions = load::TlsSettings::Versions;
  options.target.versions = tls == "1.2" ? Versions::only_1_2 : Versions::only_1_3;
  Json result = modes().at(mode)(options);
  result["tls"] = tls;
  result["rsa"] = options.target.rsa;
  ServerProcess{options.server_pid}.wait_until_idle();
  std::cout << result.dump() << "\n";
  return 0;
}

}  // namespace
}  // namespace iotemu::bench

int main(int argc, char** argv) {
  return iotemu::bench::run(argc, argv);
}
