#pragma once

// How requests of SSM name parameters and choose among them. Pure.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "emulator/neighbours/ssm.h"

namespace iotemu::neighbours::ssm {

inline Fault invalid(std::string message) {
  return {"ValidationException", std::move(message)};
}

/// ValidationException or HierarchyLevelLimitExceededException: it is no name that a parameter may have.
Done check_name(const std::string& name);

/// `name`, `name:version` or an ARN, as a name and a selector.
struct Selected {
  std::string name{};
  std::string selector{};
};

Selected select(std::string text);

/// Filters know few keys here; the others are refused by name.
struct Filter {
  std::string key{};
  std::string option{};
  std::vector<std::string> values{};
};

Answer<std::vector<Filter>> read_filters(const Json& list, bool by_path);
/// `name` lies below `path`: directly, or at any depth.
bool is_below(std::string_view name, std::string path, bool recursive);
bool passes(const std::vector<Filter>& filters, const std::string& name, const SsmVersion& version);

}  // namespace iotemu::neighbours::ssm
