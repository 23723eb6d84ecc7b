#pragma once

// One table: its items by key and again by the keys of each index. Items and shape are immutable and shared,
// so that whoever has found them reads on without the lock. What is asked of a table at any time (counts,
// sizes) is kept while items are written; a walk costs what it visits. Owned by Dynamodb, which calls it
// under its lock.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/json.h"
#include "emulator/neighbours/dynamodb/key_condition.h"
#include "emulator/neighbours/dynamodb/table_shape.h"

namespace iotemu::neighbours::dynamodb {

/// An item with its sizes.
struct Stored {
  Json attributes{};
  std::size_t size{0};       ///< as DynamoDB counts
  std::size_t footprint{0};  ///< bytes in this process, roughly
};

using Item = std::shared_ptr<const Stored>;

[[nodiscard]] Item keep(Json attributes);

/// Where a row stands, in the bytes that order keys. Partitions stand in the order of their slots, as in
/// DynamoDB in none that a person would know; a segment of a parallel scan is a stretch of slots. A row of an
/// index also names its item.
struct Place {
  std::uint32_t slot{0};
  std::string hash{};
  std::string range{};
  std::string item_hash{};
  std::string item_range{};

  friend auto operator<=>(const Place&, const Place&) = default;
};

struct Row {
  Item item{};
  std::size_t size{0};  ///< of what the row shows of it
};

using Rows = std::map<Place, Row>;

/// What Query and Scan go through.
struct Walk {
  const IndexShape* index{nullptr};   ///< null: the table
  const KeyCondition* keys{nullptr};  ///< null: the segment
  bool forward{true};                 ///< a segment knows no other way
  const Place* after{nullptr};        ///< where the last page ended
  std::uint32_t segment{0};
  std::uint32_t segments{1};
};

/// Whether a parallel scan would come upon that place in its segment.
[[nodiscard]] bool in_segment(const Place& place, std::uint32_t segment, std::uint32_t segments);

class Table {
 public:
  Table(TableShape shape, Time created, std::string id, std::string arn);

  [[nodiscard]] const TableShape& shape() const { return *shape_; }
  [[nodiscard]] const std::shared_ptr<const TableShape>& shared_shape() const { return shape_; }
  /// With the same keys and indexes.
  void set_shape(TableShape shape) { shape_ = std::make_shared<const TableShape>(std::move(shape)); }
  [[nodiscard]] const std::string& arn() const { return arn_; }
  /// No other table has it, not even a later one of the same name.
  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] std::size_t footprint() const { return footprint_; }
  [[nodiscard]] std::size_t count() const { return rows_.size(); }
  /// `TableDescription` of the service model.
  [[nodiscard]] Json description(const char* status) const;

  /// Of a Key, which has the key's attributes and no others.
  [[nodiscard]] Answer<Place> place_of_key(const Json& key) const;
  /// Of an item, whose attributes must also suit the indexes.
  [[nodiscard]] Answer<Place> place_of_item(const Json& item) const;
  /// Of the row where a page ended, from its LastEvaluatedKey.
  [[nodiscard]] Answer<Place> place_of_start(const Json& start, const IndexShape* index) const;

  /// Null if there is none.
  [[nodiscard]] Item find(const Place& place) const;
  /// `item` null: there is none from now on.
  void put(const Place& place, Item item);
  /// Calls `visit` with row after row until it says false.
  void walk(const Walk& walk, const std::function<bool(const Place&, const Row&)>& visit) const;

 private:
  /// The rows of an index.
  struct Shown {
    Rows rows{};
    std::size_t size{0};
  };

  [[nodiscard]] Answer<std::string> key_order(const Json& item, const std::string& name) const;
  /// Nothing where the item is not in the index.
  [[nodiscard]] static bool index_place(const IndexShape& index, const Place& place, const Json& item,
                                        Place& result);
  void show(const Place& place, const Item& item, bool shown);
  [[nodiscard]] const Rows& rows(const IndexShape* index) const;
  [[nodiscard]] Json indexes_json(bool global) const;

  std::shared_ptr<const TableShape> shape_;
  const Time created_;
  const std::string id_;
  const std::string arn_;
  Rows rows_;
  std::map<std::string, Shown> indexes_;
  std::size_t size_{0};
  std::size_t footprint_{0};
};

}  // namespace iotemu::neighbours::dynamodb
