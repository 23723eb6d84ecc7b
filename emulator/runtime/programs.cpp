#include "emulator/runtime/programs.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <string_view>
#include <system_error>

#include "base/private_file.h"
#include "emulator/runtime/bootstrap.h"

namespace iotemu::runtime {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUsualPath = "/usr/local/bin:/usr/bin:/bin";

enum class Kind { node, python, provided, unknown };

Kind kind_of(std::string_view runtime_name) {
  if (runtime_name.starts_with("nodejs")) return Kind::node;
  if (runtime_name.starts_with("python")) return Kind::python;
  return runtime_name.starts_with("provided") ? Kind::provided : Kind::unknown;
}

/// Version managers put scripts on the path, which need variables that a function does not have.
bool is_program(const fs::path& file) {
  if (::access(file.c_str(), X_OK) != 0) return false;
  std::array<char, 4> head{};
  std::ifstream{file, std::ios::binary}.read(head.data(), head.size());
  return std::string_view{head.data(), head.size()} ==
         "\x7f"
         "ELF";
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> folders;
  while (!path.empty()) {
    const auto colon = path.find(':');
    if (const auto folder = path.substr(0, colon); !folder.empty()) folders.emplace_back(folder);
    path = colon == path.npos ? std::string_view{} : path.substr(colon + 1);
  }
  return folders;
}

std::string find_program(std::string_view name, std::string_view path) {
  for (const auto& folder : split_path(path)) {
    auto file = fs::path{folder} / name;
    if (is_program(file)) return file.string();
  }
  return {};
}

std::string joined(const std::vector<std::string>& folders) {
  std::string path;
  for (const auto& folder : folders) path += (path.empty() ? "" : ":") + folder;
  return path;
}

bool is_home(const fs::path& folder) {
  if (folder == "/" || folder == "/root" || folder.parent_path() == "/home") return true;
  std::array<char, 4096> room{};
  passwd user{};
  passwd* found = nullptr;
  return ::getpwuid_r(::getuid(), &user, room.data(), room.size(), &found) == 0 && found != nullptr &&
         folder == fs::path{user.pw_dir};
}

/// What belongs to a program outside the system's folders: of PREFIX/bin/node the bin and lib, and what makes
/// a virtual environment of Python one. PREFIX/share is not needed, and may be ~/.local/share. Of a program
/// in a home, or in its bin, only the program.
void add_prefix(const fs::path& program, std::vector<std::string>& readable) {
  std::error_code error;
  for (const auto& file : {program, fs::canonical(program, error)}) {
    if (file.empty()) continue;
    const fs::path prefix = file.parent_path().parent_path();
    readable.push_back(file.string());
    if (is_home(prefix) || is_home(file.parent_path())) continue;
    for (const char* part : {"bin", "lib", "lib64", "pyvenv.cfg"}) {
      if (part != std::string_view{"bin"} || file.parent_path().filename() == part) {
        readable.push_back((prefix / part).string());
      }
    }
  }
}

std::string missing(std::string_view name, std::string_view option) {
  return "this machine has no " + std::string{name} +
         " to run it with: install it, or start the emulator with " + std::string{option} + " PATH";
}

}  // namespace

Programs::Programs(const ProgramOptions& options) {
  const std::string path = (options.path.empty() ? "" : options.path + ":") + std::string{kUsualPath};
  node_ = options.node.empty() ? find_program("node", path) : options.node;
  python_ = options.python.empty() ? find_program("python3", path) : options.python;
  auto node_folders = split_path(options.node_path);
  auto python_folders = split_path(options.python_path);
  if (!options.modules.empty()) {
    const fs::path modules = fs::absolute(options.modules);
    node_folders.insert(node_folders.begin(), (modules / "node_modules").string());
    python_folders.insert(python_folders.begin(), (modules / "python").string());
  }
  node_path_ = joined(node_folders);
  python_path_ = joined(python_folders);
  module_folders_ = std::move(node_folders);
  module_folders_.insert(module_folders_.end(), python_folders.begin(), python_folders.end());
}

Status Programs::can_run(const std::string& runtime_name) const {
  switch (kind_of(runtime_name)) {
    case Kind::node:
      if (!is_program(node_)) return Error{Errc::invalid_request, missing("Node.js", "--lambda-node")};
      return Ok{};
    case Kind::python:
      if (!is_program(python_)) return Error{Errc::invalid_request, missing("Python 3", "--lambda-python")};
      return Ok{};
    case Kind::provided:
      return Ok{};
    case Kind::unknown:
      break;
  }
  return Error{Errc::invalid_request, "iot-emulator runs nodejs*, python* and provided*, not '" +
                                          runtime_name +
                                          "': package it as provided.al2023 with a bootstrap, or let "
                                          "--function NAME=TARGET play it"};
}

Result<Programs::Start> Programs::start(const Function& function, const Place& place) const {
  if (auto can = can_run(function.runtime); !can) return can.error();
  Start start;
  start.readable = module_folders_;
  start.readable.push_back(place.bootstraps.string());
  const Kind kind = kind_of(function.runtime);
  const std::string usual{kUsualPath};
  std::string path = usual;
  if (kind == Kind::node) {
    // The walls are wider than this: the heap says so before they stop the process without a word.
    const auto heap_mb = std::max<std::size_t>(64, function.memory_mb * 4 / 5);
    start.arguments = {node_, "--max-old-space-size=" + std::to_string(heap_mb),
                       place.bootstraps / "node.mjs"};
  } else if (kind == Kind::python) {
    start.arguments = {python_, place.bootstraps / "python.py"};
  } else {
    start.arguments = {(fs::path{function.folder} / "bootstrap").string()};
  }
  if (kind != Kind::provided) {
    add_prefix(start.arguments.front(), start.readable);
    const auto own = fs::path{start.arguments.front()}.parent_path().string();
    if (usual.find(own) == usual.npos) path = own + ":" + path;
  }

  std::map<std::string, std::string> variables{
      {"PATH", path}, {"LANG", "en_US.UTF-8"}, {"TZ", ":UTC"}, {"PYTHONDONTWRITEBYTECODE", "1"}};
  for (const auto& [name, value] : function.environment) variables[name] = value;
  const auto append = [&](const char* name, const std::string& more) {
    auto& value = variables[name];
    value += (value.empty() || more.empty() ? "" : ":") + more;
    if (value.empty()) variables.erase(name);
  };
  if (kind == Kind::node) append("NODE_PATH", node_path_);
  if (kind == Kind::python) append("PYTHONPATH", python_path_);
  // A 12-digit access key names the account; any signature is accepted.
  const std::map<std::string, std::string> fixed{
      {"AWS_ACCESS_KEY_ID", function.realm.account},
      {"AWS_DEFAULT_REGION", function.realm.region},
      {"AWS_ENDPOINT_URL", place.endpoint_url},
      {"AWS_EXECUTION_ENV", "AWS_Lambda_" + function.runtime},
      {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", std::to_string(function.memory_mb)},
      {"AWS_LAMBDA_FUNCTION_NAME", function.name},
      {"AWS_LAMBDA_FUNCTION_VERSION", function.version},
      {"AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"},
      {"AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/" + function.name},
      {"AWS_LAMBDA_LOG_STREAM_NAME", place.log_stream},
      {"AWS_LAMBDA_RUNTIME_API", place.runtime_api},
      {"AWS_REGION", function.realm.region},
      {"AWS_SECRET_ACCESS_KEY", "any"},
      {"HOME", place.scratch},  // the SDKs look there for files that are the developer's
      {"LAMBDA_RUNTIME_DIR", place.bootstraps.string()},
      {"LAMBDA_TASK_ROOT", function.folder},
      {"TMPDIR", place.scratch},
      {"_HANDLER", function.handler},
  };
  for (const auto& [name, value] : fixed) variables[name] = value;
  if (!place.runtime_token.empty()) variables["_IOTEMU_RUNTIME_TOKEN"] = place.runtime_token;
  for (const auto& [name, value] : variables) start.environment.emplace_back(name).append("=").append(value);
  return start;
}

Status write_bootstraps(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return Error{Errc::io, "cannot make " + folder.string() + ": " + error.message()};
  for (const BootstrapFile* file : {&kNodeBootstrap, &kNodeSdkBootstrap, &kNodeModulesBootstrap,
                                    &kPythonBootstrap, &kPythonSdkBootstrap}) {
    if (auto done = write_file(folder / file->name, file->text, kPublicMode, Overwrite::yes); !done)
      return done;
  }
  return Ok{};
}

}  // namespace iotemu::runtime
