// CBOR from devices: any bytes are either refused with their offset, or a value whose own encoding reads back
// as itself.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/cbor.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = iotemu::parse_cbor({reinterpret_cast<const char*>(data), size});
  if (!value) {
    if (value.error().code != iotemu::Errc::serialization) std::abort();
    return 0;
  }
  const std::string encoded = iotemu::to_cbor(*value);
  const auto again = iotemu::parse_cbor(encoded);
  // A NaN equals nothing, so bytes are compared.
  if (!again || iotemu::to_cbor(*again) != encoded) std::abort();
  return 0;
}
