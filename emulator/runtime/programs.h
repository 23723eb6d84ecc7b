#pragma once

// Which program runs a function, with which arguments and in which environment. The environment is built from
// nothing: AWS's variables, the function's own, and none of the emulator's.

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "emulator/runtime/runtime.h"

namespace iotemu::runtime {

/// What the machine has.
struct ProgramOptions {
  /// Empty: the first of that name on `path`.
  std::string node{};
  std::string python{};
  /// Folders as in PATH; programs are looked for there. Empty: the usual ones.
  std::string path{};
  /// DIR/node_modules and DIR/python serve what a function's code does not carry. Empty: none.
  std::string modules{};
  /// Further folders of that kind, as in NODE_PATH and PYTHONPATH.
  std::string node_path{};
  std::string python_path{};
};

/// Immutable; any thread.
class Programs {
 public:
  explicit Programs(const ProgramOptions& options);

  /// Errc::invalid_request with the cure.
  [[nodiscard]] Status can_run(const std::string& runtime_name) const;

  struct Start {
    std::vector<std::string> arguments{};
    std::vector<std::string> environment{};
    std::vector<std::string> readable{};
  };
  struct Place {
    std::filesystem::path bootstraps{};  ///< Where `write_bootstraps` put them.
    std::string scratch{};
    std::string endpoint_url{};
    std::string runtime_api{};    ///< host:port
    std::string runtime_token{};  ///< For our bootstraps, which take it out of the environment.
    std::string log_stream{};
  };
  [[nodiscard]] Result<Start> start(const Function& function, const Place& place) const;

 private:
  std::string node_;
  std::string python_;
  std::string node_path_;
  std::string python_path_;
  std::vector<std::string> module_folders_;
};

Status write_bootstraps(const std::filesystem::path& folder);

}  // namespace iotemu::runtime
