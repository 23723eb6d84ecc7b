"""Debian's AWS CLI: the command sequence of the walkthroughs (P4.5), with nothing changed but the endpoint."""
import json
import os
import unittest

from daemon import Story, run
from identities import Ca


class AwsCli(Story):
    def aws(self, *arguments):
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                       "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true"}
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "PYTHONPATH"):
            environment.pop(name, None)
        return run("/usr/bin/aws", "--endpoint-url", self.daemon.endpoint, "--output", "json", "iot", *arguments,
                   env=environment)

    def answer(self, *arguments):
        done = self.aws(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def test_the_walkthrough_of_a_ca(self):  # P4.5 steps 1 to 5
        ca = Ca(self.folder, "factory", kind="rsa")
        code = self.answer("get-registration-code")["registrationCode"]
        ca.verification(code)
        made = self.answer("register-ca-certificate", "--ca-certificate", f"file://{ca.certificate}",
                           "--verification-cert", f"file://{self.folder}/verification.pem")
        self.assertEqual(made["certificateId"], ca.id)
        identifier = ("--certificate-id", made["certificateId"])
        self.assertEqual(self.answer("update-ca-certificate", *identifier, "--new-status", "ACTIVE"), {})
        self.assertEqual(
            self.answer("update-ca-certificate", *identifier, "--new-auto-registration-status", "ENABLE"), {})
        described = self.answer("describe-ca-certificate", *identifier)["certificateDescription"]
        self.assertEqual((described["status"], described["autoRegistrationStatus"]), ("ACTIVE", "ENABLE"))
        self.assertRegex(str(described["creationDate"]), r"\A\d{4}-\d\d-\d\dT|\A\d+\.\d+\Z")

    def test_an_error_is_shown_with_its_name_and_words(self):  # P10.3
        done = self.aws("describe-thing", "--thing-name", "nobody")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("An error occurred (ResourceNotFoundException) when calling the DescribeThing operation:",
                      done.stderr)

    def test_an_operation_that_is_not_built_says_so(self):  # P10.7
        done = self.aws("list-jobs")
        self.assertIn("(NotImplementedException)", done.stderr)
        self.assertIn("ListJobs is not emulated", done.stderr)


if __name__ == "__main__":
    unittest.main()
