// What fleet indexing indexes, and whose device is connected (FI-1, FI-5).

#include <utility>

#include "registry/errors.h"
#include "registry/registry.h"

namespace iotemu::registry {

Status Registry::update_indexing(const UpdateIndexing& request) {
  std::vector<std::shared_ptr<ThingGroupRecord>> concerned;
  {
    const Writing write{write_mutex_};
    const auto before = index_.configuration();
    auto next = std::make_shared<IndexingConfiguration>(before);
    if (request.things) next->things = *request.things;
    if (request.thing_groups) next->thing_groups = *request.thing_groups;
    if (auto checked = index::check_configuration(*next); !checked) return checked;
    if (!next->things.on() && !dynamic_groups_.empty()) {
      return invalid("Index " + std::string{index::kThings} +
                     " cannot be turned off while there are dynamic thing groups, for example " +
                     dynamic_groups_.front().text());
    }
    const Change change{std::shared_ptr<const IndexingConfiguration>{next}};
    if (auto saved = store_.write({&change, 1}); !saved) return saved;
    index_.configure(*next);
    if (before.things.connectivity == next->things.connectivity) return Ok{};
    for (const auto& name : dynamic_groups_) {
      const auto group = thing_groups_.find(name);
      if (group->dynamic->query->depends_on("connectivity."))
        concerned.push_back(std::make_shared<ThingGroupRecord>(*group));
    }
  }
  // Queries that ask about connections have other answers now.
  for (const auto& group : concerned) {
    if (auto built = build_dynamic_group(group); !built) return built;
  }
  return Ok{};
}

std::optional<ThingName> Registry::thing_of_connection(const CertificateId& certificate,
                                                       std::string_view client_id) const {
  for (const auto& [thing, type] : thing_links_.of_left({realm_, certificate})) {
    if (type == ThingPrincipalType::exclusive) return thing;
  }
  auto named = ThingName::parse(client_id);
  if (!named || !things_.find(*named)) return std::nullopt;
  return std::move(*named);
}

void Registry::device_connected(const ThingName& thing, std::uint64_t connection) {
  index_.connectivity().connected(thing, connection, clock_.now());
}

std::optional<ThingName> Registry::device_disconnected(std::uint64_t connection, std::string reason) {
  return index_.connectivity().disconnected(connection, clock_.now(), std::move(reason));
}

void Registry::follow_connectivity(const ThingName& thing) {
  if (!index_.indexes_connectivity()) return;
  const Writing write{write_mutex_};
  // The record of what is connected stays right when a store fails; the next change follows again.
  (void)follow_queries(thing);
}

}  // namespace iotemu::registry
