#include "registry/provisioning/path.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "registry/provisioning/functions.h"

namespace iotemu::registry::provisioning {
namespace {

constexpr std::size_t kMaxShown = 128;

std::string shortened(std::string text) {
  if (text.size() <= kMaxShown) return text;
  return std::string{front_characters(text, kMaxShown)} + "…";
}

bool is_plain(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == ':';
  });
}

}  // namespace

std::string Path::text() const {
  const std::string before = parent_ == nullptr ? std::string{} : parent_->text();
  if (is_element_) return before + "[" + std::to_string(element_) + "]";
  const std::string key = is_plain(key_) ? shortened(std::string{key_}) : shown(Json(key_));
  return before.empty() ? key : before + "." + key;
}

Error invalid(std::string_view what) {
  return {Errc::invalid_request, std::string{kInvalidTemplate} + std::string{what}};
}

Error invalid(std::string_view what, const Path& path) {
  return invalid(std::string{what} + " at " + path.text());
}

Error expected(std::string_view what, const Json& found, const Path& path) {
  return invalid("Expected " + std::string{what} + ", found " + shown(found), path);
}

std::string shown(const Json& value) {
  if (std::string function = function_key(value); !function.empty()) return shortened(std::move(function));
  if (value.is_object()) return value.empty() ? "an empty object" : "an object";
  if (value.is_array()) return value.empty() ? "an empty list" : "a list";
  return shortened(iotemu::to_text(value));
}

}  // namespace iotemu::registry::provisioning
