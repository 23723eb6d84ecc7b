#include "emulator/daemon/operations_text.h"

#include <algorithm>

namespace iotemu::daemon {
namespace {

std::string count_of(std::span<const api::OperationSummary> operations) {
  const auto built =
      std::count_if(operations.begin(), operations.end(), [](const auto& row) { return row.built; });
  return std::to_string(built) + " of " + std::to_string(operations.size()) + " operations";
}

void append_padded(std::string& out, std::string_view text, std::size_t width) {
  out += text;
  out.append(width > text.size() ? width - text.size() : 0, ' ');
}

}  // namespace

std::string operations_text(std::span<const api::OperationSummary> operations) {
  std::size_t name_width = 0;
  for (const auto& row : operations) name_width = std::max(name_width, row.name.size());
  std::string out;
  for (const auto& row : operations) {
    append_padded(out, row.name, name_width + 2);
    append_padded(out, row.built ? "built" : "501", 7);
    append_padded(out, row.verb, 8);
    out.append(row.path).append("\n");
  }
  return out + "\n" + count_of(operations) +
         " are built; the others answer 501 NotImplementedException and name themselves\n";
}

std::string operations_markdown(std::span<const api::OperationSummary> operations) {
  std::string out = count_of(operations) + " are built.\n\n| Operation | Request |\n| --- | --- |\n";
  for (const auto& row : operations) {
    if (!row.built) continue;
    out.append("| ").append(row.name).append(" | `").append(row.verb).append(" ").append(row.path).append(
        "` |\n");
  }
  out += "\nThe others answer 501 `NotImplementedException` and name themselves:\n";
  std::string_view separator;
  for (const auto& row : operations) {
    if (row.built) continue;
    out.append(separator).append(row.name);
    separator = ", ";
  }
  return out + ".\n";
}

}  // namespace iotemu::daemon
