#pragma once

#include <string>

namespace iotemu::tests {

/// The folder of the sources, for tests that read files there.
[[nodiscard]] std::string source_dir();

}  // namespace iotemu::tests
