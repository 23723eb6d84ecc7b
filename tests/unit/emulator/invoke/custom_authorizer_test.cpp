// What a custom authorizer's function is asked and how its answer is read (A-5…9).

#include "emulator/invoke/custom_authorizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace iotemu::invoke {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kPolicy =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:Connect","Resource":"*"}]})";

Json good() {
  return {{"isAuthenticated", true},
          {"principalId", "me1"},
          {"policyDocuments", Json::array({Json::parse(kPolicy)})},
          {"disconnectAfterInSeconds", 86400},
          {"refreshAfterInSeconds", 300}};
}

TEST(CustomAuthorizer, TheEventNamesTheProtocolsThatAreThere) {  // A-7
  EXPECT_EQ(authorizer_event({.token = "t",
                              .signature_verified = true,
                              .tls = AuthorizerQuestion::Tls{.server_name = "localhost"},
                              .mqtt = AuthorizerQuestion::Mqtt{.username = "u?a=b", .client_id = "c"},
                              .connection_id = "id"}),
            R"({"token":"t","signatureVerified":true,"protocols":["tls","mqtt"],)"
            R"("protocolData":{"tls":{"serverName":"localhost"},"mqtt":{"username":"u?a=b","clientId":"c"}},)"
            R"("connectionMetadata":{"id":"id"}})");
  EXPECT_EQ(
      authorizer_event({.http = AuthorizerQuestion::Http{.headers = {{"a", "b"}}, .query = "?k=v"}}),
      R"({"signatureVerified":false,"protocols":["http"],)"
      R"("protocolData":{"http":{"headers":{"a":"b"},"queryString":"?k=v"}},"connectionMetadata":{"id":""}})");
}

TEST(CustomAuthorizer, AGoodAnswerIsRead) {
  const auto answer = read_authorizer_answer(good().dump());
  ASSERT_TRUE(answer.ok());
  EXPECT_TRUE(answer->authenticated);
  EXPECT_EQ(answer->principal, "me1");
  EXPECT_EQ(answer->policy_documents.size(), 1U);
  EXPECT_EQ(answer->disconnect_after.count(), 86400);
  EXPECT_EQ(answer->refresh_after.count(), 300);
}

TEST(CustomAuthorizer, ADocumentMayBeAText) {
  auto json = good();
  json["policyDocuments"] = {kPolicy};
  EXPECT_THAT(read_authorizer_answer(json.dump())->policy_documents, ElementsAre(kPolicy));
}

TEST(CustomAuthorizer, OfANoNothingElseIsRead) {
  const auto answer = read_authorizer_answer(R"({"isAuthenticated":false,"principalId":7})");
  ASSERT_TRUE(answer.ok());
  EXPECT_FALSE(answer->authenticated);
}

TEST(CustomAuthorizer, AnAnswerThatLacksAMemberIsNone) {  // A-9
  const auto whole = good();
  for (const auto& [name, value] : whole.items()) {
    auto json = whole;
    json.erase(name);
    const auto answer = read_authorizer_answer(json.dump());
    ASSERT_FALSE(answer.ok()) << name;
    EXPECT_EQ(answer.error().code, Errc::invalid_response);
    EXPECT_THAT(answer.error().message, HasSubstr(name));
  }
}

TEST(CustomAuthorizer, ATokenNeedsItsSignatureUnlessSigningIsDisabled) {  // A-5
  registry::AuthorizerRecord authorizer;
  authorizer.signing_disabled = true;
  EXPECT_FALSE(*verify_token(authorizer, "", ""));
  authorizer.signing_disabled = false;
  EXPECT_EQ(verify_token(authorizer, "token", "").error().code, Errc::invalid_request);
  EXPECT_EQ(verify_token(authorizer, "", "c2ln").error().code, Errc::invalid_request);
  EXPECT_EQ(verify_token(authorizer, "token", "no base64!").error().code, Errc::invalid_request);
  EXPECT_EQ(verify_token(authorizer, "token", "c2ln").error().code, Errc::unauthorized);
}

}  // namespace
}  // namespace iotemu::invoke
