#include "emulator/neighbours/dynamodb/dynamodb.h"

#include "emulator/neighbours/dynamodb/members.h"
#include "emulator/neighbours/dynamodb/values.h"

namespace iotemu::neighbours {

using dynamodb::refused;

namespace {

/// Of all items of all tables and realms, with what this process needs to hold them.
constexpr std::size_t kMaxHeld = 256UL * 1024 * 1024;
/// An answer that is put together at once: a millisecond's work at most.
constexpr std::size_t kShortBytes = 64UL * 1024;
constexpr std::size_t kShortParts = 200;
/// Answers that may wait for the blocking pool; their clients may have gone.
constexpr std::size_t kMaxWaiting = 256;

}  // namespace

Dynamodb::Dynamodb(const Clock& clock, Random& random, Executor& blocking_pool)
    : Service{{.name = "dynamodb",
               .protocol = Protocol::json,
               .target = "DynamoDB_20120810",
               .json_version = "1.0",
               .type_space = "com.amazonaws.dynamodb.v20120810#",
               .has_checksum = true}},
      clock_{clock},
      random_{random},
      blocking_pool_{blocking_pool} {
  add_table_operations();
  add_item_operations();
  add_page_operations();
  add_several_operations();
}

void Dynamodb::reset() {
  auto gone = std::make_shared<decltype(homes_)>();
  {
    const std::lock_guard lock{mutex_};
    gone->swap(homes_);
    tokens_.clear();
    held_ = 0;
  }
  if (!gone->empty()) discard(std::move(gone));
}

void Dynamodb::discard(std::shared_ptr<void> what) {
  blocking_pool_.post([what = std::move(what)] {});
}

void Dynamodb::answer(std::size_t bytes, std::size_t parts, std::function<Answer<Json>()> rest,
                      const Later& later) {
  if (bytes <= kShortBytes && parts <= kShortParts) return later(rest());
  if (waiting_.fetch_add(1) >= kMaxWaiting) {
    --waiting_;
    return later(Fault{"ThrottlingException", "More than " + std::to_string(kMaxWaiting) +
                                                  " long answers wait for a free thread; try again later"});
  }
  blocking_pool_.post([this, rest = std::move(rest), later] {
    --waiting_;
    if (stopping_) return later(Fault{"ServiceUnavailable", "The emulator is ending", 503});
    later(rest());
  });
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
    if (write.after) more += write.after->footprint;
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
  const auto item = [&]() -> Answer<Item> {
    const std::lock_guard lock{mutex_};
    auto found = find_table(realm, table);
    if (!found) return found.fault();
    const auto place = (*found)->place_of_key(*wanted);
    if (!place) return place.fault();
    return (*found)->find(*place);
  }();
  if (!item) return item.fault();
  if (!*item) return std::optional<Json>{};
  return std::optional<Json>{dynamodb::plain_item((*item)->attributes)};
}

}  // namespace iotemu::neighbours
