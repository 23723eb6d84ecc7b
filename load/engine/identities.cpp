#include "load/engine/identities.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "fixtures/files.h"
#include "load/plan/device_text.h"

namespace iotemu::load {
namespace {

constexpr std::size_t kMaxNames = 1'000'000;

Result<fixtures::Subject> subject_of(const IdentitySource& source, std::uint64_t index,
                                     std::string_view serial) {
  return fixtures::parse_subject(fill(source.subject, {.index = index, .serial = serial}));
}

Result<DeviceIdentity> make_one(const IdentitySource& source, const CaChain& chain, std::uint64_t index,
                                std::uint64_t devices) {
  auto serial = serial_of(source.serial_prefix, index, devices);
  const auto subject = subject_of(source, index, serial);
  if (!subject) return subject.error();
  const auto device = source.authority->issue_device(*subject, {}, source.key);
  if (!device) return device.error();
  if (!source.save_to.empty()) {
    const auto written = fixtures::write_device(source.save_to, serial, *device, Overwrite::no);
    if (!written) return written.error();
  }
  const auto key = device->identity.key.private_pem();
  auto tls = ClientIdentity::from_pem(device->identity.certificate.pem(), key.text(), chain);
  if (!tls) return tls.error();
  return DeviceIdentity{.tls = std::move(*tls),
                        .serial = std::move(serial),
                        .certificate_id = device->identity.certificate.id().hex()};
}

/// What the first failing thread has to say.
class FirstError {
 public:
  void keep(Error error) {
    const std::lock_guard lock{mutex_};
    if (!error_) error_ = std::move(error);
    failed_ = true;
  }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] const std::optional<Error>& get() const { return error_; }

 private:
  std::mutex mutex_;
  std::optional<Error> error_;
  std::atomic<bool> failed_{false};
};

}  // namespace

Status check(const IdentitySource& source, std::uint64_t devices) {
  constexpr std::array<std::string_view, 2> kNames{"serial", "index"};
  if (auto good = check_template(source.subject, kNames); !good) return good;
  const auto serial = serial_of(source.serial_prefix, 0, devices);
  if (!source.save_to.empty()) {
    if (auto good = fixtures::check_name(serial); !good) return good;
  }
  const auto subject = subject_of(source, 0, serial);
  if (!subject) return subject.error();
  return Ok{};
}

Result<std::vector<DeviceIdentity>> make_identities(const IdentitySource& source, std::uint64_t devices,
                                                    const Arrivals& arrivals, std::size_t threads,
                                                    std::atomic<std::uint64_t>& made,
                                                    const std::atomic<bool>& cancelled) {
  CaChain chain;
  if (!source.leaf_only) {
    auto read = CaChain::from_pem(source.authority->certificate_pem() + source.ca_chain_pem);
    if (!read) return read.error();
    chain = std::move(*read);
  }
  if (!source.save_to.empty()) {
    std::error_code failure;
    std::filesystem::create_directories(source.save_to, failure);
    if (failure) {
      return Error{.code = Errc::io,
                   .message = "cannot create folder " + source.save_to.string() + ": " + failure.message()};
    }
  }
  std::vector<std::optional<DeviceIdentity>> slots(arrivals.count());
  FirstError first;
  std::atomic<std::uint64_t> next{0};
  const auto work = [&] {
    for (auto at = next++; at < slots.size() && !first.failed() && !cancelled; at = next++) {
      auto one = make_one(source, chain, arrivals.device(at), devices);
      if (!one) return first.keep(one.error());
      slots[at] = std::move(*one);
      ++made;
    }
  };
  {
    std::vector<std::jthread> workers;
    for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i) workers.emplace_back(work);
  }
  if (first.failed()) return *first.get();
  if (cancelled) return Error{.code = Errc::unavailable, .message = "stopped before the devices were made"};
  std::vector<DeviceIdentity> identities;
  identities.reserve(slots.size());
  for (auto& slot : slots) identities.push_back(std::move(*slot));
  return identities;
}

Result<std::vector<std::string>> identity_names(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code failure;
  std::filesystem::directory_iterator entries{folder, failure};
  for (; !failure && entries != std::filesystem::directory_iterator{}; entries.increment(failure)) {
    const auto& path = entries->path();
    if (path.extension() != ".key" || names.size() >= kMaxNames) continue;
    const auto name = path.stem().string();
    std::error_code missing;
    if (std::filesystem::exists(folder / (name + "-chain.crt"), missing)) names.push_back(name);
  }
  if (failure) {
    return Error{.code = Errc::io,
                 .message = "cannot read folder " + folder.string() + ": " + failure.message()};
  }
  if (names.empty()) {
    return Error{
        .code = Errc::not_found,
        .message = "folder " + folder.string() +
                   " holds no identity: NAME.key beside NAME-chain.crt, as `iot-emulator pki device` and "
                   "--save-identities write them"};
  }
  std::ranges::sort(names);
  return names;
}

Result<std::vector<DeviceIdentity>> read_identities(const std::filesystem::path& folder,
                                                    const std::vector<std::string>& names,
                                                    const Arrivals& arrivals) {
  std::vector<DeviceIdentity> identities;
  for (std::uint64_t nth = 0; nth < arrivals.count(); ++nth) {
    const auto& name = names.at(arrivals.device(nth));
    const auto chain = read_file(folder / (name + "-chain.crt"));
    if (!chain) return chain.error();
    const auto key = read_file(folder / (name + ".key"));
    if (!key) return key.error();
    const auto leaf = registry::pki::Certificate::from_pem(*chain);
    if (!leaf) return leaf.error();
    auto tls = ClientIdentity::from_pem(*chain, *key);
    if (!tls) {
      return Error{.code = tls.error().code,
                   .message = (folder / name).string() + ": " + tls.error().message};
    }
    identities.push_back({.tls = std::move(*tls), .serial = name, .certificate_id = leaf->id().hex()});
  }
  return identities;
}

}  // namespace iotemu::load
