#include "load/json_members.h"

#include <utility>

namespace iotemu::load {
namespace {

const Json kNoMembers = Json::object();
const Json kNoElements = Json::array();

}  // namespace

Error unreadable(std::string message) {
  return {.code = Errc::serialization, .message = std::move(message)};
}

Members::Members(const Json& object, std::string path) : object_{object}, path_{std::move(path)} {
  if (!object.is_object()) {
    error_ = unreadable((path_.empty() ? "the file" : "'" + path_ + "'") + " is not a JSON object");
  }
}

std::string Members::path_of(std::string_view name) const {
  return path_.empty() ? std::string{name} : path_ + "." + std::string{name};
}

void Members::fail(std::string_view name, std::string_view expected) {
  fail(unreadable("'" + path_of(name) + "' is not " + std::string{expected}));
}

void Members::fail(Error error) {
  if (!error_) error_ = std::move(error);
}

bool Members::has(std::string_view name) const {
  return object_.is_object() && object_.contains(name);
}

const Json* Members::find(std::string_view name) {
  if (failed()) return nullptr;
  const auto found = object_.find(name);
  if (found == object_.end()) {
    error_ = unreadable("'" + path_of(name) + "' is missing");
    return nullptr;
  }
  read_.emplace(name);
  return &*found;
}

std::string Members::text(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return {};
  if (!value->is_string()) {
    fail(name, "a string");
    return {};
  }
  return value->get<std::string>();
}

std::uint64_t Members::number(std::string_view name, std::uint64_t most) {
  const auto* value = find(name);
  if (value == nullptr) return 0;
  const bool natural =
      value->is_number_unsigned() || (value->is_number_integer() && value->get<std::int64_t>() >= 0);
  if (!natural || value->get<std::uint64_t>() > most) {
    fail(name, "a whole number in range");
    return 0;
  }
  return value->get<std::uint64_t>();
}

bool Members::flag(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return false;
  if (!value->is_boolean()) {
    fail(name, "true or false");
    return false;
  }
  return value->get<bool>();
}

const Json& Members::array(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return kNoElements;
  if (!value->is_array()) {
    fail(name, "an array");
    return kNoElements;
  }
  return *value;
}

const Json& Members::object(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return kNoMembers;
  if (!value->is_object()) {
    fail(name, "an object");
    return kNoMembers;
  }
  return *value;
}

Status Members::done() {
  if (error_) return *error_;
  for (const auto& [name, value] : object_.items()) {
    if (!read_.contains(name)) return unreadable("'" + path_of(name) + "' is not known here");
  }
  return Ok{};
}

}  // namespace iotemu::load
