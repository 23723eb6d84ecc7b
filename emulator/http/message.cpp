#include "emulator/http/message.h"

#include "base/json.h"

namespace iotemu::http {

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

const std::string* find_header(const std::vector<Header>& headers, std::string_view name) {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const Header& h) { return same_name(h.name, name); });
  return found == headers.end() ? nullptr : &found->value;
}

Response refusal(unsigned status, std::string_view error_type, std::string_view message) {
  return Response{.status = status,
                  .body = to_text(Json{{"message", message}}),
                  .headers = {{"x-amzn-ErrorType", std::string{error_type}}}};
}

std::optional<std::string> why_unreadable(const Request& request) {
  const auto* encoding = request.header("Content-Encoding");
  if (encoding == nullptr || same_name(*encoding, "identity")) return std::nullopt;
  return "Content-Encoding '" + *encoding + "' is not accepted; send the body as it is";
}

}  // namespace iotemu::http
