#pragma once

// The filters of a SUBSCRIBE or UNSUBSCRIBE, read where they lie. Both lists trust their bytes: decode() has
// walked them once, and the encoder wrote them.

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "mqtt/codec/bytes.h"
#include "mqtt/codec/qos.h"

namespace iotemu::mqtt {

/// One filter of a SUBSCRIBE. The last three fields are options of MQTT 5.
struct FilterRequest {
  std::string_view filter{};
  QoS qos{};
  bool no_local{};
  bool retain_as_published{};
  std::uint8_t retain_handling{};

  friend bool operator==(const FilterRequest& a, const FilterRequest& b) = default;
};

/// An iterable view of encoded entries: `for (const FilterRequest request : subscribe.filters)`. How an entry
/// is read, and where the next one begins, is said for each kind in filter_list.cpp.
template <class Entry>
class EncodedList {
 public:
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Entry;
    using difference_type = std::ptrdiff_t;
    using pointer = const Entry*;
    using reference = Entry;

    Iterator() = default;
    explicit Iterator(const std::uint8_t* at) : at_{at} {}
    [[nodiscard]] Entry operator*() const;
    Iterator& operator++();
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) = default;

   private:
    const std::uint8_t* at_{};
  };

  EncodedList() = default;
  /// `encoded` is `count` well-formed entries.
  EncodedList(Bytes encoded, std::size_t count) : encoded_{encoded}, count_{count} {}

  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] Iterator begin() const { return Iterator{encoded_.data()}; }
  [[nodiscard]] Iterator end() const { return Iterator{encoded_.data() + encoded_.size()}; }
  [[nodiscard]] Bytes encoded() const { return encoded_; }

  friend bool operator==(const EncodedList& a, const EncodedList& b) {
    return same_bytes(a.encoded_, b.encoded_);
  }

 private:
  Bytes encoded_{};
  std::size_t count_{};
};

template <>
FilterRequest EncodedList<FilterRequest>::Iterator::operator*() const;
template <>
EncodedList<FilterRequest>::Iterator& EncodedList<FilterRequest>::Iterator::operator++();
template <>
std::string_view EncodedList<std::string_view>::Iterator::operator*() const;
template <>
EncodedList<std::string_view>::Iterator& EncodedList<std::string_view>::Iterator::operator++();

/// Of a SUBSCRIBE: each entry is a filter and its options byte.
using FilterList = EncodedList<FilterRequest>;
/// Of an UNSUBSCRIBE: each entry is a filter.
using FilterNameList = EncodedList<std::string_view>;

}  // namespace iotemu::mqtt
