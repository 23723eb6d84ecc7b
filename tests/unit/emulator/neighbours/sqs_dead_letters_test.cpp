// What a queue gives up, and what it remembers and holds.

#include "emulator/neighbours/sqs/queue.h"
#include "sqs_fixture.h"

namespace iotemu::neighbours {
namespace {

using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST_F(SqsTest, GivesUpToTheDeadLetterQueueWhatWasReceivedTooOften) {
  create("dead");
  create("jobs",
         {{"VisibilityTimeout", "1"},
          {"RedrivePolicy", to_text(Json{{"deadLetterTargetArn", arn + "dead"}, {"maxReceiveCount", 2}})}});
  send_message("poison");
  EXPECT_THAT(bodies(), ElementsAre("poison"));
  advance(seconds{1});
  EXPECT_THAT(bodies(), ElementsAre("poison"));
  advance(seconds{1});
  EXPECT_THAT(bodies(), IsEmpty());
  EXPECT_THAT(good("ListDeadLetterSourceQueues", {{"QueueUrl", "/123456789012/dead"}})["queueUrls"][0]
                  .get<std::string>(),
              HasSubstr("/jobs"));
  url = "/123456789012/dead";
  const auto got = receive({{"AttributeNames", {"All"}}});
  ASSERT_THAT(got, SizeIs(1));
  EXPECT_EQ(got[0]["Body"], "poison");
  EXPECT_EQ(got[0]["Attributes"]["DeadLetterQueueSourceArn"], arn + "jobs");
}

TEST_F(SqsTest, ServesReceiversOfBothQueuesWhenPartOfABatchIsGivenUp) {
  create("dead");
  const Json once{
      {"VisibilityTimeout", "1"},
      {"RedrivePolicy", to_text(Json{{"deadLetterTargetArn", arn + "dead"}, {"maxReceiveCount", 1}})}};
  create("jobs", once);
  send_message("poison");
  EXPECT_THAT(bodies(), ElementsAre("poison"));
  send_message("fresh", {{"DelaySeconds", 1}});
  // Who waits for the dead letters waits next in line.
  const auto of_jobs = receive_later(20);
  url = "/123456789012/dead";
  const auto of_dead = receive_later(20);
  const auto more_of_dead = receive_later(20);
  advance(seconds{1});
  ASSERT_TRUE(of_jobs->has_value());
  EXPECT_THAT((*of_jobs)->body, AllOf(HasSubstr("fresh"), Not(HasSubstr("poison"))));
  ASSERT_TRUE(of_dead->has_value());
  EXPECT_THAT((*of_dead)->body, HasSubstr("poison"));
  EXPECT_FALSE(more_of_dead->has_value());
  advance(seconds{20});
  EXPECT_TRUE(more_of_dead->has_value());
}

TEST_F(SqsTest, LosesNoDeadLetterWhoseDeduplicationIdTheDeadLetterQueueKnows) {
  create("dead.fifo", {{"FifoQueue", "true"}});
  const Json once{
      {"FifoQueue", "true"},
      {"VisibilityTimeout", "1"},
      {"RedrivePolicy", to_text(Json{{"deadLetterTargetArn", arn + "dead.fifo"}, {"maxReceiveCount", 1}})}};
  for (const auto* name : {"one.fifo", "two.fifo"}) {
    create(name, once);
    url = "/123456789012/" + std::string{name};
    send_message(name, {{"MessageGroupId", "g"}, {"MessageDeduplicationId", "same"}});
    EXPECT_THAT(bodies(), ElementsAre(name));
    advance(seconds{1});
    EXPECT_THAT(bodies(), IsEmpty());
  }
  url = "/123456789012/dead.fifo";
  EXPECT_THAT(bodies(), ElementsAre("one.fifo", "two.fifo"));
}

TEST_F(SqsTest, WantsADeadLetterQueueThatExistsAndIsOfTheSameKind) {
  create("dead");
  create("dead.fifo", {{"FifoQueue", "true"}});
  const auto attributes = [&](const std::string& target) {
    return Json{
        {"RedrivePolicy", to_text(Json{{"deadLetterTargetArn", arn + target}, {"maxReceiveCount", 1}})}};
  };
  for (const auto* target : {"nowhere", "dead.fifo"}) {
    EXPECT_EQ(names(ask("CreateQueue", {{"QueueName", "jobs"}, {"Attributes", attributes(target)}})),
              "400 InvalidParameterValueException InvalidParameterValue;Sender");
  }
  create("jobs", attributes("dead"));
  for (const auto* target : {"nowhere", "dead.fifo", "jobs"}) {
    EXPECT_EQ(fault(ask("SetQueueAttributes", {{"QueueUrl", url}, {"Attributes", attributes(target)}})),
              "400 InvalidParameterValueException");
  }
  // One that goes later does not keep the queue from being set.
  good("DeleteQueue", {{"QueueUrl", "/123456789012/dead"}});
  good("SetQueueAttributes", {{"QueueUrl", url}, {"Attributes", {{"DelaySeconds", "1"}}}});
}

TEST(QueueTest, KeepsAMessageThatNobodyTakesOverAndWhatComesAfterItInItsGroup) {
  std::size_t bytes = 0;
  sqs::Queue queue{"mark", bytes};
  queue.settings = {.fifo = true, .dead_letter_arn = "arn", .max_receives = 1};
  const auto send = [&](const std::string& body, const std::string& group) {
    EXPECT_TRUE(queue.send({.body = body, .group = group, .deduplication = body}, std::nullopt, {}));
  };
  bool takes = false;
  const auto received = [&](sqs::Queue::Instant at) {
    std::vector<std::string> result;
    for (const auto& one : queue.receive(10, seconds{1}, at, [&](const auto&) { return takes; }))
      result.push_back(one.message.body);
    return result;
  };
  send("poison", "a");
  EXPECT_THAT(received({}), ElementsAre("poison"));
  send("after", "a");
  send("other", "b");
  const sqs::Queue::Instant later{.tick = Tick{} + seconds{1}};
  EXPECT_THAT(received(later), ElementsAre("other"));
  EXPECT_EQ(queue.visible(later), 2U);
  takes = true;
  EXPECT_THAT(received(later), ElementsAre("after"));
}

TEST(QueueTest, RemembersADeduplicationIdForFiveMinutesAndCountsItsBytes) {
  std::size_t bytes = 0;
  {
    sqs::Queue queue{"mark", bytes};
    queue.settings.fifo = true;
    const sqs::Message message{.id = "1", .body = std::string(1000, 'x'), .group = "g", .deduplication = "d"};
    EXPECT_EQ(queue.send(message, std::nullopt, {})->id, "1");
    auto same = message;
    same.id = "2";
    EXPECT_EQ(queue.send(same, std::nullopt, {})->id, "1");
    EXPECT_GE(bytes, 1000U);
    queue.purge();
    EXPECT_GT(bytes, 0U) << "the id is remembered";
    EXPECT_LT(bytes, 1000U);
    EXPECT_EQ(queue.visible({.tick = Tick{} + std::chrono::minutes{5}}), 0U);
    EXPECT_EQ(bytes, 0U);
    EXPECT_EQ(queue.send(same, std::nullopt, {.tick = Tick{} + std::chrono::minutes{5}})->id, "2");
  }
  EXPECT_EQ(bytes, 0U);
}

TEST(QueueTest, RefusesWhatIsMoreThanAllQueuesKeep) {
  std::size_t bytes = sqs::kMaxBytesOfAll - 1000;
  sqs::Queue queue{"mark", bytes};
  const auto refused = queue.send({.body = std::string(1001, 'x')}, std::nullopt, {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.fault().message, HasSubstr("in all its queues"));
  EXPECT_TRUE(queue.send({.body = "x"}, std::nullopt, {}));
}

}  // namespace
}  // namespace iotemu::neighbours
