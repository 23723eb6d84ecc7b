// Certificates on their way to another account of the region (P2.10).
//
// While a transfer waits, both registries hold the certificate as PENDING_TRANSFER: the source's record is
// the one that a cancellation or rejection brings back, the target's the one that an acceptance makes its
// own. `owned_by` says who is who: the owner is the source. Accepting erases the source's record, anything
// else the target's.
//
// Each step changes two registries at once: it takes both writer locks, that of the lower realm first. No
// other code holds two, so nobody waits in a circle; Neighbours, which is asked under a writer lock, takes
// none (it reads tables). Both stores are written before anything is shown; when the second fails, the first
// is written back, and nothing has happened.

#include <algorithm>
#include <utility>

#include "registry/errors.h"
#include "registry/events.h"
#include "registry/registry.h"

namespace iotemu::registry {
namespace {

Error state_error(const CertificateRecord& certificate, std::string_view why) {
  return {Errc::certificate_state, "Certificate " + certificate.id.hex() + " is " +
                                       std::string{to_text(certificate.status)} +
                                       " and cannot be transferred: " + std::string{why}};
}

Error already_ended(const CertificateId& id) {
  return {Errc::transfer_already_completed, "The transfer of certificate " + id.hex() + " has ended already"};
}

Error no_transfer(const CertificateId& id) {
  return {Errc::not_found, "Certificate " + id.hex() + " has no transfer that waits for this account"};
}

}  // namespace

/// Both writer locks, in the order of the realms.
class Registry::BothLocked {
 public:
  BothLocked(Registry& a, Registry& b)
      : first_{a.realm_ < b.realm_ ? a.write_mutex_ : b.write_mutex_},
        second_{a.realm_ < b.realm_ ? b.write_mutex_ : a.write_mutex_} {}

 private:
  std::lock_guard<std::mutex> first_;
  std::lock_guard<std::mutex> second_;
};

Status Registry::write_both(const Change& mine, const Change& mine_before, Registry& other,
                            const Change& theirs) {
  if (auto saved = store_.write({&mine, 1}); !saved) return saved;
  auto saved = other.store_.write({&theirs, 1});
  if (saved) return Ok{};
  if (auto restored = store_.write({&mine_before, 1}); !restored) return restored;
  return saved;
}

void Registry::show_status(const CertificatePtr& record, CertificateStatus from) {
  show_certificate(record);
  verdicts_changed();
  bus_.publish(
      CertificateStatusChanged{.realm = realm_, .id = record->id, .from = from, .to = record->status});
}

void Registry::hide_transferred(const CertificateRecord& record) {
  const CertificateId id = record.id;
  if (record.ca_id) certificates_by_ca_.erase(*record.ca_id, record);
  certificates_.erase(id);
  ended_transfers_.insert(id);
  verdicts_changed();
  bus_.publish(CertificateDeleted{.realm = realm_, .id = id});
}

Status Registry::check_transferable(const CertificateRecord& certificate) const {
  switch (certificate.status) {
    case CertificateStatus::active:
      return state_error(certificate, "deactivate it first");
    case CertificateStatus::pending_transfer:
      return state_error(certificate, "its transfer waits for the other account already");
    case CertificateStatus::revoked:
      if (options_.revoked_is_final)
        return state_error(certificate, "a revoked certificate cannot be used again");
      break;
    default:
      break;
  }
  const Principal principal{realm_, certificate.id};
  if (policy_links_.count_of_left(principal) > 0) {
    return Error{Errc::transfer_conflict,
                 "Certificate policies must be detached before the transfer (arn: " + certificate.arn + ")"};
  }
  if (thing_links_.count_of_left(principal) > 0) {
    return Error{Errc::transfer_conflict,
                 "Things must be detached before the transfer (arn: " + certificate.arn + ")"};
  }
  return Ok{};
}

Result<std::string> Registry::transfer_certificate(const CertificateId& id, Registry& to,
                                                   const std::string& message) {
  if (&to == this) return invalid("Account " + realm_.account + " owns certificate " + id.hex() + " already");
  const BothLocked locked{*this, to};
  const auto old = certificates_.find(id);
  if (!old) return does_not_exist(id);
  if (auto checked = check_transferable(*old); !checked) return checked.error();
  if (to.certificates_.find(id)) {
    return Error{Errc::transfer_conflict,
                 "Account " + to.realm_.account + " has certificate " + id.hex() + " already"};
  }
  auto outgoing = std::make_shared<CertificateRecord>(*old);
  outgoing->status = CertificateStatus::pending_transfer;
  outgoing->changed_at = clock_.now();
  ++outgoing->version;
  outgoing->transfer =
      CertificateTransfer{.to = to.realm_.account, .message = message, .sent_at = outgoing->changed_at};
  auto incoming = std::make_shared<CertificateRecord>(*outgoing);
  incoming->arn = certificate_arn(to.realm_, id);

  const CertificatePtr mine{std::move(outgoing)};
  const CertificatePtr theirs{std::move(incoming)};
  if (auto saved = write_both(mine, old, to, theirs); !saved) return saved.error();
  show_status(mine, old->status);
  to.show_certificate(theirs);
  to.verdicts_changed();
  to.ended_transfers_.erase(id);
  return theirs->arn;
}

Result<Realm> Registry::transfer_partner(const CertificateId& id, TransferSide side) const {
  const auto found = certificates_.find(id);
  if (!found) {
    const Writing write{write_mutex_};
    if (ended_transfers_.contains(id)) return already_ended(id);
    return does_not_exist(id);
  }
  if (!found->transfer) return no_transfer(id);
  if (found->status != CertificateStatus::pending_transfer) return already_ended(id);
  const bool owner = found->owned_by == realm_.account;
  if (owner != (side == TransferSide::source)) return no_transfer(id);
  return Realm{.account = owner ? found->transfer->to : found->owned_by, .region = realm_.region};
}

/// Under both locks: the record of this side, if the transfer with `other` still waits.
Result<CertificatePtr> Registry::waiting_transfer(const CertificateId& id, const Registry& other,
                                                  TransferSide side) const {
  const auto record = certificates_.find(id);
  if (!record) return ended_transfers_.contains(id) ? already_ended(id) : does_not_exist(id);
  if (record->status != CertificateStatus::pending_transfer || !record->transfer) return already_ended(id);
  const auto& source = side == TransferSide::source ? realm_ : other.realm_;
  const auto& target = side == TransferSide::source ? other.realm_ : realm_;
  if (record->owned_by != source.account || record->transfer->to != target.account) return no_transfer(id);
  return record;
}

Status Registry::accept_transfer(const CertificateId& id, Registry& from, bool set_active) {
  const BothLocked locked{*this, from};
  const auto record = waiting_transfer(id, from, TransferSide::target);
  if (!record) return record.error();
  const auto source = from.certificates_.find(id);
  if (!source) return no_transfer(id);
  auto next = std::make_shared<CertificateRecord>(**record);
  next->status = set_active ? CertificateStatus::active : CertificateStatus::inactive;
  next->changed_at = next->transfer->accepted_at.emplace(clock_.now());
  ++next->version;
  next->previous_owner = next->owned_by;
  next->owned_by = realm_.account;

  const CertificatePtr done{std::move(next)};
  const Change erased{Erased{.kind = RecordKind::certificate, .key = id.hex()}};
  if (auto saved = write_both(done, *record, from, erased); !saved) return saved;
  // First here: a device that knocks in between finds a certificate that waits, not a stranger.
  show_status(done, (*record)->status);
  from.hide_transferred(*source);
  return Ok{};
}

Status Registry::reject_transfer(const CertificateId& id, Registry& from, const std::string& reason) {
  const BothLocked locked{*this, from};
  return give_back(id, from, *this, reason);
}

Status Registry::cancel_transfer(const CertificateId& id, Registry& to) {
  const BothLocked locked{*this, to};
  return give_back(id, *this, to, {});
}

Status Registry::give_back(const CertificateId& id, Registry& source, Registry& target,
                           const std::optional<std::string>& rejected) {
  // Whoever acts is told by its own record.
  const auto mine = rejected ? target.waiting_transfer(id, source, TransferSide::target)
                             : source.waiting_transfer(id, target, TransferSide::source);
  if (!mine) return mine.error();
  const auto outgoing = source.certificates_.find(id);
  const auto incoming = target.certificates_.find(id);
  if (!outgoing || !incoming) return no_transfer(id);
  auto next = std::make_shared<CertificateRecord>(*outgoing);
  next->status = CertificateStatus::inactive;
  next->changed_at = source.clock_.now();
  ++next->version;
  if (rejected) {
    next->transfer->rejected_at = next->changed_at;
    next->transfer->reject_reason = *rejected;
  }
  const CertificatePtr done{std::move(next)};
  const Change erased{Erased{.kind = RecordKind::certificate, .key = id.hex()}};
  if (auto saved = source.write_both(done, outgoing, target, erased); !saved) return saved;
  source.show_status(done, outgoing->status);
  target.hide_transferred(*incoming);
  return Ok{};
}

Result<Page<CertificatePtr>> Registry::outgoing_certificates(const PageRequest& page) const {
  return certificates_.page(page, [&](const CertificateRecord& certificate) {
    return certificate.status == CertificateStatus::pending_transfer && certificate.transfer &&
           certificate.owned_by == realm_.account;
  });
}

}  // namespace iotemu::registry
