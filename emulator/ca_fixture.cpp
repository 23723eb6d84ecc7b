#include "emulator/ca_fixture.h"

#include <stdexcept>
#include <utility>

namespace iotemu {
namespace {

namespace pki = registry::pki;

/// A fixture that cannot be made is an error of the test that asked for it.
template <class T>
T value_or_throw(Result<T> result) {
  if (!result) throw std::runtime_error{result.error().message};
  return std::move(*result);
}

fixtures::KeyKind key_kind(KeyKind kind) {
  return kind == KeyKind::rsa_2048 ? fixtures::KeyKind::rsa_2048 : fixtures::KeyKind::ec_p256;
}

fixtures::Lifetime lifetime(const Clock& clock, Duration from, Duration until) {
  return {.not_before = clock.now() + from, .not_after = clock.now() + until};
}

fixtures::Subject subject(const DeviceOptions& options) {
  return fixtures::make_subject({.country = options.country,
                                 .state = options.state,
                                 .organization = options.organization,
                                 .organizational_unit = options.organizational_unit,
                                 .common_name = options.common_name,
                                 .serial_number = options.serial_number,
                                 .title = options.title,
                                 .generation_qualifier = options.generation_qualifier});
}

/// A CA for the key that the options give.
fixtures::Authority authority_for_key(const CaOptions& options, const pki::Profile& profile,
                                      const pki::Identity* parent) {
  const pki::PrivateKey key = value_or_throw(pki::PrivateKey::from_pem(options.private_key_pem));
  const pki::Certificate certificate =
      value_or_throw(parent == nullptr ? pki::self_sign(profile, key)
                                       : pki::issue_for_key(profile, key.public_key_der(), *parent));
  return value_or_throw(fixtures::Authority::load(certificate.pem(), options.private_key_pem));
}

}  // namespace

std::shared_ptr<const CaFixture::State> CaFixture::State::make(const CaOptions& options,
                                                               std::shared_ptr<const Clock> clock,
                                                               const State* parent) {
  const fixtures::Subject name = fixtures::make_subject({.common_name = options.common_name});
  const fixtures::Lifetime window = lifetime(*clock, options.valid_from, options.valid_until);
  const fixtures::KeyKind key = key_kind(options.key);
  fixtures::Authority authority =
      !options.private_key_pem.empty()
          ? authority_for_key(options, pki::ca_profile(name, window.not_before, window.not_after),
                              parent == nullptr ? nullptr : &parent->authority.identity())
          : value_or_throw(parent == nullptr ? fixtures::Authority::create(name, window, key)
                                             : parent->authority.issue_authority(name, window, key));
  std::string pem = authority.certificate_pem();
  std::string chain = pem + (parent == nullptr ? std::string{} : parent->chain_pem);
  std::string id = authority.identity().certificate.id().hex();
  std::string private_key = authority.identity().key.private_pem().text();
  return std::make_shared<const State>(State{.authority = std::move(authority),
                                             .clock = std::move(clock),
                                             .id = std::move(id),
                                             .certificate_pem = std::move(pem),
                                             .private_key_pem = std::move(private_key),
                                             .chain_pem = std::move(chain)});
}

const std::string& CaFixture::id() const {
  return state_->id;
}
const std::string& CaFixture::certificate_pem() const {
  return state_->certificate_pem;
}
const std::string& CaFixture::private_key_pem() const {
  return state_->private_key_pem;
}

DeviceIdentity CaFixture::sign_device(std::string_view common_name) const {
  return sign_device(DeviceOptions{.common_name = std::string{common_name}});
}

DeviceIdentity CaFixture::sign_device(const DeviceOptions& options) const {
  const fixtures::Subject name = subject(options);
  const fixtures::Lifetime window = lifetime(*state_->clock, options.valid_from, options.valid_until);
  if (options.private_key_pem.empty()) {
    const fixtures::Device device =
        value_or_throw(state_->authority.issue_device(name, window, key_kind(options.key)));
    return {.certificate_id = device.identity.certificate.id().hex(),
            .certificate_pem = device.identity.certificate.pem(),
            .private_key_pem = device.identity.key.private_pem().text(),
            .chain_pem = state_->chain_pem};
  }
  const pki::PrivateKey key = value_or_throw(pki::PrivateKey::from_pem(options.private_key_pem));
  const pki::Certificate certificate =
      value_or_throw(pki::issue_for_key(pki::device_profile(name, window.not_before, window.not_after),
                                        key.public_key_der(), state_->authority.identity()));
  return {.certificate_id = certificate.id().hex(),
          .certificate_pem = certificate.pem(),
          .private_key_pem = options.private_key_pem,
          .chain_pem = state_->chain_pem};
}

CaFixture CaFixture::sign_ca(const CaOptions& options) const {
  return CaFixture{State::make(options, state_->clock, state_.get())};
}

DeviceIdentity CaFixture::as_device() const {
  return {.certificate_id = state_->id,
          .certificate_pem = state_->certificate_pem,
          .private_key_pem = state_->private_key_pem};
}

}  // namespace iotemu
