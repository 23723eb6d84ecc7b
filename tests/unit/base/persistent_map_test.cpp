#include "base/persistent_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

namespace iotemu {
namespace {

/// Most keys share their hash with others, or all of its lower bits.
struct PoorHash {
  std::size_t operator()(std::string_view text) const {
    return text.empty() ? 0 : static_cast<std::size_t>(text.back()) << 60U;
  }
};

template <class Map>
std::multimap<int, int> values(const Map& map) {
  std::multimap<int, int> found;
  map.any_of([&](int value) {
    found.emplace(value, value);
    return false;
  });
  return found;
}

template <class Hash>
void expect_a_map(unsigned seed, int keys) {
  std::mt19937 chance{seed};
  const auto one_of = [&](int count) { return std::uniform_int_distribution<int>{0, count - 1}(chance); };
  PersistentMap<int, Hash> map;
  std::map<std::string, int> model;
  const auto expect_equal = [&](const PersistentMap<int, Hash>& is,
                                const std::map<std::string, int>& should) {
    EXPECT_EQ(is.size(), should.size());
    std::multimap<int, int> expected;
    for (const auto& [key, value] : should) {
      expected.emplace(value, value);
      ASSERT_NE(is.find(key), nullptr) << key;
      EXPECT_EQ(*is.find(key), value) << key;
    }
    EXPECT_EQ(values(is), expected);
  };
  auto older = map;
  auto older_model = model;
  for (int change = 0; change < 4 * keys; ++change) {
    const auto key = "key-" + std::to_string(one_of(keys));
    if (one_of(3) == 0) {
      map = map.without(key);
      model.erase(key);
      EXPECT_EQ(map.find(key), nullptr);
    } else {
      map = map.with(key, change);
      model[key] = change;
    }
    if (change == 2 * keys) {
      older = map;
      older_model = model;
    }
  }
  expect_equal(map, model);
  expect_equal(older, older_model);
  for (const auto& [key, value] : model) map = map.without(key);
  expect_equal(map, {});
}

TEST(PersistentMap, IsAMapAndStaysAsItWas) {
  expect_a_map<std::hash<std::string_view>>(1, 20);
  expect_a_map<std::hash<std::string_view>>(2, 3000);
}

TEST(PersistentMap, BearsKeysOfTheSameHash) {
  expect_a_map<PoorHash>(3, 300);
}

TEST(PersistentMap, OfNothingFindsNothing) {
  const PersistentMap<int> map;
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.find(""), nullptr);
  EXPECT_EQ(map.without("a").size(), 0U);
  EXPECT_FALSE(map.any_of([](int) { return true; }));
  EXPECT_EQ(*map.with("", 1).find(""), 1);
}

TEST(PersistentMap, StopsShowingValuesWhenOneIsWanted) {
  const auto map = PersistentMap<int>{}.with("a", 1).with("b", 2).with("c", 3);
  int seen = 0;
  EXPECT_TRUE(map.any_of([&](int) { return ++seen == 2; }));
  EXPECT_EQ(seen, 2);
}

}  // namespace
}  // namespace iotemu
