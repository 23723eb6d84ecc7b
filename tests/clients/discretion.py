"""What nobody may find again: keys, signatures, passwords, tokens and payloads, in the log, in an error, under /_iot/*
or on disk."""
import shutil
import stat
import tempfile
import unittest
from pathlib import Path

from daemon import Daemon, Story
from identities import Identity
from mosquitto import publish
from policies import allow


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
