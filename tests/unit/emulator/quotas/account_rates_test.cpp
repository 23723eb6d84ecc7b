#include "emulator/quotas/account_rates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/manual_clock.h"
#include "emulator/quotas/operation_rates.h"

namespace iotemu::quotas {
namespace {

using namespace std::chrono_literals;
using ::testing::Optional;

const Realm kHere{};
const Realm kElsewhere{.region = "eu-west-1"};

TEST(AccountRates, LetSoManyThroughInEachSecondOfTheClock) {
  ManualClock clock;
  AccountRates rates{true, {}, clock};
  EXPECT_TRUE(rates.take(kHere, "registration", 2));
  EXPECT_TRUE(rates.take(kHere, "registration", 2));
  EXPECT_FALSE(rates.take(kHere, "registration", 2));
  clock.advance(999ms);
  EXPECT_FALSE(rates.take(kHere, "registration", 2)) << "the second is not over";
  clock.advance(1ms);
  EXPECT_TRUE(rates.take(kHere, "registration", 2));
}

TEST(AccountRates, AreOfOneAccountAndRegionAndOfOneThing) {
  ManualClock clock;
  AccountRates rates{true, {}, clock};
  EXPECT_TRUE(rates.take(kHere, "CreatePolicy", 1));
  EXPECT_FALSE(rates.take(kHere, "CreatePolicy", 1));
  EXPECT_TRUE(rates.take(kHere, "DeletePolicy", 1));
  EXPECT_TRUE(rates.take(kElsewhere, "CreatePolicy", 1));
  EXPECT_TRUE(rates.take({.account = "210987654321"}, "CreatePolicy", 1));
}

TEST(AccountRates, SwitchedOffLetEverythingThrough) {
  ManualClock clock;
  AccountRates rates{false, {}, clock};
  for (int i = 0; i < 1'000; ++i) ASSERT_TRUE(rates.take(kHere, "registration", 1));
}

TEST(OperationRates, AreThoseOfTheQuotasPage) {  // M section 10, P10.8
  EXPECT_THAT(requests_per_second("UpdateCertificate", true, 10), Optional(10U));
  EXPECT_THAT(requests_per_second("RegisterThing", true, 10), Optional(10U));
  EXPECT_THAT(requests_per_second("CreateCertificateFromCsr", true, 10), Optional(15U));
  EXPECT_THAT(requests_per_second("CreateThing", true, 10), Optional(100U));
  EXPECT_THAT(requests_per_second("AttachThingPrincipal", true, 10), Optional(100U));
  EXPECT_THAT(requests_per_second("DescribeThing", true, 10), Optional(350U));
  EXPECT_THAT(requests_per_second("CreateTopicRule", true, 10), Optional(5U));
  EXPECT_THAT(requests_per_second("ListTopicRules", true, 10), Optional(2U));
  EXPECT_THAT(requests_per_second("GetConnection", false, 10), Optional(100U));
  EXPECT_EQ(requests_per_second("Publish", false, 10), std::nullopt);
}

TEST(OperationRates, KeepTheirProportionWhenTheUsualRateIsRaised) {
  EXPECT_THAT(requests_per_second("UpdateCertificate", true, 50), Optional(50U));
  EXPECT_THAT(requests_per_second("CreateThing", true, 50), Optional(500U));
  EXPECT_THAT(requests_per_second("ListTopicRules", true, 1), Optional(1U)) << "never none at all";
}

}  // namespace
}  // namespace iotemu::quotas
