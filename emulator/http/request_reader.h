#pragma once

// Bytes to requests, without a socket: feed what arrived, get a head to judge, then the whole request. Beast
// parses the grammar; what Beast 1.74 lets through (folded lines, two Hosts, odd Transfer-Encodings: each a
// way to smuggle a request) is refused here. One reader per connection, one request at a time; pipelined
// bytes stay in the caller's buffer.

#include <cstddef>
#include <memory>
#include <string>

#include "emulator/http/message.h"

namespace iotemu::http {

struct Limits {
  std::size_t head{32 * 1024};  ///< request line and fields together
  std::size_t fields{100};
  std::size_t target{8 * 1024};
  std::size_t body{1024 * 1024};
};

class RequestReader {
 public:
  enum class Step {
    need_more,  ///< read on and come back
    head,       ///< `request()` holds everything but the body: judge it, then advance again
    complete,   ///< `take()` the request; the next advance begins another
    refused     ///< answer with `refusal()` and close
  };

  explicit RequestReader(Limits limits);
  ~RequestReader();
  RequestReader(RequestReader&&) noexcept;
  RequestReader& operator=(RequestReader&&) noexcept;

  /// Consumes from the front of `buffer` as far as it can.
  [[nodiscard]] Step advance(std::string& buffer);

  /// True until the first byte of a head has been seen.
  [[nodiscard]] bool idle(const std::string& buffer) const;
  [[nodiscard]] const Request& request() const;
  /// Behind a head: its body may be no longer than `bytes`, which is at most the limit of all.
  void limit_body(std::size_t bytes);
  /// Of an absolute-form target; empty otherwise.
  [[nodiscard]] const std::string& authority() const;
  /// The client waits for `100 Continue` before it sends the body.
  [[nodiscard]] bool expects_continue() const;
  /// Whether the client lets the connection live after the answer.
  [[nodiscard]] bool keep_alive() const;
  [[nodiscard]] Request take();
  [[nodiscard]] const Response& refusal() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace iotemu::http
