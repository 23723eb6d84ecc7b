#include "emulator/neighbours/dynamodb/dynamodb.h"

#include "emulator/neighbours/dynamodb/members.h"
#include "emulator/neighbours/dynamodb/values.h"

namespace iotemu::neighbours {

using dynamodb::refused;

namespace {

/// Of all items of all tables and realms, with what this process needs to hold them.
constexpr std::size_t kMaxHeld = 256UL * 1024 * 1024;

}  // namespace

Dynamodb::Dynamodb(const Clock& clock, Random& random)
    : Service{{.name = "dynamodb",
               .protocol = Protocol::json,
               .target = "DynamoDB_20120810",
               .json_version = "1.0",
               .type_space = "com.amazonaws.dynamodb.v20120810#",
               .has_checksum = true}},
      clock_{clock},
      random_{random} {
  add_table_operations();
  add_item_operations();
  add_page_operations();
  add_several_operations();
}

void Dynamodb::reset() {
  const std::lock_guard lock{mutex_};
  homes_.clear();
  tokens_.clear();
  held_ = 0;
}

Answer<Dynamodb::Table*> Dynamodb::find_table(const Realm& realm, const std::string& name, bool named) {
  auto wanted = name;
  bool here = true;
  if (name.starts_with("arn:")) {
    const auto front = "arn:" + std::string{partition(realm.region)} + ":dynamodb:" + realm.region + ":" +
                       realm.account + ":table/";
    here = name.starts_with(front);
    if (here) wanted = name.substr(front.size());
  }
  const auto home = homes_.find(realm);
  if (here && home != homes_.end()) {
    if (const auto found = home->second.find(wanted); found != home->second.end()) return &found->second;
  }
  return Fault{
      "ResourceNotFoundException",
      named ? "Requested resource not found: Table: " + name + " not found" : "Requested resource not found"};
}

Done Dynamodb::carry_out(const std::vector<Write>& writes) {
  std::size_t more = 0;
  for (const auto& write : writes) {
    if (write.after) more += dynamodb::footprint(*write.after);
  }
  if (more != 0 && held_ + more > kMaxHeld) {
    return refused("The tables hold " + std::to_string(kMaxHeld / (1024 * 1024)) +
                   " MB already, which is the most that is kept here; delete items, reset the emulator, or "
                   "use --upstream dynamodb=URL");
  }
  for (const auto& write : writes) {
    held_ -= write.table->footprint();
    write.table->put(write.place, write.after);
    held_ += write.table->footprint();
  }
  return Ok{};
}

Answer<std::optional<Json>> Dynamodb::item(const Realm& realm, const std::string& table, const Json& key) {
  const auto wanted = dynamodb::read_item(key);
  if (!wanted) return wanted.fault();
  const std::lock_guard lock{mutex_};
  auto found = find_table(realm, table);
  if (!found) return found.fault();
  const auto place = (*found)->place_of_key(*wanted);
  if (!place) return place.fault();
  const auto item = (*found)->find(*place);
  if (!item) return std::optional<Json>{};
  return std::optional<Json>{dynamodb::plain_item(*item)};
}

}  // namespace iotemu::neighbours
