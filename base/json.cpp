#include "base/json.h"

namespace iotemu {
namespace {

/// Refuses depth before nlohmann builds anything: counts brackets outside strings, iteratively.
Status check_depth(std::string_view text, int max_depth) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
      continue;
    }
    if (c == '"') in_string = true;
    if (c == ']' || c == '}') --depth;
    if ((c == '[' || c == '{') && ++depth > max_depth) {
      return Error{Errc::serialization, "JSON is nested deeper than " + std::to_string(max_depth) +
                                            " levels at byte " + std::to_string(i)};
    }
  }
  return Ok{};
}

}  // namespace

Result<Json> parse_json(std::string_view text, int max_depth) {
  if (auto depth = check_depth(text, max_depth); !depth) return depth.error();
  try {
    return Json::parse(text.begin(), text.end());
  } catch (const Json::parse_error& error) {
    return Error{Errc::serialization, "JSON is not valid at byte " + std::to_string(error.byte)};
  } catch (const Json::exception&) {
    // The library's text repeats the number, however long it is.
    return Error{Errc::serialization, "JSON holds a number that is too large"};
  }
}

std::string to_text(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace iotemu
