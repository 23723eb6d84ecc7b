#include "mqtt/codec/frame.h"

#include <gtest/gtest.h>

#include "tests/unit/mqtt/codec/wire_support.h"

namespace iotemu::mqtt::testing {
namespace {

using State = FrameResult::State;

TEST(NextFrame, AsksForTheHeaderFirst) {
  EXPECT_EQ(next_frame({}, 100).needed, 2U);
  EXPECT_EQ(next_frame(as_bytes(wire("30")), 100).needed, 2U);
  EXPECT_EQ(next_frame(as_bytes(wire("30 80")), 1000).needed, 3U);
}

TEST(NextFrame, AsksForTheWholePacketOnceTheLengthIsKnown) {
  const std::string bytes = wire("30 05 0001");
  const FrameResult result = next_frame(as_bytes(bytes), 100);
  EXPECT_EQ(result.state, State::need_more);
  EXPECT_EQ(result.needed, 7U);
}

TEST(NextFrame, CutsThePacketInFrontOfTheNextOne) {
  const std::string bytes = wire("40 02 0007 c0 00");
  const FrameResult first = next_frame(as_bytes(bytes), 100);
  ASSERT_EQ(first.state, State::frame);
  EXPECT_EQ(first.frame.first_byte, 0x40);
  EXPECT_TRUE(same_bytes(first.frame.body, as_bytes(bytes).subspan(2, 2)));
  EXPECT_EQ(first.frame.total_size, 4U);

  const FrameResult second = next_frame(as_bytes(bytes).subspan(4), 100);
  ASSERT_EQ(second.state, State::frame);
  EXPECT_EQ(second.frame.first_byte, 0xC0);
  EXPECT_TRUE(second.frame.body.empty());
}

struct LengthCase {
  std::string_view hex;
  std::size_t length;
};

// MQTT 3.1.1 table 2.4.
TEST(NextFrame, ReadsTheRemainingLengthsOfTheStandardsTable) {
  const LengthCase cases[] = {{"30 00", 0},
                              {"30 7f", 127},
                              {"30 8001", 128},
                              {"30 ff7f", 16'383},
                              {"30 808001", 16'384},
                              {"30 ffff7f", 2'097'151},
                              {"30 80808001", 2'097'152},
                              {"30 ffffff7f", 268'435'455}};
  for (const LengthCase& c : cases) {
    const std::string header = wire(c.hex);
    const FrameResult result = next_frame(as_bytes(header), kNoLimit);
    const std::size_t total = result.state == State::frame ? result.frame.total_size : result.needed;
    EXPECT_EQ(total, header.size() + c.length) << c.hex;
  }
}

TEST(NextFrame, RefusesALengthThatRunsPastFourBytesBeforeTheFifthArrives) {
  const FrameResult result = next_frame(as_bytes(wire("30 ffffffff")), kNoLimit);
  EXPECT_EQ(result.state, State::malformed_length);
  EXPECT_TRUE(result.failed());
  EXPECT_EQ(frame_error(result, kNoLimit).code, Errc::malformed_packet);
}

TEST(NextFrame, RefusesAPacketAboveTheLimitBeforeItsBodyArrives) {
  const FrameResult result = next_frame(as_bytes(wire("30 ffffff7f")), 1000);
  EXPECT_EQ(result.state, State::too_large);
  const Error error = frame_error(result, 1000);
  EXPECT_EQ(error.code, Errc::too_large);
  EXPECT_EQ(error.message, "packet of 268435460 bytes is above the limit of 1000 bytes");
}

TEST(NextFrame, CountsTheHeaderInTheLimit) {
  const std::string bytes = wire("30 03 0001 61");
  EXPECT_EQ(next_frame(as_bytes(bytes), 5).state, State::frame);
  EXPECT_EQ(next_frame(as_bytes(bytes), 4).state, State::too_large);
}

}  // namespace
}  // namespace iotemu::mqtt::testing
