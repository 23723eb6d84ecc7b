#include <CLI/CLI.hpp>

#include "emulator/daemon/load_settings.h"

namespace iotemu::daemon {
namespace {

constexpr std::uint64_t kMaxDevices = 1'000'000;

class OptionGroup {
 public:
  OptionGroup(CLI::App& app, const char* name) : app_{app}, name_{name} {}

  template <class Value>
  OptionGroup& add(const char* flag, Value& value, const char* type, const std::string& help) {
    app_.add_option(flag, value, help)->type_name(type)->group(name_);
    return *this;
  }
  OptionGroup& flag(const char* flag, bool& value, const std::string& help) {
    app_.add_flag(flag, value, help)->group(name_);
    return *this;
  }

 private:
  CLI::App& app_;
  const char* name_;
};

void add_target_options(CLI::App& app, LoadOptions& options) {
  OptionGroup{app, "Endpoint"}
      .add("--endpoint", options.endpoint, "HOST[:PORT]", "Where devices connect to (localhost:8883)")
      .add("--ca-file", options.ca_file, "FILE",
           "CA of the server's certificate (the system's;\nwith --endpoint-api the emulator's)")
      .flag("--insecure", options.insecure, "Any server certificate will do")
      .add("--server-name", options.server_name, "NAME", "SNI, where it is not the host of --endpoint")
      .add("--alpn", options.alpn, "NAME", "(x-amzn-mqtt-ca on port 443, otherwise none)")
      .add("--tls", options.tls, "VERSION", "1.2, 1.3 or any (any)")
      .add("--mqtt", options.mqtt, "VERSION", "3.1.1 or 5 (3.1.1)");
  OptionGroup{app, "Emulator"}
      .add("--setup", options.setup, "KIND",
           "jitp or jitr: registers a new CA with an emulator on\nthis machine first; jitp with a template "
           "that lets\nall in")
      .add("--endpoint-api", options.endpoint_api, "URL",
           std::string{"API port of an emulator ("} + kLocalApi + " with\n--setup): names port and CA")
      .add("--ready-file", options.ready_file, "FILE",
           "Of an emulator: its API port and the admin token that\nit may ask for (or the token alone in "
           "IOTEMU_ADMIN_TOKEN)")
      .add("--pid", options.pid, "PID", "Of an emulator on this machine, to watch its CPU\nand memory");
}

void add_device_options(CLI::App& app, LoadOptions& options) {
  app.add_option("--devices", options.devices, "How many, over all shards (100)")
      ->type_name("N")
      ->group("Devices")
      ->check(CLI::Range(std::uint64_t{1}, kMaxDevices).description(""));
  OptionGroup{app, "Devices"}
      .add("--rate", options.rate, "R|all", "New devices a second; all: at once (all)")
      .add("--ca-cert", options.ca_cert, "FILE", "CA that signs the devices, then its chain if it has\none")
      .add("--ca-key", options.ca_key, "FILE", "Its key, where it is not beside it as .key")
      .add("--key-type", options.key_type, "KIND", "ec-p256, ec-p384 or rsa2048 (ec-p256)")
      .add("--subject", options.subject, "'/CN=...'",
           "With ${serial} and ${index}\n(/CN=${serial}/serialNumber=${serial})")
      .add("--serial-prefix", options.serial_prefix, "TEXT",
           "${serial} is TEXT-000017 (load-RUN, new each time)")
      .add("--client-id", options.client_id, "TEXT",
           "With ${serial}, ${index} or ${certificateId}\n(${serial})")
      .flag("--leaf-only", options.leaf_only, "Devices send their certificate without its CA")
      .add("--identities", options.identities, "FOLDER",
           "Devices from files, as --save-identities and\n`pki device` write them")
      .add("--save-identities", options.save_identities, "FOLDER", "Keeps the devices that are made");
}

void add_behaviour_options(CLI::App& app, LoadOptions& options) {
  OptionGroup{app, "Behaviour"}
      .add("--profile", options.profile, "NAME",
           "onboard: in, messages, out (default)\nsteady: in, messages for --duration\nreconnect-storm: in, "
           "then all lose the network\nchurn: in and out for --duration")
      .add("--backoff", options.backoff, "SPEC",
           "After a refusal: base,factor,max,jitter with jitter\nfull, equal or none; or 'none' "
           "(1s,2,30s,full)")
      .add("--timeout", options.timeout, "TIME", "For each step: connect, SUBACK, PUBACK (30s)")
      .add("--max-attempts", options.max_attempts, "N", "Connects before a device gives up (no limit)")
      .add("--give-up-after", options.give_up_after, "TIME", "Since its arrival (5m; 0: never)")
      .add("--messages", options.messages, "N|endless",
           "Of each device, or of each visit in churn (0;\nendless in steady)")
      .add("--message-rate", options.message_rate, "R", "Of each device, a second (1)")
      .add("--payload-bytes", options.payload_bytes, "N", "(64; from 64 on delivery times are measured)")
      .add("--topic", options.topic, "TEXT",
           "With ${clientId}, ${serial}, ${index} or\n${certificateId} (load/${clientId})")
      .add("--subscribe", options.subscribe, "FILTER", "Each device subscribes to this first")
      .add("--stay", options.stay, "TIME",
           "After the last message, or with endless ones after\nit got in; 'forever' too (0; 5s in churn)")
      .add("--away", options.away, "TIME", "Between two visits of churn (1s)")
      .add("--duration", options.duration, "TIME", "After the last arrival (60s in steady and churn)")
      .add("--keep-alive", options.keep_alive, "TIME", "30s to 20m (20m)")
      .add("--storm-after", options.storm_after, "TIME", "After the last arrival (5s)")
      .add("--storms", options.storms, "N", "(1)")
      .add("--storm-every", options.storm_every, "TIME", "From storm to storm (30s)")
      .add("--storm-spread", options.storm_spread, "TIME", "Over which devices come back (0: all at once)");
  app.add_option("--qos", options.qos, "0 or 1 (1)")
      ->type_name("N")
      ->group("Behaviour")
      ->check(CLI::Range(0, 1).description(""));
}

}  // namespace

void add_load_options(CLI::App& app, LoadOptions& options) {
  add_target_options(app, options);
  add_device_options(app, options);
  add_behaviour_options(app, options);
  OptionGroup{app, "Run"}
      .add("--threads", options.threads, "N", "(one for two cores)")
      .add("--shard", options.shard, "I/N", "This machine's part of a plan that N play together")
      .add("--start-at", options.start_at, "DATE",
           "When the plan begins: 2026-01-18T09:18:06Z, or\nseconds since 1970 (at once)")
      .add("--seed", options.seed, "N", "Of the jitter, to repeat a run (new each time)")
      .flag("--progress", options.progress, "A line each second, also where no terminal is");
}

}  // namespace iotemu::daemon
