#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <regex>

#include "base/seeded_random.h"

namespace iotemu {
namespace {

const std::regex kUuid4{"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"};

TEST(SeededRandom, GivesTheSameIdsForTheSameSeed) {
  SeededRandom first{42};
  SeededRandom second{42};
  EXPECT_EQ(first.hex(32), second.hex(32));
  EXPECT_EQ(first.uuid(), second.uuid());
}

TEST(SeededRandom, GivesOtherIdsForAnotherSeedAndForTheNextCall) {
  SeededRandom first{42};
  SeededRandom second{43};
  const auto id = first.hex(16);
  EXPECT_NE(id, second.hex(16));
  EXPECT_NE(id, first.hex(16));
}

TEST(Random, MakesHexOfTheAskedLength) {
  SystemRandom random;
  EXPECT_TRUE(std::regex_match(random.hex(32), std::regex{"[0-9a-f]{64}"}));
  EXPECT_EQ(random.hex(0), "");
}

TEST(Random, MakesVersion4Uuids) {
  SystemRandom random;
  const auto id = random.uuid();
  EXPECT_TRUE(std::regex_match(id, kUuid4)) << id;
  EXPECT_NE(id, random.uuid());
}

TEST(SystemRandom, FillsEveryByte) {
  SystemRandom random;
  std::array<std::uint8_t, 1024> bytes{};
  random.fill(bytes);
  // 64 bytes that stayed zero by chance: 2^-512.
  for (std::size_t at = 0; at < bytes.size(); at += 64) {
    const auto zeroes = std::count(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                   bytes.begin() + static_cast<std::ptrdiff_t>(at + 64), 0);
    EXPECT_LT(zeroes, 64) << "at " << at;
  }
}

}  // namespace
}  // namespace iotemu
