#include "emulator/sinks/aws_requests.h"

#include "tests/unit/emulator/sinks/sinks_fixture.h"

namespace iotemu::sinks {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// Plays sqs in this process.
class FakeServices final : public api::OtherServices {
 public:
  bool take(http::Request& request, const api::Signatory& signatory,
            const http::Responder& respond) override {
    taken.push_back(std::move(request));
    scopes.push_back(*signatory.scope);
    respond({.status = 400, .body = "no"});
    return true;
  }
  void identify(api::Signatory& /*signatory*/) const override {}
  [[nodiscard]] bool plays(std::string_view service) const override { return service == "sqs"; }

  std::vector<http::Request> taken{};
  std::vector<api::CredentialScope> scopes{};
};

class AwsRequestsTest : public SinksTest {
 protected:
  RoutedAwsRequests requests(const std::map<std::string, std::string>& upstreams) {
    return {{.other_services = services,
             .client = client,
             .clock = clock,
             .random = random,
             .steps = events,
             .work = work,
             .api_authority = [] { return std::string{"127.0.0.1:4566"}; }},
            *http::read_upstreams(upstreams)};
  }
  std::string header(std::string_view name) {
    const auto* found = http::find_header(client.sent.at(0).headers, name);
    return found == nullptr ? "(none)" : *found;
  }

  FakeServices services;
  FakeClient client;
};

TEST_F(AwsRequestsTest, GoToTheUpstreamSignedForTheAccount) {
  auto aws = requests({{"sns", "http://localhost:4566/base/"}});
  EXPECT_TRUE(aws.plays("sns"));
  EXPECT_FALSE(aws.plays("kinesis"));
  aws.send({.account = "111122223333", .region = "eu-west-1"}, {.service = "sns", .body = "x"},
           [](const Result<HttpAnswer>&) {});
  ASSERT_EQ(client.sent.size(), 1U);
  EXPECT_EQ(client.sent[0].url.text(), "http://localhost:4566/base/");
  EXPECT_THAT(header("Authorization"),
              HasSubstr("Credential=111122223333/20260101/eu-west-1/sns/aws4_request"));
}

TEST_F(AwsRequestsTest, UseTheCredentialsOfTheUpstream) {
  auto aws = requests({{"s3", "http://KEY:se/cr@et@localhost:9000"}});
  aws.send({}, {.service = "s3", .method = "PUT", .target = "/b/k"}, [](const Result<HttpAnswer>&) {});
  EXPECT_EQ(client.sent.at(0).url.text(), "http://localhost:9000/b/k");
  EXPECT_THAT(header("Authorization"), HasSubstr("Credential=KEY/"));
}

TEST_F(AwsRequestsTest, AreAnsweredInThisProcessWhereNoUpstreamIs) {
  auto aws = requests({});
  std::optional<HttpAnswer> answered;
  aws.send({.account = "111122223333"}, {.service = "sqs", .target = "/a%2Fb?c=d", .body = "x"},
           [&](const Result<HttpAnswer>& answer) { answered = *answer; });
  ASSERT_TRUE(work.wait_idle(std::chrono::seconds{10}));
  ASSERT_EQ(services.taken.size(), 1U);
  EXPECT_EQ(services.taken[0].segments, std::vector<std::string>{"a/b"});
  EXPECT_EQ(*services.taken[0].parameter("c"), "d");
  EXPECT_EQ(services.scopes[0].access_key, "111122223333");
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->status, 400U);
  EXPECT_TRUE(client.sent.empty());
}

TEST_F(AwsRequestsTest, GoToTheUpstreamRatherThanToThisProcess) {
  auto aws = requests({{"sqs", "http://localhost:9324"}});
  aws.send({}, {.service = "sqs"}, [](const Result<HttpAnswer>&) {});
  EXPECT_EQ(client.sent.size(), 1U);
}

TEST_F(AwsRequestsTest, HaveABodyWhereverItIsNoQuestionForAnObject) {
  auto aws = requests({{"s3", "http://localhost:9000"}});
  for (const auto* method : {"GET", "PUT", "POST"}) {
    aws.send({}, {.service = "s3", .method = method}, [](const Result<HttpAnswer>&) {});
  }
  EXPECT_EQ(client.sent.at(0).body, std::nullopt);
  EXPECT_EQ(client.sent.at(1).body, "");
  EXPECT_EQ(client.sent.at(2).body, "");
}

struct Mapping {
  http::Ending ending{};
  Errc code{};
};

TEST_F(AwsRequestsTest, SayWhyThereIsNoAnswer) {
  using http::Ending;
  auto aws = requests({{"sqs", "http://localhost:9324"}});
  for (const auto& [ending, code] :
       {Mapping{Ending::unreachable, Errc::io}, Mapping{Ending::timed_out, Errc::io},
        Mapping{Ending::garbled, Errc::io}, Mapping{Ending::no_room, Errc::throttled},
        Mapping{Ending::unsendable, Errc::invalid_request}, Mapping{Ending::cancelled, Errc::unavailable}}) {
    client.answers.push_back({.ending = ending, .why = "why"});
    std::optional<Error> told;
    aws.send({}, {.service = "sqs"}, [&](const Result<HttpAnswer>& answer) { told = answer.error(); });
    ASSERT_TRUE(told);
    EXPECT_EQ(told->code, code);
    EXPECT_EQ(told->message, "why");
  }
}

}  // namespace
}  // namespace iotemu::sinks
