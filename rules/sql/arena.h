#pragma once

// The memory of one evaluation or of one text's constants: maybe a buffer of its own, then blocks from the
// heap up to a bound. Everything is
// given back at once, when it is destroyed. One thread. What does not fit throws std::bad_alloc, which
// Evaluation turns into an error of the rule; nobody else catches it.

#include <array>
#include <cstddef>
#include <cstring>
#include <memory_resource>
#include <new>
#include <span>
#include <string_view>

namespace iotemu::rules::sql {

class Arena {
 public:
  static constexpr std::size_t kMostBytes = 16 * std::size_t{1024} * 1024;

  /// `own` is used first, and outlives the arena.
  explicit Arena(std::span<std::byte> own = {},
                 std::pmr::memory_resource* upstream = std::pmr::new_delete_resource())
      : bound_{upstream}, memory_{own.data(), own.size(), &bound_} {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// What it has taken of the heap, beside its own buffer.
  [[nodiscard]] std::size_t taken() const { return bound_.taken(); }
  /// For std::pmr containers.
  [[nodiscard]] std::pmr::memory_resource* resource() { return &memory_; }

  /// `count` elements, default-made. They are never destroyed: for trivial types.
  template <class T>
  [[nodiscard]] std::span<T> make(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    if (count == 0) return {};
    if (count > kMostBytes / sizeof(T)) throw std::bad_alloc{};
    auto* const at = static_cast<T*>(memory_.allocate(count * sizeof(T), alignof(T)));
    for (std::size_t i = 0; i < count; ++i) new (at + i) T{};
    return {at, count};
  }
  /// Room for `bytes` characters.
  [[nodiscard]] char* characters(std::size_t bytes) {
    if (bytes > kMostBytes) throw std::bad_alloc{};
    return static_cast<char*>(memory_.allocate(bytes == 0 ? 1 : bytes, 1));
  }
  [[nodiscard]] std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* const at = characters(text.size());
    std::memcpy(at, text.data(), text.size());
    return {at, text.size()};
  }

 private:
  /// Refuses what would go beyond the bound.
  class Bound final : public std::pmr::memory_resource {
   public:
    explicit Bound(std::pmr::memory_resource* upstream) : upstream_{upstream} {}
    [[nodiscard]] std::size_t taken() const { return taken_; }

   private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
      if (bytes > kMostBytes - taken_) throw std::bad_alloc{};
      void* const block = upstream_->allocate(bytes, alignment);
      taken_ += bytes;
      return block;
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
      taken_ -= bytes;
      upstream_->deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
      return this == &other;
    }

    std::pmr::memory_resource* upstream_;
    std::size_t taken_{0};
  };

  Bound bound_;
  std::pmr::monotonic_buffer_resource memory_;
};

/// What most evaluations need no heap beside.
struct ArenaBuffer {
  static constexpr std::size_t kBytes = 16 * std::size_t{1024};
  // Not initialised: the arena hands out nothing that nobody wrote.
  alignas(std::max_align_t) std::array<std::byte, kBytes> bytes;
};

}  // namespace iotemu::rules::sql
