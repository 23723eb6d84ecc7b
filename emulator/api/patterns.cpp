#include "emulator/api/patterns.h"

#include <algorithm>

namespace iotemu::api {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower_case(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_in(char c, std::string_view set) {
  return set.find(c) != set.npos;
}
/// Part of a character outside ASCII. Unicode's categories are not told apart: a letter passes, and so does a
/// sign that AWS would refuse.
bool is_beyond_ascii(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

template <class Predicate>
bool all(std::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}

template <class Predicate>
bool some_all(std::string_view text, Predicate predicate) {
  return !text.empty() && all(text, predicate);
}

bool certificate_id(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  return some_all(text, is_hex_digit);
}

bool policy_name(std::string_view text) {
  return some_all(text, [](char c) { return is_alphanumeric(c) || is_in(c, "_+=,.@-"); });
}

bool template_name(std::string_view text) {
  return some_all(text, [](char c) { return is_alphanumeric(c) || is_in(c, "_-"); });
}

bool thing_name(std::string_view text) {
  return some_all(text, [](char c) { return is_alphanumeric(c) || is_in(c, ":_-"); });
}

bool alias_name(std::string_view text) {
  return some_all(text, [](char c) { return is_alphanumeric(c) || is_in(c, "_=,@-"); });
}

bool domain_configuration_name(std::string_view text) {
  return some_all(text, [](char c) { return is_alphanumeric(c) || is_in(c, "_.-"); });
}

bool reserved_domain_configuration_name(std::string_view text) {
  return some_all(text, [](char c) { return is_alphanumeric(c) || is_in(c, "_.:-"); });
}

/// Takes the text up to the next colon away.
std::string_view take_part(std::string_view& text) {
  const auto colon = std::min(text.find(':'), text.size());
  const auto part = text.substr(0, colon);
  text.remove_prefix(std::min(colon + 1, text.size()));
  return part;
}

bool is_region(std::string_view text) {
  if (text.size() < 3 || !all(text.substr(0, 2), is_lower_case) || text[2] != '-') return false;
  text.remove_prefix(3);
  for (const std::string_view kind : {"gov-", "iso-", "isob-"}) {
    if (!text.starts_with(kind)) continue;
    text.remove_prefix(kind.size());
    break;
  }
  const auto dash = text.find('-');
  return dash != text.npos && dash >= 4 && dash <= 9 && all(text.substr(0, dash), is_lower_case) &&
         text.size() == dash + 2 && is_digit(text.back());
}

bool acm_certificate_arn(std::string_view text) {
  if (take_part(text) != "arn") return false;
  const auto partition = take_part(text);
  const bool known = partition == "aws" || partition == "aws-cn" || partition == "aws-us-gov" ||
                     partition == "aws-iso" || partition == "aws-iso-b";
  if (!known || take_part(text) != "acm" || !is_region(take_part(text))) return false;
  const auto account = take_part(text);
  constexpr std::string_view kCertificate = "certificate/";
  if (account.size() != 12 || !all(account, is_digit) || !text.starts_with(kCertificate)) return false;
  return some_all(text.substr(kCertificate.size()),
                  [](char c) { return is_alphanumeric(c) || is_in(c, "/-"); });
}

bool log_destination(std::string_view text) {
  return some_all(text, [](char c) { return is_alphanumeric(c) || is_in(c, ".-_/#"); });
}

bool rule_name(std::string_view text) {
  return some_all(text, [](char c) { return is_alphanumeric(c) || c == '_'; });
}

bool firehose_separator(std::string_view text) {
  return text == "\n" || text == "\t" || text == "\r\n" || text == ",";
}

bool search_endpoint(std::string_view text) {
  const bool http = text.starts_with("http://") || text.starts_with("https://");
  return http && text.find_first_of("\r\n") == text.npos;
}

/// Takes `text` up to the first `end` away, which is taken too; nothing if there is none.
std::string_view take_until(std::string_view& text, std::string_view end) {
  const auto at = text.find(end);
  if (at == text.npos) return {};
  const auto taken = text.substr(0, at);
  text.remove_prefix(at + end.size());
  return taken;
}

bool salesforce_url(std::string_view text) {
  constexpr std::string_view kStart = "https://ingestion-";
  constexpr std::string_view kEnd = "/event";
  if (!text.starts_with(kStart) || !text.ends_with(kEnd)) return false;
  text.remove_prefix(kStart.size());
  const auto is_short = [](std::string_view part, std::size_t most) {
    return part.size() <= most && some_all(part, [](char c) { return is_alphanumeric(c) || c == '_'; });
  };
  const auto pod = take_until(text, ".");
  if (pod.size() > 12 || !some_all(pod, is_alphanumeric)) return false;
  if (!some_all(take_until(text, "."), is_alphanumeric)) return false;
  const auto host = take_until(text, "/");
  if ((host != "sfdc-matrix.net" && host != "sfdcnow.com") || take_until(text, "/") != "streams")
    return false;
  if (!is_short(take_until(text, "/"), 20)) return false;
  return is_short(take_until(text, "/"), 20) && text == "event";
}

bool shadow_name(std::string_view text) {
  return some_all(text, [](char c) { return is_alphanumeric(c) || is_in(c, "$:_-"); });
}

bool attribute_name(std::string_view text) {
  return some_all(text, [](char c) { return is_alphanumeric(c) || is_in(c, "_.,@/:#-"); });
}

bool user_property_key(std::string_view text) {
  return some_all(text, [](char c) { return is_alphanumeric(c) || is_in(c, ":$."); });
}

bool connection_attribute(std::string_view text) {
  return some_all(text, [](char c) { return is_alphanumeric(c) || is_in(c, ":."); });
}

bool attribute_value(std::string_view text) {
  return all(text, [](char c) { return is_alphanumeric(c) || is_in(c, "_.,@/:#=[]-"); });
}

bool marker(std::string_view text) {
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return some_all(text, [](char c) { return is_alphanumeric(c) || is_in(c, "+/"); });
}

bool tag_key(std::string_view text) {
  return all(text, [](char c) { return is_alphanumeric(c) || is_in(c, " _.:/=+-@") || is_beyond_ascii(c); });
}

bool printable(std::string_view text) {
  return all(text, [](char c) { return (c >= ' ' && c <= '~') || is_beyond_ascii(c); });
}

/// Unicode's category "other" as far as ASCII and Latin-1 have it.
bool no_control(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool two_bytes = c == 0xc2 && i + 1 < text.size();
    if (c < 0x20 || c == 0x7f || (two_bytes && static_cast<unsigned char>(text[i + 1]) < 0xa0)) return false;
  }
  return true;
}

bool payload_version(std::string_view text) {
  return some_all(text, [](char c) { return is_digit(c) || c == '-'; });
}

bool bucket_name(std::string_view text) {
  return some_all(text, [](char c) { return is_alphanumeric(c) || is_in(c, "._-"); });
}

/// The pattern's `)-\/` is a range, from `)` to `/`.
bool object_key(std::string_view text) {
  return some_all(text,
                  [](char c) { return is_alphanumeric(c) || is_in(c, "!_.*'()") || (c >= ')' && c <= '/'); });
}

bool client_id(std::string_view text) {
  return !text.starts_with('$') && some_all(text, [](char c) { return c != '\n' && c != '\r'; });
}

bool number(std::string_view text) {
  return some_all(text, is_digit);
}

}  // namespace

const Pattern kCertificateIdPattern{"(0x)?[a-fA-F0-9]+", certificate_id};
const Pattern kAccountPattern{"[0-9]+", number};
const Pattern kPolicyNamePattern{"[\\w+=,.@-]+", policy_name};
const Pattern kPolicyVersionIdPattern{"[0-9]+", number};
const Pattern kTemplateNamePattern{"^[0-9A-Za-z_-]+$", template_name};
const Pattern kPayloadVersionPattern{"^[0-9-]+$", payload_version};
const Pattern kBucketNamePattern{"[a-zA-Z0-9._-]+", bucket_name};
const Pattern kObjectKeyPattern{"[a-zA-Z0-9!_.*'()-\\/]+", object_key};
const Pattern kThingNamePattern{"[a-zA-Z0-9:_-]+", thing_name};
const Pattern kAliasNamePattern{"[\\w=,@-]+", alias_name};
const Pattern kTokenKeyNamePattern{"[a-zA-Z0-9_-]+", template_name};
const Pattern kDomainConfigurationNamePattern{"[\\w.-]+", domain_configuration_name};
const Pattern kReservedDomainConfigurationNamePattern{"[\\w.:-]+", reserved_domain_configuration_name};
const Pattern kAcmCertificateArnPattern{
    "arn:aws(-cn|-us-gov|-iso-b|-iso)?:acm:[a-z]{2}-(gov-|iso-|isob-)?[a-z]{4,9}-\\d{1}:\\d{12}:certificate/"
    "[a-zA-Z0-9/-]+",
    acm_certificate_arn};
const Pattern kLogDestinationPattern{"^[.\\-_/#A-Za-z0-9]+$", log_destination};
const Pattern kRuleNamePattern{"^[a-zA-Z0-9_]+$", rule_name};
const Pattern kFirehoseSeparatorPattern{"([\\n\\t])|(\\r\\n)|(,)", firehose_separator};
const Pattern kSearchEndpointPattern{"https?://.*", search_endpoint};
const Pattern kSalesforceUrlPattern{
    "https://ingestion-[a-zA-Z0-9]{1,12}\\.[a-zA-Z0-9]+\\.((sfdc-matrix\\.net)|(sfdcnow\\.com))/streams/"
    "\\w{1,20}/"
    "\\w{1,20}/event",
    salesforce_url};
const Pattern kShadowNamePattern{"[$a-zA-Z0-9:_-]+", shadow_name};
const Pattern kAttributeNamePattern{"[a-zA-Z0-9_.,@/:#-]+", attribute_name};
const Pattern kAttributeValuePattern{"[a-zA-Z0-9_.,@/:#=\\[\\]-]*", attribute_value};
const Pattern kUserPropertyKeyPattern{"[a-zA-Z0-9:$.]+", user_property_key};
const Pattern kConnectionAttributePattern{"[a-zA-Z0-9:.]+", connection_attribute};
const Pattern kMarkerPattern{"[A-Za-z0-9+/]+={0,2}", marker};
const Pattern kClientIdPattern{"^[^$].*", client_id};
const Pattern kTagKeyPattern{"^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$", tag_key};
const Pattern kPrintablePattern{"[\\p{Graph}\\x20]*", printable};
const Pattern kNoControlPattern{"[^\\p{C}]*", no_control};

}  // namespace iotemu::api
