// Patterns of dates from strangers, in both languages, and texts to read by them. Input: a pattern, a line
// end, a text. Whatever comes, the answer is the same each time, results keep their bounds, and what is
// printed with everything in it is read again as the same instant.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "rules/sql/date_pattern.h"

namespace {

using namespace iotemu::rules::sql;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Years that the pattern of both languages writes with four digits.
constexpr std::int64_t kFirst = -62'135'596'800'000;  // 0001-01-01
constexpr std::int64_t kLast = 253'402'300'799'999;   // 9999-12-31

void read_again(std::int64_t ms) {
  if (ms < kFirst || ms > kLast) return;
  const auto printer = TimePrinter::compile("yyyy-MM-dd'T'HH:mm:ss.SSSZ");
  const auto parser = TimeParser::compile("yyyy-MM-dd'T'HH:mm:ss.SSSZ");
  require(printer.has_value() && parser.has_value());
  const auto text = printer->print(ms, Zone{});
  require(text.has_value());
  require(parser->parse(*text) == ms);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all{reinterpret_cast<const char*>(data), size};
  const auto end = all.find('\n');
  const auto pattern = all.substr(0, end);
  const auto text = end == all.npos ? std::string_view{} : all.substr(end + 1);

  if (const auto parser = TimeParser::compile(pattern)) {
    const auto ms = parser->parse(text);
    require(ms == parser->parse(text));
    if (ms) read_again(*ms);
  }
  if (const auto printer = TimePrinter::compile(pattern)) {
    const auto zone = Zone::joda(text).value_or(Zone{});
    for (const std::int64_t ms :
         {std::int64_t{0}, kFirst, kLast, static_cast<std::int64_t>(size) * 86'399'999}) {
      const auto printed = printer->print(ms, zone);
      require(printed.has_value());
      // No letter prints more than the name of a zone.
      require(printed->size() <= pattern.size() * 64);
    }
  }
  return 0;
}
