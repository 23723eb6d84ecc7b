#include "emulator/neighbours/lambda/libarchive.h"

#include "base/shared_library.h"

namespace iotemu::neighbours::lambda::libarchive {
namespace {

Status load_all() {
  SharedLibrary library{"libarchive.so.13"};  // since 2013
  library.find("archive_entry_filetype", entry_filetype);
  library.find("archive_entry_hardlink", entry_hardlink);
  library.find("archive_entry_pathname", entry_pathname);
  library.find("archive_entry_pathname_utf8", entry_pathname_utf8);
  library.find("archive_entry_perm", entry_perm);
  library.find("archive_entry_set_filetype", entry_set_filetype);
  library.find("archive_entry_set_pathname", entry_set_pathname);
  library.find("archive_entry_set_perm", entry_set_perm);
  library.find("archive_entry_symlink", entry_symlink);
  library.find("archive_error_string", error_string);
  library.find("archive_read_data_block", read_data_block);
  library.find("archive_read_free", read_free);
  library.find("archive_read_new", read_new);
  library.find("archive_read_next_header", read_next_header);
  library.find("archive_read_open_memory", read_open_memory);
  library.find("archive_read_support_format_zip_seekable", read_support_format_zip_seekable);
  library.find("archive_write_close", write_close);
  library.find("archive_write_data_block", write_data_block);
  library.find("archive_write_disk_new", write_disk_new);
  library.find("archive_write_disk_set_options", write_disk_set_options);
  library.find("archive_write_finish_entry", write_finish_entry);
  library.find("archive_write_free", write_free);
  library.find("archive_write_header", write_header);
  return library.status();
}

}  // namespace

Status load() {
  static const Status loaded = load_all();
  return loaded;
}

}  // namespace iotemu::neighbours::lambda::libarchive
