#include "emulator/neighbours/lambda/settings.h"

#include <algorithm>
#include <array>
#include <string>

#include "emulator/neighbours/lambda/faults.h"

namespace iotemu::neighbours::lambda {
namespace {

using api::body;

constexpr std::size_t kMaxEnvironment = 4096;

constexpr std::array kRuntimes{
    std::string_view{"nodejs"},         std::string_view{"nodejs4.3"},      std::string_view{"nodejs6.10"},
    std::string_view{"nodejs8.10"},     std::string_view{"nodejs10.x"},     std::string_view{"nodejs12.x"},
    std::string_view{"nodejs14.x"},     std::string_view{"nodejs16.x"},     std::string_view{"nodejs18.x"},
    std::string_view{"nodejs20.x"},     std::string_view{"nodejs22.x"},     std::string_view{"nodejs24.x"},
    std::string_view{"nodejs4.3-edge"}, std::string_view{"python2.7"},      std::string_view{"python3.6"},
    std::string_view{"python3.7"},      std::string_view{"python3.8"},      std::string_view{"python3.9"},
    std::string_view{"python3.10"},     std::string_view{"python3.11"},     std::string_view{"python3.12"},
    std::string_view{"python3.13"},     std::string_view{"python3.14"},     std::string_view{"java8"},
    std::string_view{"java8.al2"},      std::string_view{"java11"},         std::string_view{"java17"},
    std::string_view{"java21"},         std::string_view{"java25"},         std::string_view{"dotnetcore1.0"},
    std::string_view{"dotnetcore2.0"},  std::string_view{"dotnetcore2.1"},  std::string_view{"dotnetcore3.1"},
    std::string_view{"dotnet6"},        std::string_view{"dotnet8"},        std::string_view{"go1.x"},
    std::string_view{"ruby2.5"},        std::string_view{"ruby2.7"},        std::string_view{"ruby3.2"},
    std::string_view{"ruby3.3"},        std::string_view{"ruby3.4"},        std::string_view{"provided"},
    std::string_view{"provided.al2"},   std::string_view{"provided.al2023"}};

constexpr std::array<std::string_view, 18> kReserved{"_HANDLER",
                                                     "_X_AMZN_TRACE_ID",
                                                     "AWS_DEFAULT_REGION",
                                                     "AWS_REGION",
                                                     "AWS_EXECUTION_ENV",
                                                     "AWS_LAMBDA_FUNCTION_NAME",
                                                     "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                                                     "AWS_LAMBDA_FUNCTION_VERSION",
                                                     "AWS_LAMBDA_INITIALIZATION_TYPE",
                                                     "AWS_LAMBDA_LOG_GROUP_NAME",
                                                     "AWS_LAMBDA_LOG_STREAM_NAME",
                                                     "AWS_ACCESS_KEY",
                                                     "AWS_ACCESS_KEY_ID",
                                                     "AWS_SECRET_ACCESS_KEY",
                                                     "AWS_SESSION_TOKEN",
                                                     "AWS_LAMBDA_RUNTIME_API",
                                                     "LAMBDA_TASK_ROOT",
                                                     "LAMBDA_RUNTIME_DIR"};

constexpr std::array<std::string_view, 2> kTracing{"Active", "PassThrough"};
constexpr std::array<std::string_view, 2> kPackages{"Zip", "Image"};
constexpr std::array<std::string_view, 2> kArchitectures{"x86_64", "arm64"};
constexpr std::array<std::string_view, 2> kSnapStart{"PublishedVersions", "None"};

/// Kept as they come, shown as they were kept.
constexpr std::array<std::string_view, 11> kKept{
    "Runtime",      "Role",        "Handler",          "Description",   "Timeout",
    "MemorySize",   "Environment", "DeadLetterConfig", "TracingConfig", "EphemeralStorage",
    "Architectures"};

bool is_role(std::string_view arn) {
  const auto role = arn.find(":role/");
  return arn.starts_with("arn:aws") && arn.find(":iam::") != arn.npos && role != arn.npos &&
         arn.size() > role + 6 && arn.find_first_of(" \t\n") == arn.npos;
}
constexpr api::Pattern kRole{"arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+", is_role};

bool has_no_space(std::string_view text) {
  return !text.empty() && text.find_first_of(" \t\r\n\v\f") == text.npos;
}
constexpr api::Pattern kHandler{"[^\\s]+", has_no_space};

bool is_variable(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return text.size() > 1 && letter(text[0]) &&
         std::ranges::all_of(text, [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}
constexpr api::Pattern kVariable{"[a-zA-Z]([a-zA-Z0-9_])+", is_variable};

bool is_empty(const Json& value) {
  return value.is_null() || (value.is_string() && value.get_ref<const std::string&>().empty()) ||
         ((value.is_array() || value.is_object()) &&
          std::ranges::all_of(value, [](const Json& part) { return is_empty(part); }));
}

Done check_environment(const Json& variables) {
  std::string reserved;
  for (const auto& [name, value] : variables.items()) {
    if (std::ranges::find(kReserved, name) == kReserved.end()) continue;
    reserved += (reserved.empty() ? "" : ", ") + name;
  }
  if (!reserved.empty()) {
    return invalid(
        "Lambda was unable to configure your environment variables because the environment variables you "
        "have "
        "provided contains reserved keys that are currently not supported for modification. Reserved keys "
        "used "
        "in this request: " +
        reserved);
  }
  // How much it is; the values are nobody's business.
  if (const auto size = to_text(variables).size(); size > kMaxEnvironment) {
    return invalid(
        "Lambda was unable to configure your environment variables because the environment variables you "
        "have "
        "provided exceeded the 4KB limit: " +
        std::to_string(size) + " bytes");
  }
  return Ok{};
}

}  // namespace

std::span<const std::string_view> runtime_names() {
  return kRuntimes;
}

std::vector<api::Member> setting_members() {
  const auto texts = [](std::string_view name) { return body(name).list_of(body("member")); };
  return {
      body("Runtime"),
      body("Role").pattern(kRole),
      body("Handler").length(0, 128).pattern(kHandler),
      body("Description").length(0, 256),
      body("Timeout").integer(1, 900),
      body("MemorySize").integer(128, 10'240),
      body("Environment")
          .structure({body("Variables").map_of(body("key").pattern(kVariable), body("value"))}),
      body("DeadLetterConfig").structure({body("TargetArn")}),
      body("TracingConfig").structure({body("Mode").one_of(kTracing)}),
      body("EphemeralStorage").structure({body("Size").required().integer(512, 10'240)}),
      architectures(),
      body("PackageType").one_of(kPackages),
      // What follows is only looked at to be refused.
      body("VpcConfig").structure({texts("SubnetIds"), texts("SecurityGroupIds")}),
      body("KMSKeyArn"),
      texts("Layers"),
      body("FileSystemConfigs").list_of(body("member").structure({body("Arn"), body("LocalMountPath")})),
      body("ImageConfig").structure({texts("EntryPoint"), texts("Command"), body("WorkingDirectory")}),
      body("CodeSigningConfigArn"),
      body("SnapStart").structure({body("ApplyOn").one_of(kSnapStart)}),
  };
}

api::Member architectures() {
  return body("Architectures").list_of(body("member").one_of(kArchitectures)).length(1, 1);
}

Json merged_settings(const Json& current, const Json& input) {
  auto result = current;
  if (current.is_null()) {
    result = Json{{"Description", ""},
                  {"Timeout", 3},
                  {"MemorySize", 128},
                  {"TracingConfig", {{"Mode", "PassThrough"}}},
                  {"EphemeralStorage", {{"Size", 512}}},
                  {"Architectures", {"x86_64"}}};
  }
  for (const auto name : kKept) {
    const auto found = input.find(name);
    if (found == input.end()) continue;
    if (name == "DeadLetterConfig" && is_empty(*found)) {
      result.erase(std::string{name});
    } else {
      result[std::string{name}] = *found;
    }
  }
  return result;
}

Done check_target(std::string_view arn, std::string_view member, bool functions_too) {
  if (arn.empty()) return Ok{};
  if (arn.starts_with("arn:aws") && arn.find(":sqs:") != arn.npos) return Ok{};
  if (functions_too && arn.starts_with("arn:aws") && arn.find(":lambda:") != arn.npos) return Ok{};
  return unbuilt(std::string{member} + " " + std::string{arn},
                 functions_too ? "a queue of SQS and a function are" : "a queue of SQS is");
}

Done check_settings(const Json& settings, const Json& input) {
  if (input.value("PackageType", std::string{"Zip"}) == "Image" ||
      !is_empty(input.value("ImageConfig", Json())))
    return unbuilt("The PackageType Image", "upload a zip, or name a local folder");
  for (const char* member :
       {"VpcConfig", "KMSKeyArn", "Layers", "FileSystemConfigs", "CodeSigningConfigArn"}) {
    if (!is_empty(input.value(member, Json()))) {
      return unbuilt(member, std::string_view{member} == "Layers" ? "put the layer's files into the zip"
                                                                  : "leave it out");
    }
  }
  if (input.value("SnapStart", Json::object()).value("ApplyOn", std::string{"None"}) != "None")
    return unbuilt("SnapStart", "leave it out");
  if (!settings.contains("Runtime") || !settings.contains("Handler"))
    return invalid(
        "Runtime and Handler are mandatory parameters for functions created with deployment packages.");
  const auto name = settings.at("Runtime").get<std::string>();
  if (std::ranges::find(kRuntimes, name) == kRuntimes.end()) {
    std::string names;
    for (const auto runtime : kRuntimes) names += (names.empty() ? "" : ", ") + std::string{runtime};
    return invalid("Value " + name +
                   " at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [" +
                   names + "] or be a valid ARN");
  }
  if (settings.contains("Environment")) {
    if (auto good = check_environment(settings.at("Environment").value("Variables", Json::object())); !good)
      return good;
  }
  if (settings.contains("DeadLetterConfig"))
    return check_target(settings.at("DeadLetterConfig").value("TargetArn", std::string{}), "DeadLetterConfig",
                        false);
  return Ok{};
}

}  // namespace iotemu::neighbours::lambda
