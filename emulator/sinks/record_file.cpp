#include "emulator/sinks/record_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/json.h"
#include "base/log.h"
#include "base/private_file.h"
#include "emulator/sinks/recorder.h"

namespace iotemu::sinks {
namespace {

std::string reason() {
  return std::generic_category().message(errno);
}

}  // namespace

Result<std::unique_ptr<RecordFile>> RecordFile::open(const std::string& path, WorkCounter& work) {
  Descriptor file{path == "-" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                              : ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
                                       kSecretMode)};
  if (!file) return Error{Errc::io, "actions cannot be recorded in '" + path + "': " + reason()};
  struct stat found {};
  const bool shared = path != "-" && ::fstat(file.get(), &found) == 0 && S_ISREG(found.st_mode) &&
                      (found.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  if (shared) {
    return Error{Errc::io, "actions cannot be recorded in '" + path +
                               "': others can write to it, too; chmod go-w makes it yours"};
  }
  return std::unique_ptr<RecordFile>{new RecordFile{std::move(file), work}};
}

RecordFile::~RecordFile() {
  thread_.reset();
  if (dropped_ == 0) return;
  log::warn("Actions are missing in the file of --record-actions", {{"number", std::to_string(dropped_)}});
}

void RecordFile::add(std::shared_ptr<const ActionRecord> record) {
  const auto bytes = record->payload.size() + record->request_body.size() + record->parameters.size();
  const bool too_many = waiting_.fetch_add(1) >= kMaxWaiting;
  const bool too_much = waiting_bytes_.fetch_add(bytes) + bytes > kMaxWaitingBytes;
  if (too_many || too_much) {
    --waiting_;
    waiting_bytes_ -= bytes;
    if (dropped_.fetch_add(1) == 0) {
      log::warn(
          "Actions come faster than they can be written to the file of --record-actions: some are missing");
    }
    return;
  }
  thread_->post([this, record = std::move(record), bytes] {
    write(to_text(to_json(*record)) + '\n');
    --waiting_;
    waiting_bytes_ -= bytes;
  });
}

void RecordFile::write(const std::string& line) {
  std::string_view rest = line;
  while (!rest.empty()) {
    const auto written = ::write(file_.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      ++dropped_;
      if (!std::exchange(write_failed_, true)) {
        log::error("Actions cannot be written to the file of --record-actions", {{"why", reason()}});
      }
      return;
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  write_failed_ = false;
}

}  // namespace iotemu::sinks
