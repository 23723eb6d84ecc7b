// The order of a reset's steps, what is answered together, and its end.

#include "emulator/resets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/manual_clock.h"

namespace iotemu {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Pool final : public Executor {
 public:
  void post(Task task) override { tasks_.push_back(std::move(task)); }
  void run_all() {
    while (!tasks_.empty()) {
      auto next = std::move(tasks_.front());
      tasks_.erase(tasks_.begin());
      next();
    }
  }

 private:
  std::vector<Task> tasks_;
};

class ResetsTest : public ::testing::Test {
 protected:
  void ask(bool keep_ca, const std::string& name) {
    resets.request(keep_ca,
                   [this, name](const Status& done) { log.push_back(name + (done ? " ok" : " refused")); });
  }
  void let_go() {
    holds.clear();
    pool.run_all();
  }

  ManualClock clock;
  Pool pool;
  Timers timers{clock, pool, true};
  WorkCounter work;
  std::vector<invoke::Hold> holds;
  std::vector<std::string> log;
  Resets resets{{.end_code =
                     [this](const invoke::Hold& until) {
                       log.emplace_back("end");
                       holds.push_back(until);
                     },
                 .take_in =
                     [this](const invoke::Hold& until) {
                       log.emplace_back("take in");
                       holds.push_back(until);
                     },
                 .forget = [this](bool keep_ca) -> Status {
                   log.emplace_back(keep_ca ? "forget but CAs" : "forget");
                   return Ok{};
                 }},
                pool,
                timers,
                work};
};

TEST_F(ResetsTest, EndsCodeTakesInWhatItSentEndsTheRestAndForgets) {
  ask(true, "a");
  pool.run_all();
  EXPECT_THAT(log, ElementsAre("end"));
  let_go();
  EXPECT_THAT(log, ElementsAre("end", "take in"));
  let_go();
  EXPECT_THAT(log, ElementsAre("end", "take in", "end"));
  EXPECT_FALSE(work.wait_idle(std::chrono::milliseconds{0}));
  let_go();
  EXPECT_THAT(log, ElementsAre("end", "take in", "end", "forget but CAs", "a ok"));
  EXPECT_TRUE(work.wait_idle(std::chrono::milliseconds{0}));
}

TEST_F(ResetsTest, AnswersThoseWhoComeMeanwhileByOneMore) {
  ask(true, "a");
  ask(true, "b");
  ask(false, "c");
  for (int i = 0; i < 3; ++i) let_go();
  EXPECT_EQ(log[3], "forget but CAs");
  EXPECT_EQ(log[4], "a ok");
  log.clear();
  for (int i = 0; i < 3; ++i) let_go();
  EXPECT_THAT(log, ElementsAre("take in", "end", "forget", "b ok", "c ok"));
}

TEST_F(ResetsTest, DoesNotWaitForEverForWhatCannotBeEnded) {
  ask(false, "a");
  clock.advance(std::chrono::seconds{10});
  timers.fire_due();
  pool.run_all();
  EXPECT_THAT(log, ElementsAre("end", "take in"));
  const auto late = std::move(holds.front());
  holds.erase(holds.begin());
  for (int i = 0; i < 2; ++i) let_go();
  EXPECT_EQ(log.back(), "a ok");
}

TEST_F(ResetsTest, RefusesWhoWaitsWhenTheEmulatorEnds) {
  ask(false, "a");
  ask(false, "b");
  log.clear();
  resets.stop();
  EXPECT_THAT(log, ElementsAre("a refused", "b refused"));
  log.clear();
  let_go();
  EXPECT_THAT(log, IsEmpty());
  ask(false, "c");
  EXPECT_THAT(log, ElementsAre("c refused"));
}

}  // namespace
}  // namespace iotemu
