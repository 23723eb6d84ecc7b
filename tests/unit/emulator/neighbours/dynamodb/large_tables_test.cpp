// Tables of many items: what a request costs hangs on what it reads, and long answers leave the HTTP thread.

#include <algorithm>
#include <set>

#include "emulator/neighbours/dynamodb/table.h"
#include "emulator/neighbours/dynamodb/values.h"
#include "tests/unit/emulator/neighbours/dynamodb/dynamodb_fixture.h"

namespace iotemu::neighbours {
namespace {

using dynamodb::IndexShape;
using dynamodb::Table;

/// `id` and `seq`; an index `by-kind` by `kind` and `seq`, which shows `shown` too.
dynamodb::TableShape shape() {
  return {.name = "log",
          .keys = {.hash = "id", .range = "seq"},
          .types = {{"id", "S"}, {"kind", "S"}, {"seq", "N"}},
          .indexes = {IndexShape{.name = "by-kind",
                                 .keys = {.hash = "kind", .range = "seq"},
                                 .projection = "INCLUDE",
                                 .included = {"shown"}}}};
}

Json attributes(const std::string& id, int seq, const std::string& kind = {}) {
  Json item{{"id", {{"S", id}}}, {"seq", {{"N", std::to_string(seq)}}}, {"hidden", {{"S", "0123456789"}}}};
  if (!kind.empty()) item["kind"] = {{"S", kind}};
  return item;
}

class LargeTable : public testing::Test {
 protected:
  void put(const Json& item) { table.put(*table.place_of_item(item), dynamodb::keep(item)); }
  void remove(const std::string& id, int seq) {
    table.put(*table.place_of_key({{"id", {{"S", id}}}, {"seq", {{"N", std::to_string(seq)}}}}), nullptr);
  }
  Json index() const { return table.description("ACTIVE").at("GlobalSecondaryIndexes")[0]; }
  /// The seq of what a walk visits, of which there are `most`.
  std::string visited(dynamodb::Walk walk, const dynamodb::KeyCondition& keys, std::size_t most = 100) {
    walk.keys = &keys;
    std::string text;
    table.walk(walk, [&](const dynamodb::Place&, const dynamodb::Row& row) {
      text += (text.empty() ? "" : " ") + row.item->attributes.at("seq").at("N").get<std::string>();
      return --most > 0;
    });
    return text;
  }
  static std::string order(int number) { return dynamodb::order_of({{"N", std::to_string(number)}}); }

  Table table{shape(), Time{}, "id", "arn"};
};

TEST_F(LargeTable, KeepsCountAndSizeOfItsIndexesWhileItIsWritten) {
  EXPECT_EQ(index().at("ItemCount"), 0);
  put(attributes("a", 1, "k"));
  put(attributes("a", 2));  // not in the index
  // kind 4+1, seq 3+2, id 2+1: what is hidden does not count.
  EXPECT_EQ(index().at("ItemCount"), 1);
  EXPECT_EQ(index().at("IndexSizeBytes"), 13);
  auto more = attributes("a", 1, "kk");
  more["shown"] = {{"S", "12345"}};
  put(more);
  EXPECT_EQ(index().at("ItemCount"), 1);
  EXPECT_EQ(index().at("IndexSizeBytes"), 24);
  put(attributes("b", 1, "k"));
  EXPECT_EQ(index().at("IndexSizeBytes"), 37);
  remove("a", 1);
  EXPECT_EQ(index().at("IndexSizeBytes"), 13);
  put(attributes("b", 1));
  EXPECT_EQ(index().at("ItemCount"), 0);
  EXPECT_EQ(index().at("IndexSizeBytes"), 0);
  const auto all = table.description("ACTIVE");
  EXPECT_EQ(all.at("ItemCount"), 2);
  remove("a", 2);
  remove("b", 1);
  remove("b", 1);
  EXPECT_EQ(table.description("ACTIVE").at("TableSizeBytes"), 0);
  EXPECT_EQ(table.footprint(), 0U);
}

TEST_F(LargeTable, AQueryBeginsWhereItsStretchDoesInBothDirections) {
  for (int i = 0; i < 2000; ++i) put(attributes("a", i, "k"));
  for (int i = 0; i < 3; ++i) put(attributes("b", i, "k"));
  const dynamodb::KeyCondition all{.hash = "a"};
  EXPECT_EQ(visited({}, all, 3), "0 1 2");
  EXPECT_EQ(visited({.forward = false}, all, 3), "1999 1998 1997");
  const dynamodb::KeyCondition middle{.hash = "a", .stretch = {.low = order(500), .high = order(502)}};
  EXPECT_EQ(visited({}, middle), "500 501 502");
  EXPECT_EQ(visited({.forward = false}, middle), "502 501 500");
  const dynamodb::KeyCondition inside{
      .hash = "a",
      .stretch = {.low = order(500), .low_included = false, .high = order(502), .high_included = false}};
  EXPECT_EQ(visited({}, inside), "501");
  EXPECT_EQ(visited({.forward = false}, inside), "501");
  const dynamodb::KeyCondition none{.hash = "a", .stretch = {.low = order(9), .high = order(5)}};
  EXPECT_EQ(visited({}, none), "");
  EXPECT_EQ(visited({.forward = false}, none), "");
  // A row of the index that has many of one sort key.
  const auto* by_kind = table.shape().index("by-kind");
  const dynamodb::KeyCondition first{.hash = "k", .stretch = {.high = order(1), .high_included = false}};
  EXPECT_EQ(visited({.index = by_kind}, first), "0 0");
  EXPECT_EQ(visited({.index = by_kind, .forward = false}, first), "0 0");
}

TEST_F(LargeTable, APrefixEndsWhereTheNextOneBegins) {
  const dynamodb::Stretch some{.prefix = "a\xff"};
  EXPECT_EQ(some.first(), "a\xff");
  EXPECT_EQ(*some.behind(), "b");
  EXPECT_FALSE(dynamodb::Stretch{.prefix = "\xff"}.behind());
  EXPECT_FALSE(dynamodb::Stretch{}.behind());
}

TEST_F(LargeTable, SegmentsAreStretchesThatShareThePartitionsEvenly) {
  for (int i = 0; i < 3000; ++i) put(attributes("id-" + std::to_string(i), 1, "k"));
  std::set<std::string> seen;
  for (std::uint32_t segment = 0; segment < 7; ++segment) {
    std::size_t count = 0;
    table.walk({.segment = segment, .segments = 7}, [&](const dynamodb::Place&, const dynamodb::Row& row) {
      ++count;
      return seen.insert(row.item->attributes.at("id").at("S")).second;
    });
    EXPECT_GT(count, 300U) << segment;
  }
  EXPECT_EQ(seen.size(), 3000U);
}

class LongAnswers : public DynamodbTest {
 protected:
  void fill(int count) {
    good("CreateTable", table("log"));
    for (int i = 0; i < count; i += 25) {
      auto list = Json::array();
      for (int k = i; k < i + 25; ++k)
        list.push_back({{"PutRequest", {{"Item", {{"id", {{"S", std::to_string(k)}}}}}}}});
      good("BatchWriteItem", {{"RequestItems", {{"log", std::move(list)}}}});
    }
  }
  Awaited begin_scan(Json more = Json::object()) {
    more["TableName"] = "log";
    http::Request request{.method = "POST",
                          .target = "/",
                          .headers = {{"X-Amz-Target", "DynamoDB_20120810.Scan"}},
                          .body = to_text(more)};
    request.id = "request-id";
    auto answer = std::make_shared<std::optional<http::Response>>();
    const api::Signatory caller{.scope = api::CredentialScope{"test", region, "dynamodb"},
                                .realm = {.account = "123456789012", .region = region}};
    neighbours.take(request, caller,
                    http::Responder{[answer](http::Response response) { *answer = std::move(response); }});
    return answer;
  }
  static std::size_t count(const Awaited& answer) { return Json::parse((*answer)->body).at("Count"); }
};

TEST_F(LongAnswers, ArePutTogetherOnTheBlockingPool) {
  fill(300);
  const auto short_one = begin_scan({{"Limit", 10}});
  ASSERT_TRUE(short_one->has_value());
  EXPECT_EQ(count(short_one), 10U);
  const auto long_one = begin_scan();
  EXPECT_FALSE(long_one->has_value());
  // The table goes away meanwhile: the page was found before.
  good("DeleteTable", {{"TableName", "log"}});
  pool.run_all();
  ASSERT_TRUE(long_one->has_value());
  EXPECT_EQ(count(long_one), 300U);
}

TEST_F(LongAnswers, AreFoundInSeveralLooksInBothDirections) {
  auto input = table("log", "seq");
  good("CreateTable", input);
  for (int i = 0; i < 5000; i += 25) {
    auto list = Json::array();
    for (int k = i; k < i + 25; ++k)
      list.push_back(
          {{"PutRequest", {{"Item", {{"id", {{"S", "a"}}}, {"seq", {{"N", std::to_string(k)}}}}}}}});
    good("BatchWriteItem", {{"RequestItems", {{"log", std::move(list)}}}});
  }
  for (const bool forward : {true, false}) {
    const auto page = good("Query", query("id = :id", {{"ScanIndexForward", forward}}));
    ASSERT_EQ(page.at("Count"), 5000);
    EXPECT_FALSE(page.contains("LastEvaluatedKey"));
    for (int i = 0; i < 5000; ++i)
      ASSERT_EQ(page.at("Items")[i].at("seq").at("N"), std::to_string(forward ? i : 4999 - i));
  }
  const auto some = good("Query", query("id = :id", {{"Limit", 4500}}));
  EXPECT_EQ(some.at("Count"), 4500);
  EXPECT_EQ(some.at("LastEvaluatedKey").at("seq").at("N"), "4499");
}

TEST_F(LongAnswers, OfATableThatGoesAwayBetweenTwoLooksAreNone) {
  fill(2500);
  const auto scan = begin_scan();
  good("DeleteTable", {{"TableName", "log"}});
  pool.run_all();
  EXPECT_EQ(fault(**scan), "400 ResourceNotFoundException");
}

TEST_F(LongAnswers, AreBoundedAndEndWithTheEmulator) {
  fill(300);
  std::vector<Awaited> answers;
  for (int i = 0; i < 257; ++i) answers.push_back(begin_scan());
  ASSERT_TRUE(answers.back()->has_value());
  EXPECT_EQ(fault(**answers.back()), "400 ThrottlingException");
  neighbours.stop();
  pool.run_all();
  EXPECT_EQ(fault(**answers.front()), "503 ServiceUnavailable");
}

TEST_F(LongAnswers, ATransactionReadsFourMegabytesAtMost) {
  good("CreateTable", table("log"));
  auto gets = Json::array();
  for (int i = 0; i < 11; ++i) {
    const Json key{{"id", {{"S", std::to_string(i)}}}};
    auto item = key;
    item["text"] = {{"S", std::string(390 * 1024, 'x')}};
    good("PutItem", {{"TableName", "log"}, {"Item", item}});
    gets.push_back({{"Get", {{"TableName", "log"}, {"Key", key}}}});
  }
  EXPECT_THAT(bad("TransactGetItems", {{"TransactItems", gets}}),
              testing::HasSubstr("Transaction request is larger than 4 MB"));
  gets.erase(0);
  EXPECT_EQ(good("TransactGetItems", {{"TransactItems", gets}}).at("Responses").size(), 10U);
}

TEST_F(LongAnswers, APageOfASegmentGoesOnInItsSegmentAlone) {
  fill(300);
  std::set<std::string> seen;
  std::size_t pages = 0;
  for (int segment = 0; segment < 3; ++segment) {
    Json input{{"TableName", "log"}, {"Segment", segment}, {"TotalSegments", 3}, {"Limit", 40}};
    while (true) {
      const auto page = good("Scan", input);
      ++pages;
      for (const auto& item : page.at("Items")) EXPECT_TRUE(seen.insert(item.at("id").at("S")).second);
      EXPECT_LE(page.at("ScannedCount"), 40);
      if (!page.contains("LastEvaluatedKey")) break;
      input["ExclusiveStartKey"] = page.at("LastEvaluatedKey");
      auto elsewhere = input;
      elsewhere["Segment"] = (segment + 1) % 3;
      EXPECT_THAT(bad("Scan", elsewhere), testing::HasSubstr("use ExclusiveStartKey with correct Segment"));
    }
  }
  EXPECT_EQ(seen.size(), 300U);
  EXPECT_LE(pages, 12U);
}

}  // namespace
}  // namespace iotemu::neighbours
