#pragma once

// Device certificates by the hundred thousand, for benches that fill a registry. Signing each would take
// minutes: these are one certificate with other serial numbers, which is another certificate to whoever does
// not check the signature, as RegisterCertificateWithoutCA does not.

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/base64.h"

namespace iotemu::bench {

class ManyCertificates {
 public:
  /// `pem`: a certificate that CreateCertificateFromCsr answered for `kRequest`.
  explicit ManyCertificates(std::string_view pem) {
    std::string text;
    for (const char c : pem.substr(kBegin.size(), pem.find(kEnd) - kBegin.size())) {
      if (c != '\n') text += c;
    }
    der_ = from_base64(text).value_or("");
    const auto found = der_.find(kSerialFollows);
    if (found == der_.npos) throw std::runtime_error{"the certificate has no serial number of 20 bytes"};
    serial_ = found + kSerialFollows.size();
  }

  /// In PEM.
  [[nodiscard]] std::string number(std::uint64_t number) const {
    auto der = der_;
    for (std::size_t byte = 1; byte <= sizeof number; ++byte, number >>= 8U) {
      der[serial_ + kSerialSize - byte] = static_cast<char>(number & 0xffU);
    }
    return std::string{kBegin} + to_base64(der) + "\n" + std::string{kEnd} + "\n";
  }

  // The key of this request was made for this file and is thrown away.
  static constexpr const char* kRequest = R"(-----BEGIN CERTIFICATE REQUEST-----
MIHLMHICAQAwEDEOMAwGA1UEAwwFYmVuY2gwWTATBgcqhkjOPQIBBggqhkjOPQMB
BwNCAAQasFspu1XZGQyho7TFvjVsoXztVqVxDV5HyxMrBbY9LhpkCTwsnIzeH9Ey
6iqzD7RzbsnCJvnv8PLjw+9UAe55oAAwCgYIKoZIzj0EAwIDSQAwRgIhAIcXgcgo
izp558quokmhUp3e+LJ1TCgJDc60ssq8HgOxAiEAupfYQZXgrd9j2vag4kl7uzij
s6oWg5Sv1sOUliX2OjE=
-----END CERTIFICATE REQUEST-----
)";

 private:
  static constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----\n";
  static constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  static constexpr std::size_t kSerialSize = 20;
  static constexpr std::string_view kSerialFollows{"\xa0\x03\x02\x01\x02\x02\x14",
                                                   7};  ///< Version 3, then it.

  std::string der_;
  std::size_t serial_{};
};

}  // namespace iotemu::bench
