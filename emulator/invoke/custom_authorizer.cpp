#include "emulator/invoke/custom_authorizer.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/json.h"
#include "base/utf8.h"
#include "registry/pki/public_key.h"
#include "registry/policy/document.h"

namespace iotemu::invoke {
namespace {

constexpr std::size_t kMostDocuments = 10;
constexpr std::size_t kLongestDocument = 2048;
constexpr std::size_t kLongestPrincipal = 128;
constexpr std::int64_t kShortestSeconds = 300;
constexpr std::int64_t kLongestSeconds = 86'400;

Error invalid(std::string why) {
  return {Errc::invalid_response, "The authorizer's function " + std::move(why)};
}

bool is_principal(std::string_view text) {
  return !text.empty() && text.size() <= kLongestPrincipal && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
}

Result<std::chrono::seconds> seconds_in(const Json& answer, const char* name) {
  const auto found = answer.find(name);
  if (found == answer.end()) return invalid("answered no " + std::string{name});
  if (!found->is_number_integer()) return invalid("answered a " + std::string{name} + " that is no integer");
  const auto value = found->get<std::int64_t>();
  if (value < kShortestSeconds || value > kLongestSeconds) {
    return invalid("answered " + std::string{name} + " " + std::to_string(value) +
                   "; it must be between 300 and 86400");
  }
  return std::chrono::seconds{value};
}

Result<std::vector<std::string>> documents_in(const Json& answer) {
  const auto found = answer.find("policyDocuments");
  if (found == answer.end() || !found->is_array()) return invalid("answered no list policyDocuments");
  if (found->size() > kMostDocuments) {
    return invalid("answered " + std::to_string(found->size()) + " policyDocuments; at most 10 are taken");
  }
  std::vector<std::string> documents;
  for (const auto& item : *found) {
    auto text = item.is_string() ? item.get<std::string>() : to_text(item);
    const auto which = "answered policy document " + std::to_string(documents.size() + 1);
    if (count_characters(text) > kLongestDocument) {
      return invalid(which + " of more than 2048 characters");
    }
    if (const auto parsed = registry::policy::parse(text); !parsed) {
      return invalid(which + ", which is no policy: " + parsed.error().message);
    }
    documents.push_back(std::move(text));
  }
  return documents;
}

}  // namespace

std::string authorizer_event(const AuthorizerQuestion& question) {
  using OrderedJson = nlohmann::ordered_json;
  OrderedJson event = OrderedJson::object();
  if (!question.token.empty()) event["token"] = question.token;
  event["signatureVerified"] = question.signature_verified;
  auto protocols = OrderedJson::array();
  auto data = OrderedJson::object();
  if (question.tls) {
    protocols.push_back("tls");
    data["tls"] = {{"serverName", question.tls->server_name}};
  }
  if (question.http) {
    protocols.push_back("http");
    data["http"] = {{"headers", question.http->headers}, {"queryString", question.http->query}};
  }
  if (question.mqtt) {
    protocols.push_back("mqtt");
    auto mqtt = OrderedJson::object();
    const auto put = [&](const char* name, const std::string& text) {
      if (!text.empty()) mqtt[name] = text;
    };
    put("username", question.mqtt->username);
    put("password", question.mqtt->password_base64);
    put("clientId", question.mqtt->client_id);
    data["mqtt"] = std::move(mqtt);
  }
  event["protocols"] = std::move(protocols);
  event["protocolData"] = std::move(data);
  event["connectionMetadata"] = {{"id", question.connection_id}};
  return event.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

Result<bool> verify_token(const registry::AuthorizerRecord& authorizer, std::string_view token,
                          std::string_view signature_base64) {
  if (authorizer.signing_disabled) return false;
  if (token.empty() || signature_base64.empty()) {
    return Error{Errc::invalid_request, "Authorizer " + authorizer.name.text() +
                                            " has signing enabled: a token and its signature are needed"};
  }
  const auto signature = from_base64(signature_base64);
  if (!signature) return Error{Errc::invalid_request, "The token's signature is not Base64"};
  for (const auto& [name, pem] : authorizer.public_keys) {
    const auto key = registry::pki::RsaPublicKey::from_pem(pem);
    if (key && key->verifies(token, *signature)) return true;
  }
  return Error{Errc::unauthorized, "The signature of the token verifies with none of the " +
                                       std::to_string(authorizer.public_keys.size()) +
                                       " keys of authorizer " + authorizer.name.text() +
                                       "; it must be RSA-SHA256 (PKCS#1 v1.5) over the token's bytes"};
}

Result<AuthorizerAnswer> read_authorizer_answer(std::string_view text) {
  const auto json = parse_json(text);
  if (!json) return invalid("answered no valid JSON: " + json.error().message);
  if (!json->is_object()) return invalid("answered no JSON object");
  const auto authenticated = json->find("isAuthenticated");
  if (authenticated == json->end()) {
    const auto message = json->find("errorMessage");  // how Lambda reports an exception
    if (message != json->end() && message->is_string())
      return invalid("failed: " + message->get<std::string>());
    return invalid("answered no isAuthenticated");
  }
  if (!authenticated->is_boolean()) return invalid("answered an isAuthenticated that is no boolean");
  AuthorizerAnswer answer{.authenticated = authenticated->get<bool>()};
  if (!answer.authenticated) return answer;

  const auto principal = json->find("principalId");
  if (principal == json->end() || !principal->is_string() || !is_principal(principal->get<std::string>())) {
    return invalid("answered no principalId of 1 to 128 letters and digits");
  }
  answer.principal = principal->get<std::string>();
  auto documents = documents_in(*json);
  if (!documents) return documents.error();
  answer.policy_documents = std::move(*documents);
  const auto disconnect = seconds_in(*json, "disconnectAfterInSeconds");
  if (!disconnect) return disconnect.error();
  answer.disconnect_after = *disconnect;
  const auto refresh = seconds_in(*json, "refreshAfterInSeconds");
  if (!refresh) return refresh.error();
  answer.refresh_after = *refresh;
  return answer;
}

}  // namespace iotemu::invoke
