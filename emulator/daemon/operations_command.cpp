#include <CLI/CLI.hpp>
#include <memory>

#include "emulator/api/operation_json.h"
#include "emulator/daemon/commands.h"
#include "emulator/daemon/operations_text.h"

namespace iotemu::daemon {

void add_operations(CLI::App& app, Command& chosen) {
  auto* command =
      app.add_subcommand("operations", "Lists the operations of the AWS API and which of them are built");
  struct Form {
    bool markdown{false};
    bool json{false};
  };
  const auto form = std::make_shared<Form>();
  command->add_flag("--markdown", form->markdown, "As the coverage section of the README");
  command->add_flag("--json", form->json, "With the members, rules and errors of what is built")
      ->excludes("--markdown");
  command->callback([&chosen, form] {
    chosen = [form](Console& console) {
      if (form->json) {
        console.out << api::operations_json().dump(2) << '\n';
        return 0;
      }
      const auto operations = api::describe_operations();
      console.out << (form->markdown ? operations_markdown(operations) : operations_text(operations));
      return 0;
    };
  });
}

}  // namespace iotemu::daemon
