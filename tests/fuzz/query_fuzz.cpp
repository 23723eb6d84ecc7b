// Queries of fleet indexing from strangers: any text is either refused with the place of what is wrong, or
// matches documents within its bounds, the same way every time, and never a thing outside the stretch of
// names that it says it needs.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "registry/index/query.h"

namespace {

using namespace iotemu;
using namespace iotemu::registry::index;

void require(bool holds) {
  if (!holds) std::abort();
}

class Facts final : public Document {
 public:
  explicit Facts(std::string name) {
    values_ = {
        {"thingName", std::move(name)},    {"thingTypeName", "Pump"}, {"thingGroupNames", "hall"},
        {"thingGroupNames", "plant"},      {"attributes.a", "78"},    {"attributes.b", "the big  pump"},
        {"connectivity.connected", "true"}};
  }
  [[nodiscard]] bool any_value(std::string_view field, const ValueTest& test) const override {
    return std::any_of(values_.begin(), values_.end(), [&](const auto& value) {
      return (field.empty() || field == value.first) && test.matches(value.second);
    });
  }
  [[nodiscard]] std::vector<std::string> values(std::string_view) const override { return {}; }

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

bool begins(std::string_view name, std::string_view prefix) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return name.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), name.begin(),
                                                    [&](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  for (const auto index : {Schema::Index::things, Schema::Index::thing_groups}) {
    const auto query = Query::parse(text, {.index = index});
    if (!query) {
      require(query.error().code == Errc::invalid_query);
      require(query.error().message.starts_with("The query "));
      continue;
    }
    require((*query)->text() == text);
    const auto again = Query::parse(text, {.index = index});
    require(again.ok());
    for (const auto* name : {"my-Pump_7", "pump", "P", "a:b_c-d"}) {
      const Facts facts{name};
      const bool matches = (*query)->matches(facts);
      require(matches == (*again)->matches(facts));
      if (matches) require(begins(name, (*query)->required_prefix("thingName")));
    }
    (void)(*query)->depends_on("connectivity.");
  }
  return 0;
}
