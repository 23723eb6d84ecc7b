#include "emulator/neighbours/lambda/code_store.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/private_file.h"
#include "emulator/neighbours/digests.h"
#include "emulator/neighbours/lambda/faults.h"
#include "emulator/neighbours/lambda/unzip.h"

namespace iotemu::neighbours::lambda {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMaxZip = 50 * 1024 * 1024;
constexpr std::size_t kMaxRead = 64 * 1024 * 1024;

}  // namespace

/// Where folders are removed: whoever lets go of one may be a thread that must not wait for a disk.
class Removals {
 public:
  explicit Removals(Executor& pool) : pool_{&pool} {}

  void add(Task task) {
    const std::lock_guard lock{mutex_};
    if (pool_ != nullptr) pool_->post(std::move(task));
  }
  void close() {
    const std::lock_guard lock{mutex_};
    pool_ = nullptr;
  }

 private:
  std::mutex mutex_;
  Executor* pool_;
};

/// Has what it names removed when nobody needs it any more. After the end its run's folder goes as a whole.
class CodeFolder {
 public:
  CodeFolder(fs::path path, std::shared_ptr<const runtime::RunFolder> above,
             std::shared_ptr<Removals> removals)
      : path_{std::move(path)}, above_{std::move(above)}, removals_{std::move(removals)} {}
  ~CodeFolder() {
    removals_->add([path = path_.string(), above = above_] { runtime::wipe(path); });
  }
  CodeFolder(const CodeFolder&) = delete;
  CodeFolder& operator=(const CodeFolder&) = delete;

  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  const fs::path path_;
  const std::shared_ptr<const runtime::RunFolder> above_;
  const std::shared_ptr<Removals> removals_;
};

CodeStore::CodeStore(Random& random, CodePlaces places, Executor& blocking_pool)
    : random_{random}, places_{std::move(places)}, removals_{std::make_shared<Removals>(blocking_pool)} {}

CodeStore::~CodeStore() {
  stop();
}

void CodeStore::stop() {
  removals_->close();
}

Answer<std::shared_ptr<const runtime::RunFolder>> CodeStore::base() {
  const std::lock_guard lock{mutex_};
  if (!base_) {
    std::error_code failed;
    // Unpacking refuses any path with a symbolic link in it.
    const auto root = fs::canonical(places_.root, failed);
    if (failed) {
      return Fault{"ServiceException",
                   "No folder for code can be made in " + places_.root.string() + ": " + failed.message(),
                   500};
    }
    auto made = runtime::RunFolder::make(root);
    if (!made) return Fault{"ServiceException", made.error().message, 500};
    base_ = std::move(*made);
  }
  return base_;
}

Answer<std::shared_ptr<const Code>> CodeStore::unpack(std::string_view zip) {
  if (zip.size() > kMaxZip) {
    return Fault{"RequestEntityTooLargeException",
                 "Request must be smaller than " + std::to_string(kMaxZip) + " bytes for the zipped code",
                 413};
  }
  const auto above = base();
  if (!above) return above.fault();
  auto code = std::make_shared<Code>();
  code->id = random_.hex(16);
  const auto holder = std::make_shared<const CodeFolder>((*above)->path() / code->id, *above, removals_);
  const auto folder = holder->path() / "code";
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return Fault{"ServiceException", "No folder for code can be made: " + failed.message(), 500};
  if (auto done = unzip(zip, folder); !done) {
    if (done.error().code == Errc::too_large)
      return invalid("Unzipped size must be smaller than 262144000 bytes: " + done.error().message);
    if (done.error().code == Errc::unavailable)
      return Fault{"ServiceException", "Nothing can be unzipped: " + done.error().message, 500};
    return invalid("Could not unzip uploaded file. Please check your file, then try to upload again: " +
                   done.error().message);
  }
  const auto archive = holder->path() / "code.zip";
  if (auto kept = write_file(archive, zip, kSecretMode, Overwrite::no); !kept)
    return Fault{"ServiceException", kept.error().message, 500};
  code->folder = folder.string();
  code->archive = archive.string();
  code->bytes = zip.size();
  code->sha256 = sha256_base64(zip);
  code->keeper = holder;
  return std::shared_ptr<const Code>{std::move(code)};
}

Answer<std::shared_ptr<const Code>> CodeStore::in_place(const std::string& folder) const {
  if (places_.folders.empty()) {
    return invalid(
        "A folder of this machine is used in place only below the folder that iot-emulator serve "
        "--lambda-folder DIR names; start it with one, or send the code as ZipFile");
  }
  std::error_code failed;
  const auto reached = fs::canonical(folder, failed);
  if (!fs::path{folder}.is_absolute() || failed || !fs::is_directory(reached, failed)) {
    return invalid(
        "S3Key of the bucket local-folder must be the absolute path of a folder of this machine: '" + folder +
        "' is not");
  }
  const bool allowed = std::ranges::any_of(places_.folders, [&](const fs::path& top) {
    std::error_code none;
    const auto named = fs::canonical(top, none);
    return !none && std::ranges::mismatch(named, reached).in1 == named.end();
  });
  if (!allowed) {
    return invalid("'" + folder +
                   "' lies in none of the folders that --lambda-folder names; start iot-emulator serve with "
                   "--lambda-folder " +
                   folder + ", or send the code as ZipFile");
  }
  auto code = std::make_shared<Code>();
  // Where links led when it was judged.
  code->folder = reached.string();
  code->sha256 = sha256_base64(code->folder);
  return std::shared_ptr<const Code>{std::move(code)};
}

std::string CodeStore::archive_of(const Code& code) {
  auto bytes = read_file(code.archive, kMaxRead);
  return bytes ? std::move(*bytes) : std::string{};
}

}  // namespace iotemu::neighbours::lambda
