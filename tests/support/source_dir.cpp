#include "tests/support/source_dir.h"

namespace iotemu::tests {

std::string source_dir() {
  return IOTEMU_SOURCE_DIR;
}

}  // namespace iotemu::tests
