// Packets in and out of bytes: the work of every PUBLISH besides TLS.

#include <benchmark/benchmark.h>

#include <string>

#include "mqtt/codec/decode.h"
#include "mqtt/codec/encode.h"

namespace {

using namespace iotemu::mqtt;

constexpr Version kV3 = Version::v3_1_1;
constexpr std::string_view kTopic = "dt/plant-7/line-2/machine-0042/telemetry";
constexpr std::size_t kMaxPacket = 262'144;

Publish publish(QoS qos, std::string_view payload) {
  return {.qos = qos,
          .topic = kTopic,
          .packet_id = qos == QoS::at_most_once ? std::uint16_t{0} : std::uint16_t{7},
          .payload = as_bytes(payload)};
}

/// As many packets as a TLS record holds, framed and decoded in place.
void decode_stream(benchmark::State& state, const Publish& packet) {
  std::string one;
  encode(kV3, packet, one);
  std::string stream;
  std::size_t packets = 0;
  for (; packets == 0 || stream.size() + one.size() <= 16'384; ++packets) stream += one;
  for (auto _ : state) {
    Bytes rest = as_bytes(stream);
    while (!rest.empty()) {
      const FrameResult framed = next_frame(rest, kMaxPacket);
      const auto decoded = decode_publish(kV3, framed.frame);
      benchmark::DoNotOptimize(decoded->payload.data());
      rest = rest.subspan(framed.frame.total_size);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(packets));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(stream.size()));
}

void decode_publish_qos_0(benchmark::State& state) {
  const std::string payload(static_cast<std::size_t>(state.range(0)), 'x');
  decode_stream(state, publish(QoS::at_most_once, payload));
}
BENCHMARK(decode_publish_qos_0)->Arg(64)->Arg(4096);

void decode_publish_qos_1(benchmark::State& state) {
  const std::string payload(64, 'x');
  decode_stream(state, publish(QoS::at_least_once, payload));
}
BENCHMARK(decode_publish_qos_1);

void decode_any_puback(benchmark::State& state) {
  std::string bytes;
  encode(kV3, Puback{.packet_id = 7}, bytes);
  for (auto _ : state) {
    const auto packet = decode(kV3, next_frame(as_bytes(bytes), kMaxPacket).frame);
    benchmark::DoNotOptimize(packet.ok());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(decode_any_puback);

void decode_connect_with_will(benchmark::State& state) {
  std::string bytes;
  encode(Connect{.clean_start = true,
                 .keep_alive = 60,
                 .client_id = "machine-0042",
                 .will = Will{.topic = kTopic, .payload = as_bytes("gone")},
                 .username = "?SDK=Python"},
         bytes);
  for (auto _ : state) {
    const auto packet = decode_connect(next_frame(as_bytes(bytes), kMaxPacket).frame);
    benchmark::DoNotOptimize(packet.ok());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(decode_connect_with_will);

/// One message to `range` receivers: encoded for each, against encoded once and patched.
void fan_out_encoding_each(benchmark::State& state) {
  const std::string payload(64, 'x');
  Publish packet = publish(QoS::at_least_once, payload);
  std::string out;
  for (auto _ : state) {
    out.clear();
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      packet.packet_id = static_cast<std::uint16_t>(i + 1);
      encode(kV3, packet, out);
    }
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(fan_out_encoding_each)->Arg(1)->Arg(50);

void fan_out_encoding_once(benchmark::State& state) {
  const std::string payload(64, 'x');
  std::string out;
  for (auto _ : state) {
    out.clear();
    const SharedPublish shared = encode_publish(kV3, QoS::at_least_once, false, kTopic, as_bytes(payload));
    for (std::int64_t i = 0; i < state.range(0); ++i)
      shared.append_to(out, static_cast<std::uint16_t>(i + 1));
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(fan_out_encoding_once)->Arg(1)->Arg(50);

}  // namespace
