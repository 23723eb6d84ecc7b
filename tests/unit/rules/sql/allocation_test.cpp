#include <gtest/gtest.h>

#include <string>

#include "base/seeded_random.h"
#include "rules/sql/evaluator.h"
#include "rules/sql/statement.h"
#include "tests/unit/registry/policy/allocation_counter.h"

namespace iotemu::rules::sql {
namespace {

using registry::policy::testing::allocations;

constexpr std::string_view kPayload =
    R"({"deviceId":"sn-000001","seq":18446,"temperature":23.75,"humidity":41,"ok":true,"meta":{"fw":"1.4.2",)"
    R"("site":"plant-7","tags":["hall","north"]},"readings":[{"n":"t1","v":21.5},{"n":"t2","v":24.25}]})";

class CountingMemory final : public std::pmr::memory_resource {
 public:
  [[nodiscard]] std::size_t taken() const { return taken_; }

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    ++taken_;
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
  }
  [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }

  std::size_t taken_{0};
};

class SqlAllocations : public ::testing::TestWithParam<const char*> {};

// One block holds the evaluation with its arena, one the text of the result.
TEST_P(SqlAllocations, AreTwoForTheCommonClasses) {
  const auto statement = Statement::compile(GetParam(), Version::v2016_03_23);
  ASSERT_TRUE(statement.ok());
  SeededRandom random{1};
  const Message message{.topic = "plant/7/state", .payload = kPayload, .client_id = "sn-000001"};
  const Surroundings surroundings;
  std::size_t written = 0;
  const long before = allocations();
  {
    Evaluation evaluation{*statement, message, surroundings, random, nullptr};
    const auto result = evaluation.run();
    if (result && *result) written = (*result)->payload.size();
  }
  const long after = allocations();
  EXPECT_GT(written, 0U);
  EXPECT_EQ(after - before, 2);
}

INSTANTIATE_TEST_SUITE_P(
    Classes, SqlAllocations,
    ::testing::Values("SELECT * FROM 'plant/+/state'",
                      "SELECT deviceId, temperature, meta.site FROM 'plant/+/state' "
                      "WHERE temperature > 20 AND humidity < 60",
                      "SELECT deviceId AS id, temperature * 9 / 5 + 32 AS fahrenheit, topic(2) "
                      "AS machine FROM 'plant/+/state' WHERE ok"));

TEST(SqlArena, AsksNobodyForACommonPayload) {
  CountingMemory upstream;
  {
    ArenaBuffer buffer;
    Arena arena{buffer.bytes, &upstream};
    const auto value = read_json(kPayload, Version::v2016_03_23, arena);
    ASSERT_TRUE(value);
    EXPECT_EQ(value->find("temperature")->number().text(), "23.75");
  }
  EXPECT_EQ(upstream.taken(), 0U);
}

TEST(SqlArena, AsksForMoreWhereThePayloadIsLarge) {
  CountingMemory upstream;
  ArenaBuffer buffer;
  Arena arena{buffer.bytes, &upstream};
  std::string list = "[1";
  for (int i = 0; i < 10'000; ++i) list += ",1";
  EXPECT_TRUE(read_json(list + "]", Version::v2016_03_23, arena));
  EXPECT_GT(upstream.taken(), 0U);
  EXPECT_LT(upstream.taken(), 20U);
}

}  // namespace
}  // namespace iotemu::rules::sql
