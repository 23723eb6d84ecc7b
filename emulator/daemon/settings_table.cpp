#include <algorithm>
#include <array>

#include "emulator/daemon/limits.h"
#include "emulator/daemon/parse_value.h"
#include "emulator/daemon/settings.h"
#include "emulator/daemon/switches.h"
#include "emulator/http/client/upstream.h"

namespace iotemu::daemon {
namespace {

using Values = std::span<const std::string>;

constexpr std::string_view kListening = "Where it listens";
constexpr std::string_view kCloud = "Which AWS it plays";
constexpr std::string_view kFiles = "Files";
constexpr std::string_view kJitr = "Just-in-time registration";
constexpr std::string_view kFunctions = "Functions";
constexpr std::string_view kBrowsers = "Who may call the API";
constexpr std::string_view kBehaviour = "Behaviour and diagnosis";

Error expected(std::string what) {
  return {.code = Errc::invalid_request, .message = "expected " + std::move(what)};
}

Status set_port(std::uint16_t& port, Values values) {
  const auto number = parse_count(values[0], 65535);
  if (!number) return expected("a port from 0 (any free one) to 65535");
  port = static_cast<std::uint16_t>(*number);
  return Ok{};
}

Status set_text(std::string& text, Values values, std::string_view what) {
  if (values[0].empty()) return expected(std::string{what});
  text = values[0];
  return Ok{};
}

Status set_list(std::vector<std::string>& list, Values values, std::string_view what) {
  if (std::any_of(values.begin(), values.end(), [](const auto& value) { return value.empty(); })) {
    return expected(std::string{what});
  }
  list.assign(values.begin(), values.end());
  return Ok{};
}

Status set_flag(bool& flag, Values values) {
  const auto parsed = parse_bool(values[0]);
  if (!parsed) return expected("true or false");
  flag = *parsed;
  return Ok{};
}

bool is_region(std::string_view text) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789-";
  return !text.empty() && text.size() <= 32 && text.find_first_not_of(kAllowed) == std::string_view::npos;
}

bool is_account(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

Status set_account(Settings& settings, Values values) {
  if (!is_account(values[0])) return expected("an AWS account id of 12 digits");
  settings.emulator.account = values[0];
  return Ok{};
}

Status set_region(Settings& settings, Values values) {
  if (!is_region(values[0])) return expected("an AWS region such as eu-central-1");
  settings.emulator.region = values[0];
  return Ok{};
}

Status set_workers(Settings& settings, Values values) {
  const auto number = parse_count(values[0], 256);
  if (!number) return expected("a number from 0 (one per core) to 256");
  settings.emulator.workers = *number;
  return Ok{};
}

Status set_webhook(Settings& settings, Values values) {
  if (!values[0].starts_with("http://")) return expected("an http:// URL");
  settings.emulator.jitr_webhook = values[0];
  return Ok{};
}

Status set_jitr_timeout(Settings& settings, Values values) {
  const auto limit = parse_duration(values[0]);
  if (!limit) return expected("a duration such as 10, 10s or 500ms");
  settings.emulator.jitr_webhook_timeout = *limit;
  settings.emulator.jitr_command_timeout = *limit;
  return Ok{};
}

Status set_pairs(Options& options, Values values,
                 Status (*set)(Options&, std::string_view name, std::string_view value)) {
  for (const std::string_view value : values) {
    const auto equals = value.find('=');
    if (equals == value.npos) return expected("name=value");
    if (auto done = set(options, value.substr(0, equals), value.substr(equals + 1)); !done) return done;
  }
  return Ok{};
}

Status set_upstream(Options& options, std::string_view name, std::string_view value) {
  if (const auto read = http::read_upstream(name, value); !read) return read.error();
  options.upstreams[std::string{name}] = value;
  return Ok{};
}

Status set_log_level(Settings& settings, Values values) {
  if (!log::parse_level(values[0], settings.log_level)) {
    return expected("one of trace, debug, info, warn, error, off");
  }
  return Ok{};
}

Status add_function(Options& options, std::string_view name, std::string_view target) {
  const bool known = target.starts_with("http://") || (target.starts_with("exec:") && target.size() > 5);
  if (name.empty() || !known) return expected("NAME=http://HOST:PORT/PATH or NAME=exec:COMMAND");
  options.functions[std::string{name}] = target;
  return Ok{};
}

Status set_sandbox(Settings& settings, Values values) {
  using Sandbox = LambdaOptions::Sandbox;
  if (values[0] == "auto") {
    settings.emulator.lambda.sandbox = Sandbox::automatic;
  } else if (values[0] == "strict") {
    settings.emulator.lambda.sandbox = Sandbox::strict;
  } else if (values[0] == "off") {
    settings.emulator.lambda.sandbox = Sandbox::off;
  } else {
    return expected("auto, strict or off");
  }
  return Ok{};
}

Status set_processes(Settings& settings, Values values) {
  const auto number = parse_count(values[0], 1'000);
  if (!number) return expected("a number from 0 (two a core and six) to 1000");
  settings.emulator.lambda.processes = *number;
  return Ok{};
}

Status set_connect_ports(Settings& settings, Values values) {
  std::vector<std::uint16_t> ports;
  for (const auto& value : values) {
    const auto number = parse_count(value, 65535);
    if (!number || *number == 0) return expected("a port from 1 to 65535");
    ports.push_back(static_cast<std::uint16_t>(*number));
  }
  settings.emulator.lambda.connect_ports = std::move(ports);
  return Ok{};
}

constexpr std::array kTable{
    Setting{.name = "host",
            .group = kListening,
            .placeholder = "ADDRESS",
            .help = "Address of both listeners (127.0.0.1). Beyond loopback, /_iot/* and\n"
                    "Lambda ask for the admin token of the ready file.",
            .apply = [](Settings& s,
                        Values v) { return set_text(s.emulator.host, v, "an address such as 127.0.0.1"); }},
    Setting{.name = "api-port",
            .group = kListening,
            .placeholder = "PORT",
            .help = "HTTP port of the AWS API (4566; 0 = any free one)",
            .apply = [](Settings& s, Values v) { return set_port(s.emulator.api_port, v); }},
    Setting{.name = "mqtt-port",
            .group = kListening,
            .placeholder = "PORT",
            .help = "MQTT over TLS (8883; 0 = any free one)",
            .apply = [](Settings& s, Values v) { return set_port(s.emulator.mqtt_port, v); }},
    Setting{.name = "https-port",
            .group = kListening,
            .placeholder = "PORT",
            .help = "HTTPS of devices, by client certificate (8443; 0 = any free one)",
            .apply = [](Settings& s, Values v) { return set_port(s.emulator.https_port, v); }},
    Setting{.name = "workers",
            .group = kListening,
            .placeholder = "N",
            .help = "MQTT threads (0 = one per core)",
            .apply = set_workers},
    Setting{
        .name = "endpoint-host",
        .group = kCloud,
        .placeholder = "NAME",
        .help = "Host that DescribeEndpoint answers and the server certificate\nnames (localhost)",
        .apply = [](Settings& s, Values v) { return set_text(s.emulator.endpoint_host, v, "a host name"); }},
    Setting{.name = "hostname",
            .kind = SettingKind::list,
            .group = kCloud,
            .placeholder = "NAME",
            .help = "Further DNS name or address in the server certificate",
            .apply = [](Settings& s, Values v) { return set_list(s.emulator.hostnames, v, "a host name"); }},
    Setting{.name = "account",
            .group = kCloud,
            .placeholder = "ID",
            .help = "Default account (123456789012)",
            .apply = set_account},
    Setting{.name = "region",
            .group = kCloud,
            .placeholder = "REGION",
            .help = "Default region (us-east-1)",
            .apply = set_region},
    Setting{.name = "upstream",
            .kind = SettingKind::pairs,
            .group = kCloud,
            .placeholder = "SERVICE=URL",
            .help = "Who plays another AWS service, such as sqs=http://localhost:9324:\n"
                    "its requests are passed on unchanged, and the actions of rules are\n"
                    "sent there, signed, by the key of a http[s]://KEY:SECRET@host. s3\n"
                    "gives bulk registrations and decode their files; secretsmanager and\n"
                    "machinelearning answer functions of SQL",
            .apply = [](Settings& s, Values v) { return set_pairs(s.emulator, v, set_upstream); },
            .shown = http::shown_upstream},
    Setting{.name = "bulk-input-folder",
            .group = kFiles,
            .placeholder = "DIR",
            .help = "Input files of bulk registrations; each bucket is a sub-folder",
            .apply = [](Settings& s,
                        Values v) { return set_text(s.emulator.bulk_input_folder, v, "a directory"); }},
    Setting{
        .name = "bucket-folder",
        .group = kFiles,
        .placeholder = "DIR",
        .help = "Objects of S3 that rules read: the descriptors of decode(*, 'proto',\n"
                "...); each bucket is a sub-folder",
        .apply = [](Settings& s, Values v) { return set_text(s.emulator.bucket_folder, v, "a directory"); }},
    Setting{.name = "data-dir",
            .group = kFiles,
            .placeholder = "DIR",
            .help = "Keeps the server's CA and keys from start to start (0700).\n"
                    "Without it they are made anew each time.",
            .apply = [](Settings& s, Values v) { return set_text(s.emulator.data_dir, v, "a directory"); }},
    Setting{.name = "record-actions",
            .group = kFiles,
            .placeholder = "FILE",
            .help = "Appends what becomes of each action of a rule, a line of JSON each\n"
                    "(- = stdout); payloads stand in it",
            .apply = [](Settings& s,
                        Values v) { return set_text(s.emulator.record_actions, v, "a file name or -"); }},
    Setting{.name = "ready-file",
            .group = kFiles,
            .placeholder = "FILE",
            .help = "JSON with addresses, CA file and pid; appears whole when the\n"
                    "emulator is ready, goes when it ends",
            .apply = [](Settings& s, Values v) { return set_text(s.ready_file, v, "a file name"); }},
    Setting{.name = "jitr-webhook",
            .group = kJitr,
            .placeholder = "URL",
            .help = "POSTs each registration event to this http:// URL",
            .apply = set_webhook},
    Setting{.name = "jitr-command",
            .group = kJitr,
            .placeholder = "'CMD'",
            .help = "Run by /bin/sh: the event on stdin, AWS_ENDPOINT_URL and\n"
                    "credentials in the environment",
            .apply = [](Settings& s, Values v) { return set_text(s.emulator.jitr_command, v, "a command"); }},
    Setting{.name = "jitr-timeout",
            .group = kJitr,
            .placeholder = "TIME",
            .help = "Limit for either: 10s, 500ms (webhook 5s, command 30s)",
            .apply = set_jitr_timeout},
    Setting{.name = "function",
            .kind = SettingKind::pairs,
            .group = kFunctions,
            .placeholder = "NAME=TARGET",
            .help = "Who plays this Lambda function, for example a pre-provisioning\n"
                    "hook: http://HOST:PORT/PATH is POSTed the event, exec:COMMAND gets\n"
                    "it on stdin; the answer is the body or stdout. NAME may be an ARN:\n"
                    "its partition, region and account do not matter. An event that\n"
                    "nobody waits for (a rule's) is tried twice more when it fails",
            .apply = [](Settings& s, Values v) { return set_pairs(s.emulator, v, add_function); }},
    Setting{.name = "lambda-sandbox",
            .group = kFunctions,
            .placeholder = "MODE",
            .help = "What keeps Lambda functions from the rest of this machine: auto, all\n"
                    "that its kernel offers; strict, that and no network but the\n"
                    "emulator's, or no start; off, limits only (auto)",
            .apply = set_sandbox},
    Setting{.name = "lambda-connect-port",
            .kind = SettingKind::list,
            .group = kFunctions,
            .placeholder = "PORT",
            .help = "TCP port that functions may connect to under strict",
            .apply = set_connect_ports},
    Setting{.name = "lambda-node",
            .group = kFunctions,
            .placeholder = "PATH",
            .help = "Runs nodejs* functions (the first node on PATH)",
            .apply = [](Settings& s, Values v) { return set_text(s.emulator.lambda.node, v, "a program"); }},
    Setting{
        .name = "lambda-python",
        .group = kFunctions,
        .placeholder = "PATH",
        .help = "Runs python* functions (the first python3 on PATH)",
        .apply = [](Settings& s, Values v) { return set_text(s.emulator.lambda.python, v, "a program"); }},
    Setting{
        .name = "lambda-folder",
        .kind = SettingKind::list,
        .group = kFunctions,
        .placeholder = "DIR",
        .help = "Functions may be created from this folder and those below it, without\n"
                "a zip: S3Bucket=local-folder,S3Key=/path",
        .apply = [](Settings& s, Values v) { return set_list(s.emulator.lambda.folders, v, "a directory"); }},
    Setting{
        .name = "lambda-modules",
        .group = kFunctions,
        .placeholder = "DIR",
        .help = "DIR/node_modules and DIR/python serve what a function's code does not\n"
                "carry, such as aws-sdk and boto3; NODE_PATH and PYTHONPATH count too",
        .apply = [](Settings& s, Values v) { return set_text(s.emulator.lambda.modules, v, "a directory"); }},
    Setting{.name = "lambda-processes",
            .group = kFunctions,
            .placeholder = "N",
            .help = "Processes of functions at a time (0 = two a core and six)",
            .apply = set_processes},
    Setting{
        .name = "allow-host",
        .kind = SettingKind::list,
        .group = kBrowsers,
        .placeholder = "NAME",
        .help = "Further Host header the API answers to",
        .apply = [](Settings& s, Values v) { return set_list(s.emulator.allow_hosts, v, "a host name"); }},
    Setting{
        .name = "allow-origin",
        .kind = SettingKind::list,
        .group = kBrowsers,
        .placeholder = "ORIGIN",
        .help = "Web origin whose pages may call the AWS API, for example\nhttp://app.test:3000",
        .apply = [](Settings& s, Values v) { return set_list(s.emulator.allow_origins, v, "a web origin"); }},
    Setting{.name = "insecure-admin",
            .kind = SettingKind::flag,
            .group = kBrowsers,
            .help = "Beyond loopback, leaves /_iot/* and Lambda open without the token",
            .apply = [](Settings& s, Values v) { return set_flag(s.emulator.insecure_admin, v); }},
    Setting{.name = "switch",
            .kind = SettingKind::pairs,
            .group = kBehaviour,
            .placeholder = "NAME=VALUE",
            .help = "Chooses another reading of AWS's behaviour; list below",
            .apply = [](Settings& s, Values v) { return set_pairs(s.emulator, v, set_switch); }},
    Setting{.name = "limit",
            .kind = SettingKind::pairs,
            .group = kBehaviour,
            .placeholder = "NAME=VALUE",
            .help = "Changes one of the service's limits; list below",
            .apply = [](Settings& s, Values v) { return set_pairs(s.emulator, v, set_limit); }},
    Setting{.name = "log-level",
            .group = kBehaviour,
            .placeholder = "LEVEL",
            .help = "trace, debug, info, warn, error or off (info)",
            .apply = set_log_level},
    Setting{.name = "debug-dumps",
            .kind = SettingKind::flag,
            .group = kBehaviour,
            .help = "Lets a crash leave a core dump (it holds private keys)",
            .apply = [](Settings& s, Values v) { return set_flag(s.debug_dumps, v); }},
};

}  // namespace

std::span<const Setting> settings_table() {
  return kTable;
}

}  // namespace iotemu::daemon
