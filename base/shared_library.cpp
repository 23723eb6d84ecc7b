#include "base/shared_library.h"

#include <dlfcn.h>

namespace iotemu {

SharedLibrary::SharedLibrary(const char* name) : name_{name}, library_{::dlopen(name, RTLD_NOW)} {
  if (library_ == nullptr) fail();
}

void* SharedLibrary::address_of(const char* symbol) {
  if (library_ == nullptr) return nullptr;
  void* address = ::dlsym(library_, symbol);
  if (address == nullptr && status_) fail();
  return address;
}

void SharedLibrary::fail() {
  const char* why = ::dlerror();
  status_ =
      Error{Errc::unavailable, name_ + " cannot be loaded: " + (why == nullptr ? "no reason is given" : why)};
}

}  // namespace iotemu
