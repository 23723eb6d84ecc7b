"""The data plane by REST (M section 8): boto3's iot-data, the AWS CLI and raw HTTP, with mosquitto on the other side."""
import base64
import json
import os
import unittest
from urllib.parse import quote

import boto3
from botocore.config import Config

from daemon import REGION, Story, run
from identities import Identity
from mosquitto import Subscriber, publish
from policies import allow


class DataPlane(Story):
    def setUp(self):
        super().setUp()
        self.data = boto3.client(
            "iot-data", endpoint_url=self.daemon.endpoint, region_name=REGION, aws_access_key_id="test",
            aws_secret_access_key="secret", config=Config(retries={"max_attempts": 0}))
        self.addCleanup(self.data.close)
        made = self.iot.create_keys_and_certificate(setAsActive=True)
        self.device = Identity(self.folder / "device.pem", self.folder / "device.key")
        self.device.certificate.write_text(made["certificatePem"])
        self.device.key.write_text(made["keyPair"]["PrivateKey"])
        self.iot.create_policy(policyName="all", policyDocument=allow("iot:*", "*"))
        self.iot.attach_policy(policyName="all", target=made["certificateArn"])

    def listener(self, *filters, **more):
        return Subscriber(self.daemon, self.device, "listener", *filters, **more)

    def http(self, method, target, headers=None, body=None):
        return self.daemon.http(method, target, headers, body)


class Publish(DataPlane):
    def test_boto3_publishes_to_a_subscriber(self):  # T-15, T-18
        with self.listener("a/#") as listener:
            answer = self.data.publish(topic="a/b-c/ä", qos=1, payload=b"on")
            self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 200)
            self.assertEqual(listener.message_with_flags(), (0, 1, "a/b-c/ä", "on"))
            self.data.publish(topic="a/c", payload=json.dumps({"n": 1}))
            self.assertEqual(listener.message_with_flags(), (0, 0, "a/c", '{"n": 1}'))

    def test_the_answer_is_the_service_s(self):  # T-16
        answer = self.http("POST", "/topics/a/b?qos=1", body=b"\x00\xff")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.json()["message"], "OK")
        self.assertEqual(answer.json()["traceId"], answer.headers["x-amzn-RequestId"])

    def test_properties_of_mqtt_5_are_kept(self):  # DP-1, DP-2
        self.data.publish(topic="t", retain=True, qos=1, payload=b"x", contentType="text/plain", responseTopic="r/s",
                          correlationData=base64.b64encode(b"id").decode(), messageExpiry=3600,
                          payloadFormatIndicator="UTF8_DATA", userProperties=[{"a": "1"}, {"a": "2"}])
        kept = self.http("GET", "/retainedMessage/t").json()
        self.assertEqual(json.loads(base64.b64decode(kept["userProperties"])), [{"a": "1"}, {"a": "2"}])

    def test_what_is_wrong_is_said(self):  # T-16, M3-43
        wrong = self.assert_error
        for topic in ("a/+", "a/#", "$mine", "$aws/events/presence/connected/x", "1/2/3/4/5/6/7/8/9", "x" * 257):
            answer = wrong("InvalidRequestException", 400, self.data.publish, topic=topic, payload=b"x")
            self.assertIn(topic, answer["Error"]["Message"])
        wrong("InvalidRequestException", 400, self.data.publish, topic="t", payload=b"x" * 131073)
        wrong("InvalidRequestException", 400, self.data.publish, topic="t", responseTopic="a/#")
        wrong("InvalidRequestException", 400, self.data.publish, topic="t", contentType="x" * 257)
        wrong("InvalidRequestException", 400, self.data.publish, topic="t", correlationData="not base64")
        self.assertEqual(self.http("POST", "/topics/t?qos=2").error_type, "InvalidRequestException")
        self.assertEqual(self.http("PUT", "/topics/t").error_type, "MethodNotAllowedException")
        self.assertEqual(self.http("PUT", "/topics/t").status, 405)

    def test_the_aws_cli_publishes(self):
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                       "AWS_DEFAULT_REGION": REGION, "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true"}

        def aws(*arguments):
            done = run("/usr/bin/aws", "--endpoint-url", self.daemon.endpoint, "--output", "json", "iot-data",
                       *arguments, env=environment)
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout) if done.stdout.strip() else {}

        with self.listener("a/b") as listener:
            aws("publish", "--topic", "a/b", "--qos", "1", "--retain", "--cli-binary-format", "raw-in-base64-out",
                "--payload", '{"on":true}', "--user-properties", '[{"a":"1"}]')
            self.assertEqual(listener.message(), ("a/b", '{"on":true}'))
        kept = aws("get-retained-message", "--topic", "a/b")
        self.assertEqual(base64.b64decode(kept["payload"]), b'{"on":true}')
        self.assertEqual(json.loads(base64.b64decode(self.http("GET", "/retainedMessage/a/b").json()["userProperties"])),
                         [{"a": "1"}])
        self.assertEqual([entry["topic"] for entry in aws("list-retained-messages")["retainedTopics"]], ["a/b"])


class Retained(DataPlane):
    def test_a_device_s_retained_message_is_read_and_deleted(self):  # DP-2, M3-53
        publish(self.daemon, self.device, "speaker", "a/b", "on", "-r")
        kept = self.data.get_retained_message(topic="a/b")
        self.assertEqual((kept["topic"], kept["payload"], kept["qos"]), ("a/b", b"on", 1))
        self.assertGreater(kept["lastModifiedTime"], 1_700_000_000_000)
        self.data.publish(topic="a/b", retain=True, payload=b"")
        self.assert_error("ResourceNotFoundException", 404, self.data.get_retained_message, topic="a/b")

    def test_pages_stay_right_while_others_write(self):  # DP-3, P10.4
        for number in range(7):
            self.data.publish(topic=f"t/{number}", retain=True, payload=b"12345")
        seen, token = [], None
        while True:
            page = self.data.list_retained_messages(maxResults=2, **({"nextToken": token} if token else {}))
            self.assertLessEqual(len(page["retainedTopics"]), 2)
            seen += [entry["topic"] for entry in page["retainedTopics"]]
            token = page.get("nextToken")
            if not token:
                break
            self.data.publish(topic=seen[-1], retain=True, payload=b"")
            self.data.publish(topic="t/" + "0" * len(seen), retain=True, payload=b"new")
        self.assertEqual(seen, [f"t/{number}" for number in range(7)])
        entry = self.data.list_retained_messages()["retainedTopics"][0]
        self.assertEqual(set(entry), {"topic", "payloadSize", "qos", "lastModifiedTime"})
        for bad in ({"maxResults": 201}, {"nextToken": "?"}):
            target = "/retainedMessage?" + "&".join(f"{name}={quote(str(value))}" for name, value in bad.items())
            self.assertEqual(self.http("GET", target).error_type, "InvalidRequestException", target)


class Connections(DataPlane):
    def test_the_life_of_a_connection(self):  # DP-4, DP-5, DP-6
        self.assertEqual(self.http("GET", "/connections/listener").error_type, "ResourceNotFoundException")
        with self.listener("a/+", "b", more=("-k", "60", "-c")):
            shown = self.http("GET", "/connections/listener?includeSocketInformation=TRUE").json()
            self.assertEqual(shown["clientId"], "listener")
            self.assertIs(shown["connected"], True)
            self.assertIs(shown["cleanSession"], False)
            self.assertEqual((shown["keepAliveDuration"], shown["sessionExpiry"]), (60, 3600))
            self.assertEqual((shown["sourceIp"], shown["targetPort"]), ("127.0.0.1", self.daemon.mqtt_port))
            plain = self.http("GET", "/connections/listener").json()
            self.assertFalse({"sourceIp", "sourcePort", "targetIp", "targetPort"} & set(plain))
            first = self.http("GET", "/connections/listener/subscriptions?maxResults=1").json()
            self.assertEqual(first["subscriptions"], [{"topicFilter": "a/+", "qos": 1}])
            rest = self.http("GET", "/connections/listener/subscriptions?nextToken=" + quote(first["nextToken"])).json()
            self.assertEqual(rest, {"subscriptions": [{"topicFilter": "b", "qos": 1}]})
        self.eventually(lambda: not self.http("GET", "/connections/listener").json()["connected"], "disconnection")
        gone = self.http("GET", "/connections/listener").json()
        self.assertEqual(gone["disconnectReason"], "CLIENT_INITIATED_DISCONNECT")
        self.assertEqual(self.http("DELETE", "/connections/listener?cleanSession=TRUE").status, 200)
        self.assertEqual(self.http("DELETE", "/connections/listener").error_type, "ResourceNotFoundException")
        self.assertEqual(self.http("GET", "/connections/listener/subscriptions").status, 404)

    def test_the_api_cuts_a_client_and_its_will_is_published(self):  # DP-4, LE-4
        with Subscriber(self.daemon, self.device, "watcher", "wills") as watcher:
            with self.listener("t", more=("--will-topic", "wills", "--will-payload", "gone")):
                answer = self.http("DELETE", "/connections/listener")
                self.assertEqual((answer.status, answer.json()), (200, {}))
                self.assertEqual(watcher.message(), ("wills", "gone"))


if __name__ == "__main__":
    unittest.main()
