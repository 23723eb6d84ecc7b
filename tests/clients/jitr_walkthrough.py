"""Just-in-time registration as a public walkthrough does it: a Lambda function from a zip, a topic rule, the rule's right
to call the function, all by the AWS CLI (P4.2, P4.5)."""
import unittest
from pathlib import Path

from daemon import Story, run
from identities import Identity

WALKTHROUGH = Path(__file__).resolve().parents[2] / "scripts/demo-jitr"


class RuleAndFunction(Story):
    def test_it_runs_as_written(self):
        done = run(WALKTHROUGH, self.daemon.ready_file, self.folder / "jitr")
        self.assertEqual(done.returncode, 0, f"{done.stdout}\n{done.stderr}\n{self.daemon.log()}")

        device = Identity(self.folder / "jitr/deviceCert.crt", self.folder / "jitr/deviceCert.key")
        iot = self.daemon.iot(region="us-east-2", account="377281615986")
        arn = f"arn:aws:iot:us-east-2:377281615986:cert/{device.id}"
        self.assertEqual(iot.describe_certificate(certificateId=device.id)["certificateDescription"]["status"], "ACTIVE")
        attached = iot.list_attached_policies(target=arn)["policies"]
        self.assertEqual([policy["policyName"] for policy in attached], [f"Policy_{device.id}"])
        # Its account is its own.
        self.assertEqual(self.daemon.iot().list_topic_rules()["rules"], [])


if __name__ == "__main__":
    unittest.main()
