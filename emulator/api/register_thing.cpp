// RegisterThing: one device by a template in the request (P5.8).

#include "emulator/api/members.h"
#include "registry/provisioning/template.h"

namespace iotemu::api {
namespace {

Result<Json> register_thing(Call& call) {
  const auto document = registry::provisioning::parse_template(call.str("templateBody"));
  if (!document) return document.error();
  registry::provisioning::Parameters parameters;
  if (const auto found = call.input.find("parameters"); found != call.input.end()) {
    for (const auto& [name, value] : found->items()) parameters[name] = value.get<std::string>();
  }
  const auto registered = call.registry.register_thing(**document, parameters);
  if (!registered) return registered.error();
  Json answer{{"resourceArns", registered->resource_arns}};
  if (registered->certificate) answer["certificatePem"] = registered->certificate->pem;
  return answer;
}

}  // namespace

const OperationTable& register_thing_operations() {
  static const OperationTable table{
      {.name = "RegisterThing",
       .verb = Verb::post,
       .path = "/things",
       .input = {template_body(),
                 body("parameters").map_of(body("key").length(0, 2048), body("value").length(0, 4096))},
       .output = {"certificatePem", "resourceArns"},
       .errors = {Errc::conflicting_resource_update, Errc::resource_registration_failure},
       .run = register_thing,
       .blocking = true},  // a CSR is signed
  };
  return table;
}

}  // namespace iotemu::api
