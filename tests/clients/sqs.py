"""SQS with boto3, whose release here speaks the query protocol, and by hand with the newer JSON protocol."""
import json
import threading
import time
import unittest

from botocore.exceptions import ClientError
from daemon import ACCOUNT, Story


class Sqs(Story):
    def setUp(self):
        super().setUp()
        self.sqs = self.daemon.client("sqs")

    def create(self, name="jobs", **attributes):
        return self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def json(self, operation, **members):
        answer = self.daemon.http(
            "POST", "/", {"X-Amz-Target": f"AmazonSQS.{operation}", "Content-Type": "application/x-amz-json-1.0",
                          "Authorization": "AWS4-HMAC-SHA256 Credential=AKIAX/20260101/us-east-1/sqs/aws4_request, "
                                           "SignedHeaders=host, Signature=00ff"}, json.dumps(members))
        return answer, answer.json()

    def test_the_life_of_a_message(self):  # boto3 compares the MD5 of body and attributes itself
        url = self.create()
        self.assertEqual(url, f"{self.daemon.endpoint}/{ACCOUNT}/jobs")
        sent = self.sqs.send_message(
            QueueUrl=url, MessageBody="<a> & \"b\"\n\u00e9", MessageAttributes={
                "city": {"DataType": "String", "StringValue": "Oslo"},
                "bytes": {"DataType": "Binary", "BinaryValue": b"\0\1\2"}})
        (got,) = self.sqs.receive_message(QueueUrl=url, AttributeNames=["All"],
                                          MessageAttributeNames=["All"])["Messages"]
        self.assertEqual((got["MessageId"], got["Body"]), (sent["MessageId"], "<a> & \"b\"\n\u00e9"))
        self.assertEqual(got["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"])
        self.assertEqual(got["MessageAttributes"]["bytes"]["BinaryValue"], b"\0\1\2")
        self.assertEqual(got["Attributes"]["ApproximateReceiveCount"], "1")
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])
        self.assertNotIn("Messages", self.sqs.receive_message(QueueUrl=url))

    def test_batches(self):
        url = self.create()
        answer = self.sqs.send_message_batch(
            QueueUrl=url, Entries=[{"Id": "a", "MessageBody": "1"}, {"Id": "b", "MessageBody": "2"},
                                   {"Id": "c", "MessageBody": "\x01"}])
        self.assertEqual([entry["Id"] for entry in answer["Successful"]], ["a", "b"])
        self.assertEqual([(entry["Id"], entry["Code"]) for entry in answer["Failed"]], [("c", "InvalidMessageContents")])
        got = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        handles = [{"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(got)]
        changed = self.sqs.change_message_visibility_batch(
            QueueUrl=url, Entries=[{**entry, "VisibilityTimeout": 60} for entry in handles])
        self.assertEqual(len(changed["Successful"]), 2)
        self.assertEqual(len(self.sqs.delete_message_batch(QueueUrl=url, Entries=handles)["Successful"]), 2)

    def test_a_long_poll_ends_when_a_message_comes(self):
        url = self.create()
        sender = self.daemon.client("sqs")
        timer = threading.Timer(0.5, lambda: sender.send_message(QueueUrl=url, MessageBody="late"))
        timer.start()
        begin = time.monotonic()
        got = self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
        timer.join()
        self.assertEqual(got[0]["Body"], "late")
        self.assertLess(time.monotonic() - begin, 10)

    def test_both_protocols_reach_the_same_queue(self):
        url = self.create(DelaySeconds="0")
        answer, sent = self.json("SendMessage", QueueUrl=url, MessageBody="by hand")
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "application/x-amz-json-1.0"))
        self.assertEqual(self.sqs.receive_message(QueueUrl=url)["Messages"][0]["MessageId"], sent["MessageId"])
        self.assertEqual(self.json("GetQueueUrl", QueueName="jobs")[1], {"QueueUrl": url})
        answer, fault = self.json("GetQueueUrl", QueueName="none")
        self.assertEqual((answer.status, fault["__type"]), (400, "com.amazonaws.sqs#QueueDoesNotExist"))
        self.assertEqual(answer.headers["x-amzn-query-error"], "AWS.SimpleQueueService.NonExistentQueue;Sender")
        with self.assertRaises(self.sqs.exceptions.QueueDoesNotExist):
            self.sqs.get_queue_url(QueueName="none")

    def test_attributes_tags_and_lists(self):
        dead = self.create("dead")
        arn = self.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        url = self.create(RedrivePolicy=json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "3"}))
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "7"})
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        self.assertEqual((attributes["VisibilityTimeout"], attributes["ApproximateNumberOfMessages"]), ("7", "0"))
        self.assertEqual(self.sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"], [url])
        self.sqs.tag_queue(QueueUrl=url, Tags={"site": "north"})
        self.assertEqual(self.sqs.list_queue_tags(QueueUrl=url)["Tags"], {"site": "north"})
        self.assertEqual(self.sqs.list_queues(QueueNamePrefix="j")["QueueUrls"], [url])
        pages = self.sqs.get_paginator("list_queues").paginate(PaginationConfig={"PageSize": 1})
        self.assertEqual([page["QueueUrls"] for page in pages], [[dead], [url]])
        self.sqs.delete_queue(QueueUrl=dead)
        self.assertEqual(self.sqs.list_queues()["QueueUrls"], [url])

    def test_a_fifo_queue(self):
        url = self.create("jobs.fifo", FifoQueue="true", ContentBasedDeduplication="true")
        for body in ("1", "1", "2"):
            sent = self.sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g")
            self.assertRegex(sent["SequenceNumber"], r"\A\d{20}\Z")
        got = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        self.assertEqual([message["Body"] for message in got], ["1", "2"])

    def test_what_is_refused(self):
        with self.assertRaisesRegex(ClientError, "Unknown Attribute Colour"):
            self.create(Colour="red")
        with self.assertRaisesRegex(ClientError, "KmsMasterKeyId is not emulated"):
            self.create(KmsMasterKeyId="alias/aws/sqs")
        with self.assertRaisesRegex(ClientError, "sqs AddPermission is not emulated"):
            self.sqs.add_permission(QueueUrl=self.create(), Label="l", AWSAccountIds=[ACCOUNT], Actions=["*"])


if __name__ == "__main__":
    unittest.main()
