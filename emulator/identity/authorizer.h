#pragma once

// The rights of one connection: the policies of its certificate and of the groups of the thing that the
// connection belongs to (P7.3), compiled with the connection's variables.
// One object a connection, used on its worker only. It notices every change of the registry by one atomic
// load and starts anew when the change concerns its certificate, so policy changes act on live connections at
// once (P7.8).

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "emulator/identity/client.h"
#include "emulator/identity/refusals.h"
#include "mqtt/ports.h"
#include "registry/policy/evaluate.h"
#include "registry/registry.h"
#include "registry/rights.h"

namespace iotemu::identity {

class PolicyAuthorizer final : public mqtt::Authorizer {
 public:
  /// `registry` and `refusals` outlive the authorizer.
  PolicyAuthorizer(const registry::Registry& registry, Refusals& refusals, Client client);

  /// iot:Connect, conditions on will and persistence included. A refusal is recorded as connect_denied.
  [[nodiscard]] bool connect();
  /// M3-11: iot:Publish on the will topic, iot:RetainPublish for a retained will, no reserved topic. A
  /// refusal is recorded as will_denied.
  [[nodiscard]] bool will(std::string_view topic, bool retain);

  /// One request of HTTPS (P7.4): `resource` is "topic/a/b", "client/c", or "*" where the action has none. A
  /// refusal is recorded as publish_denied or request_denied.
  [[nodiscard]] bool request(registry::policy::Action action, std::string_view resource,
                             std::optional<bool> include_socket_information = {});

  mqtt::Access publish(std::string_view topic, bool retain) override;
  mqtt::Access subscribe(std::string_view filter) override;
  bool receive(std::string_view topic) override;

 private:
  using Action = registry::policy::Action;

  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  /// Verdicts by topic for one action, bounded.
  using Verdicts = std::unordered_map<std::string, bool, TextHash, std::equal_to<>>;

  /// What is said when an action is denied.
  struct Wording {
    Refusal refusal;
    Action action;
    /// Resource type of the ARN: "topic/", "topicfilter/", "client/".
    std::string_view type;
  };

  void refresh();
  void compile();
  [[nodiscard]] std::string_view resource(std::string_view type, std::string_view name);
  /// The verdict on `name`; the first denial of each is recorded with its explanation.
  bool allows(const Wording& wording, std::string_view name, Verdicts* cache);
  void record(Refusal refusal, Action action, const registry::policy::Context& context);
  void record_reserved(Refusal refusal, std::string_view topic, std::string_view why);

  const registry::Registry& registry_;
  Refusals& refusals_;
  const Client client_;
  const registry::Connection connection_;
  const std::string arn_prefix_;

  std::uint64_t generation_{0};
  std::shared_ptr<const registry::PrincipalView> view_;
  registry::Rights rights_;
  registry::policy::Compiled compiled_;
  Verdicts publish_;
  Verdicts retain_;
  Verdicts receive_;
  std::string resource_;  ///< The ARN last built; keeps its memory.
};

}  // namespace iotemu::identity
