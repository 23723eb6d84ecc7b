#include "iotemu/device.h"

#include <algorithm>
#include <functional>
#include <variant>

#include "emulator/tls_client.h"
#include "mqtt/codec/decode.h"
#include "mqtt/codec/encode.h"
#include "mqtt/codec/frame.h"
#include "registry/pki/certificate.h"

namespace iotemu {
namespace {

using namespace mqtt;  // the packets, nothing else

constexpr std::size_t kMaxPacket = 1024 * 1024;

std::string_view name(Outcome::Ended ended) {
  switch (ended) {
    case Outcome::Ended::no:
      return "connected";
    case Outcome::Ended::close_notify:
      return "closed with close_notify";
    case Outcome::Ended::eof:
      return "end of stream";
    case Outcome::Ended::alert:
      return "TLS alert";
    case Outcome::Ended::reset:
      return "reset";
    case Outcome::Ended::timeout:
      return "no answer within ten seconds";
  }
  return "";
}

std::string common_name(const DeviceIdentity& identity) {
  const auto certificate = registry::pki::Certificate::from_pem(identity.certificate_pem);
  return certificate ? std::string{certificate->subject().common_name()} : std::string{};
}

/// A CONNACK of two bytes is taken as it is: the switch `connack_on_denied` sends a code that 3.1.1 does not
/// know.
Result<Packet> decode_answer(const Frame& frame) {
  constexpr std::uint8_t kConnack = 0x20;
  if (frame.first_byte == kConnack && frame.body.size() == 2) {
    return Packet{Connack{.session_present = (frame.body[0] & 1) != 0, .code = frame.body[1]}};
  }
  return decode(Version::v3_1_1, frame);
}

QoS qos_of(int qos) {
  return static_cast<QoS>(qos);
}

}  // namespace

struct Device::Impl {
  Emulator& emulator;
  DeviceIdentity identity;
  TlsClient tls{};
  ConnectOptions options{};
  std::string client_id{};
  std::string buffer{};
  std::vector<ReceivedMessage> received{};
  std::uint16_t packet_id{0};

  Outcome outcome(bool accepted) {
    Outcome result;
    result.accepted = accepted;
    result.ended = tls.ended();
    result.alert = tls.alert();
    describe(result);
    return result;
  }

  /// Fills `because` and `text` from what the emulator recorded about our end of the connection.
  void describe(Outcome& result) {
    result.text = result.accepted ? "accepted, " : "not accepted, ";
    if (result.connack) result.text += "CONNACK " + std::to_string(*result.connack) + ", ";
    result.text += name(result.ended);
    if (result.ended == Outcome::Ended::alert) result.text += " " + std::to_string(result.alert);
    if (!tls.trouble().empty()) result.text += " (" + tls.trouble() + ")";
    if (result.accepted) return;
    const std::vector<RefusalRecord> records = emulator.refusals();
    const auto own = std::find_if(records.rbegin(), records.rend(),
                                  [this](const RefusalRecord& record) { return record.peer == tls.local(); });
    if (own == records.rend()) return;
    result.because = own->refusal;
    result.text += "\n" + to_text(*own);
  }

  bool open(const ConnectOptions& connect) {
    options = connect;
    client_id = connect.client_id ? *connect.client_id : common_name(identity);
    buffer.clear();
    const std::string endpoint = emulator.api_endpoint();
    const std::size_t start = endpoint.find("//") + 2;
    std::string host = endpoint.substr(start, endpoint.rfind(':') - start);
    std::erase_if(host, [](char c) { return c == '[' || c == ']'; });
    return tls.open({.host = host,
                     .port = emulator.mqtt_port(),
                     .server_ca_pem = emulator.server_ca_pem(),
                     .identity = identity,
                     .connect = options});
  }

  void send(const Packet& packet) {
    std::string bytes;
    encode(Version::v3_1_1, packet, bytes);
    tls.write(bytes);
  }

  /// Takes one packet off the buffer and lets `wanted` look at it; deliveries are kept aside. True once
  /// `wanted` said so.
  bool take_packet(const std::function<bool(const Packet&)>& wanted, bool& found) {
    const FrameResult frame = next_frame(as_bytes(buffer), kMaxPacket);
    if (frame.state != FrameResult::State::frame) return false;
    if (const auto packet = decode_answer(frame.frame)) {
      if (const auto* publish = std::get_if<Publish>(&*packet)) keep(*publish);
      found = wanted(*packet);
    }
    buffer.erase(0, frame.frame.total_size);
    return true;
  }

  void keep(const Publish& publish) {
    received.push_back({.topic = std::string{publish.topic},
                        .payload = std::string{as_text(publish.payload)},
                        .qos = static_cast<int>(publish.qos),
                        .retain = publish.retain});
    if (publish.qos == QoS::at_least_once && options.acknowledge)
      send(Puback{.packet_id = publish.packet_id});
  }

  /// Reads until `wanted` accepts a packet or the connection ends.
  bool await(const std::function<bool(const Packet&)>& wanted) {
    bool found = false;
    do {
      while (!found && take_packet(wanted, found)) {
      }
    } while (!found && tls.read(buffer));
    return found;
  }

  /// Reads what has arrived, without waiting.
  void drain() {
    tls.read_available(buffer);
    bool found = false;
    while (take_packet([](const Packet&) { return false; }, found)) {
    }
  }

  bool ping() {
    if (!tls.is_open()) return false;
    send(Pingreq{});
    return await([](const Packet& packet) { return std::holds_alternative<Pingresp>(packet); });
  }

  std::uint16_t next_packet_id() {
    packet_id = packet_id == 0xffff ? std::uint16_t{1} : static_cast<std::uint16_t>(packet_id + 1);
    return packet_id;
  }
};

Device::Device(Emulator& emulator, DeviceIdentity identity)
    : impl_{new Impl{.emulator = emulator, .identity = std::move(identity)}} {}
Device::Device(Device&&) noexcept = default;
Device& Device::operator=(Device&&) noexcept = default;
Device::~Device() = default;

Outcome Device::connect(const ConnectOptions& options) {
  Impl& self = *impl_;
  if (!self.open(options)) return self.outcome(false);
  Connect packet{
      .clean_start = options.clean_session, .keep_alive = options.keep_alive, .client_id = self.client_id};
  if (options.will) {
    packet.will = Will{.topic = options.will->topic,
                       .payload = as_bytes(options.will->payload),
                       .qos = qos_of(options.will->qos),
                       .retain = options.will->retain};
  }
  if (options.username) packet.username = *options.username;
  if (options.password) packet.password = as_bytes(*options.password);
  self.send(packet);

  std::optional<Connack> connack;
  self.await([&](const Packet& answer) {
    if (const auto* found = std::get_if<Connack>(&answer)) connack = *found;
    return connack.has_value();
  });
  Outcome result;
  result.accepted = connack && connack->code == 0;
  if (connack) {
    result.connack = connack->code;
    result.session_present = connack->session_present;
  }
  if (!result.accepted) self.await([](const Packet&) { return false; });
  result.ended = self.tls.ended();
  result.alert = self.tls.alert();
  self.describe(result);
  return result;
}

bool Device::handshake(const ConnectOptions& options) {
  return impl_->open(options);
}

Outcome Device::publish(std::string_view topic, std::string_view payload, int qos, bool retain) {
  Impl& self = *impl_;
  Publish packet{.qos = qos_of(qos), .retain = retain, .topic = topic, .payload = as_bytes(payload)};
  if (qos == 0) {
    self.send(packet);
    return self.outcome(self.ping());
  }
  packet.packet_id = self.next_packet_id();
  self.send(packet);
  return self.outcome(self.await([&](const Packet& answer) {
    const auto* puback = std::get_if<Puback>(&answer);
    return puback != nullptr && puback->packet_id == packet.packet_id;
  }));
}

Outcome Device::subscribe(const std::vector<std::pair<std::string, int>>& filters) {
  Impl& self = *impl_;
  std::vector<FilterRequest> requests;
  for (const auto& [filter, qos] : filters) requests.push_back({.filter = filter, .qos = qos_of(qos)});
  std::string bytes;
  encode_subscribe(Version::v3_1_1, self.next_packet_id(), requests, {}, bytes);
  self.tls.write(bytes);
  std::vector<int> codes;
  const bool answered = self.await([&](const Packet& answer) {
    const auto* suback = std::get_if<Suback>(&answer);
    if (suback != nullptr) codes.assign(suback->codes.begin(), suback->codes.end());
    return suback != nullptr;
  });
  Outcome result = self.outcome(answered && std::ranges::all_of(codes, [](int code) { return code <= 2; }));
  result.suback = std::move(codes);
  return result;
}

Outcome Device::subscribe(std::string_view filter, int qos) {
  return subscribe({{std::string{filter}, qos}});
}

Outcome Device::unsubscribe(const std::vector<std::string>& filters) {
  Impl& self = *impl_;
  const std::vector<std::string_view> names{filters.begin(), filters.end()};
  std::string bytes;
  encode_unsubscribe(Version::v3_1_1, self.next_packet_id(), names, {}, bytes);
  self.tls.write(bytes);
  return self.outcome(
      self.await([](const Packet& answer) { return std::holds_alternative<Unsuback>(answer); }));
}

Outcome Device::send_raw(std::string_view bytes) {
  impl_->tls.write(bytes);
  return ping();
}

Outcome Device::ping() {
  return impl_->outcome(impl_->ping());
}

void Device::disconnect() {
  if (!impl_->tls.is_open()) return;
  impl_->send(Disconnect{});
  wait_closed();
}

void Device::drop() {
  impl_->tls.drop();
}

std::vector<ReceivedMessage> Device::messages() {
  impl_->emulator.settle();
  impl_->ping();
  return std::exchange(impl_->received, {});
}

bool Device::is_connected() {
  impl_->drain();
  return impl_->tls.is_open();
}

Outcome Device::state() {
  return impl_->outcome(is_connected());
}

Outcome Device::wait_closed() {
  impl_->await([](const Packet&) { return false; });
  return impl_->outcome(false);
}

const DeviceIdentity& Device::identity() const {
  return impl_->identity;
}

const std::string& Device::client_id() const {
  return impl_->client_id;
}

}  // namespace iotemu
