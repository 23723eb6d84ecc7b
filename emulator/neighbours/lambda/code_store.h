#pragma once

// The code of functions on disk: one private folder of the emulator's, in it a folder for each upload and the
// zip that it came in. A Code lives as long as somebody holds it, a function's version or a process that runs
// it; its files are removed on the blocking pool after it, and the private folder goes with the store, or
// with the next store where the process was killed. Blocks; any thread may call, and let go of a Code.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "base/random.h"
#include "emulator/neighbours/fault.h"
#include "emulator/runtime/scratch.h"

namespace iotemu::neighbours::lambda {

class CodeFolder;
class Removals;

/// Where code may lie.
struct CodePlaces {
  std::filesystem::path root{};                  ///< for temporary files: holds the private folder
  std::vector<std::filesystem::path> folders{};  ///< whose sub-folders, and they, may be used in place
};

/// Immutable.
struct Code {
  std::string id{};       ///< Nobody can guess it.
  std::string folder{};   ///< where the code lies, absolute
  std::string archive{};  ///< the zip; empty for a local folder, which is used in place
  std::uint64_t bytes{0};
  std::string sha256{};  ///< Base64; of a local folder, that of its path
  std::shared_ptr<const CodeFolder> keeper{};
};

class CodeStore {
 public:
  /// The private folder is made on first use. The pool lives until `stop` or the store's end.
  CodeStore(Random& random, CodePlaces places, Executor& blocking_pool);
  ~CodeStore();
  /// Nothing is given to the pool any more.
  void stop();

  Answer<std::shared_ptr<const Code>> unpack(std::string_view zip);
  /// A folder of this machine that may be used, by its absolute path: an edit is seen by the next process.
  [[nodiscard]] Answer<std::shared_ptr<const Code>> in_place(const std::string& folder) const;
  /// The zip's bytes; empty if it cannot be read.
  [[nodiscard]] static std::string archive_of(const Code& code);

 private:
  Answer<std::shared_ptr<const runtime::RunFolder>> base();

  Random& random_;
  const CodePlaces places_;
  const std::shared_ptr<Removals> removals_;
  std::mutex mutex_;
  std::shared_ptr<const runtime::RunFolder> base_;
};

}  // namespace iotemu::neighbours::lambda
