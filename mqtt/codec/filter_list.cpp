#include "mqtt/codec/filter_list.h"

namespace iotemu::mqtt {

namespace {

constexpr std::size_t kLengthBytes = 2;

std::string_view text_at(const std::uint8_t* at) {
  const auto length = static_cast<std::size_t>(at[0] << 8 | at[1]);
  return {reinterpret_cast<const char*>(at + kLengthBytes), length};
}

}  // namespace

template <>
FilterRequest FilterList::Iterator::operator*() const {
  const std::string_view filter = text_at(at_);
  const std::uint8_t options = at_[kLengthBytes + filter.size()];
  return {.filter = filter,
          .qos = static_cast<QoS>(options & 0x03U),
          .no_local = (options & 0x04U) != 0,
          .retain_as_published = (options & 0x08U) != 0,
          .retain_handling = static_cast<std::uint8_t>((options >> 4) & 0x03U)};
}

template <>
FilterList::Iterator& FilterList::Iterator::operator++() {
  at_ += kLengthBytes + text_at(at_).size() + 1;
  return *this;
}

template <>
std::string_view FilterNameList::Iterator::operator*() const {
  return text_at(at_);
}

template <>
FilterNameList::Iterator& FilterNameList::Iterator::operator++() {
  at_ += kLengthBytes + text_at(at_).size();
  return *this;
}

}  // namespace iotemu::mqtt
