#include "bench/load_client.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "bench/measure.h"

namespace iotemu::bench {
namespace {

template <class T>
T value_or_fail(Result<T> result) {
  if (!result) fail(result.error().message);
  return std::move(*result);
}

std::filesystem::path key_of(std::filesystem::path certificate) {
  return certificate.replace_extension(".key");
}

load::TlsContext tls_context(const LoadTarget& target) {
  return value_or_fail(
      load::TlsContext::make({.versions = target.versions,
                              .verify_server = false,
                              .server_name = "localhost",  // SNI, as devices send it
                              .signature_algorithms = target.rsa ? "rsa_pss_rsae_sha256:RSA+SHA256" : ""}));
}

}  // namespace

std::string contents(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

std::vector<std::filesystem::path> identity_files(const std::filesystem::path& folder,
                                                  const std::string& prefix, std::size_t skip,
                                                  std::size_t count) {
  std::vector<std::filesystem::path> files;
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator{folder, failure}) {
    const auto name = entry.path().filename().string();
    if (name.starts_with(prefix) && name.ends_with(".crt") && !name.ends_with("-chain.crt") &&
        std::filesystem::exists(key_of(entry.path()))) {
      files.push_back(entry.path());
    }
  }
  if (files.size() < skip + count) {
    fail(folder.string() + " has " + std::to_string(files.size()) + " pairs " + prefix + "*.crt and .key; " +
         std::to_string(skip + count) + " are needed");
  }
  std::sort(files.begin(), files.end());
  const auto first = files.begin() + static_cast<std::ptrdiff_t>(skip);
  return {first, first + static_cast<std::ptrdiff_t>(count)};
}

std::vector<Identity> read_identities(const std::filesystem::path& folder, const std::string& prefix,
                                      std::size_t skip, std::size_t count) {
  std::vector<Identity> identities;
  for (const auto& file : identity_files(folder, prefix, skip, count)) {
    auto credentials = load::ClientIdentity::from_pem(contents(file), contents(key_of(file)), {});
    if (!credentials) fail(file.string() + ": " + credentials.error().message);
    identities.push_back({.name = file.stem().string(), .credentials = std::move(*credentials)});
  }
  return identities;
}

LoadLoop::LoadLoop(const LoadTarget& target)
    : Loop{tls_context(target)}, endpoint_{value_or_fail(load::resolve(target.host, target.port))} {}

}  // namespace iotemu::bench
