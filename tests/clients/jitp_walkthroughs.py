"""Just-in-time provisioning as public walkthroughs do it, with the AWS CLI, openssl, jq and mosquitto (P5.7)."""
import hashlib
import json
import os
import unittest
from pathlib import Path

from daemon import Story, run
from identities import Ca, Identity, openssl, register
from mosquitto import LOST, publish
from policies import ARN
from walkthroughs import unified_agent_template

ROLE = "arn:aws:iam::123456789012:role/ACME-IOT-JIT-PROV"
WALKTHROUGH = Path(__file__).resolve().parents[2] / "scripts/demo-jitp"


class PolicyByName(Story):
    """The walkthrough of the demo: a policy with thing variables, named by the template."""

    def test_it_runs_as_written(self):
        done = run(WALKTHROUGH, self.daemon.ready_file, self.folder / "jitp")
        self.assertEqual(done.returncode, 0, f"{done.stdout}\n{done.stderr}\n{self.daemon.log()}")

        made = self.folder / "jitp/test/certs"
        device = Identity(made / "deviceCert.crt", made / "deviceCert.key")
        iot = self.daemon.iot(region="eu-west-1")
        arn = f"arn:aws:iot:eu-west-1:123456789012:cert/{device.id}"
        described = iot.describe_certificate(certificateId=device.id)["certificateDescription"]
        ca, = iot.list_ca_certificates()["certificates"]
        self.assertEqual((described["status"], described["caCertificateId"]), ("ACTIVE", ca["certificateId"]))
        self.assertEqual(iot.list_thing_principals(thingName="testdeviceLamassu")["principals"], [arn])
        attached = iot.list_attached_policies(target=arn)["policies"]
        self.assertEqual([policy["policyName"] for policy in attached], ["lamassu-test-policy"])
        connect = json.loads(iot.get_policy(policyName="lamassu-test-policy")["policyDocument"])["Statement"][0]
        self.assertEqual(connect["Resource"],
                         ["arn:aws:iot:eu-west-1:123456789012:client/${iot:Connection.Thing.ThingName}"])


# What the template of the second walkthrough says.
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [
    "iot:Subscribe", "iot:Connect", "iot:Publish", "iot:UpdateThingShadow", "iot:CreateTopicRule"],
    "Resource": ["*"]}]}, separators=(",", ":"))
TEMPLATE = unified_agent_template(POLICY)


class PolicyInline(Story):
    """A template with OverrideSettings and the policy's document in it, put on the CA afterwards."""

    def setUp(self):
        super().setUp()
        self.environment = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                            "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": "", "ENDPOINT": self.daemon.endpoint}
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "PYTHONPATH"):
            self.environment.pop(name, None)
        self.ca = Ca(self.folder, "root", kind="rsa")
        self.device = self.device_certificate()

    def device_certificate(self):
        key, certificate = self.folder / "device.key", self.folder / "device.pem"
        openssl("genrsa", "-out", key, "2048")
        self.ca.sign(key, "/O=ACME/CN=agent-7", certificate)
        return Identity(certificate, key)

    def shell(self, commands):
        """What these lines print, typed in the story's folder."""
        prelude = 'set -euo pipefail; aws() { /usr/bin/aws --endpoint-url "$ENDPOINT" --output json "$@"; }\n'
        done = run("bash", "-c", prelude + commands, cwd=self.folder, env=self.environment)
        self.assertEqual(done.returncode, 0, f"{commands}\n{done.stderr}")
        return done.stdout

    def register_ca(self):
        code = self.shell("aws iot get-registration-code | jq -r .registrationCode").strip()
        openssl("genrsa", "-out", self.folder / "iot-ca.key", "2048")
        # P1.2: a verification certificate may be a CA itself.
        self.ca.sign(self.folder / "iot-ca.key", f"/CN={code}", self.folder / "iot-ca.crt",
                     "basicConstraints=critical,CA:TRUE,pathlen:0")
        return self.shell("""
            aws iot register-ca-certificate \
                --ca-certificate file://root.pem \
                --verification-certificate file://iot-ca.crt \
                --set-as-active \
                --allow-auto-registration \
                --tags 'Key=OWNER,Value=ajk' | jq -r .certificateId""").strip()

    def stringify_and_put_template(self, ca_id):
        """With jq, then pasted beside the role; gives the string."""
        (self.folder / "templateBody.json").write_text(json.dumps(TEMPLATE, indent=2))
        stringified = self.shell("cat templateBody.json | jq '@json'")
        (self.folder / "prov.json").write_text(
            f'{{ "roleArn": "{ROLE}", "templateBody": {stringified} }}')
        self.assertEqual(self.shell(f"""
            aws iot update-ca-certificate \
                --certificate-id {ca_id} \
                --registration-config file://prov.json"""), "")
        return stringified

    def register_ca_with_template(self):
        register(self.iot, self.ca, registrationConfig={"templateBody": json.dumps(TEMPLATE), "roleArn": ROLE})

    def knock(self):
        return publish(self.daemon, self.device, "any-client-id", "FOO")

    def test_it_provisions_a_device(self):
        self.shell("aws iot create-thing-type --thing-type-name UnifiedAgent")
        ca_id = self.register_ca()
        stringified = self.stringify_and_put_template(ca_id)
        described = self.shell(f"""
            aws iot describe-ca-certificate --certificate-id {ca_id} | jq '.registrationConfig.templateBody'""")
        self.assertEqual(described, stringified)

        self.assertIn(LOST, self.knock().stderr)
        self.assertEqual(self.knock().returncode, 0)

        arn = f"{ARN}cert/{self.device.id}"
        self.assertEqual(self.iot.describe_thing(thingName="agent-7")["thingTypeName"], "UnifiedAgent")
        self.assertEqual(self.iot.list_thing_principals(thingName="agent-7")["principals"], [arn])
        policy, = self.iot.list_attached_policies(target=arn)["policies"]
        self.assertRegex(policy["policyName"], r"\A[0-9A-F]{40}\Z")
        self.assertEqual(policy["policyName"], hashlib.sha1(POLICY.encode()).hexdigest().upper())  # P5.5
        self.assertEqual(self.iot.get_policy(policyName=policy["policyName"])["policyDocument"], POLICY)

    def test_a_thing_that_is_there_already_gets_the_type(self):  # P5.6: MERGE, REPLACE
        self.iot.create_thing(thingName="agent-7", attributePayload={"attributes": {"site": "north"}})
        self.iot.create_thing_type(thingTypeName="UnifiedAgent")
        self.register_ca_with_template()
        self.assertIn(LOST, self.knock().stderr)
        self.assertEqual(self.knock().returncode, 0)
        thing = self.iot.describe_thing(thingName="agent-7")
        self.assertEqual((thing["thingTypeName"], thing["attributes"]), ("UnifiedAgent", {"site": "north"}))

    def test_without_the_thing_type_it_waits_and_says_so(self):  # P5.7: thing type missing
        self.register_ca_with_template()
        self.assertIn(LOST, self.knock().stderr)
        refusal = self.daemon.refusals()[0]
        self.assertEqual(refusal["refusal"], "provisioning_failed")
        self.assertIn("UnifiedAgent", refusal["cause"])
        self.iot.create_thing_type(thingTypeName="UnifiedAgent")
        self.assertIn(LOST, self.knock().stderr)
        self.assertEqual(self.knock().returncode, 0)


if __name__ == "__main__":
    unittest.main()
