#pragma once

// Reads the fields of one packet body in order. The first failure wins and is kept; later reads return
// zeroes, so a decoder reads like the standard's packet picture and asks once, at the end. Allocates only to
// report.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "mqtt/codec/bytes.h"
#include "mqtt/codec/packet.h"
#include "mqtt/codec/rules.h"
#include "mqtt/codec/utf8.h"

namespace iotemu::mqtt {

class Reader {
 public:
  Reader(Version version, Bytes body) : version_{version}, body_{body} {}

  [[nodiscard]] Version version() const { return version_; }
  [[nodiscard]] bool is_v5() const { return version_ == Version::v5; }
  /// The version that CONNECT itself names.
  void set_version(Version version) { version_ = version; }
  [[nodiscard]] std::size_t remaining() const { return body_.size() - at_; }
  [[nodiscard]] bool failed() const { return broken_ != nullptr; }

  [[nodiscard]] std::uint8_t u8() {
    const Bytes bytes = take(1);
    return bytes.empty() ? std::uint8_t{0} : bytes[0];
  }
  [[nodiscard]] std::uint16_t u16() {
    const Bytes bytes = take(2);
    return bytes.empty() ? std::uint16_t{0} : static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
  }
  [[nodiscard]] std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }
  [[nodiscard]] std::uint32_t varint() {
    std::uint32_t value = 0;
    for (unsigned shift = 0; shift < 28; shift += 7) {
      const std::uint8_t byte = u8();
      value |= static_cast<std::uint32_t>(byte & 0x7FU) << shift;
      if ((byte & 0x80U) != 0) continue;
      if (byte == 0 && shift > 0) fail(rules::kVarint);
      return failed() ? 0 : value;
    }
    fail(rules::kVarint);
    return 0;
  }
  /// A length of two bytes and as many bytes.
  [[nodiscard]] Bytes binary() { return take(u16()); }
  [[nodiscard]] std::string_view utf8() {
    const std::string_view text = as_text(binary());
    switch (check_utf8(text)) {
      case Utf8::well_formed:
        return text;
      case Utf8::ill_formed:
        fail(rules::kIllFormedUtf8);
        break;
      case Utf8::null_character:
        fail(rules::kNullCharacter);
        break;
    }
    return {};
  }
  [[nodiscard]] std::uint16_t packet_id() {
    const std::uint16_t id = u16();
    if (id == 0) fail(rules::kPacketIdZero);
    return id;
  }
  /// Exactly `count` bytes, or a failure and none.
  [[nodiscard]] Bytes take(std::size_t count) {
    if (failed()) return {};
    if (remaining() < count) {
      fail(rules::kTruncated);
      return {};
    }
    const Bytes bytes = body_.subspan(at_, count);
    at_ += count;
    return bytes;
  }
  [[nodiscard]] Bytes rest() { return take(remaining()); }

  void fail(const Rule& rule, std::string_view subject = {}) {
    if (failed()) return;
    broken_ = &rule;
    subject_ = subject;
    failed_at_ = at_;
  }
  void check(bool holds, const Rule& rule, std::string_view subject = {}) {
    if (!holds) fail(rule, subject);
  }
  /// Takes over the failure of a reader of the `part` that this one has just taken.
  void absorb(const Reader& part) {
    if (failed() || !part.failed()) return;
    broken_ = part.broken_;
    subject_ = part.subject_;
    failed_at_ = at_ - part.body_.size() + part.failed_at_;
  }

  /// What broke, in `packet`: "PUBLISH: QoS is 3 [MQTT-3.3.1-4] at byte 0 of the body".
  [[nodiscard]] Error error(std::string_view packet) const;

  /// The decoded value, unless a read failed or bytes are left over.
  template <class T>
  [[nodiscard]] Result<T> done(T value, std::string_view packet) {
    if (remaining() != 0) fail(rules::kTrailing);
    if (failed()) return error(packet);
    return value;
  }

 private:
  Version version_;
  Bytes body_;
  std::size_t at_{0};
  const Rule* broken_{nullptr};
  std::string_view subject_{};
  std::size_t failed_at_{0};
};

}  // namespace iotemu::mqtt
