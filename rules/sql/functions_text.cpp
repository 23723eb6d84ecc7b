// Texts. A character is a Unicode code point. differs: AWS's engine may count UTF-16 units, so that a
// character beyond U+FFFF is two [unc]; cutting one in two would leave text that is not UTF-8.

#include <algorithm>
#include <array>
#include <cstring>

#include "base/utf8.h"
#include "rules/sql/arguments.h"
#include "rules/sql/case_map.h"

namespace iotemu::rules::sql {
namespace {

constexpr std::int64_t kMostPadding = 1000;
constexpr std::size_t kBytesPerStep = 128;

/// Where `part` begins in `text` from `from` on. Linear in both: std::string_view::find is not.
std::size_t find(std::string_view text, std::string_view part, std::size_t from = 0) {
  if (from > text.size()) return text.npos;
  if (part.empty()) return from;
  const auto* const begin = text.data() + from;
  const auto* const found =
      static_cast<const char*>(memmem(begin, text.size() - from, part.data(), part.size()));
  return found == nullptr ? text.npos : static_cast<std::size_t>(found - text.data());
}

/// Bytes of the first `count` characters.
std::size_t bytes_of(std::string_view text, std::int64_t count) {
  std::size_t at = 0;
  for (; count > 0 && at < text.size(); --count) {
    ++at;
    while (at < text.size() && continues_character(text[at])) ++at;
  }
  return at;
}

bool is_space(char c) {
  // As Java's String.trim: the space and all controls.
  return static_cast<unsigned char>(c) <= ' ';
}

std::string_view without_front(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return text;
}
std::string_view without_back(std::string_view text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}
std::string_view without_both(std::string_view text) {
  return without_back(without_front(text));
}

template <std::string_view (*cut)(std::string_view)>
Value trimmed(FunctionCall& call) {
  const auto text = text_argument(call, 0);
  if (!text || !call.charge(text->size() / kBytesPerStep)) return {};
  return Value::string(cut(*text));
}

template <std::string (*map)(std::string_view)>
Value mapped(FunctionCall& call) {
  const auto text = text_argument(call, 0);
  if (!text || !call.charge(text->size() / kBytesPerStep)) return {};
  return call.text(map(*text));
}

template <bool is_left>
Value padded(FunctionCall& call) {
  const auto text = text_argument(call, 0);
  const auto count = floored(call.argument(1), 0, kMostPadding);
  if (!text || !count || !call.charge(text->size() / kBytesPerStep)) return {};
  const std::string spaces(static_cast<std::size_t>(*count), ' ');
  return call.text(is_left ? spaces + std::string{*text} : std::string{*text} + spaces);
}

Value chr(FunctionCall& call) {
  constexpr std::int64_t kMostAscii = 127;
  const auto code = floored(call.argument(0), -1, kMostAscii + 1);
  if (!code || *code < 0 || *code > kMostAscii) return {};
  const char c = static_cast<char>(*code);
  return Value::copy({&c, 1}, call.arena());
}

/// One Array of everything, arrays laid open. Undefined has no place in an Array and is left out.
Value concat_arrays(FunctionCall& call) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < call.count(); ++i) {
    const Value& value = call.argument(i);
    count += value.is_array() ? value.elements().size() : value.is_undefined() ? 0 : 1;
  }
  if (!call.charge(count)) return {};
  const auto all = call.arena().make<Value>(count);
  auto next = all.begin();
  for (std::size_t i = 0; i < call.count(); ++i) {
    const Value& value = call.argument(i);
    if (value.is_array()) {
      next = std::copy(value.elements().begin(), value.elements().end(), next);
    } else if (!value.is_undefined()) {
      *next++ = value;
    }
  }
  return Value::array(all);
}

Value concat(FunctionCall& call) {
  if (call.count() == 0) return {};
  if (call.count() == 1) return call.argument(0);
  for (std::size_t i = 0; i < call.count(); ++i) {
    if (call.argument(i).is_array()) return concat_arrays(call);
  }
  std::string out;
  for (std::size_t i = 0; i < call.count(); ++i) {
    const auto text = text_argument(call, i);
    if (!text) return {};
    out += *text;
    if (out.size() > kMostTextBytes) break;
  }
  return call.text(out);
}

Value startswith(FunctionCall& call) {
  const auto text = text_argument(call, 0);
  const auto part = text_argument(call, 1);
  if (!text || !part || !call.charge(part->size() / kBytesPerStep)) return {};
  return Value::boolean(text->starts_with(*part));
}

Value endswith(FunctionCall& call) {
  const auto text = text_argument(call, 0);
  const auto part = text_argument(call, 1);
  if (!text || !part || !call.charge(part->size() / kBytesPerStep)) return {};
  return Value::boolean(text->ends_with(*part));
}

Value indexof(FunctionCall& call) {
  const auto text = text_argument(call, 0);
  const auto part = text_argument(call, 1);
  if (!text || !part || !call.charge(text->size() / kBytesPerStep)) return {};
  const auto at = find(*text, *part);
  if (at == text->npos) return Value::integer(-1);  // [unc]
  return Value::integer(static_cast<std::int64_t>(count_characters(text->substr(0, at))));
}

Value length(FunctionCall& call) {
  const auto text = text_argument(call, 0);
  if (!text || !call.charge(text->size() / kBytesPerStep)) return {};
  return Value::integer(static_cast<std::int64_t>(count_characters(*text)));
}

Value numbytes(FunctionCall& call) {
  const auto text = text_argument(call, 0);
  return text ? Value::integer(static_cast<std::int64_t>(text->size())) : Value{};
}

Value replace(FunctionCall& call) {
  const auto text = text_argument(call, 0);
  const auto from = text_argument(call, 1);
  const auto to = text_argument(call, 2);
  if (!text || !from || !to || !call.charge(text->size() / kBytesPerStep)) return {};
  std::string out;
  std::size_t copied = 0;
  auto at = find(*text, *from);
  // The bound ends the loop: what is too long already is refused by call.text.
  while (at != text->npos && out.size() <= kMostTextBytes) {
    out.append(text->substr(copied, at - copied)).append(*to);
    copied = at + from->size();
    if (!from->empty()) {
      at = find(*text, *from, copied);
    } else if (at == text->size()) {  // nothing stands before each character and at the end
      break;
    } else {
      at += bytes_of(text->substr(at), 1);
    }
  }
  out += text->substr(copied);
  return call.text(out);
}

Value substring(FunctionCall& call) {
  const auto text = text_argument(call, 0);
  if (!text || !call.charge(text->size() / kBytesPerStep)) return {};
  const auto most = static_cast<std::int64_t>(text->size());  // no fewer than its characters
  const auto from = floored(call.argument(1), 0, most);
  const auto to = call.count() > 2 ? floored(call.argument(2), 0, most) : most;
  if (!from || !to) return {};
  if (*from >= *to) return Value::string("");
  const auto begin = bytes_of(*text, *from);
  return Value::string(text->substr(begin, bytes_of(text->substr(begin), *to - *from)));
}

constexpr std::array<Function, 16> kFunctions{{
    {.name = "chr", .least = 1, .most = 1, .run = chr},
    {.name = "concat", .most = Function::kAny, .run = concat},
    {.name = "endswith", .least = 2, .most = 2, .run = endswith},
    {.name = "indexof", .since = 2, .least = 2, .most = 2, .run = indexof},
    {.name = "length", .since = 2, .least = 1, .most = 1, .run = length},
    {.name = "lower", .least = 1, .most = 1, .run = mapped<to_lower>},
    {.name = "lpad", .least = 2, .most = 2, .run = padded<true>},
    {.name = "ltrim", .least = 1, .most = 1, .run = trimmed<without_front>},
    {.name = "numbytes", .since = 2, .least = 1, .most = 1, .run = numbytes},
    {.name = "replace", .least = 3, .most = 3, .run = replace},
    {.name = "rpad", .least = 2, .most = 2, .run = padded<false>},
    {.name = "rtrim", .least = 1, .most = 1, .run = trimmed<without_back>},
    {.name = "startswith", .least = 2, .most = 2, .run = startswith},
    {.name = "substring", .least = 2, .most = 3, .run = substring},
    {.name = "trim", .least = 1, .most = 1, .run = trimmed<without_both>},
    {.name = "upper", .least = 1, .most = 1, .run = mapped<to_upper>},
}};

}  // namespace

std::span<const Function> text_functions() {
  return kFunctions;
}

}  // namespace iotemu::rules::sql
