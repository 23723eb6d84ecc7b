"""Fleet provisioning by claim with the unmodified AWS IoT Device SDK for JavaScript v2 (P6)."""
import json
import unittest

import node_client
from daemon import Story
from identities import make_key, openssl
from policies import ARN, document, statement
from webhook import Webhook

TEMPLATE = json.dumps({
    "Parameters": {name: {"Type": "String"} for name in ("SerialNumber", "Plant", "AWS::IoT::Certificate::Id")},
    "Resources": {
        "thing": {"Type": "AWS::IoT::Thing", "Properties": {
            "ThingName": {"Fn::Join": ["-", ["robot", {"Ref": "SerialNumber"}]]},
            "AttributePayload": {"plant": {"Ref": "Plant"}}}},
        "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {
            "CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "Active"}},
        "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "device"}}},
    "DeviceConfiguration": {"plant": {"Ref": "Plant"}, "interval": "60"}})
THING = "${iot:Connection.Thing.ThingName}"
DEVICE_POLICY = document(statement("Allow", "iot:Connect", f"client/{THING}"),
                         statement("Allow", ["iot:Publish", "iot:Receive"], f"topic/devices/{THING}/*"),
                         statement("Allow", "iot:Subscribe", f"topicfilter/devices/{THING}/*"))


def claim_policy(template):  # P6.5
    requests = [f"$aws/certificates/{request}/*" for request in ("create", "create-from-csr")]
    requests.append(f"$aws/provisioning-templates/{template}/provision/*")
    return document(
        statement("Allow", "iot:Connect", "*"),
        statement("Allow", ["iot:Publish", "iot:Receive"], *(f"topic/{topic}" for topic in requests)),
        statement("Allow", "iot:Subscribe", *(f"topicfilter/{topic}" for topic in requests)))


class Fleet(Story):
    """A template with a pre-provisioning hook (P5.11) that knows which serial numbers were built."""

    @classmethod
    def setUpClass(cls):
        cls.hook = Webhook(cls.judge)
        cls.addClassCleanup(cls.hook.close)
        cls.flags = ("--function", f"was-it-built={cls.hook.url('/was-it-built')}")
        super().setUpClass()

    @staticmethod
    def judge(request):
        built = request["parameters"]["SerialNumber"].startswith("SN")
        return 200, {"allowProvisioning": built, "parameterOverrides": {"Plant": "north"}}

    def setUp(self):
        super().setUp()
        self.hook.calls.clear()
        self.iot.create_policy(policyName="device", policyDocument=DEVICE_POLICY)
        self.iot.create_provisioning_template(
            templateName="robots", templateBody=TEMPLATE, enabled=True, type="FLEET_PROVISIONING",
            provisioningRoleArn="arn:aws:iam::123456789012:role/fleet", preProvisioningHook={
                "payloadVersion": "2020-04-01",
                "targetArn": "arn:aws:lambda:us-east-1:123456789012:function:was-it-built"})

    def shared_claim(self):
        """The certificate that every new device carries."""
        made = self.iot.create_keys_and_certificate(setAsActive=True)
        self.iot.create_policy(policyName="claim", policyDocument=claim_policy("robots"))
        self.iot.attach_policy(policyName="claim", target=made["certificateArn"])
        return made

    def provision(self, claim, identity_client, serial="SN1", **more):
        return node_client.tell(
            self.daemon, "fleet_provisioning", ca=self.daemon.server_ca.read_text(), identityClient=identity_client,
            template="robots", parameters={"SerialNumber": serial}, **more, claim={
                "clientId": "new-device", "certificate": claim["certificatePem"],
                "key": claim["keyPair"]["PrivateKey"]})

    def assert_provisioned(self, events):
        """The device's story, and what it left in the registry; gives the certificate's PEM."""
        identifier = events[0]["certificateId"]
        self.assertEqual(events, [
            {"event": "created", "certificateId": identifier},
            {"event": "provisioned", "thingName": "robot-SN1",
             "deviceConfiguration": {"plant": "north", "interval": "60"}},
            {"event": "received", "topic": "devices/robot-SN1/hello", "text": "I am robot-SN1"}])
        arn = f"{ARN}cert/{identifier}"
        described = self.iot.describe_certificate(certificateId=identifier)["certificateDescription"]
        self.assertEqual((described["status"], described.get("caCertificateId")), ("ACTIVE", None))
        self.assertEqual(self.iot.describe_thing(thingName="robot-SN1")["attributes"], {"plant": "north"})
        self.assertEqual(self.iot.list_thing_principals(thingName="robot-SN1")["principals"], [arn])
        attached = self.iot.list_attached_policies(target=arn)["policies"]
        self.assertEqual([policy["policyName"] for policy in attached], ["device"])
        self.assertEqual(self.daemon.refusals(), [])
        return described["certificatePem"]

    def request_for_own_key(self):
        """A key that never leaves the device, and its CSR."""
        key = self.folder / "own.key"
        make_key(key, "ec")
        return {"key": key.read_text(),
                "csr": openssl("req", "-new", "-key", key, "-subj", "/CN=ignored", "-batch")}


class ByClaim(Fleet):
    def test_with_keys_made_by_the_service(self):  # P6.2, P6.3
        claim = self.shared_claim()
        events = self.provision(claim, 1)
        pem = self.assert_provisioned(events)
        (path, content_type, asked), = self.hook.calls
        self.assertEqual((path, content_type), ("/was-it-built", "application/json"))
        self.assertEqual(asked, {
            "claimCertificateId": claim["certificateId"], "certificateId": events[0]["certificateId"],
            "certificatePem": pem, "templateArn": f"{ARN}provisioningtemplate/robots", "clientId": "new-device",
            "parameters": {"SerialNumber": "SN1"}})
        claims = self.iot.describe_certificate(certificateId=claim["certificateId"])["certificateDescription"]
        self.assertEqual(claims["status"], "ACTIVE")

    def test_with_a_key_of_its_own(self):
        own = self.request_for_own_key()
        pem = self.assert_provisioned(self.provision(self.shared_claim(), 1, **own))
        self.assertEqual(openssl("x509", "-noout", "-pubkey", text=pem), openssl("pkey", "-pubout", text=own["key"]))

    def test_with_the_second_generation_of_the_identity_client(self):
        self.assert_provisioned(self.provision(self.shared_claim(), 2))

    def test_with_the_second_generation_and_a_key_of_its_own(self):
        self.assert_provisioned(self.provision(self.shared_claim(), 2, **self.request_for_own_key()))

    def test_one_claim_serves_many_devices(self):  # P6.3: the claim certificate is reusable
        claim = self.shared_claim()
        for serial in ("SN1", "SN2"):
            self.assertEqual(self.provision(claim, 1, serial)[-1]["topic"], f"devices/robot-{serial}/hello")

    def test_a_hook_that_says_no_rejects_the_device(self):  # P6.4
        claim = self.shared_claim()
        for identity_client in (1, 2):
            created, rejected = self.provision(claim, identity_client, "stolen")
            self.assertEqual((rejected["event"], rejected["statusCode"], rejected["errorCode"]),
                             ("rejected", 403, "AccessDenied"))
            self.assertTrue(rejected["errorMessage"])
            described = self.iot.describe_certificate(certificateId=created["certificateId"])["certificateDescription"]
            self.assertEqual(described["status"], "PENDING_ACTIVATION")
        self.assertEqual(self.iot.list_things()["things"], [])


class ByTrustedUser(Fleet):
    def test_a_temporary_claim_provisions_and_is_listed_nowhere(self):  # P6.5
        claim = self.iot.create_provisioning_claim(templateName="robots")
        events = self.provision(claim, 1)
        self.assert_provisioned(events)
        listed = [certificate["certificateId"] for certificate in self.iot.list_certificates()["certificates"]]
        self.assertEqual(listed, [events[0]["certificateId"]])
        self.assertEqual(self.hook.calls[0][2]["claimCertificateId"], claim["certificateId"])


if __name__ == "__main__":
    unittest.main()
