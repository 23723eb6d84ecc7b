#include <algorithm>
#include <array>
#include <utility>

#include "emulator/neighbours/dynamodb/dynamodb.h"
#include "emulator/neighbours/dynamodb/legacy.h"
#include "emulator/neighbours/dynamodb/members.h"
#include "emulator/neighbours/dynamodb/values.h"

namespace iotemu::neighbours {

using dynamodb::Bindings;
using dynamodb::refused;
using dynamodb::spread;

namespace {

using api::body;
using api::Member;

/// What a page looks at before it ends.
constexpr std::size_t kMaxPageBytes = 1024 * 1024;
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
  if (index == nullptr || !index->global || index->projection == "ALL" || !places) return Ok{};
  for (const auto& path : *places) {
    const auto& name = path[0].name;
    if (keys.holds(name) || index->keys.holds(name) ||
        std::ranges::find(index->included, name) != index->included.end()) {
      continue;
    }
    return refused("One or more parameter values were invalid: Global secondary index " + index->name +
                   " does not project [" + name + "]");
  }
  return Ok{};
}

}  // namespace

/// One Query or Scan, read and judged.
struct Dynamodb::Page {
  const Table* table{nullptr};
  const dynamodb::IndexShape* index{nullptr};
  std::optional<dynamodb::KeyCondition> keys{};
  std::optional<dynamodb::Condition> filter{};
  std::optional<std::vector<dynamodb::DocumentPath>> places{};
  std::optional<dynamodb::Place> after{};
  std::uint64_t segment{0};
  std::uint64_t segments{1};
  bool forward{true};
};

Answer<Json> Dynamodb::walked(const Question& question, const Page& page) {
  const auto& input = question.input;
  const auto limit = static_cast<std::size_t>(question.integer("Limit", INT64_MAX));
  const bool count_only = question.str("Select") == "COUNT";
  // A local index leads to its items, a global one shows what was projected to it.
  const bool whole = page.index == nullptr ||
                     (!page.index->global && (page.places || question.str("Select") == "ALL_ATTRIBUTES"));
  auto items = Json::array();
  std::size_t count = 0;
  std::size_t scanned = 0;
  std::size_t bytes = 0;
  Item last;
  const auto visit = [&](const dynamodb::Place& place, const Item& item) {
    const auto& partition = page.index == nullptr ? place.hash : place.item_hash;
    if (page.segments > 1 && spread(partition) % page.segments != page.segment) return true;
    auto part = whole ? Json() : page.table->seen_through(*item, *page.index);
    const auto& seen = whole ? *item : part;
    ++scanned;
    bytes += dynamodb::item_size(seen);
    if (!page.filter || dynamodb::holds(*page.filter, seen)) {
      ++count;
      if (!count_only) items.push_back(page.places ? dynamodb::project(seen, *page.places) : seen);
    }
    if (scanned < limit && bytes < kMaxPageBytes) return true;
    last = item;
    return false;
  };
  page.table->walk({.index = page.index,
                    .keys = page.keys ? &*page.keys : nullptr,
                    .forward = page.forward,
                    .after = page.after ? &*page.after : nullptr},
                   visit);
  Json answer{{"Count", count}, {"ScannedCount", scanned}};
  if (!count_only) answer["Items"] = std::move(items);
  if (last) answer["LastEvaluatedKey"] = page.table->start_key(*last, page.index);
  dynamodb::put_consumed(input, *page.table, dynamodb::read_units(bytes, question.flag("ConsistentRead")),
                         answer);
  return answer;
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
  Page page;
  const auto table = find_table(question.realm, question.str("TableName"));
  if (!table) return table.fault();
  page.table = *table;
  const auto& shape = page.table->shape();
  if (question.has("IndexName")) {
    page.index = shape.index(question.str("IndexName"));
    if (page.index == nullptr) {
      return refused("The table does not have the specified index: " + question.str("IndexName"));
    }
  }
  auto places = dynamodb::read_places(input, bindings);
  if (!places) return places.fault();
  page.places = std::move(*places);
  if (auto good = check_select(input, page.index, page.places.has_value()); !good) return good.fault();
  if (auto good = check_projected(page.index, shape.keys, page.places); !good) return good.fault();
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
    const auto key = dynamodb::read_item(*start);
    if (!key) return key.fault();
    auto after = page.table->place_of_start(*key, page.index);
    if (!after) return after.fault();
    page.after = std::move(*after);
  }
  return page;
}

Answer<Json> Dynamodb::query(const Question& question) {
  const auto& input = question.input;
  auto bindings = Bindings::read(input);
  if (!bindings) return bindings.fault();
  if (!question.has("KeyConditionExpression") && !question.has("KeyConditions")) {
    return refused(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.");
  }
  const std::lock_guard lock{mutex_};
  auto page = read_page(question, *bindings, "QueryFilter");
  if (!page) return page.fault();
  auto condition = question.has("KeyConditions") ? dynamodb::legacy_condition(input, "KeyConditions")
                                                 : [&]() -> Answer<std::optional<dynamodb::Condition>> {
    auto read =
        dynamodb::read_condition("KeyConditionExpression", question.str("KeyConditionExpression"), *bindings);
    if (!read) return read.fault();
    return std::optional{std::move(*read)};
  }();
  if (!condition) return condition.fault();
  if (!*condition) return refused("Conditions can be of length 1 or 2 only");
  if (auto used = bindings->check_all_used(); !used) return used.fault();
  const auto& shape = page->table->shape();
  const auto& keys = page->index == nullptr ? shape.keys : page->index->keys;
  auto wanted = dynamodb::key_condition(**condition, keys, shape);
  if (!wanted) return wanted.fault();
  page->keys = std::move(*wanted);
  if (page->filter) {
    for (const auto& name : dynamodb::attributes_of(*page->filter)) {
      if (!keys.holds(name)) continue;
      return refused(
          "Filter Expression can only contain non-primary key attributes: Primary key attribute: " + name);
    }
  }
  if (page->after &&
      (page->after->hash != page->keys->hash || page->keys->stretch.position(page->after->range) != 0)) {
    return refused("The provided starting key is outside query boundaries based on provided conditions");
  }
  page->forward = input.value("ScanIndexForward", true);
  return walked(question, *page);
}

Answer<Json> Dynamodb::scan(const Question& question) {
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
  const std::lock_guard lock{mutex_};
  auto page = read_page(question, *bindings, "ScanFilter");
  if (!page) return page.fault();
  if (auto used = bindings->check_all_used(); !used) return used.fault();
  page->segment = static_cast<std::uint64_t>(question.integer("Segment", 0));
  page->segments = static_cast<std::uint64_t>(question.integer("TotalSegments", 1));
  if (page->segment >= page->segments) {
    return refused(
        "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: " +
        std::to_string(page->segment) + " is not less than TotalSegments: " + std::to_string(page->segments));
  }
  return walked(question, *page);
}

}  // namespace iotemu::neighbours
