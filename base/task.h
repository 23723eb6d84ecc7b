#pragma once

// A move-only `void()`: what executors carry. std::function would force every captured packet, socket or
// promise to be copyable.

#include <memory>
#include <type_traits>
#include <utility>

namespace iotemu {

class Task {
 public:
  Task() = default;
  /// Implicit: a lambda is a task. The constraint keeps it from hiding the move constructor.
  template <class F>
  requires(!std::is_same_v<std::decay_t<F>, Task> && std::is_invocable_v<std::decay_t<F>&>)
      Task(F&& fn)  // NOLINT(google-explicit-constructor,bugprone-forwarding-reference-overload)
      : body_{std::make_unique<Body<std::decay_t<F>>>(std::forward<F>(fn))} {}

  void operator()() { body_->run(); }
  explicit operator bool() const noexcept { return body_ != nullptr; }

 private:
  struct Runnable {
    virtual ~Runnable() = default;
    virtual void run() = 0;
  };
  template <class F>
  struct Body final : Runnable {
    explicit Body(F body) : fn{std::move(body)} {}
    void run() override { fn(); }
    F fn;
  };

  std::unique_ptr<Runnable> body_;
};

}  // namespace iotemu
