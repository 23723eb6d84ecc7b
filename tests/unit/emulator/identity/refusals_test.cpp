#include "emulator/identity/refusals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string_view>

#include "base/manual_clock.h"

namespace iotemu::identity {
namespace {

using ::testing::HasSubstr;

RefusalRecord record(const std::string& client_id) {
  return {.refusal = Refusal::ca_inactive,
          .client_id = client_id,
          .certificate_id = "ab12",
          .peer = "127.0.0.1:4000",
          .cause = "the CA is INACTIVE",
          .cure = "activate it"};
}

TEST(Refusals, KeepsTheLastOnesAndForgetsTheOldest) {
  ManualClock clock;
  Refusals refusals{clock, 2};
  for (const char* client : {"one", "two", "three"}) refusals.add(record(client));
  const auto kept = refusals.list();
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0].client_id, "two");
  EXPECT_EQ(kept[1].client_id, "three");
}

TEST(Refusals, FindsTheLastByClientIdByCertificateIdInAnyCaseAndByPeer) {
  ManualClock clock;
  Refusals refusals{clock};
  refusals.add(record("one"));
  refusals.add(record("two"));
  EXPECT_EQ(refusals.last_of("one")->client_id, "one");
  EXPECT_EQ(refusals.last_of("AB12")->client_id, "two");
  EXPECT_EQ(refusals.last_from("127.0.0.1:4000")->client_id, "two");
  EXPECT_FALSE(refusals.last_of("nobody"));
  EXPECT_FALSE(refusals.last_of(""));
}

TEST(Refusals, LongTextsAreCutBetweenTwoCharacters) {
  ManualClock clock;
  Refusals refusals{clock};
  auto given = record("one");
  given.cause = std::string(4096, 'c');
  given.cure = std::string(100'000, 'c');
  for (int i = 0; i < 2000; ++i) given.explanation += "€";  // 3 bytes each
  refusals.add(given);
  const RefusalRecord kept = refusals.list().front();
  EXPECT_EQ(kept.cause, given.cause);
  EXPECT_EQ(kept.cure, std::string(4093, 'c') + "…");
  EXPECT_EQ(kept.explanation, given.explanation.substr(0, std::size_t{3} * 1364) + "…");
}

TEST(Refusals, TextAndJsonSayCauseAndCure) {
  ManualClock clock;
  Refusals refusals{clock};
  refusals.add(record("one"));
  const RefusalRecord kept = refusals.list().front();
  EXPECT_THAT(to_text(kept), HasSubstr("ca_inactive, client id one"));
  EXPECT_THAT(to_text(kept), HasSubstr("cause: the CA is INACTIVE"));
  EXPECT_THAT(to_text(kept), HasSubstr("cure:  activate it"));
  EXPECT_EQ(to_json(kept), (Json{{"time", epoch_ms(ManualClock::kStart)},
                                 {"refusal", "ca_inactive"},
                                 {"clientId", "one"},
                                 {"certificateId", "ab12"},
                                 {"peer", "127.0.0.1:4000"},
                                 {"cause", "the CA is INACTIVE"},
                                 {"cure", "activate it"}}));
}

TEST(Refusals, EveryRefusalHasItsOwnName) {
  std::set<std::string_view> names;
  const int count = static_cast<int>(Refusal::handler_failed) + 1;
  for (int value = 0; value < count; ++value) names.insert(to_string(static_cast<Refusal>(value)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(count));
  EXPECT_FALSE(names.contains("unknown"));
}

}  // namespace
}  // namespace iotemu::identity
