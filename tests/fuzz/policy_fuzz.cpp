// Policy documents from strangers: any text is either refused with AWS's words or gives the same verdict by
// all three ways. An input is a document, a line `----`, a client id on one line and a resource on the next.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "registry/policy/explain.h"

namespace {

using namespace iotemu;
using namespace iotemu::registry::policy;

void require(bool holds) {
  if (!holds) std::abort();
}

/// The text before `separator`; `text` keeps what follows.
std::string_view take_until(std::string_view& text, std::string_view separator) {
  const auto at = text.find(separator);
  const auto taken = text.substr(0, at);
  text = at == text.npos ? std::string_view{} : text.substr(at + separator.size());
  return taken;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input{reinterpret_cast<const char*>(data), size};
  const auto parsed = parse(take_until(input, "\n----\n"));
  if (!parsed) {
    const Error& error = parsed.error();
    require(error.code == Errc::malformed_policy || error.code == Errc::invalid_request);
    require(error.code != Errc::malformed_policy ||
            error.message.starts_with("Policy document is Malformed: "));
    return 0;
  }

  const std::string_view client_id = take_until(input, "\n");
  const std::string_view resource = take_until(input, "\n");
  const std::vector<NameAttribute> subject{{"CN", std::string{client_id}}, {"OU", "unit"}};
  Context context;
  context.client_id = std::string{client_id};
  context.source_ip = "192.0.2.1";
  context.certificate = std::make_shared<const CertificateVariables>(subject_variables(subject));
  context.is_attached = true;
  context.thing = std::make_shared<const AssociatedThing>(
      AssociatedThing{.name = "thing", .type = "", .attributes = {{"a", std::string{client_id}}}});
  context.last_will_topic = std::string{resource};

  const std::vector<NamedDocument> policies{{.name = "fuzz", .document = *parsed}};
  const Compiled compiled{policies, context};
  for (std::size_t i = 0; i < kActionCount; ++i) {
    const auto action = static_cast<Action>(i);
    const Request request{action, resource, context};
    const Verdict verdict = evaluate(policies, request);
    require(compiled.decide(action, resource) == verdict);
    const Explanation explanation = explain(policies, request);
    require(explanation.verdict == verdict);
    require(!explanation.text().empty() && !to_text(explanation.json()).empty());
  }
  return 0;
}
