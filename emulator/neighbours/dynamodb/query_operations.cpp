#include <algorithm>
#include <array>
#include <utility>

#include "emulator/neighbours/dynamodb/dynamodb.h"
#include "emulator/neighbours/dynamodb/index_view.h"
#include "emulator/neighbours/dynamodb/legacy.h"
#include "emulator/neighbours/dynamodb/members.h"
#include "emulator/neighbours/dynamodb/values.h"

namespace iotemu::neighbours {

using dynamodb::Bindings;
using dynamodb::refused;

namespace {

using api::body;
using api::Member;

/// What a page looks at before it ends.
constexpr std::size_t kMaxPageBytes = 1024 * 1024;
/// What it looks at before it lets go of the lock, and goes on where it was.
constexpr std::size_t kRowsAtOnce = 2000;
constexpr std::int64_t kMaxSegments = 1'000'000;

constexpr std::array<std::string_view, 4> kSelects{"SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES",
                                                   "ALL_PROJECTED_ATTRIBUTES"};
constexpr std::array<std::string_view, 2> kOperators{"AND", "OR"};

std::vector<Member> page_members(std::vector<Member> members) {
  members.push_back(dynamodb::table_name());
  members.push_back(body("IndexName").length(1, 255));
  members.push_back(body("Select").one_of(kSelects));
  members.push_back(body("Limit").integer(1));
  members.push_back(body("ConsistentRead").boolean());
  members.push_back(body("ConditionalOperator").one_of(kOperators));
  members.push_back(dynamodb::attributes("ExclusiveStartKey"));
  members.push_back(body("FilterExpression"));
  members.push_back(body("ProjectionExpression"));
  members.push_back(dynamodb::attributes_to_get());
  members.push_back(dynamodb::consumed_capacity());
  return dynamodb::with_bindings(std::move(members));
}

Done check_select(const Json& input, const dynamodb::IndexShape* index, bool places) {
  const std::string select = input.value("Select", "");
  if (places && !select.empty() && select != "SPECIFIC_ATTRIBUTES") {
    return refused(
        "Cannot specify the " +
        std::string{input.contains("AttributesToGet") ? "AttributesToGet" : "ProjectionExpression"} +
        " when choosing to get " + (select == "COUNT" ? "only the Count" : select));
  }
  if (select == "SPECIFIC_ATTRIBUTES" && !places) {
    return refused(
        "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES");
  }
  if (select == "ALL_PROJECTED_ATTRIBUTES" && index == nullptr) {
    return refused("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
  }
  if (index == nullptr || !index->global) return Ok{};
  if (select == "ALL_ATTRIBUTES" && index->projection != "ALL") {
    return refused(
        "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global "
        "secondary index " +
        index->name + " because its projection type is not ALL");
  }
  if (input.value("ConsistentRead", false)) {
    return refused("Consistent reads are not supported on global secondary indexes");
  }
  return Ok{};
}

/// What a global index does not show cannot be asked of it.
Done check_projected(const dynamodb::IndexShape* index, const dynamodb::KeySchema& keys,
                     const std::optional<std::vector<dynamodb::DocumentPath>>& places) {
  if (index == nullptr || !index->global || !places) return Ok{};
  for (const auto& path : *places) {
    const auto& name = path[0].name;
    if (dynamodb::shows(*index, keys, name)) continue;
    return refused("One or more parameter values were invalid: Global secondary index " + index->name +
                   " does not project [" + name + "]");
  }
  return Ok{};
}

}  // namespace

/// One Query or Scan: what is asked, and then what was found.
struct Dynamodb::Page {
  Json input = Json::object();  ///< as far as the answer depends on it
  std::string table{};
  std::string index_name{};
  std::optional<dynamodb::Condition> conditions{};  ///< on keys, of a query
  std::optional<dynamodb::Condition> filter{};
  std::optional<std::vector<dynamodb::DocumentPath>> places{};
  std::optional<Json> start{};
  std::size_t limit{SIZE_MAX};
  std::uint32_t segment{0};
  std::uint32_t segments{1};
  bool forward{true};
  bool consistent{false};

  std::shared_ptr<const dynamodb::TableShape> shape{};
  std::string table_id{};
  const dynamodb::IndexShape* index{nullptr};  ///< of `shape`
  std::optional<dynamodb::KeyCondition> keys{};
  std::optional<dynamodb::Place> after{};  ///< where the last page ended, or the last look at this one
  bool looks_on{false};                    ///< there is more to look at for this page
  bool fetches{false};  ///< a local index leads to its items, and what is asked for is there alone
  std::vector<Item> items{};
  std::size_t bytes{0};
  std::size_t read{0};  ///< bytes of the index or, without one, of the table
  double fetched{0};    ///< units of the items behind a local index
  bool full{false};     ///< there may be more

  [[nodiscard]] Done check_start(const dynamodb::Place& place) const {
    const bool outside = keys && (place.hash != keys->hash || keys->stretch.position(place.range) != 0);
    if (outside) {
      return refused("The provided starting key is outside query boundaries based on provided conditions");
    }
    if (keys || dynamodb::in_segment(place, segment, segments)) return Ok{};
    return refused(
        "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with "
        "correct Segment. TotalSegments: " +
        std::to_string(segments) + " Segment: " + std::to_string(segment));
  }
  /// Of the conditions of a query.
  [[nodiscard]] Answer<std::optional<dynamodb::KeyCondition>> read_keys() const;
  void take(const dynamodb::Row& row) {
    items.push_back(row.item);
    const auto size = fetches ? row.item->size : row.size;
    read += row.size;
    bytes += size;
    if (fetches) fetched += dynamodb::read_units(size, consistent);
    full = items.size() >= limit || bytes >= kMaxPageBytes;
  }
  [[nodiscard]] dynamodb::Capacity capacity() const {
    const auto units = dynamodb::read_units(read, consistent);
    if (index == nullptr) return {.table = units};
    return {.table = fetched, .indexes = {{index->name, units}}};
  }
};

Answer<std::optional<dynamodb::KeyCondition>> Dynamodb::Page::read_keys() const {
  if (!conditions) return std::optional<dynamodb::KeyCondition>{};
  const auto& schema = index == nullptr ? shape->keys : index->keys;
  auto wanted = dynamodb::key_condition(*conditions, schema, *shape);
  if (!wanted) return wanted.fault();
  if (filter) {
    for (const auto& name : dynamodb::attributes_of(*filter)) {
      if (!schema.holds(name)) continue;
      return refused(
          "Filter Expression can only contain non-primary key attributes: Primary key attribute: " + name);
    }
  }
  return std::optional{std::move(*wanted)};
}

void Dynamodb::add_page_operations() {
  add("Query",
      page_members({body("KeyConditionExpression"), dynamodb::legacy_conditions("KeyConditions"),
                    dynamodb::legacy_conditions("QueryFilter"), body("ScanIndexForward").boolean()}),
      &Dynamodb::query);
  add("Scan",
      page_members({dynamodb::legacy_conditions("ScanFilter"), body("TotalSegments").integer(1, kMaxSegments),
                    body("Segment").integer(0, kMaxSegments - 1)}),
      &Dynamodb::scan);
}

Answer<Dynamodb::Page> Dynamodb::read_page(const Question& question, Bindings& bindings,
                                           const char* legacy_filter) {
  const auto& input = question.input;
  Page page{.table = question.str("TableName"),
            .index_name = question.str("IndexName"),
            .limit = static_cast<std::size_t>(question.integer("Limit", INT64_MAX)),
            .consistent = question.flag("ConsistentRead")};
  for (const auto* member : {"Select", "AttributesToGet", "ReturnConsumedCapacity", "ConsistentRead"}) {
    if (question.has(member)) page.input[member] = input.at(member);
  }
  auto places = dynamodb::read_places(input, bindings);
  if (!places) return places.fault();
  page.places = std::move(*places);
  if (const auto text = input.find("FilterExpression"); text != input.end()) {
    auto filter = dynamodb::read_condition("FilterExpression", text->get_ref<const std::string&>(), bindings);
    if (!filter) return filter.fault();
    page.filter = std::move(*filter);
  } else {
    auto filter = dynamodb::legacy_condition(input, legacy_filter);
    if (!filter) return filter.fault();
    page.filter = std::move(*filter);
  }
  if (const auto start = input.find("ExclusiveStartKey"); start != input.end()) {
    auto key = dynamodb::read_item(*start);
    if (!key) return key.fault();
    page.start = std::move(*key);
  }
  return page;
}

Answer<Dynamodb::Page> Dynamodb::read_query(const Question& question) {
  const auto& input = question.input;
  auto bindings = Bindings::read(input);
  if (!bindings) return bindings.fault();
  if (!question.has("KeyConditionExpression") && !question.has("KeyConditions")) {
    return refused(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.");
  }
  auto page = read_page(question, *bindings, "QueryFilter");
  if (!page) return page;
  if (question.has("KeyConditions")) {
    auto conditions = dynamodb::legacy_condition(input, "KeyConditions");
    if (!conditions) return conditions.fault();
    if (!*conditions) return refused("Conditions can be of length 1 or 2 only");
    page->conditions = std::move(*conditions);
  } else {
    auto conditions =
        dynamodb::read_condition("KeyConditionExpression", question.str("KeyConditionExpression"), *bindings);
    if (!conditions) return conditions.fault();
    page->conditions = std::move(*conditions);
  }
  if (auto used = bindings->check_all_used(); !used) return used.fault();
  page->forward = input.value("ScanIndexForward", true);
  return page;
}

Answer<Dynamodb::Page> Dynamodb::read_scan(const Question& question) {
  auto bindings = Bindings::read(question.input);
  if (!bindings) return bindings.fault();
  if (question.has("Segment") != question.has("TotalSegments")) {
    return question.has("Segment")
               ? refused(
                     "The TotalSegments parameter is required but was not present in the request when "
                     "Segment parameter is present")
               : refused(
                     "The Segment parameter is required but was not present in the request when parameter "
                     "TotalSegments is present");
  }
  auto page = read_page(question, *bindings, "ScanFilter");
  if (!page) return page;
  if (auto used = bindings->check_all_used(); !used) return used.fault();
  page->segment = static_cast<std::uint32_t>(question.integer("Segment", 0));
  page->segments = static_cast<std::uint32_t>(question.integer("TotalSegments", 1));
  if (page->segment >= page->segments) {
    return refused(
        "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: " +
        std::to_string(page->segment) + " is not less than TotalSegments: " + std::to_string(page->segments));
  }
  return page;
}

Done Dynamodb::begin(const Table& table, Page& page) {
  page.shape = table.shared_shape();
  page.table_id = table.id();
  if (!page.index_name.empty()) {
    page.index = page.shape->index(page.index_name);
    if (page.index == nullptr) {
      return refused("The table does not have the specified index: " + page.index_name);
    }
  }
  if (auto good = check_select(page.input, page.index, page.places.has_value()); !good) return good;
  if (auto good = check_projected(page.index, page.shape->keys, page.places); !good) return good;
  const auto hidden = [&](const dynamodb::DocumentPath& path) {
    return !dynamodb::shows(*page.index, page.shape->keys, path[0].name);
  };
  page.fetches = page.index != nullptr && !page.index->global && page.index->projection != "ALL" &&
                 (page.input.value("Select", "") == "ALL_ATTRIBUTES" ||
                  (page.places && std::ranges::any_of(*page.places, hidden)));
  auto keys = page.read_keys();
  if (!keys) return keys.fault();
  page.keys = std::move(*keys);
  if (!page.start) return Ok{};
  auto place = table.place_of_start(*page.start, page.index);
  if (!place) return place.fault();
  if (auto good = page.check_start(*place); !good) return good;
  page.after = std::move(*place);
  return Ok{};
}

Done Dynamodb::look(const Realm& realm, Page& page) {
  const auto table = find_table(realm, page.table);
  if (!table) return table.fault();
  if (page.shape == nullptr) {
    if (auto good = begin(**table, page); !good) return good;
  } else if ((*table)->id() != page.table_id) {
    return Fault{"ResourceNotFoundException", "Requested resource not found"};
  }
  page.looks_on = false;
  std::size_t rows = 0;
  std::optional<dynamodb::Place> last;
  (*table)->walk({.index = page.index,
                  .keys = page.keys ? &*page.keys : nullptr,
                  .forward = page.forward,
                  .after = page.after ? &*page.after : nullptr,
                  .segment = page.segment,
                  .segments = page.segments},
                 [&](const dynamodb::Place& place, const dynamodb::Row& row) {
                   page.take(row);
                   page.looks_on = !page.full && ++rows == kRowsAtOnce;
                   if (page.looks_on) last = place;
                   return !page.full && !page.looks_on;
                 });
  if (last) page.after = std::move(last);
  return Ok{};
}

Json Dynamodb::page_answer(const Page& page) {
  const auto& keys = page.shape->keys;
  const bool count_only = page.input.value("Select", "") == "COUNT";
  const bool narrow = page.index != nullptr && !page.fetches && page.index->projection != "ALL";
  auto items = Json::array();
  std::size_t count = 0;
  for (const auto& item : page.items) {
    const auto part = narrow ? dynamodb::seen_through(item->attributes, keys, *page.index) : Json();
    const auto& seen = narrow ? part : item->attributes;
    if (page.filter && !dynamodb::holds(*page.filter, seen)) continue;
    ++count;
    if (!count_only) items.push_back(page.places ? dynamodb::project(seen, *page.places) : seen);
  }
  Json answer{{"Count", count}, {"ScannedCount", page.items.size()}};
  if (!count_only) answer["Items"] = std::move(items);
  if (page.full)
    answer["LastEvaluatedKey"] = dynamodb::start_key(page.items.back()->attributes, keys, page.index);
  dynamodb::put_consumed(page.input, *page.shape, page.capacity(), answer);
  return answer;
}

void Dynamodb::show_page(const Question& question, Answer<Page> asked, const Later& later) {
  if (!asked) return later(asked.fault());
  const auto page = std::make_shared<Page>(std::move(*asked));
  const auto look_at = [this, page](const Realm& realm) {
    const std::lock_guard lock{mutex_};
    return look(realm, *page);
  };
  if (const auto looked = look_at(question.realm); !looked) return later(looked.fault());
  answer(
      page->bytes, page->items.size(),
      [page, look_at, realm = question.realm]() -> Answer<Json> {
        while (page->looks_on) {
          if (const auto looked = look_at(realm); !looked) return looked.fault();
        }
        return page_answer(*page);
      },
      later);
}

void Dynamodb::query(const Question& question, Later later) {
  show_page(question, read_query(question), later);
}

void Dynamodb::scan(const Question& question, Later later) {
  show_page(question, read_scan(question), later);
}

}  // namespace iotemu::neighbours
