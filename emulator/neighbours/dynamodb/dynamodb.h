#pragma once

// DynamoDB, small: tables with keys and indexes, items with conditions, updates, queries and scans. It holds
// what handlers log and look up, in memory and in a bounded amount; it has no streams, backups, global tables
// or PartiQL. Thread-safe: one lock, held for one operation.

#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/realm.h"
#include "emulator/neighbours/dynamodb/table.h"
#include "emulator/neighbours/service.h"

namespace iotemu::neighbours {

class Dynamodb final : public Service {
 public:
  Dynamodb(const Clock& clock, Random& random);

  void reset() override;

  /// The item with this key as plain JSON; nothing if there is none. `key` is in the form of the API:
  /// {"id": {"S": "a"}}.
  [[nodiscard]] Answer<std::optional<Json>> item(const Realm& realm, const std::string& table,
                                                 const Json& key);

 private:
  using Item = dynamodb::Item;
  using Table = dynamodb::Table;
  using Tables = std::map<std::string, Table>;

  /// What one request changes of one item.
  struct Write {
    Table* table{nullptr};
    dynamodb::Place place{};
    Item before{};
    Item after{};  ///< null: the item is gone
    std::vector<dynamodb::DocumentPath> updated{};
  };
  struct Page;
  /// A TransactWriteItems that was carried out: who repeats it is answered the same.
  struct Token {
    Realm realm{};
    std::string token{};
    std::uint64_t request{0};  ///< what was asked, spread
    Time at{};
  };

  void add_table_operations();
  void add_item_operations();
  void add_page_operations();
  void add_several_operations();

  Answer<Json> create_table(const Question& question);
  Answer<Json> describe_table(const Question& question);
  Answer<Json> list_tables(const Question& question);
  Answer<Json> update_table(const Question& question);
  Answer<Json> delete_table(const Question& question);
  Answer<Json> tag(const Question& question);
  Answer<Json> untag(const Question& question);
  Answer<Json> list_tags(const Question& question);
  Answer<Json> describe_time_to_live(const Question& question);
  Answer<Json> update_time_to_live(const Question& question);

  Answer<Json> put_item(const Question& question);
  Answer<Json> get_item(const Question& question);
  Answer<Json> update_item(const Question& question);
  Answer<Json> delete_item(const Question& question);
  Answer<Json> query(const Question& question);
  Answer<Json> scan(const Question& question);
  Answer<Json> batch_write(const Question& question);
  Answer<Json> batch_get(const Question& question);
  Answer<Json> transact_write(const Question& question);
  Answer<Json> transact_get(const Question& question);

  // All of these are called under the lock.
  /// By name or ARN; `named`: the message says which.
  Answer<Table*> find_table(const Realm& realm, const std::string& name, bool named = false);
  Answer<Table*> tagged_table(const Question& question);
  /// The members of `input` are those of PutItem, DeleteItem, UpdateItem or ConditionCheck.
  Answer<Write> plan_put(const Realm& realm, const Json& input);
  Answer<Write> plan_delete(const Realm& realm, const Json& input);
  Answer<Write> plan_update(const Realm& realm, const Json& input);
  Answer<Write> plan_check(const Realm& realm, const Json& input);
  Answer<Write> plan_transaction(const Realm& realm, const Json& input);
  /// All or nothing: there must be room.
  Done carry_out(const std::vector<Write>& writes);
  Answer<Page> read_page(const Question& question, dynamodb::Bindings& bindings, const char* legacy_filter);
  static Answer<Json> walked(const Question& question, const Page& page);

  const Clock& clock_;
  Random& random_;
  std::mutex mutex_;
  std::map<Realm, Tables> homes_;
  std::deque<Token> tokens_;
  std::size_t held_{0};  ///< bytes of all items
};

}  // namespace iotemu::neighbours
