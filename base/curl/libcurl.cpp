#include "base/curl/libcurl.h"

#include "base/shared_library.h"

namespace iotemu::curl {
namespace {

Status load_all() {
  SharedLibrary libcurl{"libcurl.so.4"};  // since 2006; that of OpenSSL in every Debian
  decltype(&::curl_global_init) global_init{};
  libcurl.find("curl_global_init", global_init);
  libcurl.find("curl_easy_cleanup", easy_cleanup);
  libcurl.find("curl_easy_getinfo", easy_getinfo);
  libcurl.find("curl_easy_init", easy_init);
  libcurl.find("curl_easy_perform", easy_perform);
  libcurl.find("curl_easy_reset", easy_reset);
  libcurl.find("curl_easy_setopt", easy_setopt);
  libcurl.find("curl_easy_strerror", easy_strerror);
  libcurl.find("curl_multi_add_handle", multi_add_handle);
  libcurl.find("curl_multi_cleanup", multi_cleanup);
  libcurl.find("curl_multi_info_read", multi_info_read);
  libcurl.find("curl_multi_init", multi_init);
  libcurl.find("curl_multi_perform", multi_perform);
  libcurl.find("curl_multi_poll", multi_poll);
  libcurl.find("curl_multi_remove_handle", multi_remove_handle);
  libcurl.find("curl_multi_wakeup", multi_wakeup);
  libcurl.find("curl_slist_append", slist_append);
  libcurl.find("curl_slist_free_all", slist_free_all);
  if (!libcurl.status()) return libcurl.status();
  if (global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return Error{Errc::unavailable, "libcurl.so.4 cannot be initialised"};
  }
  return Ok{};
}

}  // namespace

Status load() {
  static const Status loaded = load_all();
  return loaded;
}

}  // namespace iotemu::curl
