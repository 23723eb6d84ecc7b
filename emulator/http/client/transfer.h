#pragma once

// One request of the client on its way, as a handle of libcurl. Made by any thread; from `prepare` on it
// belongs to the client's.

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/curl/libcurl.h"
#include "base/executor.h"
#include "emulator/http/client/client.h"

namespace iotemu::http {

/// The bytes that the requests of one client and their answers hold together. Thread-safe.
class ByteBudget {
 public:
  explicit ByteBudget(std::size_t most) : most_{most} {}
  /// False: they do not fit.
  [[nodiscard]] bool take(std::size_t bytes);
  void give_back(std::size_t bytes) { held_ -= bytes; }
  [[nodiscard]] std::size_t most() const { return most_; }

 private:
  const std::size_t most_;
  std::atomic<std::size_t> held_{0};
};

class Transfer {
 public:
  /// `budget` and `work` outlive it. Whoever made it calls `end`, once.
  Transfer(Call call, Client::Done done, Tick sent, std::size_t answer_head, ByteBudget& budget,
           WorkCounter& work);
  ~Transfer() { give_back(); }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Takes the request's bytes from the budget. False: they do not fit.
  [[nodiscard]] bool charge();
  [[nodiscard]] Tick deadline() const { return deadline_; }
  /// The handle, ready to run; null if libcurl fails.
  CURL* prepare(Tick now);
  /// How it ended, by what libcurl says of it.
  [[nodiscard]] Outcome outcome(CURLcode code);
  [[nodiscard]] Outcome late() const;
  /// Tells the caller.
  void end(Outcome outcome);

 private:
  enum class Cut { none, head, body, budget };

  template <class Value>
  bool option(CURLoption name, Value value) {
    return curl::easy_setopt(easy_.get(), name, value) == CURLE_OK;
  }
  bool add_line(const std::string& line);
  bool add_headers();
  bool set_limits(Tick now);
  bool set_request();
  void take_header_line(std::string_view line);
  void give_back();
  [[nodiscard]] Outcome outcome_of_timeout() const;

  // As libcurl calls them; less than all bytes ends the transfer.
  static std::size_t take_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t take_header(char* data, std::size_t size, std::size_t count, void* self);

  const Call call_;
  const Client::Done done_;
  const Tick deadline_;
  const std::size_t max_head_;
  ByteBudget& budget_;
  const WorkToken work_;
  std::size_t charged_{0};
  curl::Lines headers_{};  ///< outlives easy_
  curl::Easy easy_{};
  Answer answer_{};
  std::size_t head_bytes_{0};
  bool in_head_{true};
  Cut cut_{Cut::none};
};

}  // namespace iotemu::http
