#pragma once

// A C library that is loaded when it is first used and not with the program, because it is large and most
// runs never need it. Its functions become pointers, each of the type its header gives it. Loaded for good:
// libraries such as libcurl leave threads and handlers behind that outlive any unloading.

#include <string>

#include "base/result.h"

namespace iotemu {

/// Like a reader of packets: the first failure wins, and `status` tells it.
class SharedLibrary {
 public:
  /// `name` as the linker records it, "libcurl.so.4"; found as the system finds libraries.
  explicit SharedLibrary(const char* name);

  /// Null if the library or the function is missing.
  template <class Function>
  void find(const char* symbol, Function*& function) {
    function = reinterpret_cast<Function*>(address_of(symbol));
  }

  /// Errc::unavailable: "libcurl.so.4 cannot be loaded: …", for the person who has to install it.
  [[nodiscard]] const Status& status() const { return status_; }

 private:
  void* address_of(const char* symbol);
  void fail();

  const std::string name_;
  void* const library_;
  Status status_{Ok{}};
};

}  // namespace iotemu
