#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "emulator/daemon/command_line.h"

int main(int argc, char** argv) {
  iotemu::daemon::Console console{
      .out = std::cout, .err = std::cerr, .environment = [](const std::string& name) {
        const char* value = std::getenv(name.c_str());
        return value == nullptr ? std::nullopt : std::optional<std::string>{value};
      }};
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view entry{*variable};
    console.variable_names.emplace_back(entry.substr(0, entry.find('=')));
  }
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return iotemu::daemon::run(arguments, console);
}
