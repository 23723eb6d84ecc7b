#include "emulator/rules/secret_traces.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/base64.h"
#include "base/json.h"
#include "emulator/http/client/aws_signature.h"

namespace iotemu::rule_engine {
namespace {

constexpr std::string_view kHidden = "***";

void collect(const Json& json, std::vector<std::string>& values) {
  if (values.size() >= SecretTraces::kMostValues) return;
  if (json.is_string()) {
    values.push_back(json.get<std::string>());
  } else if (json.is_structured()) {
    for (const auto& part : json) collect(part, values);
  }
}

/// As it stands between the quotes of a JSON text.
std::string in_json(const std::string& value) {
  const auto quoted = to_text(Json(value));
  return quoted.substr(1, quoted.size() - 2);
}

/// What base64 makes of the value behind `before` other bytes, as far as only the value decides it.
std::string in_base64(const std::string& value, std::size_t before) {
  constexpr std::size_t kBits = 6;
  const auto text = to_base64(std::string(before, '\0') + value);
  const auto begin = (8 * before + kBits - 1) / kBits;
  const auto end = 8 * (before + value.size()) / kBits;
  return text.substr(begin, end - begin);
}

void add_forms(const std::string& value, std::vector<std::string>& forms) {
  std::vector<std::string> written{value, in_json(value), in_json(in_json(value))};
  for (std::size_t i = 0; i < 2; ++i) {
    written.push_back(to_base64(written[i]));
    for (std::size_t before = 0; before < 3; ++before) written.push_back(in_base64(written[i], before));
  }
  for (auto& form : written) {
    const auto encoded = http::uri_encoded(form);
    forms.push_back(encoded);
    forms.push_back(http::uri_encoded(form, "/"));
    auto in_form = http::uri_encoded(form, " ");
    std::ranges::replace(in_form, ' ', '+');
    forms.push_back(std::move(in_form));
    forms.push_back(std::move(form));
  }
}

}  // namespace

void SecretTraces::add(const std::optional<std::string>& text, const std::optional<std::string>& binary) {
  std::vector<std::string> values;
  if (binary) {
    values.push_back(*binary);
    if (auto bytes = from_base64(*binary)) values.push_back(std::move(*bytes));
  }
  if (text) {
    values.push_back(*text);
    if (const auto parsed = parse_json(*text); parsed && parsed->is_structured()) collect(*parsed, values);
  }
  std::vector<std::string> forms;
  for (const auto& value : values) {
    if (value.size() >= kShortest) add_forms(value, forms);
  }
  std::ranges::sort(forms);
  const auto repeated = std::ranges::unique(forms);
  forms.erase(repeated.begin(), repeated.end());
  if (forms.empty()) return;
  const std::lock_guard lock{mutex_};
  Known next = *known_.get();
  const auto same = std::ranges::find_if(next.secrets, [&](const Forms& known) { return *known == forms; });
  if (same != next.secrets.end()) {
    std::rotate(same, same + 1, next.secrets.end());
  } else {
    if (next.secrets.size() == kMostSecrets) next = of({next.secrets.begin() + 1, next.secrets.end()});
    next.add(std::make_shared<const std::vector<std::string>>(std::move(forms)));
  }
  known_.publish(std::make_shared<const Known>(std::move(next)));
}

void SecretTraces::Known::add(Forms secret) {
  const auto longest_first = [](std::string_view a, std::string_view b) { return a.size() > b.size(); };
  const auto before = static_cast<std::ptrdiff_t>(forms.size());
  forms.insert(forms.end(), secret->begin(), secret->end());
  std::stable_sort(forms.begin() + before, forms.end(), longest_first);
  std::inplace_merge(forms.begin(), forms.begin() + before, forms.end(), longest_first);
  secrets.push_back(std::move(secret));
}

SecretTraces::Known SecretTraces::of(const std::vector<Forms>& secrets) {
  Known known;
  for (const auto& secret : secrets) known.add(secret);
  return known;
}

std::string SecretTraces::hidden(std::string text) const {
  const auto known = known_.get();
  for (const auto form : known->forms) {
    for (auto at = text.find(form); at != text.npos; at = text.find(form, at + kHidden.size())) {
      text.replace(at, form.size(), kHidden);
    }
  }
  return text;
}

void SecretTraces::clear() {
  const std::lock_guard lock{mutex_};
  known_.publish(std::make_shared<const Known>());
}

}  // namespace iotemu::rule_engine
