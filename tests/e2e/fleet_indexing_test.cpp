// What fleet indexing makes of devices that connect and disconnect (FI-5, FI-6).

#include "tests/support/emulator_test.h"

namespace iotemu::tests {
namespace {

class FleetIndexing : public EmulatorTest {
 protected:
  FleetIndexing() {
    ok("UpdateIndexingConfiguration",
       {{"thingIndexingConfiguration",
         {{"thingIndexingMode", "REGISTRY"}, {"thingConnectivityIndexingMode", "STATUS"}}}});
  }

  void ok(const std::string& operation, const Json& input) { ASSERT_THAT(emu.api(operation, input), IsOk()); }

  Json found(const std::string& query) {
    emu.settle();
    const ApiResult answer = emu.api("SearchIndex", {{"queryString", query}});
    EXPECT_THAT(answer, IsOk());
    Json names = Json::array();
    for (const auto& thing : answer["things"]) names.push_back(thing["thingName"]);
    return names;
  }
  Json members(const std::string& group) {
    emu.settle();
    return emu.api("ListThingsInThingGroup", {{"thingGroupName", group}})["things"];
  }
  Json connectivity(const std::string& thing) {
    emu.settle();
    return emu.api("GetThingConnectivityData", {{"thingName", thing}}).body;
  }

  /// The end of a connection is bytes in the kernel: other bytes go by until the emulator has read it.
  void until_disconnected(const std::string& thing) {
    if (!probe_) probe_ = active_device("probe");
    for (int tries = 0; tries < 1000 && connectivity(thing)["connected"] == true; ++tries) {
      connect(*probe_);
      probe_->disconnect();
    }
    EXPECT_EQ(connectivity(thing)["connected"], false);
  }

 private:
  std::optional<Device> probe_;
};

TEST_F(FleetIndexing, DynamicGroupFollowsTheConnection) {
  ok("CreateThing", {{"thingName", "pump"}});
  ok("CreateDynamicThingGroup",
     {{"thingGroupName", "online"}, {"queryString", "connectivity.connected:true"}});
  EXPECT_EQ(members("online"), Json::array());
  Device pump = active_device("pump");
  connect(pump);
  EXPECT_EQ(members("online"), Json({"pump"}));
  pump.disconnect();
  until_disconnected("pump");
  EXPECT_EQ(members("online"), Json::array());
  connect(pump);
  EXPECT_EQ(members("online"), Json({"pump"}));
  pump.drop();
  until_disconnected("pump");
  EXPECT_EQ(members("online"), Json::array());
  EXPECT_EQ(found("connectivity.connected:true"), Json::array());
}

TEST_F(FleetIndexing, GroupLearnsOfConnectionsThatWereThereBefore) {
  ok("UpdateIndexingConfiguration", {{"thingIndexingConfiguration", {{"thingIndexingMode", "REGISTRY"}}}});
  ok("CreateThing", {{"thingName", "pump"}});
  Device pump = active_device("pump");
  connect(pump);
  ok("UpdateIndexingConfiguration",
     {{"thingIndexingConfiguration",
       {{"thingIndexingMode", "REGISTRY"}, {"thingConnectivityIndexingMode", "STATUS"}}}});
  ok("CreateDynamicThingGroup",
     {{"thingGroupName", "online"}, {"queryString", "connectivity.connected:true"}});
  EXPECT_EQ(members("online"), Json({"pump"}));
  ok("UpdateIndexingConfiguration", {{"thingIndexingConfiguration", {{"thingIndexingMode", "REGISTRY"}}}});
  EXPECT_EQ(members("online"), Json::array()) << "nothing is known of connections any more";
}

TEST_F(FleetIndexing, ExclusiveThingCountsWhateverTheClientIdIs) {
  ok("CreateThing", {{"thingName", "pump"}});
  ok("CreateThing", {{"thingName", "other"}});
  Device pump = active_device("pump");
  ok("AttachThingPrincipal", {{"thingName", "pump"},
                              {"principal", arn("cert/" + pump.identity().certificate_id)},
                              {"thingPrincipalType", "EXCLUSIVE_THING"}});
  connect(pump, {.client_id = "other"});
  EXPECT_EQ(found("connectivity.connected:true"), Json({"pump"}));
}

TEST_F(FleetIndexing, EndOfAConnectionCountsForTheThingItBeganFor) {
  ok("CreateThing", {{"thingName", "pump"}});
  ok("CreateThing", {{"thingName", "other"}});
  Device pump = active_device("pump");
  connect(pump);
  ok("AttachThingPrincipal", {{"thingName", "other"},
                              {"principal", arn("cert/" + pump.identity().certificate_id)},
                              {"thingPrincipalType", "EXCLUSIVE_THING"}});
  pump.drop();
  until_disconnected("pump");
  EXPECT_EQ(connectivity("other")["disconnectReason"], "UNKNOWN");
}

TEST_F(FleetIndexing, TakeOverLeavesTheThingConnected) {
  ok("CreateThing", {{"thingName", "pump"}});
  Device first = active_device("pump");
  Device second{emu, first.identity()};
  connect(first);
  connect(second);
  EXPECT_FALSE(first.wait_closed().accepted);
  EXPECT_EQ(connectivity("pump")["connected"], true);
  second.drop();
  until_disconnected("pump");
  EXPECT_EQ(connectivity("pump")["disconnectReason"], "CONNECTION_LOST");
}

}  // namespace
}  // namespace iotemu::tests
