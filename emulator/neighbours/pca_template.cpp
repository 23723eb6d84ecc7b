#include "emulator/neighbours/pca_template.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace iotemu::neighbours {
namespace {

enum Passthrough : std::uint8_t { kBase = 1, kCsr = 2, kApi = 4, kBoth = 8 };
constexpr std::uint8_t kEvery = kBase | kCsr | kApi | kBoth;

struct Row {
  std::string_view name{};  ///< before _PathLenN and the passthrough
  std::uint8_t variants{kEvery};
  bool is_ca{false};
  bool is_root{false};
  bool with_path_length{false};
  bool without_path_length{true};
  bool critical_constraints{false};
  std::string_view usage{};
  std::string_view extended{};
  bool critical_extended{false};
};

constexpr std::string_view kEndEntity = "digitalSignature keyEncipherment";
constexpr std::string_view kAuthority = "digitalSignature keyCertSign cRLSign";

constexpr std::array kRows{
    Row{.name = "EndEntityCertificate", .usage = kEndEntity, .extended = "serverAuth clientAuth"},
    Row{.name = "EndEntityClientAuthCertificate", .usage = kEndEntity, .extended = "clientAuth"},
    Row{.name = "EndEntityServerAuthCertificate", .usage = kEndEntity, .extended = "serverAuth"},
    Row{.name = "CodeSigningCertificate",
        .usage = "digitalSignature",
        .extended = "codeSigning",
        .critical_extended = true},
    Row{.name = "OCSPSigningCertificate",
        .usage = "digitalSignature",
        .extended = "OCSPSigning",
        .critical_extended = true},
    Row{.name = "RootCACertificate",
        .variants = kBase | kApi,
        .is_ca = true,
        .is_root = true,
        .critical_constraints = true,
        .usage = kAuthority},
    Row{.name = "SubordinateCACertificate",
        .is_ca = true,
        .with_path_length = true,
        .without_path_length = false,
        .critical_constraints = true,
        .usage = kAuthority},
    Row{.name = "BlankEndEntityCertificate", .variants = kCsr | kApi | kBoth},
    Row{.name = "BlankEndEntityCertificate_CriticalBasicConstraints",
        .variants = kCsr | kApi | kBoth,
        .critical_constraints = true},
    Row{.name = "BlankSubordinateCACertificate",
        .variants = kCsr | kApi | kBoth,
        .is_ca = true,
        .with_path_length = true,
        .without_path_length = false,
        .critical_constraints = true},
    Row{.name = "BlankRootCACertificate",
        .variants = kApi,
        .is_ca = true,
        .is_root = true,
        .with_path_length = true,
        .critical_constraints = true},
};

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> result;
  while (!text.empty()) {
    const auto space = std::min(text.find(' '), text.size());
    result.emplace_back(text.substr(0, space));
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return result;
}

bool take_back(std::string_view& text, std::string_view end) {
  if (!text.ends_with(end)) return false;
  text.remove_suffix(end.size());
  return true;
}

std::uint8_t take_passthrough(std::string_view& name) {
  if (take_back(name, "_APICSRPassthrough")) return kBoth;
  if (take_back(name, "_APIPassthrough")) return kApi;
  if (take_back(name, "_CSRPassthrough")) return kCsr;
  return kBase;
}

std::optional<int> take_path_length(std::string_view& name) {
  for (int length = 0; length <= 3; ++length) {
    if (take_back(name, "_PathLen" + std::to_string(length))) return length;
  }
  return std::nullopt;
}

std::optional<PcaTemplate> by_name(std::string_view name) {
  const std::string whole{name};
  const auto variant = take_passthrough(name);
  const auto path_length = take_path_length(name);
  const auto row = std::ranges::find(kRows, name, &Row::name);
  if (row == kRows.end() || (row->variants & variant) == 0) return std::nullopt;
  if (path_length ? !row->with_path_length : !row->without_path_length) return std::nullopt;
  return PcaTemplate{.name = whole,
                     .is_ca = row->is_ca,
                     .is_root = row->is_root,
                     .path_length = path_length,
                     .critical_constraints = row->critical_constraints,
                     .key_usage = words(row->usage),
                     .extended_key_usage = words(row->extended),
                     .critical_extended_key_usage = row->critical_extended,
                     .takes_csr_extensions = (variant & (kCsr | kBoth)) != 0,
                     .takes_api = (variant & (kApi | kBoth)) != 0};
}

}  // namespace

Answer<PcaTemplate> find_template(std::string_view arn) {
  constexpr std::string_view kResource = ":acm-pca:::template/";
  constexpr std::string_view kVersion = "/V1";
  if (arn.empty()) return *by_name("EndEntityCertificate");
  const auto resource = arn.find(kResource);
  if (!arn.starts_with("arn:aws") || resource == arn.npos) {
    return Fault{"InvalidArnException",
                 "The template ARN " + std::string{arn} + " is not arn:aws:acm-pca:::template/<name>/V1"};
  }
  auto name = arn.substr(resource + kResource.size());
  auto found = take_back(name, kVersion) ? by_name(name) : std::nullopt;
  if (!found) return Fault{"InvalidArgsException", "There is no certificate template " + std::string{arn}};
  return std::move(*found);
}

}  // namespace iotemu::neighbours
