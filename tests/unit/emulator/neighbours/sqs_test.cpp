// Queues with manual time, by both protocols.

#include "sqs_fixture.h"

namespace iotemu::neighbours {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(SqsTest, CarriesAMessage) {
  EXPECT_THAT(create("jobs"), HasSubstr("/123456789012/jobs"));
  const auto sent = send_message("hello");
  EXPECT_EQ(sent["MD5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592");
  const auto got = receive();
  ASSERT_THAT(got, SizeIs(1));
  EXPECT_EQ(got[0]["Body"], "hello");
  EXPECT_EQ(got[0]["MessageId"], sent["MessageId"]);
  EXPECT_EQ(got[0]["MD5OfBody"], sent["MD5OfMessageBody"]);
  EXPECT_FALSE(got[0].contains("Attributes"));
  EXPECT_THAT(bodies(), IsEmpty()) << "it is on its way to its receiver";
  good("DeleteMessage", {{"QueueUrl", url}, {"ReceiptHandle", got[0]["ReceiptHandle"]}});
  advance(seconds{31});
  EXPECT_THAT(bodies(), IsEmpty());
}

TEST_F(SqsTest, GivesAMessageAgainAfterItsVisibilityTimeout) {
  create("jobs", {{"VisibilityTimeout", "5"}});
  send_message("hello");
  const auto first = receive({{"AttributeNames", {"All"}}})[0];
  EXPECT_EQ(first["Attributes"]["ApproximateReceiveCount"], "1");
  EXPECT_EQ(attribute("ApproximateNumberOfMessagesNotVisible"), "1");
  advance(seconds{4});
  EXPECT_THAT(bodies(), IsEmpty());
  advance(seconds{1});
  const auto second = receive({{"MessageSystemAttributeNames", {"ApproximateReceiveCount"}}})[0];
  EXPECT_EQ(second["Attributes"], (Json{{"ApproximateReceiveCount", "2"}}));
  // The older handle deletes nothing.
  good("DeleteMessage", {{"QueueUrl", url}, {"ReceiptHandle", first["ReceiptHandle"]}});
  advance(seconds{5});
  EXPECT_THAT(bodies(), ElementsAre("hello"));
}

TEST_F(SqsTest, ChangesTheVisibilityOfOneMessage) {
  create("jobs");
  send_message("hello");
  const Json handle = receive()[0]["ReceiptHandle"];
  const auto change = [&](std::int64_t to) {
    return ask("ChangeMessageVisibility",
               {{"QueueUrl", url}, {"ReceiptHandle", handle}, {"VisibilityTimeout", to}});
  };
  EXPECT_EQ(change(100).status, 200U);
  advance(seconds{99});
  EXPECT_THAT(bodies(), IsEmpty());
  EXPECT_EQ(change(0).status, 200U);
  EXPECT_EQ(names(change(5)), "400 MessageNotInflight AWS.SimpleQueueService.MessageNotInflight;Sender");
  EXPECT_EQ(fault(change(43'201)), "400 InvalidParameterValueException");
  EXPECT_THAT(bodies(), ElementsAre("hello"));
}

TEST_F(SqsTest, HoldsBackWhatIsDelayed) {  // by the queue and by the message
  create("jobs", {{"DelaySeconds", "5"}});
  send_message("slow");
  send_message("slower", {{"DelaySeconds", 8}});
  send_message("now", {{"DelaySeconds", 0}});
  EXPECT_EQ(attribute("ApproximateNumberOfMessagesDelayed"), "2");
  EXPECT_THAT(bodies(), ElementsAre("now"));
  advance(seconds{5});
  EXPECT_THAT(bodies(), ElementsAre("slow"));
  advance(seconds{3});
  EXPECT_THAT(bodies(), ElementsAre("slower"));
}

TEST_F(SqsTest, AnswersALongPollWhenAMessageComesOrTheWaitEnds) {
  create("jobs");
  const auto first = receive_later(20);
  const auto second = receive_later(10);
  EXPECT_FALSE(first->has_value());
  send_message("hello");
  ASSERT_TRUE(first->has_value()) << "who came first is served first";
  EXPECT_THAT((*first)->body, HasSubstr("hello"));
  EXPECT_FALSE(second->has_value());
  advance(seconds{9});
  EXPECT_FALSE(second->has_value());
  advance(seconds{1});
  ASSERT_TRUE(second->has_value());
  EXPECT_EQ((*second)->body, "{}");
}

TEST_F(SqsTest, AnswersALongPollWhenAMessageBecomesVisible) {
  create("jobs", {{"DelaySeconds", "5"}, {"ReceiveMessageWaitTimeSeconds", "20"}});
  send_message("slow");
  const auto answer = begin({.method = "POST",
                             .target = "/",
                             .headers = {{"X-Amz-Target", "AmazonSQS.ReceiveMessage"}},
                             .body = to_text(Json{{"QueueUrl", url}})},
                            "test", "sqs")
                          .second;
  advance(seconds{4});
  EXPECT_FALSE(answer->has_value());
  advance(seconds{1});
  ASSERT_TRUE(answer->has_value());
  EXPECT_THAT((*answer)->body, HasSubstr("slow"));
}

TEST_F(SqsTest, EndsALongPollWhenTheEmulatorEnds) {
  create("jobs");
  const auto answer = receive_later(20);
  neighbours.stop();
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ((*answer)->status, 200U);
}

TEST_F(SqsTest, KeepsMessageAttributesAndTheirDigest) {
  create("jobs");
  const auto sent = send_message("hello", {{"MessageAttributes",
                                            {{"city", {{"DataType", "String"}, {"StringValue", "Oslo"}}},
                                             {"bin", {{"DataType", "Binary"}, {"BinaryValue", "AAEC"}}},
                                             {"n", {{"DataType", "Number"}, {"StringValue", "7"}}}}}});
  const auto all = receive({{"MessageAttributeNames", {"All"}}, {"VisibilityTimeout", 0}})[0];
  EXPECT_EQ(all["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"]);
  EXPECT_EQ(all["MessageAttributes"]["bin"]["BinaryValue"], "AAEC");
  const auto some = receive({{"MessageAttributeNames", {"ci.*"}}})[0];
  EXPECT_EQ(some["MessageAttributes"].size(), 1U);
  EXPECT_NE(some["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"]);
}

TEST_F(SqsTest, WorksInBatchesEntryByEntry) {
  create("jobs");
  const auto answer =
      good("SendMessageBatch", {{"QueueUrl", url},
                                {"Entries",
                                 {{{"Id", "a"}, {"MessageBody", "1"}},
                                  {{"Id", "b"}, {"MessageBody", ""}},
                                  {{"Id", "c"}, {"MessageBody", "3"}, {"DelaySeconds", 901}}}}});
  EXPECT_EQ(answer["Successful"][0]["Id"], "a");
  EXPECT_EQ(answer["Failed"][0]["Id"], "b");
  EXPECT_EQ(answer["Failed"][0]["Code"], "MissingParameter");
  EXPECT_EQ(answer["Failed"][1]["Code"], "InvalidParameterValue");
  const auto got = receive();
  const auto gone = good("DeleteMessageBatch", {{"QueueUrl", url},
                                                {"Entries",
                                                 {{{"Id", "x"}, {"ReceiptHandle", got[0]["ReceiptHandle"]}},
                                                  {{"Id", "y"}, {"ReceiptHandle", "nonsense"}}}}});
  EXPECT_EQ(gone["Successful"], (Json::array({{{"Id", "x"}}})));
  EXPECT_EQ(gone["Failed"][0]["Code"], "ReceiptHandleIsInvalid");
  const auto batch = [&](Json entries) {
    return names(ask("SendMessageBatch", {{"QueueUrl", url}, {"Entries", std::move(entries)}}));
  };
  EXPECT_THAT(batch(Json::array()), HasSubstr("400 EmptyBatchRequest"));
  EXPECT_THAT(batch(Json::array({{{"Id", "a"}, {"MessageBody", "1"}}, {{"Id", "a"}, {"MessageBody", "2"}}})),
              HasSubstr("400 BatchEntryIdsNotDistinct"));
  EXPECT_THAT(batch(Json::array({{{"Id", "a b"}, {"MessageBody", "1"}}})),
              HasSubstr("400 InvalidBatchEntryId"));
}

TEST_F(SqsTest, KeepsTheOrderOfAGroupAndDropsDuplicatesInAFifoQueue) {
  create("jobs.fifo",
         {{"FifoQueue", "true"}, {"ContentBasedDeduplication", "true"}, {"VisibilityTimeout", "5"}});
  url += ".fifo";
  const auto first = send_message("1", {{"MessageGroupId", "a"}});
  EXPECT_EQ(send_message("1", {{"MessageGroupId", "a"}})["MessageId"], first["MessageId"]);
  send_message("2", {{"MessageGroupId", "a"}});
  send_message("3", {{"MessageGroupId", "b"}});
  const auto one = receive();
  EXPECT_EQ(one[0]["Body"], "1");
  EXPECT_THAT(bodies(), ElementsAre("3")) << "group a has a message under way";
  good("DeleteMessage", {{"QueueUrl", url}, {"ReceiptHandle", one[0]["ReceiptHandle"]}});
  EXPECT_THAT(bodies(), ElementsAre("2"));
  advance(std::chrono::minutes{5});
  EXPECT_NE(send_message("1", {{"MessageGroupId", "a"}})["MessageId"], first["MessageId"]);
  EXPECT_THAT(names(ask("SendMessage", {{"QueueUrl", url}, {"MessageBody", "x"}})),
              HasSubstr("MissingParameter"));
}

TEST_F(SqsTest, ForgetsWhatIsTooOldOrPurged) {
  create("jobs", {{"MessageRetentionPeriod", "60"}});
  send_message("old");
  advance(seconds{60});
  EXPECT_THAT(bodies(), IsEmpty());
  send_message("new");
  good("PurgeQueue", {{"QueueUrl", url}});
  EXPECT_THAT(bodies(), IsEmpty());
  EXPECT_EQ(fault(ask("PurgeQueue", {{"QueueUrl", url}})), "403 PurgeQueueInProgress");
}

TEST_F(SqsTest, IsMadeOnceAndAgainWithTheSameAttributes) {
  const auto made = create("jobs", {{"DelaySeconds", "5"}});
  EXPECT_EQ(create("jobs", {{"DelaySeconds", "5"}}), made);
  EXPECT_EQ(create("jobs"), made);
  EXPECT_EQ(names(ask("CreateQueue", {{"QueueName", "jobs"}, {"Attributes", {{"DelaySeconds", "6"}}}})),
            "400 QueueNameExists QueueAlreadyExists;Sender");
  good("SetQueueAttributes", {{"QueueUrl", url}, {"Attributes", {{"DelaySeconds", "0"}}}});
  EXPECT_EQ(attribute("DelaySeconds"), "0");
  EXPECT_EQ(attribute("QueueArn"), arn + "jobs");
  good("TagQueue", {{"QueueUrl", url}, {"Tags", {{"a", "1"}, {"b", "2"}}}});
  good("UntagQueue", {{"QueueUrl", url}, {"TagKeys", {"a"}}});
  EXPECT_EQ(good("ListQueueTags", {{"QueueUrl", url}})["Tags"], (Json{{"b", "2"}}));
  create("other");
  EXPECT_THAT(good("ListQueues", {{"QueueNamePrefix", "o"}})["QueueUrls"], SizeIs(1));
  const auto page = good("ListQueues", {{"MaxResults", 1}});
  EXPECT_THAT(page["QueueUrls"], SizeIs(1));
  EXPECT_THAT(good("ListQueues", {{"MaxResults", 1}, {"NextToken", page["NextToken"]}})["QueueUrls"][0]
                  .get<std::string>(),
              HasSubstr("/other"));
  good("DeleteQueue", {{"QueueUrl", url}});
  EXPECT_EQ(names(ask("GetQueueUrl", {{"QueueName", "jobs"}})),
            "400 QueueDoesNotExist AWS.SimpleQueueService.NonExistentQueue;Sender");
}

struct WrongCase {
  const char* operation;
  const char* input;
  const char* expected;
};
class WrongUse : public SqsTest, public testing::WithParamInterface<WrongCase> {};

TEST_P(WrongUse, IsRefused) {
  create("jobs");
  const auto answer = ask(GetParam().operation, Json::parse(GetParam().input));
  EXPECT_EQ(fault(answer), GetParam().expected) << answer.body;
}

INSTANTIATE_TEST_SUITE_P(
    Sqs, WrongUse,
    testing::Values(
        WrongCase{"CreateQueue", R"({"QueueName": "a b"})", "400 InvalidParameterValueException"},
        WrongCase{"CreateQueue", R"({"QueueName": "q.fifo"})", "400 InvalidParameterValueException"},
        WrongCase{"CreateQueue", R"({"QueueName": "q", "Attributes": {"FifoQueue": "true"}})",
                  "400 InvalidParameterValueException"},
        WrongCase{"CreateQueue", R"({"QueueName": "q", "Attributes": {"Colour": "red"}})",
                  "400 InvalidAttributeName"},
        WrongCase{"CreateQueue", R"({"QueueName": "q", "Attributes": {"KmsMasterKeyId": "k"}})",
                  "400 InvalidAttributeName"},
        WrongCase{"CreateQueue", R"({"QueueName": "q", "Attributes": {"DelaySeconds": "901"}})",
                  "400 InvalidAttributeValue"},
        WrongCase{"CreateQueue", R"({"QueueName": "q", "Attributes": {"RedrivePolicy": "{}"}})",
                  "400 InvalidParameterValueException"},
        WrongCase{"CreateQueue", R"({})", "400 InvalidParameterValue"},
        WrongCase{"SendMessage", R"({"QueueUrl": "/123456789012/none", "MessageBody": "x"})",
                  "400 QueueDoesNotExist"},
        WrongCase{"SendMessage", R"({"QueueUrl": "jobs", "MessageBody": "x"})", "404 InvalidAddress"},
        WrongCase{"SendMessage", R"({"QueueUrl": "/123456789012/jobs", "MessageBody": ""})",
                  "400 MissingRequiredParameterException"},
        WrongCase{"SendMessage", R"({"QueueUrl": "/123456789012/jobs", "MessageBody": "\u0001"})",
                  "400 InvalidMessageContents"},
        WrongCase{"SendMessage",
                  R"({"QueueUrl": "/123456789012/jobs", "MessageBody": "x", "MessageDeduplicationId": "d"})",
                  "400 InvalidParameterValueException"},
        WrongCase{"SendMessage",
                  R"({"QueueUrl": "/123456789012/jobs", "MessageBody": "x",
                      "MessageAttributes": {"a": {"DataType": "Colour", "StringValue": "red"}}})",
                  "400 InvalidParameterValueException"},
        WrongCase{"SendMessage",
                  R"({"QueueUrl": "/123456789012/jobs", "MessageBody": "x",
                      "MessageAttributes": {"a": {"DataType": "String"}}})",
                  "400 InvalidParameterValueException"},
        WrongCase{"ReceiveMessage", R"({"QueueUrl": "/123456789012/jobs", "MaxNumberOfMessages": 11})",
                  "400 InvalidParameterValueException"},
        WrongCase{"ReceiveMessage", R"({"QueueUrl": "/123456789012/jobs", "WaitTimeSeconds": 21})",
                  "400 InvalidParameterValueException"},
        WrongCase{"GetQueueAttributes", R"({"QueueUrl": "/123456789012/jobs", "AttributeNames": ["Colour"]})",
                  "400 InvalidAttributeName"},
        WrongCase{"AddPermission", R"({"QueueUrl": "/123456789012/jobs"})", "501 NotImplementedException"}));

// The query protocol.

TEST_F(SqsTest, SpeaksTheQueryProtocolToo) {
  const auto made =
      form("sqs", "Action=CreateQueue&QueueName=jobs&Attribute.1.Name=DelaySeconds&Attribute.1.Value=0");
  EXPECT_THAT(element(made, "QueueUrl"), HasSubstr("/123456789012/jobs"));
  const auto sent = form("sqs",
                         "Action=SendMessage&QueueUrl=/123456789012/jobs&MessageBody=a%3Cb%26c&"
                         "MessageAttribute.1.Name=city&MessageAttribute.1.Value.DataType=String&"
                         "MessageAttribute.1.Value.StringValue=Oslo");
  EXPECT_EQ(element(sent, "MD5OfMessageBody").size(), 32U) << sent.body;
  const auto got = form("sqs",
                        "Action=ReceiveMessage&QueueUrl=/123456789012/jobs&AttributeName.1=SentTimestamp&"
                        "MessageAttributeName.1=All");
  EXPECT_EQ(element(got, "Body"), "a&lt;b&amp;c");
  EXPECT_THAT(got.body, HasSubstr("<Attribute><Name>SentTimestamp</Name>"));
  EXPECT_THAT(got.body, HasSubstr("<MessageAttribute><Name>city</Name><Value><DataType>String</DataType>"
                                  "<StringValue>Oslo</StringValue></Value></MessageAttribute>"));
  const auto none = form("sqs", "Action=ReceiveMessage&QueueUrl=/123456789012/jobs");
  EXPECT_THAT(none.body, HasSubstr("<ReceiveMessageResult></ReceiveMessageResult>"));
  const auto wrong = form("sqs", "Action=GetQueueUrl&QueueName=none");
  EXPECT_EQ(element(wrong, "Code"), "AWS.SimpleQueueService.NonExistentQueue");
}

TEST_F(SqsTest, TakesTheQueueFromThePathThatAFormIsPostedTo) {
  create("jobs");
  const auto sent = *send({.method = "POST",
                           .target = "/123456789012/jobs",
                           .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                           .body = "Action=SendMessage&MessageBody=x"},
                          "test", "sqs");
  EXPECT_EQ(sent.status, 200U) << sent.body;
  EXPECT_THAT(bodies(), ElementsAre("x"));
}

TEST_F(SqsTest, KeepsRealmsApart) {
  create("jobs");
  region = "eu-west-1";
  EXPECT_EQ(fault(ask("GetQueueUrl", {{"QueueName", "jobs"}})), "400 QueueDoesNotExist");
}

TEST_F(SqsTest, ForgetsAllAtReset) {
  create("jobs");
  neighbours.reset();
  EXPECT_EQ(fault(ask("GetQueueUrl", {{"QueueName", "jobs"}})), "400 QueueDoesNotExist");
}

}  // namespace
}  // namespace iotemu::neighbours
