#include "emulator/identity/server_identity.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/hex.h"
#include "base/log.h"
#include "base/private_file.h"
#include "emulator/identity/data_directory.h"
#include "registry/pki/issue.h"
#include "registry/pki/verify.h"

namespace iotemu::identity {

namespace pki = registry::pki;

namespace {

using std::chrono::days;

constexpr std::string_view kCaName = "iot-emulator server CA";
constexpr days kCaLifetime{3652};
/// Below the 825 days that Apple's stack allows.
constexpr days kServerLifetime{820};
constexpr days kRenewBefore{30};
/// Clocks of devices run late.
constexpr days kBackdated{1};
constexpr std::size_t kMaxHosts = 100;

/// "::1" and "0:0:0:0:0:0:0:1" are one address; nothing for a name.
std::optional<std::string> canonical_address(const std::string& text) {
  std::array<char, INET6_ADDRSTRLEN> out{};
  in6_addr v6{};
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) {
    return ::inet_ntop(AF_INET, &v4, out.data(), static_cast<socklen_t>(out.size()));
  }
  if (::inet_pton(AF_INET6, text.c_str(), &v6) == 1) {
    return ::inet_ntop(AF_INET6, &v6, out.data(), static_cast<socklen_t>(out.size()));
  }
  return std::nullopt;
}

bool is_dns_name(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name.empty() || name.size() > 253) return false;
  for (std::size_t at = 0; at <= name.size();) {
    const auto label = name.substr(at, name.find('.', at) - at);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (label.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") != label.npos) return false;
    at += label.size() + 1;
  }
  return true;
}

struct Names {
  std::vector<std::string> dns{"localhost"};
  std::vector<std::string> ip{"127.0.0.1", "::1"};
};

Result<Names> wanted_names(const std::vector<std::string>& hosts) {
  if (hosts.size() > kMaxHosts) {
    return Error{.code = Errc::limit_exceeded,
                 .message = "a server certificate takes at most " + std::to_string(kMaxHosts) +
                            " host names, not " + std::to_string(hosts.size())};
  }
  Names names;
  const auto add = [](std::vector<std::string>& list, std::string name) {
    if (std::find(list.begin(), list.end(), name) == list.end()) list.push_back(std::move(name));
  };
  for (const auto& host : hosts) {
    if (auto address = canonical_address(host)) {
      add(names.ip, std::move(*address));
      continue;
    }
    auto name = lowercase(host);
    if (!is_dns_name(name)) {
      return Error{.code = Errc::invalid_request,
                   .message = "'" + host +
                              "' cannot stand in a server certificate: neither an IP address nor a DNS name"};
    }
    add(names.dns, std::move(name));
  }
  return names;
}

bool covers_exactly(const pki::Certificate& certificate, const Names& names) {
  const auto& found = certificate.subject_alternative_names();
  std::set<std::string> addresses;
  for (const auto& address : found.ip) addresses.insert(canonical_address(address).value_or(address));
  return std::set<std::string>(found.dns.begin(), found.dns.end()) ==
             std::set<std::string>(names.dns.begin(), names.dns.end()) &&
         addresses == std::set<std::string>(names.ip.begin(), names.ip.end());
}

Error unreadable(const std::filesystem::path& file, const Error& why) {
  return {.code = why.code,
          .message = file.string() + " is not usable: " + why.message + "; remove it to get a new one"};
}

/// Nothing if the file does not exist.
Result<std::optional<pki::PrivateKey>> load_key(const std::filesystem::path& file) {
  const auto text = read_secret_file(file);
  if (!text && text.error().code == Errc::not_found) return std::optional<pki::PrivateKey>{};
  if (!text) return text.error();
  const pki::Secret pem{*text};
  auto key = pki::PrivateKey::from_pem(pem.text());
  if (!key) return unreadable(file, key.error());
  return std::optional{std::move(*key)};
}

Result<std::optional<pki::Certificate>> load_certificate(const std::filesystem::path& file) {
  const auto pem = read_secret_file(file);
  if (!pem && pem.error().code == Errc::not_found) return std::optional<pki::Certificate>{};
  if (!pem) return pem.error();
  auto certificate = pki::Certificate::from_pem(*pem);
  if (!certificate) return unreadable(file, certificate.error());
  return std::optional{std::move(*certificate)};
}

}  // namespace

struct ServerIdentity::State {
  const Clock& clock;
  std::optional<DataDirectory> directory;
  Names names;
  std::string common_name;
  std::optional<pki::Identity> ca{};
  std::string ca_pem{};
  std::filesystem::path ca_file{};
  ServerCredential ecdsa{};
  std::optional<ServerCredential> rsa{};

  [[nodiscard]] std::filesystem::path file(std::string_view name) const { return directory->path() / name; }
  Status open_ca();
  Status make_ca(std::optional<pki::PrivateKey> kept_key);
  Status keep(std::string_view name, std::string_view content) const;
  [[nodiscard]] bool still_good(const pki::Certificate& certificate, const pki::PrivateKey& key) const;
  [[nodiscard]] Result<std::optional<ServerCredential>> load(const std::string& name) const;
  [[nodiscard]] Result<ServerCredential> issue(const std::string& name, pki::KeyKind kind) const;
};

Status ServerIdentity::State::keep(std::string_view name, std::string_view content) const {
  if (!directory) return Ok{};
  return write_file(file(name), content, kSecretMode, Overwrite::yes);
}

Status ServerIdentity::State::make_ca(std::optional<pki::PrivateKey> kept_key) {
  const auto now = clock.now();
  const auto profile = pki::ca_profile({{.name = "CN", .value = std::string{kCaName}}}, now - kBackdated,
                                       now + kCaLifetime, 0);
  auto key = kept_key ? Result{std::move(*kept_key)} : pki::PrivateKey::generate(pki::KeyKind::ec_p256);
  if (!key) return key.error();
  auto certificate = pki::self_sign(profile, *key);
  if (!certificate) return certificate.error();
  // The key first: a certificate without its key would be a CA that can never issue again.
  if (auto kept = keep("server-ca.key", key->private_pem().text()); !kept) return kept;
  if (auto kept = keep(kServerCaFileName, certificate->pem()); !kept) return kept;
  ca = pki::Identity{.certificate = std::move(*certificate), .key = std::move(*key)};
  return Ok{};
}

Status ServerIdentity::State::open_ca() {
  if (!directory) return make_ca({});
  auto key = load_key(file("server-ca.key"));
  if (!key) return key.error();
  auto certificate = load_certificate(file(kServerCaFileName));
  if (!certificate) return certificate.error();
  if (!*certificate) return make_ca(std::move(*key));
  const auto ca_path = file(kServerCaFileName).string();
  if (!*key || (*key)->public_key_der() != (*certificate)->public_key_der()) {
    return Error{.code = Errc::invalid_request,
                 .message = "server-ca.key beside " + ca_path +
                            (*key ? " belongs to another certificate" : " is missing") +
                            "; bring it back, or remove server-ca.* to get a new CA"};
  }
  if ((*certificate)->not_after() < clock.now() + kServerLifetime) {
    // A server certificate must not outlive its CA, so a CA in its last years is replaced while there is
    // time.
    log::warn("the server CA nears its end; a new one is made, clients need it", {{"file", ca_path}});
    return make_ca({});
  }
  ca = pki::Identity{.certificate = std::move(**certificate), .key = std::move(**key)};
  return Ok{};
}

bool ServerIdentity::State::still_good(const pki::Certificate& certificate,
                                       const pki::PrivateKey& key) const {
  const auto now = clock.now();
  return certificate.public_key_der() == key.public_key_der() &&
         pki::signed_by(certificate, ca->certificate) &&
         pki::validity_at(certificate, now) == pki::Validity::valid &&
         pki::validity_at(certificate, now + kRenewBefore) == pki::Validity::valid &&
         covers_exactly(certificate, names);
}

Result<std::optional<ServerCredential>> ServerIdentity::State::load(const std::string& name) const {
  if (!directory) return std::optional<ServerCredential>{};
  const auto key = load_key(file(name + ".key"));
  if (!key) return key.error();
  const auto certificate = load_certificate(file(name + ".crt"));
  if (!certificate) return certificate.error();
  if (!*key || !*certificate || !still_good(**certificate, **key)) return std::optional<ServerCredential>{};
  return std::optional{
      ServerCredential{.chain_pem = (*certificate)->pem(), .key_pem = (*key)->private_pem().text()}};
}

Result<ServerCredential> ServerIdentity::State::issue(const std::string& name, pki::KeyKind kind) const {
  std::optional<pki::PrivateKey> key;
  if (directory) {
    auto kept = load_key(file(name + ".key"));
    if (!kept) return kept.error();
    key = std::move(*kept);
  }
  if (!key) {
    auto made = pki::PrivateKey::generate(kind);
    if (!made) return made.error();
    key = std::move(*made);
  }

  const auto now = clock.now();
  pki::Profile profile{.subject = {{.name = "CN", .value = common_name}},
                       .not_before = now - kBackdated,
                       .not_after = now + kServerLifetime,
                       .key_usage = {"digitalSignature"},
                       .extended_key_usage = {"serverAuth"}};
  // TLS 1.2's RSA key exchange needs it; on an EC key strict stacks take it for an error.
  if (kind == pki::KeyKind::rsa_2048) profile.key_usage.emplace_back("keyEncipherment");
  for (const auto& dns : names.dns) {
    profile.alternative_names.push_back({.kind = pki::AltName::Kind::dns, .value = dns});
  }
  for (const auto& ip : names.ip) {
    profile.alternative_names.push_back({.kind = pki::AltName::Kind::ip, .value = ip});
  }
  const auto certificate = pki::issue_for_key(profile, key->public_key_der(), *ca);
  if (!certificate) return certificate.error();

  ServerCredential credential{.chain_pem = certificate->pem(), .key_pem = key->private_pem().text()};
  if (auto kept = keep(name + ".key", credential.key_pem); !kept) return kept.error();
  if (auto kept = keep(name + ".crt", credential.chain_pem); !kept) return kept.error();
  return credential;
}

ServerIdentity::ServerIdentity(std::unique_ptr<State> state) : state_{std::move(state)} {}
ServerIdentity::ServerIdentity(ServerIdentity&&) noexcept = default;
ServerIdentity& ServerIdentity::operator=(ServerIdentity&&) noexcept = default;
ServerIdentity::~ServerIdentity() = default;

Result<ServerIdentity> ServerIdentity::open(const ServerIdentityOptions& options, const Clock& clock) {
  auto names = wanted_names(options.hosts);
  if (!names) return names.error();
  std::optional<DataDirectory> directory;
  if (!options.directory.empty()) {
    auto opened = DataDirectory::open(options.directory);
    if (!opened) return opened.error();
    directory.emplace(std::move(*opened));
  }
  // X.520 allows a common name 64 characters; clients look at the alternative names anyway.
  const auto host = names->dns.size() > 1 ? names->dns[1] : names->dns[0];
  auto state = std::make_unique<State>(State{.clock = clock,
                                             .directory = std::move(directory),
                                             .names = std::move(*names),
                                             .common_name = host.size() <= 64 ? host : "localhost"});

  if (auto opened = state->open_ca(); !opened) return opened.error();
  state->ca_pem = state->ca->certificate.pem();
  if (state->directory) state->ca_file = state->file(kServerCaFileName);

  auto ecdsa = state->load("server-ecdsa");
  if (!ecdsa) return ecdsa.error();
  if (*ecdsa) {
    state->ecdsa = std::move(**ecdsa);
  } else {
    auto issued = state->issue("server-ecdsa", pki::KeyKind::ec_p256);
    if (!issued) return issued.error();
    state->ecdsa = std::move(*issued);
  }
  auto rsa = state->load("server-rsa");
  if (!rsa) return rsa.error();
  state->rsa = std::move(*rsa);
  return ServerIdentity{std::move(state)};
}

const std::string& ServerIdentity::ca_pem() const {
  return state_->ca_pem;
}
const std::filesystem::path& ServerIdentity::ca_file() const {
  return state_->ca_file;
}
const ServerCredential& ServerIdentity::ecdsa() const {
  return state_->ecdsa;
}
const std::optional<ServerCredential>& ServerIdentity::rsa() const {
  return state_->rsa;
}

Result<ServerCredential> ServerIdentity::issue_rsa() const {
  return state_->issue("server-rsa", pki::KeyKind::rsa_2048);
}

}  // namespace iotemu::identity
