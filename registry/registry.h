#pragma once

// The single source of truth of one realm: CA certificates, device certificates, policies, things and their
// types and groups, provisioning templates, and what is attached to what. Every method may be called on any
// thread. A write takes the writer lock, checks, builds the new record, saves it, makes it visible and tells
// the bus; a read takes a shard lock for the time of a look-up and leaves with an immutable record. Methods
// that generate keys or check signatures do so before any lock.
//
// Failures carry the Errc of the operation's AWS error; messages follow the service's form where it is known.

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/event_bus.h"
#include "base/random.h"
#include "base/realm.h"
#include "base/result.h"
#include "registry/answers.h"
#include "registry/events.h"
#include "registry/ids.h"
#include "registry/index/fleet_index.h"
#include "registry/links.h"
#include "registry/options.h"
#include "registry/ownership_tokens.h"
#include "registry/paging.h"
#include "registry/pki/certificate.h"
#include "registry/provisioning/template.h"
#include "registry/records/provisioning_claim.h"
#include "registry/remembered_ids.h"
#include "registry/requests.h"
#include "registry/service_ca.h"
#include "registry/store.h"
#include "registry/table.h"
#include "registry/things_by_attribute.h"

namespace iotemu::registry {

class Authorizers;
class DomainConfigurations;
class EventConfigurations;
class LoggingOptions;
class RoleAliases;
class TopicRuleDestinations;
class TopicRules;

/// The other realms, as far as DEFAULT mode must ask: a certificate in that mode has one owner per region
/// (P0.2), and a host name one among all. Called with the asking registry's writer lock held: answer from
/// `Registry::owns_certificate`, `owns_ca` and `DomainConfigurations::by_name`, which take no writer lock.
class Neighbours {
 public:
  virtual ~Neighbours() = default;
  /// Another account of the region holds this device certificate in DEFAULT mode.
  [[nodiscard]] virtual bool certificate_owned_elsewhere(const Realm& asking,
                                                         const CertificateId& id) const = 0;
  /// Another account of the region holds this CA certificate in DEFAULT mode.
  [[nodiscard]] virtual bool ca_owned_elsewhere(const Realm& asking, const CertificateId& id) const = 0;
  /// Another realm of any region has a domain configuration of this host name.
  [[nodiscard]] virtual bool domain_owned_elsewhere(const Realm& asking, std::string_view host) const = 0;

  /// Held from that question until the name is written: of two realms that want it at once, one is first.
  [[nodiscard]] std::mutex& domain_names_mutex() const { return domain_names_mutex_; }

 private:
  mutable std::mutex domain_names_mutex_;  ///< Taken after a registry's writer lock.
};

class Registry {
 public:
  /// `neighbours` may be null: no other account exists. All references outlive the registry.
  Registry(Realm realm, const Clock& clock, Random& random, Store& store, EventBus& bus,
           RegistryOptions options = {}, const Neighbours* neighbours = nullptr);
  ~Registry();

  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  [[nodiscard]] const Realm& realm() const { return realm_; }
  [[nodiscard]] const RegistryOptions& options() const { return options_; }

  // --- CA certificates (P1), ca_certificates.cpp ---

  /// Made on first use, then the same until deleted.
  Result<std::string> registration_code();
  Status delete_registration_code();
  Result<CaCertificatePtr> register_ca(const RegisterCa& request);
  [[nodiscard]] Result<CaCertificatePtr> ca(const CertificateId& id) const;
  Status update_ca(const CertificateId& id, const UpdateCa& request);
  Status delete_ca(const CertificateId& id);
  /// With a template name, only CAs whose registrationConfig names it.
  [[nodiscard]] Result<Page<CaCertificatePtr>> list_cas(const PageRequest& page,
                                                        const std::string& template_name = {}) const;
  /// Empty for an unknown id (P1.7).
  [[nodiscard]] Result<Page<CertificatePtr>> list_certificates_by_ca(const CertificateId& ca,
                                                                     const PageRequest& page) const;

  // --- Device certificates (P2), certificates.cpp ---

  /// Generates an RSA-2048 key: blocks for a while.
  Result<CreatedKeysAndCertificate> create_keys_and_certificate(bool set_active);
  Result<CertificatePtr> create_certificate_from_csr(std::string_view csr_pem, bool set_active);
  Result<CertificatePtr> register_certificate(const RegisterCertificate& request);
  Result<CertificatePtr> register_certificate_without_ca(const RegisterCertificate& request);
  /// Not a claim's: `find_at_door` knows those.
  [[nodiscard]] Result<CertificatePtr> certificate(const CertificateId& id) const;
  Status set_certificate_status(const CertificateId& id, CertificateStatus to);
  Status delete_certificate(const CertificateId& id, bool force);
  [[nodiscard]] Result<Page<CertificatePtr>> list_certificates(const PageRequest& page) const;

  // --- Transfers between two accounts of a region (P2.10), transfers.cpp ---

  /// Both accounts hold the certificate as PENDING_TRANSFER until one of them acts. Answers its ARN there.
  /// Errc::certificate_state for a status, Errc::transfer_conflict for attachments that stand in the way.
  Result<std::string> transfer_certificate(const CertificateId& id, Registry& to, const std::string& message);
  /// The realm on the other side of a transfer that waits, for the side that acts. Errc::not_found: there is
  /// none; Errc::transfer_already_completed: it has ended. So answer the three that act, too.
  [[nodiscard]] Result<Realm> transfer_partner(const CertificateId& id, TransferSide side) const;
  Status accept_transfer(const CertificateId& id, Registry& from, bool set_active);
  Status reject_transfer(const CertificateId& id, Registry& from, const std::string& reason);
  Status cancel_transfer(const CertificateId& id, Registry& to);
  [[nodiscard]] Result<Page<CertificatePtr>> outgoing_certificates(const PageRequest& page) const;

  // --- The door (P3.4), door.cpp ---

  /// A registered certificate or a live claim's; null for any other.
  [[nodiscard]] CertificatePtr find_at_door(const CertificateId& id) const;
  /// Which registered CA signed `leaf`. `chain` is what the client sent, leaf first: it only helps to choose.
  [[nodiscard]] IssuerSearch find_issuer(const pki::Certificate& leaf,
                                         std::span<const pki::Certificate> chain) const;
  /// Creates the record as PENDING_ACTIVATION, once, however many connects race. Fails with
  /// Errc::certificate_state when `ca` has meanwhile left ACTIVE and ENABLE, Errc::invalid_request when
  /// another account owns it.
  Result<AutoRegistration> auto_register(const pki::Certificate& leaf, const CaCertificateRecord& ca);
  /// Null for an unknown certificate.
  [[nodiscard]] std::shared_ptr<const PrincipalView> principal_view(const CertificateId& id) const;
  /// Moves with everything that can change a verdict.
  [[nodiscard]] std::uint64_t generation() const noexcept {
    return generation_.load(std::memory_order_acquire);
  }
  /// Whether this realm holds the certificate in DEFAULT mode. For Neighbours.
  [[nodiscard]] bool owns_certificate(const CertificateId& id) const;
  [[nodiscard]] bool owns_ca(const CertificateId& id) const;

  // --- Policies (P7.2), policies.cpp, attachments.cpp ---

  Result<PolicyPtr> create_policy(const PolicyName& name, std::string_view document, const Tags& tags = {});
  [[nodiscard]] Result<PolicyPtr> policy(const PolicyName& name) const;
  [[nodiscard]] Result<Page<PolicyPtr>> list_policies(const PageRequest& page) const;
  Status delete_policy(const PolicyName& name);
  Result<PolicyVersionPtr> create_policy_version(const PolicyName& name, std::string_view document,
                                                 bool set_as_default);
  [[nodiscard]] Result<PolicyVersionPtr> policy_version(const PolicyName& name, int version) const;
  Status set_default_policy_version(const PolicyName& name, int version);
  Status delete_policy_version(const PolicyName& name, int version);
  /// `target`: certificate ARN, thing group ARN or Cognito identity id. Idempotent.
  Status attach_policy(const PolicyName& name, std::string_view target);
  /// Succeeds when it was not attached or the policy does not exist: the operation models no 404.
  Status detach_policy(const PolicyName& name, std::string_view target);
  /// `recursive`: also those of a group's ancestors, or of the groups of a certificate's things.
  [[nodiscard]] Result<Page<PolicyPtr>> attached_policies(std::string_view target, const PageRequest& page,
                                                          bool recursive = false) const;
  /// `principals_only`: without thing groups.
  [[nodiscard]] Result<Page<std::string>> targets_for_policy(const PolicyName& name, const PageRequest& page,
                                                             bool principals_only = false) const;
  /// By name: the policies of `target` (empty: of nobody) and those of the groups, with their ancestors, of
  /// its things; with `thing`, of that thing alone, which counts for a principal only if attached to it.
  [[nodiscard]] Result<std::vector<PolicyPtr>> effective_policies(
      std::string_view target, const std::optional<ThingName>& thing) const;
  /// As `principal_view`, for all that a policy can be attached to: a Cognito identity and a thing group have
  /// no certificate, and a group has no things but its ancestors' policies.
  [[nodiscard]] Result<PrincipalView> target_view(std::string_view target) const;

  // --- Things (P8.1), things.cpp ---

  Result<ThingPtr> create_thing(const ThingName& name, const CreateThing& request);
  [[nodiscard]] Result<ThingPtr> thing(const ThingName& name) const;
  Status update_thing(const ThingName& name, const UpdateThing& request);
  Status delete_thing(const ThingName& name, std::optional<std::int64_t> expected_version = {});
  [[nodiscard]] Result<Page<ThingPtr>> list_things(const PageRequest& page,
                                                   const ThingFilter& filter = {}) const;

  // --- Thing types (P8.2), thing_types.cpp ---

  Result<ThingTypePtr> create_thing_type(const ThingTypeName& name, const ThingTypeProperties& properties,
                                         const Tags& tags = {});
  [[nodiscard]] Result<ThingTypePtr> thing_type(const ThingTypeName& name) const;
  Status update_thing_type(const ThingTypeName& name, const UpdateThingType& request);
  Status deprecate_thing_type(const ThingTypeName& name, bool undo);
  Status delete_thing_type(const ThingTypeName& name);
  [[nodiscard]] Result<Page<ThingTypePtr>> list_thing_types(
      const PageRequest& page, const std::optional<ThingTypeName>& name = {}) const;

  // --- Thing groups (P8.4), thing_groups.cpp, memberships.cpp ---

  Result<ThingGroupPtr> create_thing_group(const ThingGroupName& name, const CreateThingGroup& request);
  [[nodiscard]] Result<ThingGroupPtr> thing_group(const ThingGroupName& name) const;
  /// Answers the new version.
  Result<std::int64_t> update_thing_group(const ThingGroupName& name, const UpdateThingGroup& request);
  /// Its things leave it, its policies are detached. Succeeds for a missing group; Errc::invalid_request
  /// while it has children.
  Status delete_thing_group(const ThingGroupName& name, std::optional<std::int64_t> expected_version = {});
  [[nodiscard]] Result<Page<ThingGroupPtr>> list_thing_groups(const PageRequest& page,
                                                              const ThingGroupFilter& filter = {}) const;
  /// All of it or nothing, of static groups. Adding a member and removing none are no-ops.
  Status change_memberships(const ThingName& thing, const std::set<ThingGroupName>& add,
                            const std::set<ThingGroupName>& remove,
                            DynamicGroups dynamic = DynamicGroups::keep);
  [[nodiscard]] Result<Page<ThingGroupName>> groups_of_thing(const ThingName& thing,
                                                             const PageRequest& page) const;
  /// `recursive`: also of all groups below.
  [[nodiscard]] Result<Page<ThingName>> things_in_group(const ThingGroupName& group, const PageRequest& page,
                                                        bool recursive = false) const;

  // --- Dynamic thing groups (FI-6), dynamic_groups.cpp ---

  /// Answers, when every thing has been asked, the group as it was made.
  Result<ThingGroupPtr> create_dynamic_thing_group(const ThingGroupName& name,
                                                   const CreateDynamicThingGroup& request);
  /// Answers the new version, when every thing has been asked.
  Result<std::int64_t> update_dynamic_thing_group(const ThingGroupName& name,
                                                  const UpdateDynamicThingGroup& request);
  /// Succeeds for a missing group.
  Status delete_dynamic_thing_group(const ThingGroupName& name,
                                    std::optional<std::int64_t> expected_version = {});

  // --- Fleet indexing (FI-1…5), indexing.cpp ---

  [[nodiscard]] const index::FleetIndex& index() const { return index_; }
  Status update_indexing(const UpdateIndexing& request);
  /// The thing whose device this is, as far as connectivity goes: that of an exclusive attachment, else the
  /// one named by the client id.
  [[nodiscard]] std::optional<ThingName> thing_of_connection(const CertificateId& certificate,
                                                             std::string_view client_id) const;
  /// `connection` tells one connection from the next. Dynamic groups learn of both by `follow_connectivity`.
  void device_connected(const ThingName& thing, std::uint64_t connection);
  /// The thing that this has changed, if any: the one that was named when the device connected.
  std::optional<ThingName> device_disconnected(std::uint64_t connection, std::string reason);
  /// Takes the writer lock: not on a thread that moves messages.
  void follow_connectivity(const ThingName& thing);

  // --- Billing groups (P8.5), billing_groups.cpp ---

  Result<BillingGroupPtr> create_billing_group(const BillingGroupName& name, const std::string& description,
                                               const Tags& tags = {});
  [[nodiscard]] Result<BillingGroupPtr> billing_group(const BillingGroupName& name) const;
  /// Answers the new version.
  Result<std::int64_t> update_billing_group(const BillingGroupName& name, const UpdateBillingGroup& request);
  /// Its things leave it. Succeeds for a missing group.
  Status delete_billing_group(const BillingGroupName& name,
                              std::optional<std::int64_t> expected_version = {});
  [[nodiscard]] Result<Page<BillingGroupPtr>> list_billing_groups(const PageRequest& page,
                                                                  const std::string& name_prefix = {}) const;
  /// A thing is in one billing group at most: it leaves the one it is in.
  Status add_thing_to_billing_group(const ThingName& thing, const BillingGroupName& group);
  /// No-op for a thing that is not in it.
  Status remove_thing_from_billing_group(const ThingName& thing, const BillingGroupName& group);
  [[nodiscard]] Result<Page<ThingName>> things_in_billing_group(const BillingGroupName& group,
                                                                const PageRequest& page) const;

  // --- Thing principals (P8.3), principals.cpp ---

  /// `principal`: certificate ARN or Cognito identity id. Idempotent.
  Status attach_thing_principal(const ThingName& thing, std::string_view principal,
                                ThingPrincipalType type = ThingPrincipalType::non_exclusive);
  Status detach_thing_principal(const ThingName& thing, std::string_view principal);
  [[nodiscard]] Result<Page<ThingPrincipal>> thing_principals(
      const ThingName& thing, const PageRequest& page, std::optional<ThingPrincipalType> type = {}) const;
  [[nodiscard]] Result<Page<PrincipalThing>> principal_things(
      std::string_view principal, const PageRequest& page, std::optional<ThingPrincipalType> type = {}) const;

  // --- Provisioning templates (P5.10), provisioning_templates.cpp ---

  Result<ProvisioningTemplatePtr> create_provisioning_template(const TemplateName& name,
                                                               const CreateProvisioningTemplate& request);
  [[nodiscard]] Result<ProvisioningTemplatePtr> provisioning_template(const TemplateName& name) const;
  Status update_provisioning_template(const TemplateName& name, const UpdateProvisioningTemplate& request);
  /// Errc::delete_conflict while it has more than its default version or a CA names it.
  Status delete_provisioning_template(const TemplateName& name);
  [[nodiscard]] Result<Page<ProvisioningTemplatePtr>> list_provisioning_templates(
      const PageRequest& page) const;
  Result<TemplateVersion> create_provisioning_template_version(const TemplateName& name,
                                                               std::string_view body, bool set_as_default);
  [[nodiscard]] Result<TemplateVersion> provisioning_template_version(const TemplateName& name,
                                                                      int version) const;
  /// Errc::delete_conflict for the default version.
  Status delete_provisioning_template_version(const TemplateName& name, int version);
  /// By version id.
  [[nodiscard]] Result<Page<TemplateVersion>> list_provisioning_template_versions(
      const TemplateName& name, const PageRequest& page) const;

  // --- Provisioning (P5.1, P5.5–5.8), provision.cpp, just_in_time.cpp ---

  /// Makes what the plan asks for and does not exist: thing, policies, policy attachments, thing attachment,
  /// the certificate's status last. A CSR is signed before the lock: with one, it blocks. Errors:
  /// Errc::conflicting_resource_update (an existing thing or status that the override settings do not allow),
  /// Errc::resource_registration_failure (anything else a resource needs and lacks).
  Result<Provisioned> provision(const provisioning::Plan& plan, Leftovers leftovers);
  /// RegisterThing (P5.8), also for each line of a bulk registration.
  Result<Provisioned> register_thing(const provisioning::Template& document,
                                     const provisioning::Parameters& parameters);
  /// JITP (P5.1) of a certificate that is PENDING_ACTIVATION, by the template of the CA that signed it. The
  /// error's message is what a person needs to mend it. A certificate that is not PENDING_ACTIVATION is left
  /// alone; for a CA that is INACTIVE or lets no device register, no template runs (P3.5 row 8).
  /// `known`: the certificate, where the caller has read it already; reading it costs more than all the rest.
  Result<Provisioned> provision_just_in_time(const CertificateId& id,
                                             const pki::Certificate* known = nullptr);

  // --- Fleet provisioning (P6), fleet_provisioning.cpp ---

  /// A new certificate as PENDING_ACTIVATION with a key of its own (RSA-2048: blocks for a while) or for the
  /// key of a CSR. It is deleted when its token expires and nobody has used the certificate. Where
  /// `still_wanted`, asked under the writer lock, says no, nothing is stored: Errc::unavailable.
  Result<OwnedCertificate> create_owned_keys_and_certificate(const StillWanted& still_wanted = {});
  Result<OwnedCertificate> create_owned_certificate(std::string_view csr_pem,
                                                    const StillWanted& still_wanted = {});
  /// The certificate a token stands for. Errc::not_found: unknown, expired, used up, or the certificate is
  /// gone.
  [[nodiscard]] Result<CertificatePtr> owned_certificate(const std::string& token) const;
  /// `provision` with Leftovers::nothing and the using up of the token in one step: of two that race with one
  /// token, one succeeds. Errc::not_found: see `owned_certificate`; else errors are those of `provision`.
  Result<Provisioned> provision_owned(const std::string& token, const provisioning::Plan& plan);
  /// A temporary claim certificate for one fleet template, valid for five minutes and known to nobody but the
  /// door (P6.5). Generates an RSA-2048 key: blocks for a while. Errc::not_found: no such template,
  /// Errc::invalid_request: one that is disabled or for JITP.
  Result<CreatedKeysAndCertificate> create_provisioning_claim(const TemplateName& name);
  /// Ends tokens and claims whose time is over. The registry tells by ExpiryAhead when to call it.
  void forget_expired();

  // --- Tags (P8.8), tags.cpp ---

  /// Of whatever the ARN names. Errc::not_found: nothing of this realm; Errc::invalid_request: a thing or a
  /// device certificate, which carry none.
  [[nodiscard]] Result<Tags> tags_of(std::string_view arn) const;
  /// Adds tags; one whose key is there takes the new value. Errc::limit_exceeded beyond what a resource has.
  Status tag(std::string_view arn, const Tags& tags);
  /// Keys that are not there are no error.
  Status untag(std::string_view arn, const std::set<std::string>& keys);

  // --- Families of records with a class of their own ---

  [[nodiscard]] Authorizers& authorizers() { return *authorizers_; }
  [[nodiscard]] const Authorizers& authorizers() const { return *authorizers_; }
  [[nodiscard]] DomainConfigurations& domain_configurations() { return *domain_configurations_; }
  [[nodiscard]] const DomainConfigurations& domain_configurations() const { return *domain_configurations_; }
  [[nodiscard]] EventConfigurations& event_configurations() { return *event_configurations_; }
  [[nodiscard]] const EventConfigurations& event_configurations() const { return *event_configurations_; }
  [[nodiscard]] LoggingOptions& logging_options() { return *logging_options_; }
  [[nodiscard]] RoleAliases& role_aliases() { return *role_aliases_; }
  [[nodiscard]] const RoleAliases& role_aliases() const { return *role_aliases_; }
  [[nodiscard]] TopicRuleDestinations& topic_rule_destinations() { return *topic_rule_destinations_; }
  [[nodiscard]] const TopicRuleDestinations& topic_rule_destinations() const {
    return *topic_rule_destinations_;
  }
  [[nodiscard]] TopicRules& topic_rules() { return *topic_rules_; }
  [[nodiscard]] const TopicRules& topic_rules() const { return *topic_rules_; }

  // --- Everything, registry.cpp ---

  /// Forgets all records; with `keep_ca`, CA certificates, the provisioning templates they name and the
  /// registration code stay.
  Status reset(bool keep_ca);

 private:
  using Writing = std::lock_guard<std::mutex>;

  /// A registered CA with its parsed certificate.
  struct Issuer {
    CaCertificatePtr record{};
    pki::Certificate certificate;
  };
  /// All CAs with one normalised subject, oldest first.
  struct IssuerGroup {
    std::string subject{};
    std::vector<Issuer> issuers{};
    [[nodiscard]] const std::string& key() const { return subject; }
  };

  void verdicts_changed() noexcept { generation_.fetch_add(1, std::memory_order_acq_rel); }
  [[nodiscard]] Error already_exists(std::string message, std::string id, std::string arn) const;

  // ca_certificates.cpp
  /// The config with its template parsed. Under write_mutex_: the template it names must exist.
  [[nodiscard]] Result<RegistrationConfig> read_registration_config(RegistrationConfig config) const;
  /// Keeps the issuers by subject in step with cas_. Under write_mutex_.
  void put_issuer(const CaCertificatePtr& record, const pki::Certificate& certificate);
  void erase_issuer(const pki::Certificate& certificate);
  /// The registered CAs whose name and key signed the certificate.
  [[nodiscard]] std::vector<Issuer> signers_of(const pki::Certificate& certificate) const;

  // certificates.cpp
  [[nodiscard]] std::shared_ptr<CertificateRecord> new_certificate(const pki::Certificate& certificate,
                                                                   std::string pem,
                                                                   CertificateStatus status) const;
  /// Checks uniqueness, stamps, saves and shows the record. Takes write_mutex_.
  Result<CertificatePtr> insert_certificate(std::shared_ptr<CertificateRecord> record);
  /// The record that RegisterCertificate asks for, not yet stored.
  [[nodiscard]] Result<std::shared_ptr<CertificateRecord>> read_registration(
      const RegisterCertificate& request) const;
  /// The four of them under write_mutex_.
  Result<CertificatePtr> insert(std::shared_ptr<CertificateRecord> record);
  [[nodiscard]] Status check_ownership(const CertificateRecord& record) const;
  Status store_certificate(const CertificatePtr& record);
  void show_certificate(const CertificatePtr& record);
  /// Erases it with its policy attachments. Under write_mutex_.
  Status erase_certificate(const CertificateRecord& record);

  // transfers.cpp
  class BothLocked;
  /// Under both locks. `mine_before` brings this store back when the other fails.
  Status write_both(const Change& mine, const Change& mine_before, Registry& other, const Change& theirs);
  void show_status(const CertificatePtr& record, CertificateStatus from);
  void hide_transferred(const CertificateRecord& record);
  [[nodiscard]] Status check_transferable(const CertificateRecord& certificate) const;
  [[nodiscard]] Result<CertificatePtr> waiting_transfer(const CertificateId& id, const Registry& other,
                                                        TransferSide side) const;
  /// The source has it again; `rejected` is the target's reason, if it was the target who acted.
  static Status give_back(const CertificateId& id, Registry& source, Registry& target,
                          const std::optional<std::string>& rejected);

  // fleet_provisioning.cpp
  Result<OwnedCertificate> own(const Result<pki::Certificate>& certificate, const StillWanted& still_wanted);
  void forget_claims();

  // provision.cpp, just_in_time.cpp
  class Draft;
  /// The template that a CA's registrationConfig means, now.
  [[nodiscard]] Result<provisioning::TemplatePtr> provisioning_document(
      const RegistrationConfig& config) const;
  struct Source;
  Result<Source> read_source(const provisioning::CertificatePlan& plan);
  /// With `only_pending`, a certificate that has left PENDING_ACTIVATION meanwhile is left alone. An
  /// ownership token must be valid, and success uses it up.
  Result<Provisioned> apply(const provisioning::Plan& plan, Leftovers leftovers, bool only_pending,
                            const std::string& ownership_token = {});

  // policies.cpp, attachments.cpp
  /// Version 1 of a policy, not yet stored.
  [[nodiscard]] Result<std::shared_ptr<PolicyRecord>> new_policy(const PolicyName& name,
                                                                 std::string_view document, Time now) const;
  Status store_policy(std::shared_ptr<PolicyRecord> next);
  /// The principal, which exists if it is a certificate.
  [[nodiscard]] Result<Principal> existing_principal(std::string_view text) const;
  /// A certificate that is being transferred takes no attachment.
  [[nodiscard]] Status check_settled(const Principal& principal) const;
  /// The target, which exists if it is a certificate or a thing group.
  [[nodiscard]] Result<PolicyTarget> policy_target(std::string_view text) const;
  /// Default versions of all their policies, by name.
  [[nodiscard]] std::vector<policy::NamedDocument> documents_of(
      const std::vector<PolicyTarget>& targets) const;
  [[nodiscard]] std::vector<AttachedThing> attached_things(const Principal& principal) const;
  /// All whose policies a recursive list of `target`'s shows (P7.2).
  [[nodiscard]] std::vector<PolicyTarget> policy_sources(const PolicyTarget& target) const;

  // provisioning_templates.cpp
  Status store_provisioning_template(std::shared_ptr<ProvisioningTemplateRecord> next);
  /// A registered CA has this template in its registrationConfig. Under write_mutex_.
  [[nodiscard]] bool named_by_ca(const TemplateName& name) const;
  [[nodiscard]] std::vector<ProvisioningTemplatePtr> templates_named_by_cas() const;

  // things.cpp, principals.cpp
  /// A thing as far as the request alone tells; the form and number of its attributes are checked.
  [[nodiscard]] Result<std::shared_ptr<ThingRecord>> new_thing(const ThingName& name,
                                                               const CreateThing& request) const;
  /// The rest of a new thing: what it names must exist. Under write_mutex_.
  [[nodiscard]] Status complete(ThingRecord& thing) const;
  [[nodiscard]] Status check_attributes(const ThingRecord& thing) const;
  [[nodiscard]] Status check_type_for_new_use(const ThingTypeName& type) const;
  /// Puts the record, keeps the things by type, by attribute and those of billing groups, and tells. Under
  /// write_mutex_.
  void show_thing(const ThingRecord* old, const ThingPtr& next);
  /// The opposite.
  void hide_thing(const ThingPtr& old);
  /// The page, if it is full, or there are no more things, before `most` of them are read.
  [[nodiscard]] std::optional<Result<Page<ThingPtr>>> walk_things(const PageRequest& page,
                                                                  const ThingFilter& filter,
                                                                  std::size_t most) const;
  [[nodiscard]] Status check_exclusivity(const ThingName& thing, const Principal& principal,
                                         ThingPrincipalType type) const;

  // dynamic_groups.cpp, indexing.cpp
  [[nodiscard]] Result<DynamicQuery> read_query(const std::string& text, const std::string& index_name,
                                                const std::string& version) const;
  /// Under write_mutex_.
  Status store_dynamic(const ThingGroupRecord& next);
  /// Asks the group's query about every thing, in chunks; takes write_mutex_.
  Status build_dynamic_group(const std::shared_ptr<ThingGroupRecord>& group);
  /// Puts the thing into the dynamic groups whose queries find it, and out of the others. Under write_mutex_,
  /// after each change that a query can see.
  Status follow_queries(const ThingName& thing);
  Status follow_queries(const ThingName& thing, std::span<const ThingGroupName> groups);
  /// Of many things; takes write_mutex_.
  Status follow_in_chunks(std::span<const ThingName> things);

  // thing_groups.cpp, memberships.cpp, billing_groups.cpp
  /// A group as far as the request alone tells.
  [[nodiscard]] Result<std::shared_ptr<ThingGroupRecord>> new_thing_group(
      const ThingGroupName& name, const ThingGroupProperties& properties, const Tags& tags) const;
  /// The next version of a group; the form of the attributes is checked.
  [[nodiscard]] Result<std::shared_ptr<ThingGroupRecord>> changed_thing_group(
      const ThingGroupRecord& old, const UpdateThingGroup& request) const;
  /// With its memberships and policy attachments. Answers the things that were in it, about which the queries
  /// of dynamic groups are to be asked. Under write_mutex_.
  Result<std::vector<ThingName>> erase_thing_group(const ThingGroupPtr& old,
                                                   std::optional<std::int64_t> expected_version);
  [[nodiscard]] bool is_dynamic(const ThingGroupName& name) const;
  [[nodiscard]] Status check_group_attributes(const Attributes& attributes) const;
  /// Depth and number of siblings. Under write_mutex_.
  [[nodiscard]] Status check_place(const ThingGroupName& name, const ThingGroupRecord& parent) const;
  /// Whether `thing` may be in exactly these groups: each exists (Errc::not_found), they are not too many and
  /// no two are of one hierarchy (Errc::invalid_request). Under write_mutex_.
  [[nodiscard]] Status check_memberships(const ThingName& thing,
                                         const std::set<ThingGroupName>& groups) const;
  /// The thing's groups and all their ancestors.
  [[nodiscard]] std::set<ThingGroupName> groups_above(const ThingName& thing) const;
  /// The group and all below it.
  [[nodiscard]] std::vector<ThingGroupName> subtree(const ThingGroupName& group) const;
  /// Links and tells. Under write_mutex_.
  void join(const ThingPtr& thing, const ThingGroupName& group);
  void leave(const ThingPtr& thing, const ThingGroupName& group);
  /// The thing with another billing group. Under write_mutex_.
  Status move_thing(const ThingPtr& thing, const std::optional<BillingGroupName>& group);

  // tags.cpp
  /// `visit(table, key or why there is none)` of what the ARN names.
  template <class Self, class Visit>
  static Result<Tags> visit_tagged(Self& self, std::string_view arn, Visit visit);
  Status change_tags(std::string_view arn, const std::function<Result<Tags>(Tags)>& changed);

  // tell.cpp: registry events (LE-12), each only while its switch is on. Under write_mutex_: what is told is
  // what was enabled when it was written.
  [[nodiscard]] EventStamp stamp() const;
  void tell_thing(EventOperation operation, const ThingPtr& thing) const;
  void tell_type(EventOperation operation, const ThingTypePtr& type) const;
  void tell_type_of_thing(bool added, const ThingPtr& thing, const ThingTypeName& type) const;
  void tell_group(EventOperation operation, const ThingGroupPtr& group) const;
  void tell_place(bool added, const ThingGroupPtr& child) const;
  void tell_membership(bool added, const ThingPtr& thing, const ThingGroupName& group) const;

  const Realm realm_;
  const Clock& clock_;
  Random& random_;
  Store& store_;
  EventBus& bus_;
  const RegistryOptions options_;
  const Neighbours* neighbours_;
  std::shared_ptr<ServiceCa> service_ca_;

  mutable std::mutex write_mutex_;  ///< Taken by every write, before any lock inside the tables below.
  std::atomic<std::uint64_t> generation_{1};
  std::string registration_code_;  ///< Under write_mutex_.

  Table<CertificateId, CertificateRecord> certificates_;
  GroupedOrder<CertificateId, CertificateRecord> certificates_by_ca_;
  /// Certificates that are gone from here by a transfer: whoever acts on one again is told so.
  RememberedIds<CertificateId> ended_transfers_{100'000};  ///< Under write_mutex_.
  Table<CertificateId, CaCertificateRecord> cas_;
  ShardedMap<std::string, IssuerGroup> issuers_;  ///< By normalised subject.
  Table<PolicyName, PolicyRecord> policies_;
  Table<TemplateName, ProvisioningTemplateRecord> provisioning_templates_;
  Table<ThingName, ThingRecord> things_;
  Table<ThingTypeName, ThingTypeRecord> thing_types_;
  GroupedOrder<ThingTypeName, ThingRecord> things_by_type_;
  ThingsByAttribute things_by_attribute_;
  Table<ThingGroupName, ThingGroupRecord> thing_groups_;
  Links<ThingGroupName, ThingGroupName, Ok> child_groups_;  ///< Parent, child.
  Links<ThingName, ThingGroupName, Ok> group_links_;
  std::vector<ThingGroupName> dynamic_groups_;  ///< Oldest first. Under write_mutex_.
  index::FleetIndex index_{thing_groups_, group_links_};
  Table<BillingGroupName, BillingGroupRecord> billing_groups_;
  Links<BillingGroupName, ThingName, Ok> billing_links_;  ///< What the things' records say.
  std::size_t billing_group_count_{0};                    ///< Under write_mutex_.
  OwnershipTokens ownership_tokens_;                      ///< Under write_mutex_.
  ShardedMap<CertificateId, ProvisioningClaimRecord> claims_;
  std::deque<std::pair<Tick, CertificateId>> claims_by_expiry_;  ///< Under write_mutex_.
  Links<PolicyTarget, PolicyName, Ok> policy_links_;
  Links<Principal, ThingName, ThingPrincipalType> thing_links_;

  std::unique_ptr<Authorizers> authorizers_;
  std::unique_ptr<DomainConfigurations> domain_configurations_;
  std::unique_ptr<EventConfigurations> event_configurations_;
  std::unique_ptr<LoggingOptions> logging_options_;
  std::unique_ptr<RoleAliases> role_aliases_;
  std::unique_ptr<TopicRuleDestinations> topic_rule_destinations_;
  std::unique_ptr<TopicRules> topic_rules_;
};

}  // namespace iotemu::registry
