#include <CLI/CLI.hpp>
#include <memory>

#include "emulator/daemon/commands.h"
#include "emulator/daemon/operations_text.h"

namespace iotemu::daemon {

void add_operations(CLI::App& app, Command& chosen) {
  auto* command =
      app.add_subcommand("operations", "Lists the operations of the AWS API and which of them are built");
  const auto markdown = std::make_shared<bool>(false);
  command->add_flag("--markdown", *markdown, "As the coverage section of the README");
  command->callback([&chosen, markdown] {
    chosen = [markdown](Console& console) {
      const auto operations = api::describe_operations();
      console.out << (*markdown ? operations_markdown(operations) : operations_text(operations));
      return 0;
    };
  });
}

}  // namespace iotemu::daemon
