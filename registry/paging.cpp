#include "registry/paging.h"

#include <charconv>

#include "base/base64.h"

namespace iotemu::registry {

std::string to_marker(const SortKey& key) {
  return to_base64(std::to_string(epoch_ms(key.created)) + ' ' + key.name);
}

Error unknown_marker(std::string_view marker) {
  return {Errc::invalid_request,
          "The marker '" + std::string{marker.substr(0, 64)} + "' is none that an answer held"};
}

Result<SortKey> from_marker(std::string_view marker) {
  const auto text = from_base64(marker);
  if (!text) return unknown_marker(marker);
  const auto space = text->find(' ');
  if (space == text->npos || space + 1 == text->size()) return unknown_marker(marker);
  long long created = 0;
  const auto* end = text->data() + space;
  const auto [at, failure] = std::from_chars(text->data(), end, created);
  if (failure != std::errc{} || at != end) return unknown_marker(marker);
  return SortKey{.created = Time{Duration{created}}, .name = text->substr(space + 1)};
}

}  // namespace iotemu::registry
