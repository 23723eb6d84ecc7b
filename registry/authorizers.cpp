#include "registry/authorizers.h"

#include "registry/errors.h"
#include "registry/function_name.h"
#include "registry/pki/public_key.h"

namespace iotemu::registry {
namespace {

constexpr int kSmallestKey = 2048;

Error no_default() {
  return {Errc::not_found, "There is no default authorizer"};
}

Status check_key(const std::string& name, const std::string& pem) {
  const auto key = pki::RsaPublicKey::from_pem(pem);
  if (!key) return invalid("tokenSigningPublicKeys: '" + name + "': " + key.error().message);
  if (key->bits() < kSmallestKey) {
    return invalid("tokenSigningPublicKeys: '" + name + "' has " + std::to_string(key->bits()) +
                   " bits; an RSA key of an authorizer has 2048 or more");
  }
  return Ok{};
}

/// The rules that an authorizer obeys whenever it is written.
Status check(const AuthorizerRecord& record) {
  if (!record.function_arn.starts_with("arn:")) {
    return invalid("authorizerFunctionArn '" + record.function_arn +
                   "' is not the ARN of a Lambda function: arn:aws:lambda:REGION:ACCOUNT:function:NAME");
  }
  if (const auto function = FunctionName::parse(record.function_arn); !function) return function.error();
  for (const auto& [name, pem] : record.public_keys) {
    if (auto checked = check_key(name, pem); !checked) return checked;
  }
  if (record.signing_disabled) return Ok{};
  if (record.token_key_name.empty()) {
    return invalid("Authorizer " + record.name.text() + " has signing enabled, so it needs a tokenKeyName");
  }
  if (record.public_keys.empty()) {
    return invalid("Authorizer " + record.name.text() +
                   " has signing enabled, so it needs a key in tokenSigningPublicKeys");
  }
  return Ok{};
}

}  // namespace

Result<AuthorizerPtr> Authorizers::create(const AuthorizerName& name, const CreateAuthorizer& request) {
  if (auto checked = check_tags(request.tags, around_.options.tags_per_resource); !checked) {
    return checked.error();
  }
  auto record = std::make_shared<AuthorizerRecord>();
  record->name = name;
  record->arn = iot_arn(around_.realm, "authorizer/" + name.text());
  record->function_arn = request.function_arn;
  record->token_key_name = request.token_key_name;
  record->public_keys = request.public_keys;
  record->active = request.active;
  record->signing_disabled = request.signing_disabled;
  record->caching_for_http = request.caching_for_http;
  record->tags = request.tags;
  if (auto checked = check(*record); !checked) return checked.error();

  const std::lock_guard write{around_.write_mutex};
  if (const auto known = table_.find(name)) {
    return Error{.code = Errc::already_exists,
                 .message = "Authorizer " + name.text() + " already exists",
                 .resource_id = name.text(),
                 .resource_arn = known->arn};
  }
  if (table_.size() >= around_.options.authorizers) {
    return Error{Errc::limit_exceeded,
                 "An account has at most " + std::to_string(around_.options.authorizers) + " authorizers"};
  }
  if (record->active) {
    if (auto checked = check_active_limit(); !checked) return checked.error();
  }
  record->created_at = record->changed_at = around_.clock.now();
  const AuthorizerPtr done{std::move(record)};
  if (auto stored = store(done); !stored) return stored.error();
  return done;
}

Result<AuthorizerPtr> Authorizers::get(const AuthorizerName& name) const {
  auto found = table_.find(name);
  if (!found) return does_not_exist(name);
  return found;
}

Result<AuthorizerPtr> Authorizers::update(const AuthorizerName& name, const UpdateAuthorizer& request) {
  const std::lock_guard write{around_.write_mutex};
  const auto old = table_.find(name);
  if (!old) return does_not_exist(name);
  auto next = std::make_shared<AuthorizerRecord>(*old);
  if (request.function_arn) next->function_arn = *request.function_arn;
  if (request.token_key_name) next->token_key_name = *request.token_key_name;
  if (request.public_keys) next->public_keys = *request.public_keys;
  if (request.active) next->active = *request.active;
  if (request.caching_for_http) next->caching_for_http = *request.caching_for_http;
  if (auto checked = check(*next); !checked) return checked.error();
  if (next->active && !old->active) {
    if (auto checked = check_active_limit(); !checked) return checked.error();
  }
  next->changed_at = around_.clock.now();
  const AuthorizerPtr done{std::move(next)};
  if (auto stored = store(done); !stored) return stored.error();
  return done;
}

Status Authorizers::remove(const AuthorizerName& name) {
  const std::lock_guard write{around_.write_mutex};
  const auto old = table_.find(name);
  if (!old) return does_not_exist(name);
  if (old->active) {
    return Error{Errc::delete_conflict,
                 "Authorizer " + name.text() + " is ACTIVE; make it INACTIVE before it is deleted"};
  }
  if (default_name() == name) {
    return Error{
        Errc::delete_conflict,
        "Authorizer " + name.text() + " is the default authorizer; clear the default before it is deleted"};
  }
  const Change change{Erased{.kind = RecordKind::authorizer, .key = name.text()}};
  if (auto saved = around_.store.write({&change, 1}); !saved) return saved;
  table_.erase(name);
  return Ok{};
}

Result<Page<AuthorizerPtr>> Authorizers::list(const PageRequest& page, std::optional<bool> active) const {
  return table_.page(page,
                     [&](const AuthorizerRecord& record) { return !active || record.active == *active; });
}

Result<AuthorizerPtr> Authorizers::set_default(const AuthorizerName& name) {
  const std::lock_guard write{around_.write_mutex};
  const auto record = table_.find(name);
  if (!record) return does_not_exist(name);
  if (const auto other = default_name(); other && other != name) {
    return Error{.code = Errc::already_exists,
                 .message = "Authorizer " + other->text() + " is the default; clear the default first",
                 .resource_id = other->text(),
                 .resource_arn = iot_arn(around_.realm, "authorizer/" + other->text())};
  }
  if (auto stored = store_default(name); !stored) return stored.error();
  return record;
}

Status Authorizers::clear_default() {
  const std::lock_guard write{around_.write_mutex};
  if (!default_name()) return no_default();
  return store_default(std::nullopt);
}

Result<AuthorizerPtr> Authorizers::get_default() const {
  const auto name = default_name();
  if (!name) return no_default();
  return get(*name);
}

void Authorizers::clear() {
  table_.clear();
  const std::lock_guard lock{default_mutex_};
  default_.reset();
}

Status Authorizers::check_active_limit() const {
  std::size_t active = 0;
  for (PageRequest page{.size = around_.options.authorizers};;) {
    const auto found = list(page, true);
    if (!found) return found.error();
    active += found->items.size();
    if (found->next_marker.empty()) break;
    page.marker = found->next_marker;
  }
  if (active < around_.options.active_authorizers) return Ok{};
  return Error{
      Errc::limit_exceeded,
      "An account has at most " + std::to_string(around_.options.active_authorizers) + " active authorizers"};
}

Status Authorizers::store(const AuthorizerPtr& record) {
  const Change change{record};
  if (auto saved = around_.store.write({&change, 1}); !saved) return saved;
  table_.put(record);
  return Ok{};
}

std::optional<AuthorizerName> Authorizers::default_name() const {
  const std::lock_guard lock{default_mutex_};
  return default_;
}

Status Authorizers::store_default(const std::optional<AuthorizerName>& name) {
  const Change change{DefaultAuthorizer{.name = name.value_or(AuthorizerName{})}};
  if (auto saved = around_.store.write({&change, 1}); !saved) return saved;
  const std::lock_guard lock{default_mutex_};
  default_ = name;
  return Ok{};
}

}  // namespace iotemu::registry
