// A stand-in for an emulator that is killed: `function_host FOLDER MARK` starts a function that leaves its
// session, says so with one byte, and stays.

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "emulator/runtime/pool.h"

int main(int argc, char** argv) {
  using namespace iotemu;
  if (argc < 3) return 1;
  const std::filesystem::path folder{argv[1]};
  std::filesystem::create_directories(folder / "code");
  std::ofstream{folder / "code/index.js"} << R"(
    const {spawn} = require('child_process');
    exports.handler = async () => {
      spawn('sh', ['-c', '(setsid sleep 1000 &) ; (setsid setsid sleep 1000 &)'], {detached: true, stdio: 'ignore'});
      await new Promise((resolve) => setTimeout(resolve, 300)); };)";
  WorkCounter work;
  runtime::Pool pool{{.temporary_folder = folder}, work};
  const auto function = std::make_shared<runtime::Function>();
  function->name = "host";
  function->arn = "arn:host";
  function->runtime = "nodejs20.x";
  function->handler = "index.handler";
  function->folder = (folder / "code").string();
  function->environment = {{"MARK", argv[2]}};
  pool.invoke(function, {.request_id = "1", .payload = "{}"}, [](const Result<runtime::Outcome>& outcome) {
    if (outcome && outcome->function_error.empty()) [[maybe_unused]]
      const auto said = ::write(1, "x", 1);
  });
  while (true) ::pause();
}
