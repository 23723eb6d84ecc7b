#include "emulator/daemon/operations_text.h"

#include <gtest/gtest.h>

#include <array>

namespace iotemu::daemon {
namespace {

constexpr std::array kRows{
    api::OperationSummary{
        .name = "CreateThing", .verb = "POST", .path = "/things/{thingName}", .built = true},
    api::OperationSummary{.name = "CreateJob", .verb = "PUT", .path = "/jobs/{jobId}", .built = false},
    api::OperationSummary{
        .name = "CreateStream", .verb = "POST", .path = "/streams/{streamId}", .built = false}};

TEST(OperationsText, HasOneLineAnOperationInColumnsAndTheCount) {
  EXPECT_EQ(
      operations_text(kRows),
      "CreateThing   built  POST    /things/{thingName}\n"
      "CreateJob     501    PUT     /jobs/{jobId}\n"
      "CreateStream  501    POST    /streams/{streamId}\n"
      "\n"
      "1 of 3 operations are built; the others answer 501 NotImplementedException and name themselves\n");
}

TEST(OperationsText, IsATableOfTheBuiltOnesInMarkdownAndNamesTheRest) {
  EXPECT_EQ(operations_markdown(kRows),
            "1 of 3 operations are built.\n"
            "\n"
            "| Operation | Request |\n"
            "| --- | --- |\n"
            "| CreateThing | `POST /things/{thingName}` |\n"
            "\n"
            "The others answer 501 `NotImplementedException` and name themselves:\n"
            "CreateJob, CreateStream.\n");
}

}  // namespace
}  // namespace iotemu::daemon
