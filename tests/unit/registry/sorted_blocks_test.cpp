#include "registry/sorted_blocks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <utility>

namespace iotemu::registry {
namespace {

using Numbers = SortedBlocks<int, std::less<>>;
constexpr int kBlock = static_cast<int>(Numbers::kCapacity);

/// As one sees it from the front and from the back.
void expect_same(const Numbers& numbers, const std::set<int>& model) {
  ASSERT_EQ(numbers.size(), model.size());
  ASSERT_EQ(numbers.empty(), model.empty());
  ASSERT_TRUE(std::equal(numbers.begin(), numbers.end(), model.begin(), model.end()));
  auto at = numbers.end();
  for (auto expected = model.rbegin(); expected != model.rend(); ++expected) ASSERT_EQ(*--at, *expected);
  ASSERT_EQ(at, numbers.begin());
}

TEST(SortedBlocks, EmptyOnesAnswerEveryQuestion) {
  Numbers numbers;
  expect_same(numbers, {});
  EXPECT_EQ(numbers.find(1), numbers.end());
  EXPECT_EQ(numbers.lower_bound(1), numbers.end());
  EXPECT_EQ(numbers.upper_bound(1), numbers.end());
  numbers.erase(1);
  numbers.clear();
  EXPECT_TRUE(numbers.empty());
}

TEST(SortedBlocks, AreTheSetThatAnyOrderOfChangesMakes) {
  std::mt19937 chance{1};  // NOLINT(cert-msc51-cpp): the same each time
  Numbers numbers;
  std::set<int> model;
  // First more come than go, then the other way round.
  for (const unsigned come : {70U, 30U, 80U, 10U}) {
    for (int step = 0; step < 8 * kBlock; ++step) {
      const int value = static_cast<int>(chance() % static_cast<unsigned>(16 * kBlock));
      if (chance() % 100 < come) {
        numbers.put(value);
        model.insert(value);
      } else {
        numbers.erase(value);
        model.erase(value);
      }
    }
    ASSERT_NO_FATAL_FAILURE(expect_same(numbers, model));
    std::size_t before = 0;
    for (int value = -1; value <= 16 * kBlock; ++value) {
      const bool there = model.contains(value);
      ASSERT_EQ(Numbers::distance(numbers.begin(), numbers.lower_bound(value)), before);
      before += there ? 1 : 0;
      ASSERT_EQ(Numbers::distance(numbers.begin(), numbers.upper_bound(value)), before);
      ASSERT_EQ(numbers.find(value) != numbers.end(), there);
    }
  }
}

TEST(SortedBlocks, AreFilledForwardsAndBackwardsAndEmptiedFromEitherEnd) {
  for (const bool forwards : {true, false}) {
    Numbers numbers;
    std::set<int> model;
    for (int step = 0; step < 5 * kBlock; ++step) {
      numbers.put(forwards ? step : -step);
      model.insert(forwards ? step : -step);
    }
    ASSERT_NO_FATAL_FAILURE(expect_same(numbers, model));
    while (!model.empty()) {
      const int value = *model.begin();
      numbers.erase(value);
      model.erase(value);
      if (model.size() % kBlock >= 2) continue;
      ASSERT_NO_FATAL_FAILURE(expect_same(numbers, model));
    }
  }
}

TEST(SortedBlocks, DistanceIsTheNumberOfStepsBetween) {
  Numbers numbers;
  for (int value = 0; value < 3 * kBlock; ++value) numbers.put(value);
  for (const int from : {0, 1, kBlock - 1, kBlock, 2 * kBlock + 7}) {
    for (const int to : {2 * kBlock + 7, 3 * kBlock - 1, 3 * kBlock}) {
      EXPECT_EQ(Numbers::distance(numbers.lower_bound(from), numbers.lower_bound(to)), to - from);
    }
  }
}

struct ByKey {
  using is_transparent = void;
  bool operator()(const std::pair<int, std::string>& a, const std::pair<int, std::string>& b) const {
    return a.first < b.first;
  }
};

TEST(SortedBlocks, AnEqualValueTakesThePlace) {
  SortedBlocks<std::pair<int, std::string>, ByKey> values;
  values.put({1, "old"});
  values.put({2, "last"});
  values.put({1, "new"});
  values.put({2, "newest"});
  ASSERT_EQ(values.size(), 2U);
  EXPECT_EQ(values.begin()->second, "new");
  EXPECT_EQ((++values.begin())->second, "newest");
}

}  // namespace
}  // namespace iotemu::registry
