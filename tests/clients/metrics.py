"""What operators look at: GET /metrics as Prometheus reads it, and the account's rates with throttle=on (P10.8)."""
import re
import time
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from daemon import REGION, Daemon, Story
from identities import Ca, register
from mosquitto import LOST, publish
from policies import ARN, document, statement
from webhook import Webhook

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\S+)")


def parse(text):
    """Samples by name and sorted labels, and types by family. Strict: a line that is none of them is an error."""
    samples, types, family = {}, {}, None
    assert text.endswith("\n"), "the last line is cut"
    for line in text.splitlines():
        if line.startswith("# HELP "):
            family = line.split(" ", 3)[2]
            assert family not in types, f"{family} comes twice"
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == family and kind in ("counter", "gauge", "histogram"), line
            types[name] = kind
        else:
            found = SAMPLE.fullmatch(line)
            assert found, line
            name, labels, value = found.groups()
            assert re.sub("_(bucket|sum|count)$" if types[family] == "histogram" else "$^", "", name) == family, line
            key = (name, tuple(sorted(re.findall(LABEL, labels or ""))))
            assert key not in samples, f"{line} comes twice"
            samples[key] = float(value)
    return samples, types


class Metrics(Story):
    @classmethod
    def setUpClass(cls):
        cls.webhook = Webhook(lambda event: (200, cls.activate(event)))
        cls.addClassCleanup(cls.webhook.close)
        cls.flags = ("--jitr-webhook", cls.webhook.url("/jitr"))
        super().setUpClass()

    @classmethod
    def activate(cls, event):
        iot = cls.daemon.iot()
        iot.attach_policy(policyName="all", target=f"{ARN}cert/{event['certificateId']}")
        iot.update_certificate(certificateId=event["certificateId"], newStatus="ACTIVE")

    def sample(self, name, *labels):
        answer = self.daemon.http("GET", "/metrics")
        self.assertEqual(answer.status, 200)
        return parse(answer.body.decode())[0].get((name, tuple(sorted(labels))))

    def test_every_line_is_as_prometheus_reads_it(self):
        answer = self.daemon.http("GET", "/metrics")
        self.assertEqual(answer.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        samples, types = parse(answer.body.decode())
        for (name, _), value in samples.items():
            self.assertGreaterEqual(value, 0, name)
            if types.get(name) == "counter":
                self.assertTrue(name.endswith("_total"), name)
        self.assertLess(abs(samples["process_start_time_seconds", ()] - time.time()), 600)
        for kind in ("callback", "webhook", "command", "lambda"):
            self.assertIn(("iotemu_handler_duration_seconds_bucket", tuple(sorted((f'kind="{kind}"', 'le="+Inf"')))),
                          samples)

    def test_a_device_that_comes_in_by_a_webhook_is_counted(self):
        self.iot.create_policy(policyName="all", policyDocument=document(statement("Allow", "iot:*", "*")))
        ca = Ca(self.folder, "factory")
        register(self.iot, ca)
        before = self.sample("iotemu_handler_invocations_total", 'kind="webhook"', 'outcome="ok"')
        device = ca.device("robot-1")
        self.assertIn(LOST, publish(self.daemon, device, "robot-1", "a/b").stderr)
        self.eventually(lambda: self.sample("iotemu_handler_invocations_total", 'kind="webhook"', 'outcome="ok"') ==
                        before + 1, "the webhook's answer is counted")
        self.assertEqual(publish(self.daemon, device, "robot-1", "a/b").returncode, 0)
        self.assertGreaterEqual(self.sample("iotemu_refusals_total", 'cause="certificate_pending"'), 1)
        self.assertGreaterEqual(self.sample("iotemu_messages_received_total"), 1)
        self.assertGreaterEqual(self.sample("iotemu_api_requests_total", 'outcome="ok"'), 1)

    def test_counters_never_fall_and_a_reset_is_no_exception(self):
        with self.assertRaises(ClientError):
            self.iot.describe_thing(thingName="nobody")
        before = self.sample("iotemu_api_requests_total", 'outcome="ResourceNotFoundException"')
        self.assertGreaterEqual(before, 1)
        self.daemon.reset()
        self.assertEqual(self.sample("iotemu_api_requests_total", 'outcome="ResourceNotFoundException"'), before)

    def test_a_stranger_s_page_reads_nothing(self):
        self.assertEqual(self.daemon.http("GET", "/metrics", {"Host": "evil.example"}).status, 421)


class OnEveryAddress(unittest.TestCase):
    def test_metrics_need_no_token_like_health(self):
        daemon = Daemon("--host", "0.0.0.0")
        self.addCleanup(daemon.close)
        self.assertEqual(daemon.http("GET", "/metrics").status, 200)
        self.assertEqual(daemon.http("GET", "/_iot/refusals").status, 401)


class Throttled(Story):
    """What a team sees that calls the API faster than its account may."""

    flags = ("--switch", "throttle=on", "--limit", "registrations_per_second=1")

    def calls(self, client, times):
        """How many of so many calls in a row were throttled."""
        throttled = 0
        for _ in range(times):
            try:
                client.list_policies()
            except ClientError as error:
                answer = error.response
                self.assertEqual((answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]),
                                 ("ThrottlingException", 400))
                self.assertIn("Rate exceeded", answer["Error"]["Message"])
                throttled += 1
        return throttled

    def test_the_eleventh_call_in_a_second_is_throttled(self):
        begun = time.monotonic()
        throttled = self.calls(self.iot, 60)
        seconds = int(time.monotonic() - begun) + 2  # windows that the calls may have touched
        self.assertGreaterEqual(throttled, 60 - 10 * seconds)
        self.assertGreater(throttled, 0)

    def test_an_sdk_that_tries_again_gets_through(self):
        patient = boto3.client("iot", endpoint_url=self.daemon.endpoint, region_name=REGION, aws_access_key_id="test",
                               aws_secret_access_key="secret",
                               config=Config(retries={"mode": "standard", "max_attempts": 10}))
        self.addCleanup(patient.close)
        self.assertEqual(self.calls(patient, 25), 0)

    def test_devices_that_come_at_once_are_refused_with_the_reason_and_get_in_later(self):
        ca = Ca(self.folder, "factory")
        register(self.iot, ca)
        devices = [ca.device(f"robot-{number}") for number in range(8)]
        for number, device in enumerate(devices):
            self.assertIn(LOST, publish(self.daemon, device, f"robot-{number}", "a/b").stderr)
        reasons = [refusal["refusal"] for refusal in self.daemon.refusals()]
        self.assertIn("throttled", reasons)
        self.assertIn("certificate_pending", reasons)
        late = next(refusal for refusal in self.daemon.refusals() if refusal["refusal"] == "throttled")
        self.assertIn("registrations_per_second", late["cure"])
        device = next(device for device in devices if device.id == late["certificateId"])

        def knocks():
            publish(self.daemon, device, late["clientId"], "a/b")
            return self.daemon.refusals()[0]["refusal"] == "certificate_pending"

        self.eventually(knocks, "the device is registered in a later second")


if __name__ == "__main__":
    unittest.main()
