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

/// An iterable view: `for (const FilterRequest request : subscribe.filters)`.
class FilterList {
 public:
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = FilterRequest;
    using difference_type = std::ptrdiff_t;
    using pointer = const FilterRequest*;
    using reference = FilterRequest;

    Iterator() = default;
    explicit Iterator(const std::uint8_t* at) : at_{at} {}
    [[nodiscard]] FilterRequest operator*() const;
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

  FilterList() = default;
  /// `encoded` is `count` well-formed entries, each a filter and its options byte.
  FilterList(Bytes encoded, std::size_t count) : encoded_{encoded}, count_{count} {}

  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] Iterator begin() const { return Iterator{encoded_.data()}; }
  [[nodiscard]] Iterator end() const { return Iterator{encoded_.data() + encoded_.size()}; }
  [[nodiscard]] Bytes encoded() const { return encoded_; }

  friend bool operator==(const FilterList& a, const FilterList& b) {
    return same_bytes(a.encoded_, b.encoded_);
  }

 private:
  Bytes encoded_{};
  std::size_t count_{};
};

/// An iterable view: `for (const std::string_view filter : unsubscribe.filters)`.
class FilterNameList {
 public:
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using pointer = const std::string_view*;
    using reference = std::string_view;

    Iterator() = default;
    explicit Iterator(const std::uint8_t* at) : at_{at} {}
    [[nodiscard]] std::string_view operator*() const;
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

  FilterNameList() = default;
  /// `encoded` is `count` well-formed strings.
  FilterNameList(Bytes encoded, std::size_t count) : encoded_{encoded}, count_{count} {}

  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] Iterator begin() const { return Iterator{encoded_.data()}; }
  [[nodiscard]] Iterator end() const { return Iterator{encoded_.data() + encoded_.size()}; }
  [[nodiscard]] Bytes encoded() const { return encoded_; }

  friend bool operator==(const FilterNameList& a, const FilterNameList& b) {
    return same_bytes(a.encoded_, b.encoded_);
  }

 private:
  Bytes encoded_{};
  std::size_t count_{};
};

}  // namespace iotemu::mqtt
