#pragma once

// libarchive, loaded when the first zip is unpacked and not with the program: it brings ten libraries. What
// its manual calls archive_read_new is libarchive::read_new here.

#include <archive.h>
#include <archive_entry.h>

#include "base/result.h"

namespace iotemu::neighbours::lambda::libarchive {

/// Loads it, once a process; takes some milliseconds. Errc::unavailable: it is missing. Any thread. Nothing
/// else here is called before one such call has succeeded.
Status load();

inline decltype(&::archive_entry_filetype) entry_filetype{};
inline decltype(&::archive_entry_hardlink) entry_hardlink{};
inline decltype(&::archive_entry_pathname) entry_pathname{};
inline decltype(&::archive_entry_pathname_utf8) entry_pathname_utf8{};
inline decltype(&::archive_entry_perm) entry_perm{};
inline decltype(&::archive_entry_set_filetype) entry_set_filetype{};
inline decltype(&::archive_entry_set_pathname) entry_set_pathname{};
inline decltype(&::archive_entry_set_perm) entry_set_perm{};
inline decltype(&::archive_entry_symlink) entry_symlink{};
inline decltype(&::archive_error_string) error_string{};
inline decltype(&::archive_read_data_block) read_data_block{};
inline decltype(&::archive_read_free) read_free{};
inline decltype(&::archive_read_new) read_new{};
inline decltype(&::archive_read_next_header) read_next_header{};
inline decltype(&::archive_read_open_memory) read_open_memory{};
inline decltype(&::archive_read_support_format_zip_seekable) read_support_format_zip_seekable{};
inline decltype(&::archive_write_close) write_close{};
inline decltype(&::archive_write_data_block) write_data_block{};
inline decltype(&::archive_write_disk_new) write_disk_new{};
inline decltype(&::archive_write_disk_set_options) write_disk_set_options{};
inline decltype(&::archive_write_finish_entry) write_finish_entry{};
inline decltype(&::archive_write_free) write_free{};
inline decltype(&::archive_write_header) write_header{};

}  // namespace iotemu::neighbours::lambda::libarchive
