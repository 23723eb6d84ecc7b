#include "emulator/neighbours/ssm_names.h"

#include <algorithm>

#include "base/hex.h"

namespace iotemu::neighbours::ssm {
namespace {

constexpr std::size_t kMaxName = 1011;
constexpr std::size_t kMaxLevels = 15;

}  // namespace

Done check_name(const std::string& name) {
  const bool characters = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"_.-/"}.find(c) != std::string_view::npos;
  });
  if (!characters) {
    return invalid(
        "Parameter name: can't contain anything but letters, digits and the symbols '_', '.', '-' and '/'");
  }
  if (name.size() > kMaxName)
    return invalid("Parameter name: has more than " + std::to_string(kMaxName) + " characters");
  const bool hierarchy = name.find('/') != name.npos;
  if (hierarchy && !name.starts_with('/')) return invalid("Parameter name must be a fully qualified name.");
  if (name.ends_with('/') || name.find("//") != name.npos)
    return invalid("Parameter name: has an empty level");
  const auto root = lowercase(name.substr(name.starts_with('/') ? 1 : 0));
  if (root.starts_with("aws") || root.starts_with("ssm")) {
    return invalid("Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive)");
  }
  if (static_cast<std::size_t>(std::ranges::count(name, '/')) > kMaxLevels) {
    return Fault{"HierarchyLevelLimitExceededException",
                 "A hierarchy can have a maximum of " + std::to_string(kMaxLevels) + " levels"};
  }
  return Ok{};
}

Selected select(std::string text) {
  Selected result;
  const bool arn = text.starts_with("arn:");
  constexpr std::string_view kResource = ":parameter/";
  if (const auto resource = text.find(kResource); arn && resource != text.npos) {
    text.erase(0, resource + kResource.size() - 1);
  }
  if (const auto colon = text.find(':'); colon != text.npos) {
    result.selector = text.substr(colon);
    text.erase(colon);
  }
  result.name = std::move(text);
  return result;
}

Answer<std::vector<Filter>> read_filters(const Json& list, bool by_path) {
  std::vector<Filter> result;
  for (const auto& item : list) {
    Filter filter{.key = item.at("Key"), .option = item.value("Option", "Equals")};
    const bool known = filter.key == "Type" || (!by_path && (filter.key == "Name" || filter.key == "Path"));
    if (!known) return Fault{"InvalidFilterKey", "The filter " + filter.key + " is not emulated"};
    if (filter.key == "Path" && !item.contains("Option")) filter.option = "OneLevel";
    const bool option = filter.key == "Path"   ? filter.option == "OneLevel" || filter.option == "Recursive"
                        : filter.key == "Name" ? filter.option == "Equals" || filter.option == "BeginsWith" ||
                                                     filter.option == "Contains"
                                               : filter.option == "Equals";
    if (!option)
      return Fault{"InvalidFilterOption", "The option " + filter.option + " does not go with " + filter.key};
    for (const auto& value : item.value("Values", Json::array())) filter.values.push_back(value);
    if (filter.values.empty())
      return Fault{"InvalidFilterValue", "The filter " + filter.key + " has no values"};
    result.push_back(std::move(filter));
  }
  return result;
}

bool is_below(std::string_view name, std::string path, bool recursive) {
  if (!path.ends_with('/')) path += '/';
  if (!name.starts_with(path)) return path == "/" && !name.starts_with('/') && !name.empty();
  return recursive || name.find('/', path.size()) == name.npos;
}

bool passes(const std::vector<Filter>& filters, const std::string& name, const SsmVersion& version) {
  return std::ranges::all_of(filters, [&](const Filter& filter) {
    return std::ranges::any_of(filter.values, [&](const std::string& value) {
      if (filter.key == "Type") return version.type == value;
      if (filter.key == "Path") return is_below(name, value, filter.option == "Recursive");
      if (filter.option == "BeginsWith") return name.starts_with(value);
      if (filter.option == "Contains") return name.find(value) != name.npos;
      return name == value;
    });
  });
}

}  // namespace iotemu::neighbours::ssm
