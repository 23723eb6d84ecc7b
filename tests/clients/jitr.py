"""Just-in-time registration with mosquitto as the device and each way to run a handler (P4, catalogue C.4)."""
import json
import time
import unittest
from pathlib import Path

from daemon import ACCOUNT, Story, run
from identities import Ca, Identity, register
from mosquitto import LOST, Subscriber, connection, publish
from policies import ARN, document, statement
from webhook import Webhook

HANDLER = Path(__file__).resolve().parents[2] / "scripts/demo-handler"
POLICY = HANDLER.with_name("demo-policy.json")
ANYTHING = json.dumps({"Version": "2012-10-17",
                       "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]})


def running(*command):
    """Whether a process with exactly this command line exists."""
    wanted = "\0".join(command).encode() + b"\0"
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if process.read_bytes() == wanted:
                return True
        except OSError:
            pass  # it ended while we looked
    return False


class Jitr(Story):
    def setUp(self):
        super().setUp()
        self.ca = Ca(self.folder, "factory")
        self.ca_id = register(self.iot, self.ca)
        self.iot.create_policy(policyName="device", policyDocument=POLICY.read_text())
        self.device = self.ca.device("robot-1", subject="/O=Plant/CN=robot-1/serialNumber=SN-1")

    def knock(self, tls=None):
        return publish(self.daemon, self.device, "robot-1", "device/robot-1/telemetry", tls=tls)

    def status(self):
        found = self.iot.list_certificates_by_ca(caCertificateId=self.ca_id)["certificates"]
        return found[0]["status"] if found else None

    def monitor(self):
        """A subscriber to the registration events of our CA."""
        made = self.iot.create_keys_and_certificate(setAsActive=True)
        self.iot.create_policy(policyName="monitor", policyDocument=ANYTHING)
        self.iot.attach_policy(policyName="monitor", target=made["certificateArn"])
        (self.folder / "monitor.pem").write_text(made["certificatePem"])
        (self.folder / "monitor.key").write_text(made["keyPair"]["PrivateKey"])
        identity = Identity(self.folder / "monitor.pem", self.folder / "monitor.key")
        return Subscriber(self.daemon, identity, "monitor", f"$aws/events/certificates/registered/{self.ca_id}")

    def refused_because(self, reason):
        return any(refusal["refusal"] == reason for refusal in self.daemon.refusals())


class ByRule(Jitr):
    """JITR is a topic rule that invokes a function, whoever plays the function (P4.2); each rule has its own."""

    @classmethod
    def setUpClass(cls):
        cls.webhook = Webhook(lambda event: (200, cls.activate(event)))
        cls.addClassCleanup(cls.webhook.close)
        cls.flags = ("--function", f"webhook={cls.webhook.url('/jitr')}", "--function", f"command=exec:{HANDLER}")
        super().setUpClass()

    @classmethod
    def activate(cls, event):
        iot = cls.daemon.iot()
        certificate = event["certificateId"]
        iot.create_policy(policyName="anything", policyDocument=ANYTHING)
        iot.attach_policy(policyName="anything", target=f"{ARN}cert/{certificate}")
        iot.update_certificate(certificateId=certificate, newStatus="ACTIVE")

    def rule(self, function, topic):
        self.iot.create_topic_rule(ruleName=f"jitr_{function}", topicRulePayload={
            "sql": f"SELECT *, clientid() AS client FROM '$aws/events/certificates/registered/{topic}'",
            "awsIotSqlVersion": "2016-03-23",
            "actions": [{"lambda": {"functionArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function}"}}]})

    def wait_until_accepted(self):
        deadline = time.monotonic() + 30
        while self.status() != "ACTIVE":
            self.assertLess(time.monotonic(), deadline, self.daemon.log())
            time.sleep(0.02)
        self.assertEqual(self.knock().returncode, 0)

    def test_a_webhook_behind_a_rule_activates(self):
        self.rule("webhook", "+")
        self.rule("command", "f" * 64)  # of another CA
        self.assertIn(LOST, self.knock().stderr)
        self.wait_until_accepted()
        [(path, content_type, event)] = self.webhook.calls
        self.assertEqual((path, content_type), ("/jitr", "application/json"))
        self.assertEqual(event["client"], "robot-1")
        self.assertEqual(event["caCertificateId"], self.ca_id)

    def test_a_command_behind_a_rule_activates(self):
        self.webhook.calls.clear()
        self.rule("command", self.ca_id)
        self.assertIn(LOST, self.knock().stderr)
        self.wait_until_accepted()
        self.assertEqual(self.webhook.calls, [])


class WithoutHandler(Jitr):
    def test_the_first_connect_is_refused_registers_and_tells(self):  # P3.5 row 5, P4.1
        with self.monitor() as monitor:
            self.assertIn(LOST, self.knock().stderr)
            topic, payload = monitor.message()
        event = json.loads(payload)
        self.assertEqual(topic, f"$aws/events/certificates/registered/{self.ca_id}")
        self.assertIsInstance(event.pop("timestamp"), int)
        self.assertEqual(event, {"certificateId": self.device.id, "caCertificateId": self.ca_id,
                                 "certificateStatus": "PENDING_ACTIVATION", "awsAccountId": ACCOUNT,
                                 "certificateRegistrationTimestamp": None})
        described = self.iot.describe_certificate(certificateId=self.device.id)["certificateDescription"]
        self.assertEqual((described["status"], described["caCertificateId"], described["ownedBy"]),
                         ("PENDING_ACTIVATION", self.ca_id, ACCOUNT))

    def test_every_further_knock_tells_again(self):  # P3.5 row 7, C.3 line 45
        with self.monitor() as monitor:
            for tls in ("tlsv1.2", "tlsv1.3", "tlsv1.2"):
                self.assertIn(LOST, self.knock(tls).stderr)
            events = [json.loads(monitor.message()[1]) for _ in range(3)]
        self.assertIsNone(events[0]["certificateRegistrationTimestamp"])
        for event in events[1:]:
            self.assertRegex(event["certificateRegistrationTimestamp"], r"\A\d{13}\Z")
        self.assertEqual(len(self.iot.list_certificates_by_ca(caCertificateId=self.ca_id)["certificates"]), 1)

    def test_activation_by_hand_lets_it_in(self):  # P2.7, P3.5 row 13
        self.knock()
        self.iot.create_thing(thingName="robot-1")
        arn = self.iot.describe_certificate(certificateId=self.device.id)["certificateDescription"]["certificateArn"]
        self.iot.attach_thing_principal(thingName="robot-1", principal=arn)
        self.iot.attach_policy(policyName="device", target=arn)
        self.assertEqual(self.status(), "PENDING_ACTIVATION")
        self.assertIn(LOST, self.knock().stderr)
        self.iot.update_certificate(certificateId=self.device.id, newStatus="ACTIVE")
        self.assertEqual(self.knock().returncode, 0)

    def test_the_registered_event_cannot_be_forged(self):  # P4.1: reserved topic
        made = self.iot.create_keys_and_certificate(setAsActive=True)
        self.iot.create_policy(policyName="all", policyDocument=ANYTHING)
        self.iot.attach_policy(policyName="all", target=made["certificateArn"])
        (self.folder / "forger.pem").write_text(made["certificatePem"])
        (self.folder / "forger.key").write_text(made["keyPair"]["PrivateKey"])
        forger = Identity(self.folder / "forger.pem", self.folder / "forger.key")
        done = publish(self.daemon, forger, "forger", f"$aws/events/certificates/registered/{self.ca_id}", "{}")
        self.assertIn(LOST, done.stderr)


class WithCommand(Jitr):
    flags = ("--jitr-command", str(HANDLER))

    def test_the_handler_of_the_demo_activates_through_the_aws_cli(self):
        self.assertIn(LOST, self.knock().stderr)
        self.eventually(lambda: self.status() == "ACTIVE", "activation", seconds=60)
        self.assertEqual(self.knock().returncode, 0)
        self.assertEqual(self.iot.describe_thing(thingName="robot-1")["attributes"], {"serial": "SN-1"})


class WithCommandThatFails(Jitr):
    flags = ("--jitr-command", "cat >/dev/null; echo the handler is broken >&2; exit 3")

    def test_the_certificate_stays_pending_and_the_log_says_why(self):  # C.4 line 58
        self.knock()
        self.eventually(lambda: self.refused_because("handler_failed"), "the note")
        self.assertEqual(self.status(), "PENDING_ACTIVATION")
        self.assertIn("the handler is broken", self.daemon.log())
        with self.monitor() as monitor:
            self.assertIn(LOST, self.knock().stderr)
            self.assertEqual(json.loads(monitor.message()[1])["certificateId"], self.device.id)


class WithCommandThatHangs(Jitr):
    flags = ("--jitr-command", "sleep 4711 & sleep 4711", "--jitr-timeout", "300ms")

    def test_it_is_killed_with_its_children_and_harms_nobody(self):
        self.knock()
        self.eventually(lambda: self.refused_because("handler_failed"), "the note")
        self.assertEqual(self.status(), "PENDING_ACTIVATION")
        self.eventually(lambda: not running("sleep", "4711"), "the end of its children")
        self.assertEqual(self.daemon.http("GET", "/_iot/health").status, 200)


def accept(_):
    return 200, None


class HandlerBehindUrl(Jitr):
    """A handler in this process; `hook.handle` is what it does."""

    more_flags = ()

    @classmethod
    def setUpClass(cls):
        cls.hook = Webhook(accept)
        cls.addClassCleanup(cls.hook.close)
        cls.flags = ("--jitr-webhook", cls.hook.url("/hooks/jitr"), *cls.more_flags)
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.hook.handle = accept
        self.hook.calls.clear()


class WithWebhook(HandlerBehindUrl):
    def test_the_event_is_posted_and_the_answer_may_have_activated(self):
        def activate(event):
            arn = f"arn:aws:iot:us-east-1:{event['awsAccountId']}:cert/{event['certificateId']}"
            self.iot.create_thing(thingName="robot-1")
            self.iot.attach_thing_principal(thingName="robot-1", principal=arn)
            self.iot.attach_policy(policyName="device", target=arn)
            self.iot.update_certificate(certificateId=event["certificateId"], newStatus="ACTIVE")
            return 200, None

        self.hook.handle = activate
        self.assertIn(LOST, self.knock().stderr)
        self.eventually(lambda: self.status() == "ACTIVE", "activation")
        self.assertEqual(self.knock().returncode, 0)
        path, content_type, event = self.hook.calls[0]
        self.assertEqual((path, content_type), ("/hooks/jitr", "application/json"))
        self.assertEqual(set(event), {"certificateId", "caCertificateId", "timestamp", "certificateStatus",
                                      "awsAccountId", "certificateRegistrationTimestamp"})

    def test_a_failing_webhook_leaves_it_pending(self):
        self.hook.handle = lambda event: (500, None)
        self.knock()
        self.eventually(lambda: self.refused_because("handler_failed"), "the note")
        self.assertEqual(self.status(), "PENDING_ACTIVATION")


class ReferenceHandler(HandlerBehindUrl):
    """The guide's activation handler, step by step (P4.3); each event comes twice (P3.7)."""

    more_flags = ("--switch", "event_duplicates=1")

    def setUp(self):
        super().setUp()
        self.hook.handle = self.handle
        self.results = []

    def handle(self, event):
        identifier, account = event["certificateId"].strip(), event["awsAccountId"].strip()
        arn = f"{ARN}cert/{identifier}"
        self.assertTrue(arn.startswith(f"arn:aws:iot:us-east-1:{account}:"))
        topics = f"foo/bar/{identifier}"
        exists = self.iot.exceptions.ResourceAlreadyExistsException
        try:
            self.iot.create_policy(policyName=f"Policy_{identifier}", policyDocument=document(
                statement("Allow", ["iot:Connect"], f"client/{identifier}"),
                statement("Allow", ["iot:Publish", "iot:Receive"], f"topic/{topics}/*"),
                statement("Allow", ["iot:Subscribe"], f"topicfilter/{topics}/#")))
            self.results.append("created")
        except exists:
            self.results.append("reused")
        self.iot.attach_principal_policy(policyName=f"Policy_{identifier}", principal=arn)
        self.iot.update_certificate(certificateId=identifier, newStatus="ACTIVE")
        self.results.append("activated")
        return 200, None

    def test_it_lets_the_device_in_under_its_certificate_id_only(self):  # C.4 line 53
        identifier = self.device.id
        self.assertIn(LOST, publish(self.daemon, self.device, identifier, "x").stderr)
        self.eventually(lambda: self.status() == "ACTIVE", "activation")
        self.assertEqual(publish(self.daemon, self.device, identifier, f"foo/bar/{identifier}/x").returncode, 0)
        self.assertIn(LOST, publish(self.daemon, self.device, "robot-1", f"foo/bar/{identifier}/x").stderr)
        with Subscriber(self.daemon, self.device, identifier, f"foo/bar/{identifier}/#"):
            pass
        done = run("mosquitto_sub", *connection(self.daemon, self.device, identifier), "-t", f"foo/bar/{identifier}/x",
                   "-d", "-W", "3")
        self.assertNotIn("SUBACK", done.stdout)

    def test_the_same_event_twice_does_no_harm(self):  # C.4 line 54
        self.knock()
        self.eventually(lambda: self.results.count("activated") == 2, "both calls")
        self.assertEqual((self.results.count("created"), self.results.count("reused")), (1, 1))
        first, second = self.hook.calls
        self.assertEqual(first, second)
        self.assertEqual(len(self.iot.list_attached_policies(target=f"{ARN}cert/{self.device.id}")["policies"]), 1)
        self.assertFalse(self.refused_because("handler_failed"))


class WithWebhookThatIsDown(Jitr):
    flags = ("--jitr-webhook", "http://127.0.0.1:9/")

    def test_it_leaves_the_certificate_pending(self):
        self.knock()
        self.eventually(lambda: self.refused_because("handler_failed"), "the note")
        self.assertEqual(self.status(), "PENDING_ACTIVATION")


if __name__ == "__main__":
    unittest.main()
