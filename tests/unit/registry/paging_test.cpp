#include "registry/paging.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/base64.h"
#include "base/manual_clock.h"
#include "registry/links.h"
#include "registry/table.h"
#include "tests/unit/registry/result_matchers.h"

namespace iotemu::registry {
namespace {

struct Item {
  std::string name{};
  Time created_at{};
  [[nodiscard]] const std::string& key() const { return name; }
  [[nodiscard]] const std::string& key_text() const { return name; }
};
using Items = Table<std::string, Item>;

std::shared_ptr<const Item> item(const std::string& name, int second) {
  return std::make_shared<const Item>(Item{.name = name, .created_at = Time{std::chrono::seconds{second}}});
}

std::string names(const Page<std::shared_ptr<const Item>>& page) {
  std::string all;
  for (const auto& each : page.items) all += each->name;
  return all;
}

TEST(Base64, IsItsOwnInverse) {
  for (const std::string text : {"", "f", "fo", "foo", "foob", "fooba", "foobar", "\xff\x01\x80"}) {
    EXPECT_EQ(from_base64(to_base64(text)), text);
  }
  EXPECT_EQ(to_base64("foob"), "Zm9vYg==");
}

TEST(Base64, RefusesWhatIsNotBase64) {
  for (const auto* text : {"Zg=", "Zg", "Z===", "Zh==", "Zg==\n", "Z-==", "====", "Zg==Zg=="}) {
    EXPECT_FALSE(from_base64(text).has_value()) << text;
  }
}

TEST(Marker, IsOpaqueBase64AndFindsItsPlaceAgain) {  // P1.7
  const SortKey key{.created = ManualClock::kStart, .name = "a b"};
  const auto marker = to_marker(key);
  EXPECT_EQ(marker.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="),
            std::string::npos);
  EXPECT_EQ(*from_marker(marker), key);
}

TEST(Marker, ThatNoAnswerHeldIsAnInvalidRequest) {  // P10.4
  for (const auto& text : {std::string{"!"}, std::string{"abc"}, to_base64("x y"), to_base64("12"),
                           to_base64("12 "), to_base64("999999999999999999999 a"), to_base64("1x a")}) {
    EXPECT_THAT(from_marker(text), FailsWith(Errc::invalid_request)) << text;
  }
}

TEST(Table, PagesInOrderOfCreationThenNameInBothDirections) {  // P1.7
  Items table;
  for (const auto& each : {item("c", 1), item("a", 2), item("b", 2), item("d", 3)}) table.put(each);
  EXPECT_EQ(names(*table.page({.ascending = true})), "cabd");
  EXPECT_EQ(names(*table.page({.ascending = false})), "dbac");
}

TEST(Table, LastPageHasNoMarker) {  // P10.4
  Items table;
  for (const auto& each : {item("a", 1), item("b", 2)}) table.put(each);
  EXPECT_EQ(table.page({.size = 2})->next_marker, "");
  EXPECT_NE(table.page({.size = 1})->next_marker, "");
}

TEST(Table, MarkerWalkNeitherRepeatsNorSkipsWhileOthersInsertAndErase) {  // P10.4
  for (const bool ascending : {true, false}) {
    Items table;
    for (int i = 0; i < 10; ++i) table.put(item(std::string(1, static_cast<char>('a' + i)), 10 + i));
    std::string seen;
    PageRequest request{.size = 3, .ascending = ascending};
    int step = 0;
    do {
      const auto page = table.page(request);
      ASSERT_THAT(page, IsOk());
      seen += names(*page);
      request.marker = page->next_marker;
      table.put(
          item(std::string(1, static_cast<char>('A' + step)), ascending ? step : 100 + step));  // behind us
      table.erase(std::string(1, seen.back()));  // the very item that the marker names
      ++step;
    } while (!request.marker.empty());
    EXPECT_EQ(seen, ascending ? "abcdefghij" : "jihgfedcba");
  }
}

TEST(Table, ReplacedRecordKeepsItsPlace) {
  Items table;
  for (const auto& each : {item("a", 1), item("b", 2), item("a", 1)}) table.put(each);
  EXPECT_EQ(names(*table.page({})), "ab");
}

TEST(Table, FilteredPagesReachBeyondOneChunk) {
  Items table;
  for (int i = 0; i < 1000; ++i) table.put(item(std::to_string(i), i));
  const auto page = table.page(
      {.size = 2}, [](const Item& each) { return each.created_at >= Time{std::chrono::seconds{997}}; });
  EXPECT_EQ(names(*page), "997998");
  EXPECT_NE(page->next_marker, "");
}

struct Text {
  std::string value{};
  [[nodiscard]] const std::string& text() const { return value; }
  friend auto operator<=>(const Text&, const Text&) = default;
};
struct HashText {
  std::size_t operator()(const Text& text) const { return std::hash<std::string>{}(text.value); }
};

}  // namespace
}  // namespace iotemu::registry

template <>
struct std::hash<iotemu::registry::Text> : iotemu::registry::HashText {};

namespace iotemu::registry {
namespace {

TEST(Links, AreReadFromBothEndsInOrderOfNames) {
  Links<Text, Text, int> links;
  links.put({"x"}, {"b"}, 1);
  links.put({"x"}, {"a"}, 2);
  links.put({"y"}, {"a"}, 3);
  const auto every = [](int) { return true; };
  const auto first = links.page_of_left({"x"}, {.size = 1}, every);
  ASSERT_EQ(first->items.size(), 1U);
  EXPECT_EQ(first->items[0].first.value, "a");
  const auto second = links.page_of_left({"x"}, {.size = 1, .marker = first->next_marker}, every);
  ASSERT_EQ(second->items.size(), 1U);
  EXPECT_EQ(second->items[0].first.value, "b");
  EXPECT_EQ(second->next_marker, "");
  const auto backwards = links.page_of_right({"a"}, {.ascending = false}, every);
  ASSERT_EQ(backwards->items.size(), 2U);
  EXPECT_EQ(backwards->items[0].first.value, "y");
  links.erase({"x"}, {"a"});
  EXPECT_FALSE(links.find({"x"}, {"a"}).has_value());
  EXPECT_EQ(links.count_of_right({"a"}), 1U);
}

}  // namespace
}  // namespace iotemu::registry
