#pragma once

// libcurl, loaded before the first request and not with the program: it brings 30 libraries, a sixth of what
// an emulator holds that sends none. What its manual calls curl_easy_init is curl::easy_init here.

#include <curl/curl.h>

#include <memory>

#include "base/result.h"

namespace iotemu::curl {

/// Loads and initialises it, once a process; takes some milliseconds. Errc::unavailable: it is missing. Any
/// thread. Nothing else here is called before one such call has succeeded.
Status load();

inline decltype(&::curl_easy_cleanup) easy_cleanup{};
inline decltype(&::curl_easy_getinfo) easy_getinfo{};
inline decltype(&::curl_easy_init) easy_init{};
inline decltype(&::curl_easy_perform) easy_perform{};
inline decltype(&::curl_easy_reset) easy_reset{};
inline decltype(&::curl_easy_setopt) easy_setopt{};
inline decltype(&::curl_easy_strerror) easy_strerror{};
inline decltype(&::curl_multi_add_handle) multi_add_handle{};
inline decltype(&::curl_multi_cleanup) multi_cleanup{};
inline decltype(&::curl_multi_info_read) multi_info_read{};
inline decltype(&::curl_multi_init) multi_init{};
inline decltype(&::curl_multi_perform) multi_perform{};
inline decltype(&::curl_multi_poll) multi_poll{};
inline decltype(&::curl_multi_remove_handle) multi_remove_handle{};
inline decltype(&::curl_multi_wakeup) multi_wakeup{};
inline decltype(&::curl_slist_append) slist_append{};
inline decltype(&::curl_slist_free_all) slist_free_all{};

struct EndEasy {
  void operator()(CURL* easy) const { easy_cleanup(easy); }
};
struct EndMulti {
  void operator()(CURLM* multi) const { multi_cleanup(multi); }
};
struct FreeLines {
  void operator()(curl_slist* lines) const { slist_free_all(lines); }
};
using Easy = std::unique_ptr<CURL, EndEasy>;
using Multi = std::unique_ptr<CURLM, EndMulti>;
using Lines = std::unique_ptr<curl_slist, FreeLines>;

}  // namespace iotemu::curl
