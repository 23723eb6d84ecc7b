#pragma once

// DynamoDB, small: tables with keys and indexes, items with conditions, updates, queries and scans. It holds
// what handlers log and look up, in memory and in a bounded amount; it has no streams, backups, global tables
// or PartiQL. Thread-safe: one lock, held while items are found and stored. Requests are read before it, and
// answers are put together after it, long ones on the blocking pool.

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "base/realm.h"
#include "emulator/neighbours/dynamodb/capacity.h"
#include "emulator/neighbours/dynamodb/table.h"
#include "emulator/neighbours/service.h"

namespace iotemu::neighbours {

class Dynamodb final : public Service {
 public:
  /// All references outlive the service and every answer it owes.
  Dynamodb(const Clock& clock, Random& random, Executor& blocking_pool);

  void reset() override;
  void stop() override { stopping_ = true; }

  /// The item with this key as plain JSON; nothing if there is none. `key` is in the form of the API:
  /// {"id": {"S": "a"}}.
  [[nodiscard]] Answer<std::optional<Json>> item(const Realm& realm, const std::string& table,
                                                 const Json& key);

 private:
  using Item = dynamodb::Item;
  using Table = dynamodb::Table;
  using Tables = std::map<std::string, Table>;

  struct Intent;
  /// What one request changes of one item.
  struct Write {
    Table* table{nullptr};
    dynamodb::Place place{};
    Json hash{};  ///< the value of the partition key
    Item before{};
    Item after{};  ///< null: the item is gone

    [[nodiscard]] dynamodb::Capacity capacity() const {
      return dynamodb::write_capacity(table->shape(), before, after);
    }
  };
  struct Page;
  struct Reads;
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
  void delete_table(const Question& question, Later later);
  Answer<Json> tag(const Question& question);
  Answer<Json> untag(const Question& question);
  Answer<Json> list_tags(const Question& question);
  Answer<Json> describe_time_to_live(const Question& question);
  Answer<Json> update_time_to_live(const Question& question);

  Answer<Json> put_item(const Question& question);
  void get_item(const Question& question, Later later);
  Answer<Json> update_item(const Question& question);
  Answer<Json> delete_item(const Question& question);
  void query(const Question& question, Later later);
  void scan(const Question& question, Later later);
  Answer<Json> batch_write(const Question& question);
  void batch_get(const Question& question, Later later);
  Answer<Json> transact_write(const Question& question);
  void transact_get(const Question& question, Later later);

  /// Answers with what `rest` makes: at once if that is short work, else on the pool. `bytes` is what goes
  /// into the answer, in that many `parts`.
  void answer(std::size_t bytes, std::size_t parts, std::function<Answer<Json>()> rest, const Later& later);
  /// Lets go of what is long to take apart.
  void discard(std::shared_ptr<void> what);

  // What a request says; no lock. The members of `input` are those of PutItem, DeleteItem, UpdateItem or
  // ConditionCheck.
  static Answer<Intent> read_put(const Json& input);
  static Answer<Intent> read_delete(const Json& input);
  static Answer<Intent> read_update(const Json& input);
  static Answer<Intent> read_check(const Json& input);
  static Answer<Intent> read_transaction(const Json& input);
  static Answer<Page> read_page(const Question& question, dynamodb::Bindings& bindings,
                                const char* legacy_filter);
  static Answer<Page> read_query(const Question& question);
  static Answer<Page> read_scan(const Question& question);

  // All of these are called under the lock.
  /// By name or ARN; `named`: the message says which.
  Answer<Table*> find_table(const Realm& realm, const std::string& name, bool named = false);
  Answer<Table*> tagged_table(const Question& question);
  Answer<Write> plan(const Realm& realm, Intent intent);
  /// All or nothing: there must be room.
  Done carry_out(const std::vector<Write>& writes);
  /// Judges what a page asks of its table.
  static Done begin(const Table& table, Page& page);
  /// Finds rows of a page, a bounded number; Page::looks_on says whether to call it again.
  Done look(const Realm& realm, Page& page);
  [[nodiscard]] Answer<Json> repeated(const Question& question, const std::vector<Intent>& intents);

  /// Of one item; `shown` says what the answer has of it.
  Answer<Json> write(const Question& question, Answer<Intent> intent,
                     const std::function<void(const Write&, Json&)>& show);
  static Json page_answer(const Page& page);
  void show_page(const Question& question, Answer<Page> page, const Later& later);

  const Clock& clock_;
  Random& random_;
  Executor& blocking_pool_;
  std::atomic<std::size_t> waiting_{0};  ///< answers on the pool
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::map<Realm, Tables> homes_;
  std::deque<Token> tokens_;
  std::size_t held_{0};  ///< bytes of all items
};

}  // namespace iotemu::neighbours
