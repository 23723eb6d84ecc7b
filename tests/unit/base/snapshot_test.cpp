#include "base/snapshot.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

namespace iotemu {
namespace {

using Text = Snapshot<std::string>;

TEST(Snapshot, ShowsAReaderTheLatestValue) {
  Text text{std::make_shared<const std::string>("old")};
  Text::Reader reader{text};
  EXPECT_EQ(*reader, "old");
  text.publish(std::make_shared<const std::string>("new"));
  EXPECT_EQ(*reader, "new");
  EXPECT_EQ(reader->size(), 3U);
}

TEST(Snapshot, MovesItsGenerationWithEveryPublish) {
  Text text{std::make_shared<const std::string>("a")};
  const auto before = text.generation();
  text.publish(std::make_shared<const std::string>("b"));
  EXPECT_EQ(text.generation(), before + 1);
}

TEST(Snapshot, KeepsTheReadersValueAliveAfterItWasReplaced) {
  Text text{std::make_shared<const std::string>("kept")};
  const auto held = text.get();
  text.publish(std::make_shared<const std::string>("next"));
  EXPECT_EQ(*held, "kept");
}

TEST(Snapshot, NeverShowsAReaderAnOlderValueThanBefore) {
  Snapshot<int> number{std::make_shared<const int>(0)};
  std::atomic<bool> stop{false};
  std::thread writer{[&] {
    for (int i = 1; i <= 2000; ++i) number.publish(std::make_shared<const int>(i));
    stop = true;
  }};
  Snapshot<int>::Reader reader{number};
  int last = 0;
  bool went_back = false;
  while (!stop) {
    const int now = *reader;
    went_back = went_back || now < last;
    last = now;
  }
  writer.join();
  EXPECT_FALSE(went_back);
  EXPECT_EQ(*reader, 2000);
}

}  // namespace
}  // namespace iotemu
