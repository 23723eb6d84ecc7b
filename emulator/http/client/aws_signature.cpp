#include "emulator/http/client/aws_signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <utility>

#include "base/hex.h"
#include "base/iso_time.h"
#include "emulator/http/target.h"

namespace iotemu::http {
namespace {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(std::string_view text) {
  Digest digest{};
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return digest;
}

Digest hmac(std::string_view key, std::string_view text) {
  Digest digest{};
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), nullptr);
  return digest;
}

std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

/// "20260118T091806Z"
std::string basic_time(Time time) {
  auto text = iso_time(time);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

/// Encoded, then in the order of the encoded texts.
std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto one = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = std::min(one.find('='), one.size());
    const auto decoded = [](std::string_view text) {
      const auto plain = percent_decode(text);
      return uri_encoded(plain ? std::string_view{*plain} : text);
    };
    pairs.emplace_back(decoded(one.substr(0, equals)), decoded(one.substr(std::min(equals + 1, one.size()))));
  }
  std::ranges::sort(pairs);
  std::string text;
  for (const auto& [name, value] : pairs)
    text.append(text.empty() ? "" : "&").append(name).append("=").append(value);
  return text;
}

std::string trimmed(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == ' ' && (text.empty() || text.back() == ' ')) continue;
    text += c;
  }
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

}  // namespace

std::string uri_encoded(std::string_view text, std::string_view kept) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-_.~";
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       kPlain.find(c) != kPlain.npos || kept.find(c) != kept.npos;
    if (plain) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return encoded;
}

std::vector<Header> sign(const UnsignedRequest& request, const AwsCredentials& credentials,
                         const SignatureScope& scope) {
  const bool s3 = scope.service == "s3";
  const auto when = basic_time(scope.now);
  const auto body_hash = to_hex(sha256(request.body));
  std::vector<Header> added{{"X-Amz-Date", when}};
  if (!credentials.session_token.empty()) {
    added.push_back({"X-Amz-Security-Token", credentials.session_token});
  }
  if (s3) added.push_back({"X-Amz-Content-Sha256", body_hash});

  std::map<std::string, std::string> canonical{{"host", std::string{request.authority}}};
  for (const auto* headers : {&request.headers, static_cast<const std::vector<Header>*>(&added)}) {
    for (const auto& header : *headers) {
      const auto name = lowercase(header.name);
      if (name == "content-type" || name.starts_with("x-amz-")) canonical[name] = trimmed(header.value);
    }
  }
  std::string lines;
  std::string names;
  for (const auto& [name, value] : canonical) {
    lines.append(name).append(":").append(value).append("\n");
    names.append(names.empty() ? "" : ";").append(name);
  }
  const auto question = std::min(request.target.find('?'), request.target.size());
  const auto path = request.target.substr(0, question);
  const auto query = request.target.substr(std::min(question + 1, request.target.size()));
  // All but S3 encode what is encoded already once more.
  const auto canonical_path = s3 ? std::string{path} : uri_encoded(path, "/");
  const auto canonical_request = std::string{request.method} + "\n" + canonical_path + "\n" +
                                 canonical_query(query) + "\n" + lines + "\n" + names + "\n" + body_hash;
  const auto day = when.substr(0, 8);
  const auto credential_scope = day + "/" + scope.region + "/" + scope.service + "/aws4_request";
  const auto to_sign =
      "AWS4-HMAC-SHA256\n" + when + "\n" + credential_scope + "\n" + to_hex(sha256(canonical_request));
  auto key = hmac("AWS4" + credentials.secret, day);
  for (const std::string_view part :
       {std::string_view{scope.region}, std::string_view{scope.service}, std::string_view{"aws4_request"}}) {
    key = hmac(bytes_of(key), part);
  }
  added.push_back({"Authorization", "AWS4-HMAC-SHA256 Credential=" + credentials.access_key + "/" +
                                        credential_scope + ", SignedHeaders=" + names +
                                        ", Signature=" + to_hex(hmac(bytes_of(key), to_sign))});
  return added;
}

}  // namespace iotemu::http
