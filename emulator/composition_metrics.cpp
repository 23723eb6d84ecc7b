#include "emulator/impl.h"
#include "emulator/metrics/exposition.h"
#include "emulator/metrics/process_use.h"

// What /metrics tells: every counter of every part, read when asked and summed over the realms. Nothing is
// counted for it on the broker's threads that was not counted anyway.

namespace iotemu {
namespace {

using metrics::Exposition;

mqtt::BrokerCounters of_brokers(const std::vector<identity::RealmHome*>& homes) {
  mqtt::BrokerCounters sum;
  for (auto* home : homes) {
    const auto one = home->broker().counters();
    sum.connections += one.connections;
    sum.sessions += one.sessions;
    sum.subscriptions += one.subscriptions;
    sum.retained += one.retained;
    sum.messages_received += one.messages_received;
    sum.messages_sent += one.messages_sent;
    sum.dropped_slow += one.dropped_slow;
    sum.dropped_queue_full += one.dropped_queue_full;
    sum.dropped_unacked += one.dropped_unacked;
    sum.dropped_throttled += one.dropped_throttled;
  }
  return sum;
}

void expose_process(Exposition& out, Time started) {
  const auto use = metrics::process_use();
  out.counter("process_cpu_seconds_total", "User and system time of this process").sample(use.cpu_seconds);
  if (use.resident_bytes) {
    out.gauge("process_resident_memory_bytes", "Resident memory of this process").sample(*use.resident_bytes);
  }
  out.gauge("process_start_time_seconds", "When the emulator was started, since the epoch")
      .sample(epoch_seconds(started));
}

void expose_broker(Exposition& out, const mqtt::BrokerCounters& counters) {
  out.gauge("iotemu_connections", "Accepted MQTT connections that are open").sample(counters.connections);
  out.gauge("iotemu_sessions", "Sessions, those without a connection included").sample(counters.sessions);
  out.gauge("iotemu_subscriptions", "Subscriptions of all sessions").sample(counters.subscriptions);
  out.gauge("iotemu_retained_messages", "Retained messages").sample(counters.retained);
  out.counter("iotemu_messages_received_total", "Accepted publishes, those of the service included")
      .sample(counters.messages_received);
  out.counter("iotemu_messages_sent_total", "PUBLISH packets to clients, repeated ones included")
      .sample(counters.messages_sent);
  out.counter("iotemu_messages_dropped_total", "Messages that did not reach a subscriber")
      .sample(counters.dropped_slow, {{"reason", "slow"}})
      .sample(counters.dropped_queue_full, {{"reason", "queue_full"}})
      .sample(counters.dropped_unacked, {{"reason", "unacknowledged"}})
      .sample(counters.dropped_throttled, {{"reason", "throttled"}});
}

}  // namespace

std::string Emulator::Impl::metrics() const {
  const auto homes = realms->all();
  Exposition out;
  expose_process(out, started);
  expose_broker(out, of_brokers(homes));
  out.counter("iotemu_refusals_total", "Clients that were refused or cut, by cause");
  for (const auto& [refusal, count] : refused.counts()) out.sample(count, {{"cause", to_string(refusal)}});
  out.counter("iotemu_certificates_registered_total", "Device certificates registered by their first connect")
      .sample(registration_counts.at_connect.load());
  out.counter("iotemu_provisions_total", "Provisioning templates that were carried out for devices")
      .sample(registration_counts.just_in_time.load(), {{"by", "just_in_time"}})
      .sample(registration_counts.fleet.load(), {{"by", "fleet"}});
  handler_measures.expose(out);
  out.counter("iotemu_rules_matched_total", "Rules that were found for a message")
      .sample(rule_work->matches());
  out.counter("iotemu_rules_dropped_total", "Messages, rules and error actions that did not fit")
      .sample(rule_work->dropped());
  out.counter("iotemu_rule_actions_total", "Actions of rules that have ended");
  for (const auto& ends : outlets->actions().ends()) {
    out.sample(ends.delivered, {{"action", ends.kind}, {"outcome", "delivered"}});
    out.sample(ends.failed, {{"action", ends.kind}, {"outcome", "failed"}});
    out.sample(ends.recorded, {{"action", ends.kind}, {"outcome", "recorded"}});
  }
  out.counter("iotemu_api_requests_total",
              "HTTP requests of the IoT API, by \"ok\" or the name of the error");
  for (const auto& [outcome, count] : api->outcomes()) out.sample(count, {{"outcome", outcome}});
  return std::move(out).text();
}

}  // namespace iotemu
