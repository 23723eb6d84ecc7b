#include "emulator/bulk/input_files.h"

#include <utility>
#include <vector>

#include "emulator/bulk/folder_files.h"
#include "emulator/bulk/s3_files.h"

namespace iotemu::bulk {
namespace {

/// The first source that has the file.
class FirstOf final : public InputFiles {
 public:
  explicit FirstOf(std::vector<std::unique_ptr<InputFiles>> sources) : sources_{std::move(sources)} {}

  Result<std::string> read(const Realm& realm, const InputFile& file,
                           const std::function<bool()>& stopped) override {
    Error missing{
        Errc::not_found,
        "There is no input for bulk registration: give the emulator --bulk-input-folder DIR, with '" +
            file.bucket + "' as its sub-folder, or --upstream s3=URL"};
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      auto content = sources_[i]->read(realm, file, stopped);
      if (content || content.error().code != Errc::not_found) return content;
      missing.message = i == 0 ? content.error().message : missing.message + "; " + content.error().message;
    }
    return missing;
  }

 private:
  const std::vector<std::unique_ptr<InputFiles>> sources_;
};

}  // namespace

std::unique_ptr<InputFiles> open_input_files(const InputOptions& options, const Clock& clock) {
  std::vector<std::unique_ptr<InputFiles>> sources;
  if (!options.folder.empty()) sources.push_back(std::make_unique<FolderFiles>(options.folder));
  if (options.s3) sources.push_back(make_s3_files(*options.s3, clock));
  return std::make_unique<FirstOf>(std::move(sources));
}

}  // namespace iotemu::bulk
