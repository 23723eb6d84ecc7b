#pragma once

// The deleter of a C library's objects: std::unique_ptr<BIO, Free<BIO_free_all>>.

namespace iotemu {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};

}  // namespace iotemu
