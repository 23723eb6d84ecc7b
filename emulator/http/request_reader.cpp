#include "emulator/http/request_reader.h"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "emulator/http/target.h"

namespace iotemu::http {
namespace {

namespace beast = boost::beast;
using Parser = beast::http::request_parser<beast::http::string_body>;

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

Response bad_request(std::string_view message) {
  return refusal(400, "BadRequestException", message);
}

/// What a single look at the raw head decides, before any parser sees it.
std::optional<Response> refuse_raw_head(std::string_view head, const Limits& limits) {
  const auto first_line = head.substr(0, head.find("\r\n"));
  const auto space = first_line.find(' ');
  if (space != first_line.npos && first_line.size() - space > limits.target + sizeof(" HTTP/1.1")) {
    return refusal(414, "RequestUriTooLongException",
                   "The request target is longer than " + std::to_string(limits.target) + " bytes");
  }
  std::size_t fields = 0;
  for (auto at = first_line.size(); at + 4 < head.size(); at = head.find("\r\n", at + 2)) {
    const char begin = head[at + 2];
    if (begin == ' ' || begin == '\t')
      return bad_request("Folded header lines are not accepted (RFC 9112 5.2)");
    if (++fields > limits.fields) {
      return refusal(431, "RequestHeaderFieldsTooLargeException",
                     "More than " + std::to_string(limits.fields) + " header fields");
    }
  }
  return std::nullopt;
}

/// Framing and Host rules of RFC 9112 that Beast 1.74 does not enforce.
std::optional<Response> refuse_framing(const std::vector<Header>& headers, unsigned version) {
  const auto count = [&](std::string_view name) {
    return std::count_if(headers.begin(), headers.end(),
                         [&](const Header& header) { return same_name(header.name, name); });
  };
  if (version != 10 && version != 11) return bad_request("Only HTTP/1.0 and HTTP/1.1 are spoken here");
  if (count("Host") != 1) return bad_request("A request must carry exactly one Host header");
  if (count("Origin") > 1) return bad_request("A request must carry at most one Origin header");

  const auto* transfer_encoding = find_header(headers, "Transfer-Encoding");
  const auto* content_length = find_header(headers, "Content-Length");
  if (transfer_encoding != nullptr) {
    if (count("Transfer-Encoding") != 1 || !same_name(*transfer_encoding, "chunked")) {
      return bad_request("Transfer-Encoding must be exactly 'chunked'");
    }
    if (content_length != nullptr) {
      return bad_request("Transfer-Encoding and Content-Length must not come together");
    }
    if (version == 10) return bad_request("HTTP/1.0 knows no Transfer-Encoding");
  }
  if (content_length != nullptr &&
      (count("Content-Length") != 1 || content_length->empty() ||
       content_length->find_first_not_of("0123456789") != content_length->npos)) {
    return bad_request("A request must carry at most one Content-Length, of digits only");
  }
  return std::nullopt;
}

}  // namespace

struct RequestReader::State {
  explicit State(Limits l) : limits{l} {}

  Limits limits;
  std::size_t body_limit{limits.body};  ///< of this request
  std::optional<Parser> parser{};       ///< from the end of a head to the end of its body
  Request request{};
  std::string authority{};
  Response refusal{};
  bool expects_continue{false};
  bool keep_alive{false};

  Step refuse(Response response) {
    refusal = std::move(response);
    return Step::refused;
  }

  Step refuse(const beast::error_code& error) {
    if (error == beast::http::error::body_limit) {
      return refuse(http::refusal(413, "RequestEntityTooLargeException",
                                  "The body is larger than " + std::to_string(body_limit) + " bytes"));
    }
    return refuse(bad_request("The request is not valid HTTP: " + error.message()));
  }

  /// The parser has compared the length in the head with the limit of all, not with that of this request.
  [[nodiscard]] bool is_too_long() const { return parser->content_length().value_or(0) > body_limit; }

  Step read_head(std::string& buffer);
  Step read_body(std::string& buffer);
};

RequestReader::Step RequestReader::State::read_head(std::string& buffer) {
  const auto end = buffer.find("\r\n\r\n");
  const auto size = end == buffer.npos ? buffer.size() : end + 4;
  if (size > limits.head) {
    return refuse(http::refusal(431, "RequestHeaderFieldsTooLargeException",
                                "The request head is larger than " + std::to_string(limits.head) + " bytes"));
  }
  if (end == buffer.npos) return Step::need_more;

  const std::string head = buffer.substr(0, size);
  buffer.erase(0, size);
  if (auto refused = refuse_raw_head(head, limits)) return refuse(std::move(*refused));

  parser.emplace();
  parser->header_limit(static_cast<std::uint32_t>(limits.head));
  parser->body_limit(body_limit = limits.body);
  beast::error_code error;
  parser->put(boost::asio::buffer(head), error);
  if (error && error != beast::http::error::need_more) return refuse(error);
  if (!parser->is_header_done()) return refuse(bad_request("The request is not valid HTTP"));

  const auto& message = parser->get();
  request = Request{};
  request.method = view(message.method_string());
  request.target = view(message.target());
  for (const auto& field : message) {
    request.headers.push_back({std::string{view(field.name_string())}, std::string{view(field.value())}});
  }
  if (auto refused = refuse_framing(request.headers, message.version())) return refuse(std::move(*refused));
  auto target = parse_target(request.target);
  if (!target) return refuse(bad_request(target.error().message));
  authority = std::move(target->authority);
  request.segments = std::move(target->segments);
  request.query = std::move(target->query);
  keep_alive = parser->keep_alive();
  const auto* expect = request.header("Expect");
  expects_continue = expect != nullptr && same_name(*expect, "100-continue") && !parser->is_done();
  parser->eager(true);
  return Step::head;
}

RequestReader::Step RequestReader::State::read_body(std::string& buffer) {
  beast::error_code error;
  if (is_too_long()) return refuse(beast::http::make_error_code(beast::http::error::body_limit));
  while (!parser->is_done()) {
    const auto used = parser->put(boost::asio::buffer(buffer), error);
    buffer.erase(0, used);
    if (error && error != beast::http::error::need_more) return refuse(error);
    if (used != 0 && !buffer.empty()) continue;
    if (parser->is_done()) break;
    // A chunk header or trailer that never ends is as much a bomb as a head that never does.
    if (buffer.size() > limits.head)
      return refuse(bad_request("A chunk header is larger than a head may be"));
    return Step::need_more;
  }
  request.body = std::move(parser->get().body());
  parser.reset();
  return Step::complete;
}

RequestReader::RequestReader(Limits limits) : state_{std::make_unique<State>(limits)} {}
RequestReader::~RequestReader() = default;
RequestReader::RequestReader(RequestReader&&) noexcept = default;
RequestReader& RequestReader::operator=(RequestReader&&) noexcept = default;

RequestReader::Step RequestReader::advance(std::string& buffer) {
  return state_->parser ? state_->read_body(buffer) : state_->read_head(buffer);
}

void RequestReader::limit_body(std::size_t bytes) {
  state_->body_limit = bytes;
  state_->parser->body_limit(bytes);
  if (state_->is_too_long()) state_->expects_continue = false;  // it gets the refusal instead
}
bool RequestReader::idle(const std::string& buffer) const {
  return !state_->parser && buffer.empty();
}
const Request& RequestReader::request() const {
  return state_->request;
}
const std::string& RequestReader::authority() const {
  return state_->authority;
}
bool RequestReader::expects_continue() const {
  return state_->expects_continue;
}
bool RequestReader::keep_alive() const {
  return state_->keep_alive;
}
Request RequestReader::take() {
  return std::move(state_->request);
}
const Response& RequestReader::refusal() const {
  return state_->refusal;
}

}  // namespace iotemu::http
