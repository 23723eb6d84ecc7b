// Destinations of topic rules (RU-30).

#include "registry/topic_rule_destinations.h"

#include "registry/events.h"
#include "tests/unit/registry/registry_fixture.h"

namespace iotemu::registry {
namespace {

constexpr auto kUrl = "https://hook.test/confirm";

class DestinationsTest : public RegistryTest {
 protected:
  explicit DestinationsTest(const RegistryOptions& options = {}) : RegistryTest{options} {
    bus.subscribe<DestinationConfirmationDue>(
        told_, [this](const DestinationConfirmationDue& due) { asked_.push_back(due); });
  }
  /// Whose owners were to be asked, so far.
  const std::vector<DestinationConfirmationDue>& asked() {
    told_.run();
    return asked_;
  }
  TopicRuleDestinations& destinations() { return registry.topic_rule_destinations(); }
  std::string create() { return (*destinations().create_http(kUrl))->arn; }
  DestinationStatus status_of(const std::string& arn) { return (*destinations().get(arn))->status; }

 private:
  QueueExecutor told_;
  std::vector<DestinationConfirmationDue> asked_;
};

TEST_F(DestinationsTest, WaitForTheirOwners) {
  const auto created = *destinations().create_http(kUrl);
  EXPECT_THAT(created->arn,
              testing::MatchesRegex("arn:aws:iot:us-east-1:123456789012:ruledestination/http/[0-9a-f-]{36}"));
  EXPECT_EQ(created->status, DestinationStatus::in_progress);
  ASSERT_EQ(asked().size(), 1U);
  EXPECT_EQ(asked()[0].arn, created->arn);
  EXPECT_EQ(asked()[0].confirmation_url, kUrl);
  EXPECT_THAT(destinations().may_send(kUrl, ""), FailsWith(Errc::invalid_request, "is IN_PROGRESS"));

  EXPECT_THAT(destinations().confirm(asked()[0].token), IsOk());
  EXPECT_EQ(status_of(created->arn), DestinationStatus::enabled);
  EXPECT_THAT(destinations().may_send(kUrl, ""), IsOk());
  EXPECT_THAT(destinations().confirm(asked()[0].token), IsOk()) << "the link may be opened twice";
}

TEST_F(DestinationsTest, AreConfirmedByTheirOwnTokenAlone) {
  create();
  EXPECT_THAT(destinations().confirm(""), FailsWith(Errc::invalid_request));
  EXPECT_THAT(destinations().confirm("0123.123456789012.us-east-1"), FailsWith(Errc::invalid_request));
  EXPECT_EQ(*realm_of_token(asked()[0].token), Realm{});
  EXPECT_FALSE(realm_of_token("nothing"));
}

TEST_F(DestinationsTest, AreOnePerUrl) {
  create();
  EXPECT_THAT(destinations().create_http(kUrl), FailsWith(Errc::already_exists));
  EXPECT_THAT(destinations().ensure_http(kUrl), IsOk());
  EXPECT_EQ(destinations().size(), 1U);
  EXPECT_THAT(destinations().ensure_http("https://other.test"), IsOk());
  EXPECT_EQ(destinations().size(), 2U);
}

TEST_F(DestinationsTest, AreTurnedOffAndOnOnceConfirmed) {
  const auto arn = create();
  EXPECT_THAT(destinations().set_status(arn, DestinationStatus::enabled), FailsWith(Errc::invalid_request));
  EXPECT_THAT(destinations().set_status(arn, DestinationStatus::disabled), FailsWith(Errc::invalid_request));
  ASSERT_THAT(destinations().confirm(asked()[0].token), IsOk());
  EXPECT_THAT(destinations().set_status(arn, DestinationStatus::disabled), IsOk());
  EXPECT_THAT(destinations().may_send(kUrl, ""),
              FailsWith(Errc::invalid_request, "is DISABLED; aws iot update-topic-rule-destination"));
  EXPECT_THAT(destinations().set_status(arn, DestinationStatus::enabled), IsOk());
  EXPECT_THAT(destinations().may_send(kUrl, ""), IsOk());
  EXPECT_THAT(destinations().set_status(arn, DestinationStatus::error), FailsWith(Errc::invalid_request));
}

TEST_F(DestinationsTest, AreAskedAgainWithANewToken) {
  const auto arn = create();
  ASSERT_THAT(destinations().set_status(arn, DestinationStatus::in_progress), IsOk());
  ASSERT_EQ(asked().size(), 2U);
  EXPECT_NE(asked()[0].token, asked()[1].token);
  EXPECT_THAT(destinations().confirm(asked()[0].token), FailsWith(Errc::invalid_request));
  EXPECT_THAT(destinations().confirm(asked()[1].token), IsOk());
}

TEST_F(DestinationsTest, AreInErrorWhenNobodyConfirmsInTime) {
  const auto arn = create();
  clock.advance(TopicRuleDestinations::kConfirmationTime);
  EXPECT_EQ(status_of(arn), DestinationStatus::error);
  EXPECT_EQ((*destinations().list({})).items.at(0)->status_reason, "The confirmation timed out");
  EXPECT_THAT(destinations().confirm(asked()[0].token), FailsWith(Errc::invalid_request));
}

TEST_F(DestinationsTest, AreInErrorWhenTheirOwnerCannotBeAsked) {
  const auto arn = create();
  destinations().note_unreachable(arn, "another token", "refused");
  EXPECT_EQ(status_of(arn), DestinationStatus::in_progress);
  destinations().note_unreachable(arn, asked()[0].token, "refused");
  EXPECT_EQ(status_of(arn), DestinationStatus::error);
  EXPECT_EQ((*destinations().get(arn))->status_reason, "refused");
}

TEST_F(DestinationsTest, CoverWhatBeginsWithTheirUrl) {  // RU-30
  create();
  ASSERT_THAT(destinations().confirm(asked()[0].token), IsOk());
  EXPECT_THAT(destinations().may_send("https://hook.test/confirm/in", ""),
              FailsWith(Errc::invalid_request, "there is no topic rule destination"))
      << "without a confirmationUrl it is the URL's own that counts";
  EXPECT_THAT(destinations().may_send("https://hook.test/confirm/in", kUrl), IsOk());
  EXPECT_THAT(destinations().may_send("https://hook.test/in", ""),
              FailsWith(Errc::invalid_request, "there is no topic rule destination"));
  EXPECT_THAT(destinations().may_send("https://hook.test/in", kUrl),
              FailsWith(Errc::invalid_request, "does not begin with the confirmation URL"));
}

TEST(DestinationUrls, EndWhereTheirPartsEnd) {
  EXPECT_TRUE(begins_with_url("http://10.0.0.1", "http://10.0.0.1"));
  EXPECT_TRUE(begins_with_url("http://10.0.0.1/x", "http://10.0.0.1"));
  EXPECT_TRUE(begins_with_url("http://10.0.0.1/x", "http://10.0.0.1/"));
  EXPECT_TRUE(begins_with_url("http://10.0.0.1?a=b", "http://10.0.0.1"));
  EXPECT_TRUE(begins_with_url("http://h/x?a=bc", "http://h/x?a=b"));
  EXPECT_FALSE(begins_with_url("http://10.0.0.10/", "http://10.0.0.1"));
  EXPECT_FALSE(begins_with_url("http://h:80801/", "http://h:8080"));
  EXPECT_FALSE(begins_with_url("http://h.evil.test/", "http://h"));
  EXPECT_FALSE(begins_with_url("http://h@evil.test/", "http://h"));
  EXPECT_FALSE(begins_with_url("http://h/hook2", "http://h/hook"));
}

TEST(DestinationUrls, AreShownWithoutTheirSecrets) {
  EXPECT_EQ(shown_url("https://h:1/a/b"), "https://h:1/a/b");
  EXPECT_EQ(shown_url("https://h/a?token=canary"), "https://h/a?***");
  EXPECT_EQ(shown_url("https://u:canary@h?x#y"), "https://h?***");
  EXPECT_EQ(shown_url("https://h/a@b#canary"), "https://h/a@b#***");
  EXPECT_EQ(shown_url("a-bucket"), "a-bucket");
}

TEST_F(DestinationsTest, DoNotTellTheQueryOfAUrl) {
  const auto refused = destinations().may_send("https://other.test/?key=canary", "");
  EXPECT_THAT(refused, FailsWith(Errc::invalid_request, "no topic rule destination for https://other.test/"));
  EXPECT_THAT(refused.error().message, testing::Not(testing::HasSubstr("canary")));
}

TEST_F(DestinationsTest, OfAVpcAreThereAtOnce) {
  const auto vpc = *destinations().create_vpc({.subnet_ids = {"s"}, .vpc_id = "v", .role_arn = "r"});
  EXPECT_THAT(vpc->arn, testing::HasSubstr(":ruledestination/vpc/"));
  EXPECT_EQ(vpc->status, DestinationStatus::enabled);
  EXPECT_TRUE(asked().empty());
}

TEST_F(DestinationsTest, ThatDoNotExistAreDenied) {
  EXPECT_THAT(destinations().get("arn:x"), FailsWith(Errc::unauthorized, "'arn:x' was denied"));
  EXPECT_THAT(destinations().remove("arn:x"), FailsWith(Errc::unauthorized));
  EXPECT_THAT(destinations().set_status("arn:x", DestinationStatus::disabled), FailsWith(Errc::unauthorized));
  const auto arn = create();
  EXPECT_THAT(destinations().remove(arn), IsOk());
  EXPECT_THAT(destinations().get(arn), FailsWith(Errc::unauthorized));
}

TEST_F(DestinationsTest, AreNotMadeWhenTheStoreFails) {
  store.fail_after(0);
  EXPECT_THAT(destinations().create_http(kUrl), FailsWith(Errc::io));
  EXPECT_TRUE(asked().empty());
  EXPECT_EQ(destinations().size(), 0U);
}

TEST_F(DestinationsTest, GoWithAReset) {
  create();
  ASSERT_THAT(registry.reset(false), IsOk());
  EXPECT_EQ(destinations().size(), 0U);
}

class TrustedDestinationsTest : public DestinationsTest {
 protected:
  TrustedDestinationsTest() : DestinationsTest{{.confirm_destinations = false}} {}
};

TEST_F(TrustedDestinationsTest, NeedNoConfirmationWhereTheSwitchSaysSo) {
  EXPECT_EQ(status_of(create()), DestinationStatus::enabled);
  EXPECT_TRUE(asked().empty());
  EXPECT_THAT(destinations().may_send("https://anywhere.test", ""), IsOk());
}

}  // namespace
}  // namespace iotemu::registry
