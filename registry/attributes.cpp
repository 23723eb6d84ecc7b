#include "registry/attributes.h"

#include <algorithm>

#include "base/utf8.h"

namespace iotemu::registry {
namespace {

constexpr std::size_t kMaxName = 128;
constexpr std::size_t kMaxValue = 800;
constexpr std::size_t kShown = 128;

bool only(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != others.npos;
  });
}

std::string quoted(std::string_view text) {
  return "'" + std::string{front_characters(text, kShown)} + "'";
}

}  // namespace

Status check_attribute_name(std::string_view name) {
  if (!name.empty() && name.size() <= kMaxName && only(name, "_.,@/:#-")) return Ok{};
  return Error{Errc::invalid_request, "An attribute name has 1 to 128 characters of [a-zA-Z0-9_.,@/:#-]: " +
                                          quoted(name) + " does not"};
}

Status check_attribute_form(const Attributes& attributes) {
  for (const auto& [name, value] : attributes) {
    if (auto checked = check_attribute_name(name); !checked) return checked;
    if (value.size() <= kMaxValue && only(value, "_.,@/:#=[]-")) continue;
    return Error{Errc::invalid_request, "The value of attribute " + quoted(name) +
                                            " has up to 800 characters of [a-zA-Z0-9_.,@/:#=\\[\\]-]: " +
                                            quoted(value) + " does not"};
  }
  return Ok{};
}

void put_attributes(Attributes& into, const Attributes& from) {
  for (const auto& [name, value] : from) {
    if (value.empty()) {
      into.erase(name);
    } else {
      into.insert_or_assign(name, value);
    }
  }
}

}  // namespace iotemu::registry
