#include "emulator/api/router.h"

#include <gtest/gtest.h>

#include "emulator/api/errors.h"
#include "emulator/api/sigv4.h"

namespace iotemu::api {
namespace {

const Router& router() {
  static const Router all{control_plane_routes()};
  return all;
}

std::string_view name_at(std::string_view method, const std::vector<std::string>& segments) {
  const auto match = router().match(method, segments);
  return match ? match->route->name : std::string_view{};
}

TEST(Router, TellsOperationsOfOnePathApartByVerb) {
  EXPECT_EQ(name_at("POST", {"things", "t"}), "CreateThing");
  EXPECT_EQ(name_at("GET", {"things", "t"}), "DescribeThing");
  EXPECT_EQ(name_at("PATCH", {"things", "t"}), "UpdateThing");
  EXPECT_EQ(name_at("DELETE", {"things", "t"}), "DeleteThing");
  EXPECT_EQ(name_at("PUT", {"things", "t"}), "");
}

TEST(Router, HeadAsksForWhatGetAnswers) {
  EXPECT_EQ(name_at("HEAD", {"things", "t"}), "DescribeThing");
}

TEST(Router, ALiteralSegmentWinsOverAMember) {
  EXPECT_EQ(name_at("PUT", {"thing-groups", "addThingToThingGroup"}), "AddThingToThingGroup");
  const Router small{{{"Any", Verb::get, "/a/{x}"}, {"One", Verb::get, "/a/b"}}};
  EXPECT_EQ(small.match("GET", {"a", "b"})->route->name, "One");
  EXPECT_EQ(small.match("GET", {"a", "c"})->route->name, "Any");
}

TEST(Router, PathsAreCaseSensitiveAndHaveNoEmptyMembers) {  // P10.1
  EXPECT_EQ(name_at("GET", {"Things"}), "");
  EXPECT_EQ(name_at("GET", {"things", ""}), "");
  EXPECT_EQ(name_at("GET", {"things", "a", ""}), "");
  EXPECT_EQ(name_at("GET", {}), "");
}

TEST(Router, GivesTheRestOfThePathToATargetWithSlashes) {  // P10.1
  const auto match = router().match("POST", {"attached-policies", "arn:aws:iot:us-east-1:1:cert", "abc"});
  ASSERT_TRUE(match.has_value());
  EXPECT_EQ(match->members.front().first, "target");
  EXPECT_EQ(match->members.front().second, "arn:aws:iot:us-east-1:1:cert/abc");
}

TEST(Router, KnowsUnbuiltOperationsByName) {  // P10.7
  const auto match = router().match("PUT", {"jobs", "j"});
  ASSERT_TRUE(match.has_value());
  EXPECT_EQ(match->route->name, "CreateJob");
  EXPECT_EQ(match->route->operation, nullptr);
}

struct ErrorCase {
  Errc code;
  unsigned status;
  const char* name;
};

class ErrorShapeTest : public testing::TestWithParam<ErrorCase> {};

TEST_P(ErrorShapeTest, IsTheNameAndStatusOfTheService) {  // P10.3
  const auto shape = error_shape(GetParam().code);
  EXPECT_EQ(shape.status, GetParam().status);
  EXPECT_EQ(shape.name, GetParam().name);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ErrorShapeTest,
    testing::ValuesIn(std::vector<ErrorCase>{
        {Errc::invalid_request, 400, "InvalidRequestException"},
        {Errc::not_found, 404, "ResourceNotFoundException"},
        {Errc::already_exists, 409, "ResourceAlreadyExistsException"},
        {Errc::certificate_state, 406, "CertificateStateException"},
        {Errc::certificate_validation, 400, "CertificateValidationException"},
        {Errc::certificate_conflict, 409, "CertificateConflictException"},
        {Errc::registration_code_validation, 400, "RegistrationCodeValidationException"},
        {Errc::malformed_policy, 400, "MalformedPolicyException"},
        {Errc::delete_conflict, 409, "DeleteConflictException"},
        {Errc::conflict, 409, "ConflictException"},
        {Errc::conflicting_resource_update, 409, "ConflictingResourceUpdateException"},
        {Errc::limit_exceeded, 410, "LimitExceededException"},
        {Errc::versions_limit_exceeded, 409, "VersionsLimitExceededException"},
        {Errc::version_conflict, 409, "VersionConflictException"},
        {Errc::transfer_conflict, 409, "TransferConflictException"},
        {Errc::transfer_already_completed, 410, "TransferAlreadyCompletedException"},
        {Errc::resource_registration_failure, 400, "ResourceRegistrationFailureException"},
        {Errc::unauthorized, 401, "UnauthorizedException"},
        {Errc::access_denied, 403, "AccessDeniedException"},
        {Errc::forbidden, 403, "ForbiddenException"},
        {Errc::method_not_allowed, 405, "MethodNotAllowedException"},
        {Errc::throttled, 400, "ThrottlingException"},
        {Errc::not_implemented, 501, "NotImplementedException"},
        {Errc::unknown_operation, 404, "UnknownOperationException"},
        {Errc::serialization, 400, "SerializationException"},
        {Errc::too_large, 413, "RequestEntityTooLargeException"},
        {Errc::malformed_packet, 500, "InternalFailureException"},
        {Errc::io, 500, "InternalFailureException"},
        {Errc::internal, 500, "InternalFailureException"},
        {Errc::unavailable, 503, "ServiceUnavailableException"},
    }),
    [](const auto& row) { return std::string{row.param.name} + std::to_string(row.index); });

http::Request authorized(std::string value) {
  return {.headers = {{"Authorization", std::move(value)}}};
}

TEST(CredentialScope, IsReadFromTheAuthorizationHeader) {  // P10.2
  const auto scope = credential_scope(
      authorized("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/iot/aws4_request, "
                 "SignedHeaders=host, Signature=0"));
  ASSERT_TRUE(scope.has_value());
  EXPECT_EQ(scope->access_key, "AKIDEXAMPLE");
  EXPECT_EQ(scope->region, "eu-west-1");
  EXPECT_EQ(scope->service, "iot");
}

TEST(CredentialScope, IsReadFromAPresignedUrl) {
  const auto scope = credential_scope(
      {.query = {{"X-Amz-Credential", "AKID/20260101/us-west-2/iotdevicegateway/aws4_request"}}});
  ASSERT_TRUE(scope.has_value());
  EXPECT_EQ(scope->service, "iotdevicegateway");
}

TEST(CredentialScope, IsNothingForUnsignedOrUnreadableRequests) {
  EXPECT_FALSE(credential_scope({}).has_value());
  for (const auto* value : {"", "Bearer token", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=",
                            "AWS4-HMAC-SHA256 Credential=a/b/c", "AWS4-HMAC-SHA256 Credential=////",
                            "AWS4-HMAC-SHA256 Credential=AKID/d/r/s/other", "Basic dGVzdA=="}) {
    EXPECT_FALSE(credential_scope(authorized(value)).has_value()) << value;
  }
}

TEST(CredentialScope, NamesTheRealmByRegionAndByATwelveDigitKey) {  // P10.2
  const Realm fallback{"123456789012", "us-east-1"};
  EXPECT_EQ(realm_of(std::nullopt, fallback), fallback);
  EXPECT_EQ(realm_of(CredentialScope{"111122223333", "eu-west-1", "iot"}, fallback),
            (Realm{"111122223333", "eu-west-1"}));
  EXPECT_EQ(realm_of(CredentialScope{"AKIDEXAMPLE", "eu-west-1", "iot"}, fallback),
            (Realm{"123456789012", "eu-west-1"}));
  EXPECT_EQ(realm_of(CredentialScope{"1111222233334", "EU/../x", "iot"}, fallback), fallback);
}

}  // namespace
}  // namespace iotemu::api
