#include "emulator/neighbours/sts.h"

#include <array>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "base/log.h"
#include "emulator/neighbours/aws_ids.h"
#include "emulator/neighbours/iam_document.h"

namespace iotemu::neighbours {
namespace {

using api::body;
using api::Member;

constexpr std::size_t kMaxSessions = 100'000;
constexpr std::size_t kKeyLetters = 16;
constexpr std::size_t kSecretBytes = 30;  ///< 40 characters
constexpr std::size_t kTokenBytes = 120;

Member tags() {
  return body("Tags")
      .list_of(body("member").structure(
          {body("Key").required().length(1, 128), body("Value").required().length(0, 256)}))
      .length(0, 50);
}

/// The account in `arn:<partition>:iam::<account>:role/…`; empty if it is no such ARN.
std::string account_of_role(const std::string& arn) {
  constexpr std::string_view kIam = ":iam::";
  const auto iam = arn.find(kIam);
  if (!arn.starts_with("arn:") || iam == arn.npos) return {};
  const auto account = arn.substr(iam + kIam.size(), 12);
  const bool role = arn.compare(std::min(iam + kIam.size() + 12, arn.size()), 6, ":role/") == 0;
  return role && account.find_first_not_of("0123456789") == account.npos ? account : std::string{};
}

std::string random_text(std::size_t bytes, Random& random) {
  std::vector<std::uint8_t> raw(bytes);
  random.fill(raw);
  return to_base64(std::string{raw.begin(), raw.end()});
}

/// What makes a session of less, or of whom, is of no effect where no right is checked.
void warn_of_what_does_nothing(const Question& question) {
  constexpr std::array<std::string_view, 6> kNothing{
      "Policy", "PolicyArns", "Tags", "TransitiveTagKeys", "SerialNumber", "TokenCode"};
  std::string given;
  for (const auto name : kNothing) {
    if (question.has(name)) given += (given.empty() ? "" : ", ") + std::string{name};
  }
  if (given.empty()) return;
  log::warn("AssumeRole: what these ask for is not emulated",
            {{"role", question.str("RoleArn")}, {"members", given}});
}

std::string root_arn(const Realm& realm) {
  return "arn:" + std::string{partition(realm.region)} + ":iam::" + realm.account + ":root";
}

}  // namespace

Sts::Sts(const Clock& clock, Random& random, const Iam& iam)
    : Service{{.name = "sts",
               .protocol = Protocol::query,
               .xml_space = "https://sts.amazonaws.com/doc/2011-06-15/"}},
      clock_{clock},
      random_{random},
      iam_{iam} {
  add("GetCallerIdentity", {}, &Sts::caller_identity);
  add("AssumeRole",
      {body("RoleArn").required().length(20, 2048),
       body("RoleSessionName").required().length(2, 64).pattern(api::kPolicyNamePattern),
       body("PolicyArns").list_of(body("member").structure({body("arn").length(20, 2048)})),
       body("Policy").length(1, 2048), body("DurationSeconds").integer(900, 43'200), tags(),
       body("TransitiveTagKeys").list_of(body("member").length(1, 128)).length(0, 50),
       body("ExternalId").length(2, 1224), body("SerialNumber").length(9, 256),
       body("TokenCode").length(6, 6), body("SourceIdentity").length(2, 64).pattern(api::kPolicyNamePattern)},
      &Sts::assume_role);
  add("GetSessionToken",
      {body("DurationSeconds").integer(900, 129'600), body("SerialNumber").length(9, 256),
       body("TokenCode").length(6, 6)},
      &Sts::session_token);
}

void Sts::reset() {
  const std::lock_guard lock{mutex_};
  sessions_.clear();
  by_end_.clear();
}

std::optional<Sts::Session> Sts::session(std::string_view access_key) const {
  if (!access_key.starts_with("ASIA")) return std::nullopt;
  const std::lock_guard lock{mutex_};
  const auto found = sessions_.find(std::string{access_key});
  if (found == sessions_.end()) return std::nullopt;
  return found->second;
}

Json Sts::open(Session session) {
  auto key = unique_id("ASIA", kKeyLetters, random_);
  Json credentials{{"AccessKeyId", key},
                   {"SecretAccessKey", random_text(kSecretBytes, random_)},
                   {"SessionToken", random_text(kTokenBytes, random_)},
                   {"Expiration", iso_date(session.expires)}};
  const std::lock_guard lock{mutex_};
  if (by_end_.size() >= kMaxSessions) {
    const auto first = by_end_.begin();
    if (first->first > clock_.now()) {
      log::warn("More temporary credentials are in use than are kept: some are forgotten before they end",
                {{"accessKey", first->second}});
    }
    sessions_.erase(first->second);
    by_end_.erase(first);
  }
  by_end_.emplace(session.expires, key);
  sessions_.insert_or_assign(std::move(key), std::move(session));
  return credentials;
}

Result<Json> Sts::open_for_role(const std::string& role_arn, const std::string& name,
                                std::chrono::seconds lifetime) {
  const auto account = account_of_role(role_arn);
  if (account.empty()) {
    return Error{Errc::invalid_request,
                 "'" + role_arn + "' is the ARN of no role: arn:aws:iam::ACCOUNT:role/NAME"};
  }
  const auto role = iam_.role_by_arn(role_arn);
  const auto arn = "arn:" + role_arn.substr(4, role_arn.find(':', 4) - 4) + ":sts::" + account +
                   ":assumed-role/" + role_arn.substr(role_arn.rfind('/') + 1) + "/" + name;
  const auto id = role ? role->id : unique_id("AROA", kKeyLetters, random_);
  return open(
      {.account = account, .arn = arn, .user_id = id + ":" + name, .expires = clock_.now() + lifetime});
}

/// A long-term credential is the account's root user here (P9.6).
Answer<Json> Sts::caller_identity(const Question& question) {
  if (const auto known = session(question.access_key)) {
    return Json{{"Account", known->account}, {"Arn", known->arn}, {"UserId", known->user_id}};
  }
  return Json{{"Account", question.realm.account},
              {"Arn", root_arn(question.realm)},
              {"UserId", question.realm.account}};
}

Answer<Json> Sts::assume_role(const Question& question) {
  const auto arn = question.str("RoleArn");
  const auto account = account_of_role(arn);
  if (account.empty()) return Fault{"ValidationError", arn + " is invalid"};
  if (question.has("Policy")) {
    if (auto good = check_document(question.str("Policy"), false); !good) return good.fault();
  }
  const auto caller = session(question.access_key);
  const auto caller_arn = caller ? caller->arn : root_arn(question.realm);
  // A role that does not exist is refused like one that does not trust the caller.
  const auto denied = [&](const std::string& why) {
    return Fault{"AccessDenied",
                 "User: " + caller_arn + " is not authorized to perform: sts:AssumeRole on resource: " + arn +
                     " (" + why + ")",
                 403};
  };
  const auto role = iam_.role_by_arn(arn);
  if (!role) return denied("there is no such role; aws iam create-role makes it");
  const auto why = why_not_trusted(
      role->trust,
      {.account = question.realm.account, .arn = caller_arn, .external_id = question.str("ExternalId")});
  if (!why.empty()) return denied(why);
  const auto duration = question.integer("DurationSeconds", 3600);
  if (duration > role->max_session) {
    return Fault{"ValidationError",
                 "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."};
  }
  warn_of_what_does_nothing(question);
  const auto name = question.str("RoleSessionName");
  const auto user_id = role->id + ":" + name;
  const auto assumed = "arn:" + std::string{partition(question.realm.region)} + ":sts::" + account +
                       ":assumed-role/" + role->name + "/" + name;
  Json answer{{"Credentials", open({.account = account,
                                    .arn = assumed,
                                    .user_id = user_id,
                                    .expires = clock_.now() + std::chrono::seconds{duration}})},
              {"AssumedRoleUser", {{"AssumedRoleId", user_id}, {"Arn", assumed}}}};
  if (question.has("SourceIdentity")) answer["SourceIdentity"] = question.str("SourceIdentity");
  return answer;
}

Answer<Json> Sts::session_token(const Question& question) {
  if (session(question.access_key)) {
    return Fault{"AccessDenied", "Cannot call GetSessionToken with session credentials", 403};
  }
  return Json{
      {"Credentials",
       open({.account = question.realm.account,
             .arn = root_arn(question.realm),
             .user_id = question.realm.account,
             .expires = clock_.now() + std::chrono::seconds{question.integer("DurationSeconds", 43'200)}})}};
}

}  // namespace iotemu::neighbours
