#include "emulator/daemon/ready_file.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/private_file.h"

namespace iotemu::daemon {

Json ready_json(const ReadyFacts& facts) {
  Json json{{"apiEndpoint", facts.api_endpoint},
            {"mqttHost", facts.mqtt_host},
            {"mqttPort", facts.mqtt_port},
            {"httpsPort", facts.https_port},
            {"serverCaFile", facts.server_ca_file},
            {"accountId", facts.account},
            {"region", facts.region},
            {"pid", facts.pid}};
  if (!facts.admin_token.empty()) json["adminToken"] = facts.admin_token;
  return json;
}

Result<ReadyFacts> read_ready_file(const std::filesystem::path& path) {
  const auto text = read_file(path);
  if (!text) return text.error();
  const auto json = parse_json(*text);
  const auto member = [&](const char* name) {
    const auto found = json->find(name);
    return found != json->end() && found->is_string() ? found->get<std::string>() : std::string{};
  };
  ReadyFacts facts;
  if (json && json->is_object())
    facts = {.api_endpoint = member("apiEndpoint"), .admin_token = member("adminToken")};
  if (!facts.api_endpoint.empty()) return facts;
  return Error{.code = Errc::invalid_request,
               .message = path.string() + " is no ready file of iot-emulator: it names no apiEndpoint"};
}

Result<ReadyFile> ReadyFile::claim(const std::filesystem::path& path) {
  if (path.empty()) return ReadyFile{path};
  const auto cannot = [&](const std::error_code& why) {
    return Error{.code = Errc::io,
                 .message = "ready file " + path.string() + " cannot be written: " + why.message()};
  };
  std::error_code failure;
  const auto status = std::filesystem::symlink_status(path, failure);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return Error{.code = Errc::io,
                 .message = "ready file " + path.string() + " is there and is not a regular file"};
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return cannot({errno, std::generic_category()});
  const auto directory = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
  if (::access(directory.c_str(), W_OK | X_OK) != 0) return cannot({errno, std::generic_category()});
  return ReadyFile{path};
}

ReadyFile::ReadyFile(std::filesystem::path path) : path_{std::move(path)} {}

ReadyFile::ReadyFile(ReadyFile&& other) noexcept
    : path_{std::move(other.path_)}, written_{std::exchange(other.written_, false)} {}

ReadyFile::~ReadyFile() {
  if (written_) ::unlink(path_.c_str());
}

Status ReadyFile::write(const ReadyFacts& facts) {
  if (path_.empty()) return Ok{};
  auto done = write_file(path_, to_text(ready_json(facts)) + "\n", kSecretMode, Overwrite::yes);
  written_ = done.ok();
  return done;
}

}  // namespace iotemu::daemon
