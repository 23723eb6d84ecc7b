"""Just-in-time provisioning: clients of Node.js whose own back-off gets them in, and a failure that says why (P5.1,
P5.7)."""
import json
import unittest

import node_client
from daemon import Story
from identities import Ca, register
from mosquitto import LOST, publish
from policies import ARN, document, statement

THING = "${iot:Connection.Thing.ThingName}"
DEVICE_POLICY = document(statement("Allow", "iot:Connect", f"client/{THING}"),
                         statement("Allow", "iot:Publish", f"topic/devices/{THING}/*"))
TEMPLATE = json.dumps({
    "Parameters": {f"AWS::IoT::Certificate::{name}": {"Type": "String"}
                   for name in ("CommonName", "SerialNumber", "Id")},
    "Resources": {
        "thing": {"Type": "AWS::IoT::Thing", "Properties": {
            "ThingName": {"Ref": "AWS::IoT::Certificate::CommonName"},
            "AttributePayload": {"serial": {"Ref": "AWS::IoT::Certificate::SerialNumber"}}}},
        "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {
            "CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "ACTIVE"}},
        "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "device"}}}})


class Jitp(Story):
    def setUp(self):
        super().setUp()
        self.ca = Ca(self.folder, "factory")
        self.ca_id = register(self.iot, self.ca, registrationConfig={
            "templateBody": TEMPLATE, "roleArn": "arn:aws:iam::123456789012:role/JITPRole"})
        self.device = self.ca.device("robot-1", subject="/O=Plant/CN=robot-1/serialNumber=SN-1")

    def status(self):
        return self.iot.describe_certificate(certificateId=self.device.id)["certificateDescription"]["status"]

    def assert_provisioned(self):
        """The thing, the certificate and the policy, as read back."""
        arn = f"{ARN}cert/{self.device.id}"
        self.assertEqual(self.status(), "ACTIVE")
        self.assertEqual(self.iot.describe_thing(thingName="robot-1")["attributes"], {"serial": "SN-1"})
        self.assertEqual(self.iot.list_thing_principals(thingName="robot-1")["principals"], [arn])
        attached = self.iot.list_attached_policies(target=arn)["policies"]
        self.assertEqual([policy["policyName"] for policy in attached], ["device"])


class BackOff(Jitp):
    def assert_gets_in_at_the_second_knock(self, story):
        self.iot.create_policy(policyName="device", policyDocument=DEVICE_POLICY)
        topic = "devices/robot-1/hello"
        events = node_client.tell(
            self.daemon, story, ca=str(self.daemon.server_ca), certificate=str(self.device.certificate),
            key=str(self.device.key), clientId="robot-1", topic=topic)
        self.assertEqual(events, [{"event": "closed"}, {"event": "connected"}, {"event": "published", "topic": topic}])
        refusals = self.daemon.refusals()
        self.assertEqual([(refusal["clientId"], refusal["refusal"]) for refusal in refusals],
                         [("robot-1", "certificate_pending")])
        self.assert_provisioned()

    def test_the_device_sdk_v1_reconnects_by_itself(self):
        self.assert_gets_in_at_the_second_knock("jitp_device_sdk_v1")

    def test_mqttjs_reconnects_by_itself(self):
        self.assert_gets_in_at_the_second_knock("jitp_mqttjs")


class Failure(Jitp):
    def knock(self):
        return publish(self.daemon, self.device, "robot-1", "devices/robot-1/hello")

    def last_refusal(self):
        newest = self.daemon.refusals()[0]
        return newest["refusal"], newest["cause"]

    def test_it_says_what_is_missing_and_goes_on_once_that_is_there(self):  # P5.7: PolicyName missing in the account
        self.assertIn(LOST, self.knock().stderr)
        refusal, cause = self.last_refusal()
        self.assertEqual(refusal, "provisioning_failed")
        self.assertIn("Policy device does not exist", cause)
        self.assertIn("Policy device does not exist", self.daemon.log())
        self.assertEqual(self.status(), "PENDING_ACTIVATION")

        self.iot.create_policy(policyName="device", policyDocument=DEVICE_POLICY)
        self.assertIn(LOST, self.knock().stderr)  # P3.5 row 7: provisioned now, let in next time
        self.assertEqual(self.last_refusal()[0], "certificate_pending")
        self.assertEqual(self.knock().returncode, 0)
        self.assert_provisioned()

    def test_a_subject_without_a_declared_field_is_named(self):  # P5.3
        self.iot.create_policy(policyName="device", policyDocument=DEVICE_POLICY)
        declared = json.loads(TEMPLATE)
        declared["Parameters"]["AWS::IoT::Certificate::Country"] = {"Type": "String"}
        self.iot.update_ca_certificate(certificateId=self.ca_id, registrationConfig={
            "templateBody": json.dumps(declared), "roleArn": "arn:aws:iam::123456789012:role/JITPRole"})
        self.assertIn(LOST, self.knock().stderr)
        refusal, cause = self.last_refusal()
        self.assertEqual(refusal, "provisioning_failed")
        self.assertIn("Country", cause)
        self.assertEqual(self.status(), "PENDING_ACTIVATION")


if __name__ == "__main__":
    unittest.main()
