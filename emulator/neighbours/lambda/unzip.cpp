#include "emulator/neighbours/lambda/unzip.h"

#include <algorithm>
#include <memory>
#include <string>

#include "emulator/neighbours/lambda/libarchive.h"

namespace iotemu::neighbours::lambda {
namespace {

struct EndRead {
  void operator()(archive* a) const { libarchive::read_free(a); }
};
struct EndWrite {
  void operator()(archive* a) const { libarchive::write_free(a); }
};

Error unreadable(archive* a) {
  const char* why = libarchive::error_string(a);
  return {Errc::invalid_request, why == nullptr ? "it cannot be read" : why};
}

/// As it stands in the zip: libarchive knows no name that the locale cannot say.
const char* name_of(archive_entry* entry) {
  const char* name = libarchive::entry_pathname(entry);
  return name == nullptr ? libarchive::entry_pathname_utf8(entry) : name;
}

/// Of an entry as its name says it, for a message.
std::string shown(archive_entry* entry) {
  const char* name = name_of(entry);
  return name == nullptr ? std::string{"an entry without a name"}
                         : "'" + std::string{name}.substr(0, 200) + "'";
}

Status check(archive_entry* entry) {
  const char* name = name_of(entry);
  if (name == nullptr || *name == '\0') return Error{Errc::invalid_request, "an entry has no name"};
  const std::filesystem::path path{name};
  if (path.is_absolute()) return Error{Errc::invalid_request, shown(entry) + " is an absolute path"};
  for (const auto& part : path) {
    if (part == "..") return Error{Errc::invalid_request, shown(entry) + " leads out of the folder"};
  }
  const auto type = libarchive::entry_filetype(entry);
  if (libarchive::entry_hardlink(entry) != nullptr)
    return Error{Errc::invalid_request, shown(entry) + " is a hard link"};
  if (type == AE_IFLNK) {
    // One inside the folder is what npm's .bin has; one that leads out would show the function other files.
    const char* to = libarchive::entry_symlink(entry);
    const std::filesystem::path target{to == nullptr ? "" : to};
    const auto reached = (path.parent_path() / target).lexically_normal();
    // A name before `..` may be a link itself: the system would not go back where the text does.
    bool named = false;
    bool turns = false;
    for (const auto& part : target) {
      turns = turns || (named && part == "..");
      named = named || (part != ".." && part != ".");
    }
    if (target.empty() || target.is_absolute() || turns || *reached.begin() == "..")
      return Error{Errc::invalid_request, shown(entry) + " is a link that leads out of the folder"};
    return Ok{};
  }
  if (type != AE_IFREG && type != AE_IFDIR && type != 0)
    return Error{Errc::invalid_request, shown(entry) + " is neither a file nor a folder"};
  return Ok{};
}

void normalise(archive_entry* entry, const std::filesystem::path& folder) {
  const auto type = libarchive::entry_filetype(entry);
  const bool is_folder = type == AE_IFDIR;
  const bool runs = (libarchive::entry_perm(entry) & 0100U) != 0;
  libarchive::entry_set_perm(entry, is_folder || runs ? 0755 : 0644);
  if (type == 0) libarchive::entry_set_filetype(entry, AE_IFREG);
  libarchive::entry_set_pathname(entry, (folder / name_of(entry)).c_str());
}

}  // namespace

Status unzip(std::string_view zip, const std::filesystem::path& folder, const UnzipLimits& limits) {
  if (auto loaded = libarchive::load(); !loaded) return loaded;
  const std::unique_ptr<archive, EndRead> from{libarchive::read_new()};
  const std::unique_ptr<archive, EndWrite> to{libarchive::write_disk_new()};
  if (!from || !to) return Error{Errc::io, "no memory for unpacking"};
  // By the central directory alone: a torn zip has none.
  libarchive::read_support_format_zip_seekable(from.get());
  // The entries' paths begin with our folder, which is absolute: theirs are judged by `check`.
  libarchive::write_disk_set_options(to.get(), ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_SECURE_NODOTDOT |
                                                   ARCHIVE_EXTRACT_SECURE_SYMLINKS |
                                                   ARCHIVE_EXTRACT_NO_OVERWRITE);
  if (libarchive::read_open_memory(from.get(), zip.data(), zip.size()) != ARCHIVE_OK)
    return unreadable(from.get());
  const auto most = std::min(limits.bytes, std::max(limits.harmless, limits.ratio * zip.size()));
  std::uint64_t bytes = 0;
  std::size_t entries = 0;
  for (;;) {
    archive_entry* entry = nullptr;
    const auto header = libarchive::read_next_header(from.get(), &entry);
    if (header == ARCHIVE_EOF) break;
    if (header != ARCHIVE_OK && header != ARCHIVE_WARN) return unreadable(from.get());
    if (++entries > limits.entries)
      return Error{Errc::too_large, "it has more than " + std::to_string(limits.entries) + " entries"};
    if (auto good = check(entry); !good) return good;
    const bool is_link = libarchive::entry_filetype(entry) == AE_IFLNK;
    normalise(entry, folder);
    if (libarchive::write_header(to.get(), entry) != ARCHIVE_OK) return unreadable(to.get());
    const void* block = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    while (!is_link) {
      const auto read = libarchive::read_data_block(from.get(), &block, &size, &offset);
      if (read == ARCHIVE_EOF) break;
      if (read != ARCHIVE_OK) return unreadable(from.get());
      bytes += size;
      if (bytes > most || offset < 0 || static_cast<std::uint64_t>(offset) > most) {
        return Error{Errc::too_large, "it unpacks to more than " + std::to_string(most) + " bytes"};
      }
      if (libarchive::write_data_block(to.get(), block, size, offset) < ARCHIVE_OK)
        return unreadable(to.get());
    }
    if (libarchive::write_finish_entry(to.get()) != ARCHIVE_OK) return unreadable(to.get());
  }
  if (entries == 0) return Error{Errc::invalid_request, "it is empty"};
  if (libarchive::write_close(to.get()) != ARCHIVE_OK) return unreadable(to.get());
  return Ok{};
}

}  // namespace iotemu::neighbours::lambda
