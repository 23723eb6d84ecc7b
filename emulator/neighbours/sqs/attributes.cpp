#include "emulator/neighbours/sqs/attributes.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "emulator/neighbours/sqs/faults.h"

namespace iotemu::neighbours::sqs {
namespace {

struct Number {
  std::string_view name{};
  std::int64_t low{0};
  std::int64_t high{0};
  std::int64_t usual{0};
};

constexpr std::array<Number, 5> kNumbers{{{"DelaySeconds", 0, 900, 0},
                                          {"MaximumMessageSize", 1024, 1'048'576, 1'048'576},
                                          {"MessageRetentionPeriod", 60, 1'209'600, 345'600},
                                          {"ReceiveMessageWaitTimeSeconds", 0, 20, 0},
                                          {"VisibilityTimeout", 0, kMaxVisibility, 30}}};
constexpr std::array<std::string_view, 3> kFlags{"FifoQueue", "ContentBasedDeduplication",
                                                 "SqsManagedSseEnabled"};
/// AWS has them; here they would promise what nobody keeps.
constexpr std::array<std::string_view, 5> kUnbuilt{"KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds",
                                                   "RedriveAllowPolicy", "DeduplicationScope",
                                                   "FifoThroughputLimit"};

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::int64_t number_of(const Attributes& attributes, std::string_view name) {
  const auto* row = std::ranges::find(kNumbers, name, &Number::name);
  const auto found = attributes.find(std::string{name});
  return found == attributes.end() ? row->usual : number(found->second).value_or(row->usual);
}

bool is_set(const Attributes& attributes, const char* name) {
  const auto found = attributes.find(name);
  return found != attributes.end() && found->second == "true";
}

struct Redrive {
  std::string target{};
  std::int64_t max_receives{0};
};

Answer<Redrive> read_redrive(const std::string& text) {
  const Fault invalid =
      invalid_value("Value " + text +
                    " for parameter RedrivePolicy is invalid. Reason: Redrive policy is not "
                    "a JSON object with deadLetterTargetArn and maxReceiveCount (1 to 1000).");
  const auto parsed = parse_json(text);
  if (!parsed || !parsed->is_object()) return invalid;
  const auto target = parsed->find("deadLetterTargetArn");
  const auto most = parsed->find("maxReceiveCount");
  if (target == parsed->end() || most == parsed->end() || !target->is_string()) return invalid;
  const auto count = most->is_number_integer() ? std::optional{most->get<std::int64_t>()}
                     : most->is_string()       ? number(most->get_ref<const std::string&>())
                                               : std::nullopt;
  if (!count || *count < 1 || *count > 1000) return invalid;
  return Redrive{target->get<std::string>(), *count};
}

Done check(const std::string& name, const std::string& value, const Realm& realm, bool is_new) {
  if (const auto* row = std::ranges::find(kNumbers, name, &Number::name); row != kNumbers.end()) {
    const auto read = number(value);
    if (!read || *read < row->low || *read > row->high) return invalid_attribute(name);
    return Ok{};
  }
  if (std::ranges::find(kFlags, name) != kFlags.end()) {
    if (value != "true" && value != "false") return invalid_attribute(name);
    if (name == "FifoQueue" && !is_new)
      return Fault{"InvalidAttributeName", "You can specify the FifoQueue only when creating the queue."};
    return Ok{};
  }
  if (name == "RedrivePolicy") {
    if (value.empty()) return Ok{};
    const auto redrive = read_redrive(value);
    if (!redrive) return redrive.fault();
    const auto prefix =
        "arn:" + std::string{partition(realm.region)} + ":sqs:" + realm.region + ":" + realm.account + ":";
    if (!redrive->target.starts_with(prefix))
      return invalid_value(
          "Value " + value +
          " for parameter RedrivePolicy is invalid. Reason: the dead-letter queue must be one "
          "of " +
          prefix + "…");
    return Ok{};
  }
  if (name == "Policy") {
    if (!value.empty() && !parse_json(value)) return invalid_attribute(name);
    return Ok{};
  }
  if (std::ranges::find(kUnbuilt, name) != kUnbuilt.end())
    return Fault{"InvalidAttributeName", "The attribute " + name + " is not emulated"};
  return Fault{"InvalidAttributeName", "Unknown Attribute " + name + "."};
}

}  // namespace

Answer<Attributes> merged(const Attributes& current, const Json& set, const Realm& realm, bool is_new) {
  auto result = current;
  for (const auto& [name, value] : set.items()) {
    const auto& text = value.get_ref<const std::string&>();
    if (auto good = check(name, text, realm, is_new); !good) return good.fault();
    if (text.empty()) {
      result.erase(name);
    } else {
      result[name] = text;
    }
  }
  if (result.contains("ContentBasedDeduplication") && !is_set(result, "FifoQueue"))
    return Fault{"InvalidAttributeName", "Unknown Attribute ContentBasedDeduplication."};
  return result;
}

Settings settings_of(const Attributes& attributes) {
  using std::chrono::seconds;
  Settings settings{.delay = seconds{number_of(attributes, "DelaySeconds")},
                    .retention = seconds{number_of(attributes, "MessageRetentionPeriod")},
                    .visibility = seconds{number_of(attributes, "VisibilityTimeout")},
                    .receive_wait = seconds{number_of(attributes, "ReceiveMessageWaitTimeSeconds")},
                    .max_bytes = static_cast<std::size_t>(number_of(attributes, "MaximumMessageSize")),
                    .fifo = is_set(attributes, "FifoQueue"),
                    .content_deduplication = is_set(attributes, "ContentBasedDeduplication")};
  if (const auto redrive = attributes.find("RedrivePolicy"); redrive != attributes.end()) {
    if (const auto read = read_redrive(redrive->second)) {
      settings.dead_letter_arn = read->target;
      settings.max_receives = read->max_receives;
    }
  }
  return settings;
}

Attributes shown(const Attributes& attributes) {
  auto result = attributes;
  for (const auto& row : kNumbers) result.emplace(row.name, std::to_string(row.usual));
  if (is_set(result, "FifoQueue")) result.emplace("ContentBasedDeduplication", "false");
  result.emplace("SqsManagedSseEnabled", "true");
  return result;
}

}  // namespace iotemu::neighbours::sqs
