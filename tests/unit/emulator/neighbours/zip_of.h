#pragma once

// Zips for tests, wrong ones too.

#include <archive.h>
#include <archive_entry.h>

#include <string>
#include <vector>

namespace iotemu::neighbours {

struct ZipEntry {
  std::string name{};
  std::string content{};
  std::string link{};  ///< a symbolic link to there
  unsigned mode{0644};
};

inline std::string zip_of(const std::vector<ZipEntry>& entries) {
  std::string bytes(64 * 1024 * 1024, '\0');
  std::size_t used = 0;
  archive* out = archive_write_new();
  archive_write_set_format_zip(out);
  archive_write_open_memory(out, bytes.data(), bytes.size(), &used);
  for (const auto& entry : entries) {
    archive_entry* header = archive_entry_new();
    archive_entry_set_pathname(header, entry.name.c_str());
    archive_entry_set_perm(header, static_cast<mode_t>(entry.mode));
    if (entry.link.empty()) {
      archive_entry_set_filetype(header, entry.name.ends_with('/') ? AE_IFDIR : AE_IFREG);
      archive_entry_set_size(header, static_cast<la_int64_t>(entry.content.size()));
    } else {
      archive_entry_set_filetype(header, AE_IFLNK);
      archive_entry_set_symlink(header, entry.link.c_str());
    }
    archive_write_header(out, header);
    if (entry.link.empty()) archive_write_data(out, entry.content.data(), entry.content.size());
    archive_entry_free(header);
  }
  archive_write_close(out);
  archive_write_free(out);
  bytes.resize(used);
  return bytes;
}

}  // namespace iotemu::neighbours
