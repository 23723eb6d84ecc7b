// Bulk registration inside the whole emulator: settle() waits for a task, reset() forgets it, the end does
// not wait for its input.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/emulator_test.h"
#include "tests/support/temporary_directory.h"

namespace iotemu::tests {
namespace {

constexpr auto kBody = R"({"Parameters": {"ThingName": {"Type": "String"}},
  "Resources": {"thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Ref": "ThingName"}}}}})";

class BulkRegistrationTest : public ::testing::Test {
 protected:
  BulkRegistrationTest() {
    std::filesystem::create_directory(inputs / "bucket");
    std::ofstream things{inputs / "bucket" / "things.json"};
    for (int i = 0; i < 100; ++i) things << Json{{"ThingName", "t" + std::to_string(i)}} << '\n';
  }

  [[nodiscard]] Options options() const {
    auto options = test_options();
    options.bulk_input_folder = inputs.path().string();
    return options;
  }

  static std::string start(Emulator& emu) {
    const auto started =
        emu.api("StartThingRegistrationTask", {{"templateBody", kBody},
                                               {"inputFileBucket", "bucket"},
                                               {"inputFileKey", "things.json"},
                                               {"roleArn", "arn:aws:iam::123456789012:role/r"}});
    EXPECT_TRUE(started.ok) << started.message;
    return started.ok ? started["taskId"].get<std::string>() : "";
  }

  iotemu::testing::TemporaryDirectory inputs;
};

TEST_F(BulkRegistrationTest, IsDoneWhenTheEmulatorHasSettled) {  // P5.9
  Emulator emu{options()};
  const auto id = start(emu);
  ASSERT_TRUE(emu.settle());
  const auto task = emu.api("DescribeThingRegistrationTask", {{"taskId", id}});
  EXPECT_EQ(task["status"], "Completed");
  EXPECT_EQ(task["successCount"], 100);
  EXPECT_EQ(emu.api("ListThings", {{"maxResults", 250}})["things"].size(), 100U);
  const auto links = emu.api("ListThingRegistrationTaskReports",
                             {{"taskId", id}, {"reportType", "RESULTS"}})["resourceLinks"];
  ASSERT_EQ(links.size(), 1U);
  const auto link = links[0].get<std::string>();
  const auto before_key = emu.api_endpoint() + "/_iot/thing-registration-tasks/" + id + "/results?key=";
  EXPECT_THAT(link, ::testing::StartsWith(before_key));

  Emulator again{options()};  // the same seed
  ASSERT_EQ(start(again), id);
  ASSERT_TRUE(again.settle());
  const auto other = again
                         .api("ListThingRegistrationTaskReports",
                              {{"taskId", id}, {"reportType", "RESULTS"}})["resourceLinks"][0]
                         .get<std::string>();
  EXPECT_NE(link.substr(before_key.size()), other.substr(other.rfind('=') + 1))
      << "no seed foretells the key";
}

TEST_F(BulkRegistrationTest, LeavesNothingBehindAReset) {
  Emulator emu{options()};
  const auto id = start(emu);
  emu.reset();
  EXPECT_EQ(emu.api("DescribeThingRegistrationTask", {{"taskId", id}}).error, "ResourceNotFoundException");
  EXPECT_TRUE(emu.api("ListThings")["things"].empty());
}

TEST_F(BulkRegistrationTest, EndsWithTheEmulator) {
  Emulator emu{options()};
  start(emu);
  emu.stop();
  EXPECT_TRUE(emu.settle());
}

TEST(BulkRegistration, RefusesAnUpstreamThatNobodyKnowsAtTheStart) {
  auto options = test_options();
  options.upstreams = {{"iotdata", "http://localhost"}};
  EXPECT_THROW(Emulator{options}, std::runtime_error);
  options.upstreams = {{"dynamodb", "localhost:8000"}};
  EXPECT_THROW(Emulator{options}, std::runtime_error);
  options.upstreams = {{"s3", "localhost:9000"}};
  EXPECT_THROW(Emulator{options}, std::runtime_error);
}

}  // namespace
}  // namespace iotemu::tests
