#pragma once

// One table: its items by key and again by the keys of each index. Items are immutable and shared by all rows
// that show them. Owned by Dynamodb, which calls it under its lock.

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "emulator/neighbours/dynamodb/key_condition.h"
#include "emulator/neighbours/dynamodb/table_shape.h"

namespace iotemu::neighbours::dynamodb {

using Item = std::shared_ptr<const Json>;

/// Where a row stands, in the bytes that order keys. A row of an index also names its item.
struct Place {
  std::string hash{};
  std::string range{};
  std::string item_hash{};
  std::string item_range{};

  friend auto operator<=>(const Place&, const Place&) = default;
};

using Rows = std::map<Place, Item>;

/// What Query and Scan go through.
struct Walk {
  const IndexShape* index{nullptr};   ///< null: the table
  const KeyCondition* keys{nullptr};  ///< null: everything
  bool forward{true};
  const Place* after{nullptr};  ///< where the last page ended
};

class Table {
 public:
  Table(TableShape shape, Time created, std::string id, std::string arn);

  [[nodiscard]] const TableShape& shape() const { return shape_; }
  [[nodiscard]] TableShape& shape() { return shape_; }
  [[nodiscard]] const std::string& arn() const { return arn_; }
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
  /// The attributes that name the row of an item.
  [[nodiscard]] Json start_key(const Json& item, const IndexShape* index) const;
  /// The part of the item that an index shows.
  [[nodiscard]] Json seen_through(const Json& item, const IndexShape& index) const;

  /// Null if there is none.
  [[nodiscard]] Item find(const Place& place) const;
  /// `item` null: there is none from now on.
  void put(const Place& place, Item item);
  /// Calls `visit` with item after item until it says false.
  void walk(const Walk& walk, const std::function<bool(const Place&, const Item&)>& visit) const;

 private:
  [[nodiscard]] Answer<std::string> key_order(const Json& item, const std::string& name) const;
  /// Nothing where the item is not in the index.
  [[nodiscard]] static bool index_place(const IndexShape& index, const Place& place, const Json& item,
                                        Place& result);
  void show(const Place& place, const Item& item, bool shown);
  [[nodiscard]] const Rows& rows(const IndexShape* index) const;
  [[nodiscard]] Json indexes_json(bool global) const;

  TableShape shape_;
  const Time created_;
  const std::string id_;
  const std::string arn_;
  Rows rows_;
  std::map<std::string, Rows> index_rows_;
  std::size_t size_{0};
  std::size_t footprint_{0};
};

}  // namespace iotemu::neighbours::dynamodb
