#pragma once

// The rights of one connection: the policies of its certificate and of the groups of the thing that the
// connection belongs to (P7.3), compiled with the connection's variables.
// One object a connection, used on its worker only. It notices every change of the registry by one atomic
// load and starts anew when the change concerns its certificate, so policy changes act on live connections at
// once (P7.8). At rest it keeps only who the client is: connections are many, and most are silent.

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
  void rest() override { known_.reset(); }

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

  /// What the registry says of the client, and what was worked out from it.
  struct Known {
    Known(const registry::Registry& registry, std::shared_ptr<const registry::PrincipalView> view,
          const Client& client);
    /// Of "topic/" and its name, say; "*" stands for itself. Valid until the next call.
    [[nodiscard]] std::string_view arn(std::string_view type, std::string_view name);

    std::shared_ptr<const registry::PrincipalView> view;  ///< Null: the certificate was deleted.
    registry::Rights rights{};
    std::optional<registry::policy::Compiled> compiled{};  ///< From the first message on.
    Verdicts publish{};
    Verdicts retain{};
    Verdicts receive{};

   private:
    std::string arn_;  ///< The last one; keeps its memory.
    const std::size_t arn_prefix_;
  };

  /// What holds now.
  [[nodiscard]] Known& known();
  /// The verdict on one question; a denial is recorded with its explanation.
  bool allows(const Wording& wording, std::string_view name);
  /// The same about messages, whose topics return: remembered, so that a denial is recorded once.
  bool allows(const Wording& wording, std::string_view topic, Verdicts Known::*verdicts);
  void record(Refusal refusal, const registry::policy::Request& denied);
  void record_reserved(Refusal refusal, std::string_view topic, std::string_view why);

  const registry::Registry& registry_;
  Refusals& refusals_;
  const Client client_;
  std::uint64_t generation_{0};  ///< Of the registry when `known_` was last compared with it.
  std::unique_ptr<Known> known_;
};

}  // namespace iotemu::identity
