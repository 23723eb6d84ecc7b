#include "emulator/api/errors.h"

#include "base/json.h"

namespace iotemu::api {

ErrorShape error_shape(Errc code, Plane plane) {
  switch (code) {
    case Errc::invalid_request:
      return {400, "InvalidRequestException"};
    case Errc::not_found:
      return {404, "ResourceNotFoundException"};
    case Errc::already_exists:
      return {409, "ResourceAlreadyExistsException"};
    case Errc::certificate_state:
      return {406, "CertificateStateException"};
    case Errc::certificate_validation:
      return {400, "CertificateValidationException"};
    case Errc::certificate_conflict:
      return {409, "CertificateConflictException"};
    case Errc::registration_code_validation:
      return {400, "RegistrationCodeValidationException"};
    case Errc::malformed_policy:
      return {400, "MalformedPolicyException"};
    case Errc::sql_parse:
      return {400, "SqlParseException"};
    case Errc::invalid_query:
      return {400, "InvalidQueryException"};
    case Errc::index_not_ready:
      return {400, "IndexNotReadyException"};
    case Errc::invalid_aggregation:
      return {400, "InvalidAggregationException"};
    case Errc::delete_conflict:
      return {409, "DeleteConflictException"};
    case Errc::conflict:
      return {409, "ConflictException"};
    case Errc::conflicting_resource_update:
      return {409, "ConflictingResourceUpdateException"};
    case Errc::limit_exceeded:
      return {410, "LimitExceededException"};
    case Errc::versions_limit_exceeded:
      return {409, "VersionsLimitExceededException"};
    case Errc::version_conflict:
      return {409, "VersionConflictException"};
    case Errc::transfer_conflict:
      return {409, "TransferConflictException"};
    case Errc::transfer_already_completed:
      return {410, "TransferAlreadyCompletedException"};
    case Errc::not_configured:
      return {404, "NotConfiguredException"};
    case Errc::invalid_response:
      return {400, "InvalidResponseException"};
    case Errc::resource_registration_failure:
      return {400, "ResourceRegistrationFailureException"};
    case Errc::unauthorized:
      return {401, "UnauthorizedException"};
    case Errc::access_denied:
      return {403, "AccessDeniedException"};
    case Errc::forbidden:
      return {403, "ForbiddenException"};
    case Errc::method_not_allowed:
      return {405, "MethodNotAllowedException"};
    case Errc::throttled:
      return {plane == Plane::control ? 400U : 429U, "ThrottlingException"};
    case Errc::not_implemented:
      return {501, "NotImplementedException"};
    case Errc::unknown_operation:
      return {404, "UnknownOperationException"};
    case Errc::serialization:
      return {400, "SerializationException"};
    case Errc::too_large:
      return {413, "RequestEntityTooLargeException"};
    case Errc::unavailable:
      return {503, "ServiceUnavailableException"};
    case Errc::internal_exception:
      return {500, "InternalException"};
    case Errc::malformed_packet:
    case Errc::io:
    case Errc::internal:
      break;
  }
  return {500, "InternalFailureException"};
}

http::Response error_response(const Error& error) {
  const auto shape = error_shape(error.code);
  Json body{{"message", error.message}};
  if (!error.resource_id.empty()) body["resourceId"] = error.resource_id;
  if (!error.resource_arn.empty()) body["resourceArn"] = error.resource_arn;
  return {.status = shape.status,
          .body = to_text(body),
          .headers = {{"x-amzn-ErrorType", std::string{shape.name}}}};
}

http::Response data_error_response(const Error& error, std::string_view trace_id) {
  const auto shape = error_shape(error.code, Plane::data);
  return {.status = shape.status,
          .body = to_text(Json{{"message", error.message}, {"traceId", trace_id}}),
          .headers = {{"x-amzn-ErrorType", std::string{shape.name}}}};
}

}  // namespace iotemu::api
