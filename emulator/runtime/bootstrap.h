#pragma once

// The programs that receive a function's events inside its process, and what stands beside them: texts of
// emulator/runtime/bootstrap/, compiled in.

#include <array>
#include <string_view>

namespace iotemu::runtime {

struct BootstrapFile {
  std::string_view name{};
  std::string_view text{};
};

extern const BootstrapFile kNodeBootstrap;
extern const BootstrapFile kNodeSdkBootstrap;
extern const BootstrapFile kNodeModulesBootstrap;
extern const BootstrapFile kPythonBootstrap;
extern const BootstrapFile kPythonSdkBootstrap;

}  // namespace iotemu::runtime
