#pragma once

// What a family of records shares with the registry that owns it: by reference, for as long as both live.

#include <mutex>

#include "base/clock.h"
#include "base/event_bus.h"
#include "base/random.h"
#include "base/realm.h"
#include "registry/options.h"
#include "registry/store.h"

namespace iotemu::registry {

struct Surroundings {
  const Realm& realm;
  const Clock& clock;
  Random& random;
  Store& store;
  EventBus& bus;
  const RegistryOptions& options;
  std::mutex& write_mutex;  ///< Taken by every write, before any lock inside a table.
};

}  // namespace iotemu::registry
