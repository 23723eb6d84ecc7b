#include "emulator/http/response_text.h"

#include <array>
#include <cstdio>

namespace iotemu::http {
namespace {

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Payload Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 421:
      return "Misdirected Request";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

void add(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  // A value may repeat what a client sent; it must never end the line.
  for (const char c : value) {
    if (c != '\r' && c != '\n') out += c;
  }
  out += "\r\n";
}

}  // namespace

std::string http_date(Time time) {
  static constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(time - day)};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                kDays[std::chrono::weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
                kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

std::string to_bytes(const Response& response, const AnswerFrame& frame) {
  std::string out;
  out.reserve(512 + response.body.size());
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\n";
  // The answer of another server that is passed on keeps its own.
  const auto add_ours = [&](std::string_view name, std::string_view value) {
    if (find_header(response.headers, name) == nullptr) add(out, name, value);
  };
  add_ours("Date", http_date(frame.date));
  add_ours("x-amzn-RequestId", frame.request_id);
  if (!response.content_type.empty()) add(out, "Content-Type", response.content_type);
  if (response.status != 204) add_ours("Content-Length", std::to_string(response.body.size()));
  for (const auto& header : response.headers) add(out, header.name, header.value);
  add_ours("X-Content-Type-Options", "nosniff");
  add_ours("Cross-Origin-Resource-Policy", "same-origin");
  add(out, "Connection", frame.keep_alive ? "keep-alive" : "close");
  out += "\r\n";
  if (!frame.head_only && response.status != 204) out += response.body;
  return out;
}

}  // namespace iotemu::http
