"""`iot-emulator pki`: identities made offline get in like those of openssl."""
import stat
import unittest

from daemon import PROGRAM, Story, run
from identities import Identity, openssl
from mosquitto import LOST, publish
from policies import allow


class PkiCommand(Story):
    def pki(self, *arguments):
        done = run(PROGRAM, "pki", *arguments, "--out", self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def identity(self, name):
        return Identity(self.folder / f"{name}.crt", self.folder / f"{name}.key")

    def register_ca(self):
        code = self.iot.get_registration_code()["registrationCode"]
        self.pki("verification-cert", "--ca", "factory", "--code", code, "--force")
        return self.iot.register_ca_certificate(
            caCertificate=self.identity("factory").pem, setAsActive=True, allowAutoRegistration=True,
            verificationCertificate=(self.folder / "factory-verification.crt").read_text())["certificateId"]

    def test_its_ca_registers_and_its_devices_get_in(self):
        for flags in ((), ("--rsa",)):
            with self.subTest(flags):
                self.daemon.reset()
                self.pki("ca", "factory", "--force", *flags)
                self.assertEqual(self.register_ca(), self.identity("factory").id)
                self.pki("device", "robot", "--ca", "factory", "--force", *flags)
                robot, chain = self.identity("robot"), Identity(self.folder / "robot-chain.crt", self.folder / "robot.key")
                self.assertIn(LOST, publish(self.daemon, robot, "robot", "a/b").stderr)
                self.iot.create_policy(policyName="all", policyDocument=allow("iot:*", "*"))
                arn = self.iot.describe_certificate(certificateId=robot.id)["certificateDescription"]["certificateArn"]
                self.iot.attach_policy(policyName="all", target=arn)
                self.iot.update_certificate(certificateId=robot.id, newStatus="ACTIVE")
                for sent in (robot, chain):
                    self.assertEqual(publish(self.daemon, sent, "robot", "a/b").returncode, 0)

    def test_subject_fields_are_those_of_policy_variables(self):  # P7.5
        self.pki("ca", "factory")
        self.pki("device", "robot", "--ca", "factory", "--serial-number", "SN-1", "--title", "iot",
                 "--generation-qualifier", "gen2", "--country", "DE", "--organization", "Plant")
        subject = openssl("x509", "-in", self.folder / "robot.crt", "-noout", "-subject", "-nameopt",
                          "sep_multiline,lname")
        for line in ("commonName=robot", "serialNumber=SN-1", "title=iot", "generationQualifier=gen2", "countryName=DE",
                     "organizationName=Plant"):
            self.assertIn(line, subject)

    def test_a_thousand_devices_are_made_at_once(self):
        self.pki("ca", "factory")
        self.pki("device", "fleet", "--ca", "factory", "--count", "1000", "--serial-number", "sn-{}")
        self.assertEqual(len(list(self.folder.glob("fleet-*.key"))), 1000)
        subject = openssl("x509", "-in", self.folder / "fleet-1000.crt", "-noout", "-subject")
        self.assertIn("serialNumber = sn-1000", subject)
        self.assertEqual(openssl("verify", "-CAfile", self.folder / "factory.crt", self.folder / "fleet-0001.crt").strip(),
                         f"{self.folder}/fleet-0001.crt: OK")

    def test_keys_are_private_and_nothing_is_overwritten(self):
        self.pki("ca", "factory")
        self.assertEqual(stat.S_IMODE((self.folder / "factory.key").stat().st_mode), 0o600)
        done = run(PROGRAM, "pki", "ca", "factory", "--out", self.folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--force", done.stderr)


if __name__ == "__main__":
    unittest.main()
