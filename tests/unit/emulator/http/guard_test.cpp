#include "emulator/http/guard.h"

#include <gtest/gtest.h>

namespace iotemu::http {
namespace {

const GuardOptions kOptions{.allowed_hosts = {"iot.example", "192.168.1.5", "fd00::2", "[fd00::3]"},
                            .allowed_origins = {"https://ui.example"},
                            .admin_token = "secret-token",
                            .admin_roots = {"_iot"},
                            .open_paths = {"_iot/health"},
                            .open_folders = {"_iot/reports/"}};

Request request(std::string method, std::vector<std::string> segments, std::vector<Header> headers) {
  return Request{.method = std::move(method), .segments = std::move(segments), .headers = std::move(headers)};
}

/// 0: it may pass.
unsigned status_of(const Request& head, std::string_view authority = "") {
  const auto verdict = judge(kOptions, head, authority);
  const auto* response = std::get_if<Response>(&verdict);
  return response == nullptr ? 0 : response->status;
}

TEST(Guard, AsksForNoTokenInAnOpenFolderAndForOneBesideIt) {
  const auto asked = [](std::vector<std::string> segments) {
    return status_of(request("GET", std::move(segments), {{"Host", "iot.example"}}));
  };
  EXPECT_EQ(asked({"_iot", "reports", "1"}), 0U);
  EXPECT_EQ(asked({"_iot", "reports"}), 401U);
  EXPECT_EQ(asked({"_iot", "reportsx", "1"}), 401U);
  EXPECT_EQ(asked({"_iot", "refusals"}), 401U);
}

TEST(Guard, KnowsItsOwnNamesWithAnyPort) {
  for (const auto* host :
       {"localhost", "LOCALHOST:4566", "api.localhost:1", "127.0.0.1:4566", "127.8.9.10", "[::1]",
        "[::1]:4566", "iot.example", "IoT.Example:443", "192.168.1.5:4566", "[fd00::2]:4566", "[FD00::3]"}) {
    EXPECT_EQ(status_of(request("GET", {"things"}, {{"Host", host}})), 0U) << host;
  }
}

TEST(Guard, RefusesEveryOtherNameAndNamesTheCure) {
  for (const auto* host : {"evil.test", "[fd00::4]", "fd00::2", "localhost.", "127.1", "2130706433", "[::1",
                           "[::1]x", "localhost:a", "", "[::]", "0.0.0.0", "xlocalhost", ".localhost"}) {
    EXPECT_EQ(status_of(request("GET", {"things"}, {{"Host", host}})), 421U) << host;
  }
  const auto verdict = judge(kOptions, request("GET", {}, {{"Host", "my.box:4566"}}), "");
  EXPECT_NE(std::get<Response>(verdict).body.find("--allow-host my.box"), std::string::npos);
  const auto address = judge(kOptions, request("GET", {}, {{"Host", "[fd00::4]:4566"}}), "");
  EXPECT_NE(std::get<Response>(address).body.find("--allow-host [fd00::4]"), std::string::npos);
}

TEST(Guard, LetsSdkAndCurlPostsPassForTheySendNoOrigin) {
  EXPECT_EQ(status_of(request("POST", {"things", "a"}, {{"Host", "localhost"}})), 0U);
}

TEST(Guard, LetsALoopbackPageUseTheApiAndTellsTheBrowserSo) {
  const auto head = request(
      "PUT", {"things", "a"},
      {{"Host", "localhost:4566"}, {"Origin", "http://localhost:3000"}, {"Sec-Fetch-Site", "same-site"}});
  const auto verdict = judge(kOptions, head, "");
  ASSERT_TRUE(std::holds_alternative<Passage>(verdict));
  EXPECT_EQ(std::get<Passage>(verdict).cors_origin, "http://localhost:3000");
}

TEST(Guard, LetsAConfiguredOriginPassAsAnExactString) {
  EXPECT_EQ(status_of(request("PUT", {"things"}, {{"Host", "localhost"}, {"Origin", "https://ui.example"}})),
            0U);
  EXPECT_EQ(status_of(request("PUT", {"things"}, {{"Host", "localhost"}, {"Origin", "http://ui.example"}})),
            403U);
  EXPECT_EQ(
      status_of(request("PUT", {"things"}, {{"Host", "localhost"}, {"Origin", "https://ui.example.evil"}})),
      403U);
}

TEST(Guard, AnswersThePreflightOfATrustedPage) {
  const auto verdict = judge(kOptions,
                             request("OPTIONS", {"things"},
                                     {{"Host", "localhost"},
                                      {"Origin", "http://127.0.0.1:3000"},
                                      {"Access-Control-Request-Headers", "authorization,x-amz-date"}}),
                             "");
  const auto& response = std::get<Response>(verdict);
  EXPECT_EQ(response.status, 204U);
  EXPECT_EQ(*find_header(response.headers, "Access-Control-Allow-Origin"), "http://127.0.0.1:3000");
  EXPECT_EQ(*find_header(response.headers, "Access-Control-Allow-Headers"), "authorization,x-amz-date");
}

TEST(Guard, GivesAForeignPageNoCorsEvenWhenItMayRead) {
  const auto verdict = judge(
      kOptions, request("GET", {"things"}, {{"Host", "localhost"}, {"Origin", "http://other.test"}}), "");
  EXPECT_EQ(std::get<Passage>(verdict).cors_origin, "");
}

TEST(Guard, TellsWhoseRequestsMustHaveNoEffectWhateverTheirMethod) {
  const auto foreign = [](std::vector<Header> headers, const char* host = "localhost:4566") {
    headers.push_back({"Host", host});
    return std::get<Passage>(judge(kOptions, request("GET", {"bucket"}, std::move(headers)), "")).foreign;
  };
  EXPECT_TRUE(foreign({{"Origin", "http://other.test"}}));
  EXPECT_TRUE(foreign({{"Origin", "null"}}));
  EXPECT_TRUE(foreign({{"Sec-Fetch-Site", "cross-site"}}));
  EXPECT_TRUE(foreign({{"Sec-Fetch-Site", "same-site"}}, "iot.example"));
  EXPECT_FALSE(foreign({{"Sec-Fetch-Site", "same-site"}}));
  EXPECT_FALSE(foreign({{"Sec-Fetch-Site", "none"}}));
  EXPECT_FALSE(foreign({{"Origin", "https://ui.example"}, {"Sec-Fetch-Site", "cross-site"}}));
  EXPECT_FALSE(foreign({}));
}

TEST(Guard, AsksForTheTokenOnAdminPathsButNotOnTheOpenOnesNorTheApi) {
  EXPECT_EQ(status_of(request("GET", {"_iot", "refusals"}, {{"Host", "localhost"}})), 401U);
  EXPECT_EQ(status_of(request("GET", {"_iot", "refusals"},
                              {{"Host", "localhost"}, {"Authorization", "Bearer wrong-token!"}})),
            401U);
  EXPECT_EQ(status_of(request("GET", {"_iot", "refusals"},
                              {{"Host", "localhost"}, {"Authorization", "Bearer secret-token"}})),
            0U);
  EXPECT_EQ(status_of(request("GET", {"_iot", "health"}, {{"Host", "localhost"}})), 0U);
  EXPECT_EQ(status_of(request("GET", {"things"}, {{"Host", "localhost"}})), 0U);
}

TEST(Guard, LetsAPageOfTheEmulatorItselfUseAdminPaths) {
  EXPECT_EQ(status_of(request("POST", {"_iot", "health"},
                              {{"Host", "localhost:4566"},
                               {"Origin", "http://localhost:4566"},
                               {"Sec-Fetch-Site", "same-origin"}})),
            0U);
}

TEST(Guard, JudgesTheAuthorityOfAnAbsoluteTargetLikeTheHost) {
  EXPECT_EQ(status_of(request("GET", {}, {{"Host", "localhost"}}), "127.0.0.1:4566"), 0U);
  EXPECT_EQ(status_of(request("GET", {}, {{"Host", "localhost"}}), "evil.test"), 421U);
}

}  // namespace
}  // namespace iotemu::http
