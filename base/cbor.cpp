#include "base/cbor.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "base/utf8.h"

namespace iotemu {
namespace {

/// The upper three bits of an item's first byte.
enum class Major : std::uint8_t { unsigned_integer, negative_integer, bytes, text, array, map, tag, simple };

constexpr std::uint8_t kIndefinite = 31;
constexpr std::uint8_t kBreak = 0xff;

double half_to_double(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 0x1f;
  const int fraction = bits & 0x3ff;
  const double magnitude = exponent == 0    ? std::ldexp(fraction, -24)
                           : exponent != 31 ? std::ldexp(fraction + 1024, exponent - 25)
                           : fraction == 0  ? std::numeric_limits<double>::infinity()
                                            : std::numeric_limits<double>::quiet_NaN();
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

/// Reads items by descent, no deeper than it is told. The first fault wins.
class Reader {
 public:
  Reader(std::string_view bytes, int max_depth) : bytes_{bytes}, max_depth_{max_depth} {}

  Result<Json> whole() {
    Json value = item(1);
    if (!fault_ && at_ != bytes_.size()) fail("bytes follow the data item");
    if (fault_) return *fault_;
    return value;
  }

 private:
  struct Head {
    Major major{};
    std::uint8_t info{};
    std::uint64_t argument{};
    [[nodiscard]] bool indefinite() const { return info == kIndefinite; }
  };

  void fail(std::string_view what) {
    if (fault_) return;
    fault_ = Error{Errc::serialization,
                   "CBOR is not valid at byte " + std::to_string(at_) + ": " + std::string{what}};
  }

  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size() - at_) {
      fail("it ends too early");
      at_ = bytes_.size();
      return {};
    }
    const auto taken = bytes_.substr(at_, static_cast<std::size_t>(count));
    at_ += taken.size();
    return taken;
  }

  Head head() {
    const auto first = take(1);
    if (first.empty()) return {};
    const auto byte = static_cast<std::uint8_t>(first[0]);
    Head head{.major = static_cast<Major>(byte >> 5),
              .info = static_cast<std::uint8_t>(byte & 0x1f),
              .argument = static_cast<std::uint64_t>(byte & 0x1f)};
    if (head.info >= 24 && head.info <= 27) {
      head.argument = 0;
      for (const char c : take(std::uint64_t{1} << (head.info - 24)))
        head.argument = head.argument << 8 | static_cast<std::uint8_t>(c);
    } else if (head.info >= 28 && head.info < kIndefinite) {
      fail("reserved length");
    }
    const bool may_be_indefinite = head.major >= Major::bytes && head.major != Major::tag;
    if (head.indefinite() && !may_be_indefinite) fail("indefinite length where there is none");
    return head;
  }

  bool at_break() {
    if (at_ >= bytes_.size() || static_cast<std::uint8_t>(bytes_[at_]) != kBreak) return false;
    ++at_;
    return true;
  }

  /// Whether a container has one more element; `left` counts those of a definite length.
  bool more(const Head& head, std::uint64_t& left) {
    if (fault_) return false;
    if (head.indefinite()) return !at_break();
    return left-- > 0;
  }

  Json item(int depth) {
    if (depth > max_depth_) {
      fail("nested deeper than " + std::to_string(max_depth_) + " levels");
      return {};
    }
    const Head head = this->head();
    if (fault_) return {};
    switch (head.major) {
      case Major::unsigned_integer:
        return head.argument;
      case Major::negative_integer:
        return negative(head.argument);
      case Major::bytes: {
        const std::string content = string(head);
        return Json::binary({content.begin(), content.end()});
      }
      case Major::text:
        return text(head);
      case Major::array:
        return array(head, depth);
      case Major::map:
        return map(head, depth);
      case Major::tag:
        return item(depth + 1);
      case Major::simple:
        break;
    }
    return simple(head);
  }

  Json negative(std::uint64_t argument) {
    if (argument > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      fail("an integer is too small for 64 bits");
      return {};
    }
    return -1 - static_cast<std::int64_t>(argument);
  }

  std::string string(const Head& head) {
    if (!head.indefinite()) return std::string{take(head.argument)};
    std::string whole;
    while (!fault_ && !at_break()) {
      const Head chunk = this->head();
      if (fault_) break;
      if (chunk.major != head.major || chunk.indefinite()) {
        fail("a chunk of a string is something else");
        break;
      }
      whole += take(chunk.argument);
    }
    return whole;
  }

  Json text(const Head& head) {
    std::string content = string(head);
    if (!fault_ && !is_utf8(content)) fail("text that is not UTF-8");
    return content;
  }

  Json array(const Head& head, int depth) {
    Json result = Json::array();
    for (std::uint64_t left = head.argument; more(head, left);) result.push_back(item(depth + 1));
    return result;
  }

  Json map(const Head& head, int depth) {
    Json result = Json::object();
    for (std::uint64_t left = head.argument; more(head, left);) {
      const Head key = this->head();
      if (fault_) break;
      if (key.major != Major::text) {
        fail("a map's key is no text");
        break;
      }
      const Json name = text(key);
      Json value = item(depth + 1);
      if (!fault_) result[name.get_ref<const std::string&>()] = std::move(value);
    }
    return result;
  }

  Json simple(const Head& head) {
    constexpr std::uint64_t kFalse = 20;
    constexpr std::uint64_t kTrue = 21;
    constexpr std::uint64_t kUndefined = 23;
    switch (head.info) {
      case 25:
        return half_to_double(static_cast<std::uint16_t>(head.argument));
      case 26:
        return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(head.argument)));
      case 27:
        return std::bit_cast<double>(head.argument);
      case kIndefinite:
        fail("a break that ends nothing");
        return {};
      default:
        if (head.argument == kFalse || head.argument == kTrue) return head.argument == kTrue;
        if (head.info >= 24 || head.argument < kFalse || head.argument > kUndefined)
          fail("a simple value that nobody defines");
        return {};
    }
  }

  std::string_view bytes_;
  int max_depth_;
  std::size_t at_{0};
  std::optional<Error> fault_{};
};

std::string valid_text(const std::string& text) {
  return is_utf8(text) ? text : Json::parse(to_text(text)).get<std::string>();
}

Json valid(const Json& value) {
  if (value.is_string()) return valid_text(value.get_ref<const std::string&>());
  if (!value.is_structured()) return value;
  Json result = value.is_array() ? Json::array() : Json::object();
  for (const auto& [name, member] : value.items()) {
    if (value.is_array()) {
      result.push_back(valid(member));
    } else {
      result[valid_text(name)] = valid(member);
    }
  }
  return result;
}

}  // namespace

Result<Json> parse_cbor(std::string_view bytes, int max_depth) {
  return Reader{bytes, max_depth}.whole();
}

std::string to_cbor(const Json& value) {
  std::string bytes;
  Json::to_cbor(valid(value), bytes);
  return bytes;
}

}  // namespace iotemu
