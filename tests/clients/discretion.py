"""What nobody may find again: keys, signatures, passwords, tokens and payloads, in the log, in an error, under /_iot/*
or on disk."""
import io
import json
import shutil
import stat
import tempfile
import unittest
import zipfile
from pathlib import Path

from daemon import ACCOUNT, Daemon, Story, run
from identities import Identity, make_key, openssl
from mosquitto import connection, publish
from policies import allow
from webhook import Webhook


class Discretion(Story):
    @classmethod
    def setUpClass(cls):
        home = Path(tempfile.mkdtemp(prefix="iotemu-client-test-"))
        cls.addClassCleanup(shutil.rmtree, home, True)
        cls.data = home / "data"
        cls.flags = ("--log-level", "trace", "--data-dir", str(cls.data))
        super().setUpClass()

    def device(self):
        made = self.iot.create_keys_and_certificate(setAsActive=True)
        certificate, key = self.folder / "device.pem", self.folder / "device.key"
        certificate.write_text(made["certificatePem"])
        key.write_text(made["keyPair"]["PrivateKey"])
        allowed = allow(["iot:Connect", "iot:Publish"], "client/*", "topic/mine")
        self.iot.create_policy(policyName="mine", policyDocument=allowed)
        self.iot.attach_policy(policyName="mine", target=made["certificateArn"])
        return Identity(certificate, key)

    def everything(self):
        """All that the emulator wrote or tells of itself."""
        told = [self.daemon.log(), self.daemon.ready_file.read_text()]
        told += [repr(self.daemon.http("GET", f"/_iot/{name}").json()) for name in ("health", "refusals")]
        told += [path.read_text(errors="replace") for path in self.data.rglob("*") if path.is_file()]
        return "\n".join(told)

    def test_a_devices_key_is_answered_once_and_kept_nowhere(self):
        device = self.device()
        for line in device.key.read_text().splitlines()[1:-1]:
            self.assertNotIn(line, self.everything())
        described = self.iot.describe_certificate(certificateId=device.id)
        self.assertNotIn("PRIVATE", repr(described))

    def test_what_clients_say_in_confidence_stays_there(self):
        device = self.device()
        login = ("-u", "canary-user", "-P", "canary-password")
        for topic in ("mine", "forbidden"):
            publish(self.daemon, device, "robot", topic, "canary-payload", *login)
        signature = ("AWS4-HMAC-SHA256 Credential=AKIACANARY/20260101/us-east-1/iot/aws4_request, SignedHeaders=host, "
                     "Signature=canary-signature")
        headers = {"Authorization": signature, "X-Amz-Security-Token": "canary-session"}
        answers = [self.daemon.http(method, target, headers, body) for method, target, body in (
            ("GET", "/things", None), ("GET", "/no/such/path", None), ("POST", "/policies/p", '{"canary-body'),
            ("POST", "/certificate/register", '{"certificatePem": "canary-pem"}'))]
        self.assertEqual([answer.status for answer in answers], [200, 404, 400, 400])
        told = self.everything() + repr(answers)
        self.assertIn("publish_denied", told)
        for canary in ("canary-password", "canary-payload", "canary-signature", "canary-session", "canary-body",
                       "canary-pem"):
            self.assertNotIn(canary, told)

    def test_the_servers_own_keys_are_for_its_owner_only(self):
        self.assertEqual(stat.S_IMODE(self.data.stat().st_mode), 0o700)
        files = [path for path in self.data.rglob("*") if path.is_file()]
        self.assertTrue(files)
        for path in (*files, self.daemon.ready_file):
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600, path)


class Functions(Story):
    """Lambda functions: what they are given stays theirs, however an invocation ends (P9.7)."""

    CODE = """import os, time

def handler(event, context):
    assert os.environ["SECRET"] == "canary-environment"
    print("a word of mine")
    if event["how"] == "throw":
        raise ValueError("a failure of mine")
    if event["how"] == "hang":
        time.sleep(60)
    if event["how"] == "die":
        os._exit(3)
    return {"given": event["payload"]}
"""
    flags = ("--log-level", "trace")

    def create(self, name, handler="index.handler"):
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w") as archive:
            archive.writestr("index.py", self.CODE)
        self.lambdas.create_function(
            FunctionName=name, Runtime="python3.9", Handler=handler, Role=f"arn:aws:iam::{ACCOUNT}:role/f", Timeout=1,
            Code={"ZipFile": zipped.getvalue()}, Environment={"Variables": {"SECRET": "canary-environment"}})

    def invoke(self, name, how):
        event = json.dumps({"how": how, "payload": "canary-payload"})
        answer = self.lambdas.invoke(FunctionName=name, Payload=event)
        return answer.get("FunctionError", "none"), answer["Payload"].read().decode()

    def test_environments_and_events_stay_with_the_function(self):
        self.lambdas = self.daemon.client("lambda")
        self.create("sound")
        self.create("lame", handler="nothing.handler")
        errors = []
        for name, how in (("sound", "well"), ("sound", "throw"), ("sound", "hang"), ("sound", "die"), ("lame", "well")):
            error, payload = self.invoke(name, how)
            errors.append(error)
            self.assertNotIn("canary-environment", payload)
            self.assertEqual("canary-payload" in payload, how == "well" and name == "sound")
        self.assertEqual(errors, ["none", *["Unhandled"] * 4])
        told = self.daemon.log() + "".join(
            repr(self.daemon.http("GET", f"/_iot/{name}").json()) for name in ("health", "refusals", "actions", "logs"))
        self.assertIn("a word of mine", told, "what a function says itself is shown")
        for canary in ("canary-environment", "canary-payload"):
            self.assertNotIn(canary, told)


class Provisioning(Story):
    """Fleet provisioning (P6) with a hook (P5.11), and bulk registration (P5.9) from an S3 with credentials."""

    ROLE = f"arn:aws:iam::{ACCOUNT}:role/fleet"
    BODY = json.dumps({
        "Parameters": {"Serial": {"Type": "String"}, "Answered": {"Type": "String", "Default": "none"},
                       "AWS::IoT::Certificate::Id": {"Type": "String"}},
        "Resources": {
            "thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Ref": "Serial"}}},
            "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {
                "CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}}}}})

    @classmethod
    def setUpClass(cls):
        cls.hook = Webhook(cls.judge)
        cls.addClassCleanup(cls.hook.close)
        cls.flags = ("--log-level", "trace", "--function", f"hook={cls.hook.url('/hook')}",
                     "--upstream", f"s3={cls.hook.url('').replace('//', '//KEY:canary-upstream@')}")
        super().setUpClass()

    @staticmethod
    def judge(request):
        """Lets `good` pass, answers `odd` what is no judgement, and fails for every other device."""
        serial = request["parameters"]["Serial"]
        overrides = {"Answered": "canary-answer"}
        return {"good": (200, {"allowProvisioning": True, "parameterOverrides": overrides}),
                "odd": (200, {"allowProvisioning": "canary-answer", "parameterOverrides": overrides})}.get(
                    serial, (500, {"errorMessage": "canary-error"}))

    def setUp(self):
        super().setUp()
        self.iot.create_provisioning_template(
            templateName="fleet", templateBody=self.BODY, enabled=True, provisioningRoleArn=self.ROLE,
            preProvisioningHook={"targetArn": "hook"})

    def claim(self):
        """A temporary claim (P6.5): its identity, and the text of its key."""
        made = self.iot.create_provisioning_claim(templateName="fleet")
        certificate, key = self.folder / "claim.pem", self.folder / "claim.key"
        certificate.write_text(made["certificatePem"])
        key.write_text(made["keyPair"]["PrivateKey"])
        return Identity(certificate, key), made["keyPair"]["PrivateKey"]

    def ask(self, claim, topic, request, outcome="accepted"):
        """One request of the MQTT API and its reply, which reaches no other connection (P6.1)."""
        done = run("mosquitto_rr", *connection(self.daemon, claim, "new-device"), "-V", "mqttv311", "-q", "1",
                   "-W", "15", "-t", topic, "-e", f"{topic}/{outcome}", "-m", json.dumps(request))
        self.assertEqual(done.returncode, 0, f"{done}\n{self.daemon.log()}")
        return json.loads(done.stdout)

    def told(self):
        """All that the emulator wrote or tells of itself."""
        return self.daemon.log() + repr(self.daemon.refusals())

    def assert_untold(self, *secrets):
        told = self.told()
        for secret in secrets:
            for line in secret.splitlines():
                if not line.startswith("-----"):
                    self.assertNotIn(line, told)

    def test_keys_tokens_and_answers_of_fleet_provisioning_stay_there(self):  # P6
        claim, claim_key = self.claim()
        made = self.ask(claim, "$aws/certificates/create/json", {})
        make_key(self.folder / "own.key", "ec")
        request = openssl("req", "-new", "-key", self.folder / "own.key", "-subj", "/CN=own", "-batch")
        own = self.ask(claim, "$aws/certificates/create-from-csr/json", {"certificateSigningRequest": request})
        provision = "$aws/provisioning-templates/fleet/provision/json"
        tokens = [each["certificateOwnershipToken"] for each in (made, own)]
        for serial, token, outcome in (("odd", tokens[0], "rejected"), ("failing", tokens[0], "rejected"),
                                       ("good", tokens[0], "accepted"), ("good", tokens[0] + "x", "rejected"),
                                       ("good", tokens[1], "accepted")):
            self.ask(claim, provision, {"certificateOwnershipToken": token, "parameters": {"Serial": serial}}, outcome)
        self.assertIn("canary-error", self.told(), "a hook's own words about its failure are shown")
        self.assert_untold(claim_key, made["privateKey"], *tokens, "canary-answer")

    def test_credentials_of_an_upstream_stay_there(self):  # P5.9
        task_id = self.iot.start_thing_registration_task(
            templateBody=self.BODY, inputFileBucket="inputs", inputFileKey="none.json", roleArn=self.ROLE)["taskId"]

        def ended():
            task = self.iot.describe_thing_registration_task(taskId=task_id)
            return task if task["status"] == "Failed" else None

        task = self.eventually(ended, "the task fails")
        self.assertIn("--upstream s3=http://", task["message"])
        self.assert_untold("canary-upstream")
        self.assertNotIn("canary-upstream", task["message"])


class AdminToken(unittest.TestCase):
    def test_it_stands_in_the_ready_file_only(self):
        daemon = Daemon("--host", "0.0.0.0", "--log-level", "trace")
        self.addCleanup(daemon.close)
        token = daemon.ready["adminToken"]
        self.assertGreaterEqual(len(token), 32)
        daemon.http("GET", "/_iot/refusals", {"Authorization": f"Bearer {token}x"})
        self.assertNotIn(token, daemon.log())


if __name__ == "__main__":
    unittest.main()
