"""boto3: provisioning templates, their versions, RegisterThing, and a CA that names a template (P5.8, P5.10, P1.3)."""
import json
import unittest

from daemon import ACCOUNT, REGION, Story
from identities import Ca, make_key, openssl

ROLE = f"arn:aws:iam::{ACCOUNT}:role/provisioning"
HOOK = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:hook"


def by_id(thing_name):
    """A template body for a certificate that exists, with a thing of this name."""
    return json.dumps({
        "Parameters": {"AWS::IoT::Certificate::Id": {"Type": "String"}, "SerialNumber": {"Type": "String"}},
        "Resources": {
            "thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": thing_name}},
            "certificate": {"Type": "AWS::IoT::Certificate",
                            "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}}}}})


BODY = by_id({"Ref": "SerialNumber"})
FROM_CSR = json.dumps({
    "Parameters": {"ThingName": {"Type": "String"}, "CSR": {"Type": "String"}},
    "Resources": {
        "thing": {"Type": "AWS::IoT::Thing",
                  "Properties": {"ThingName": {"Ref": "ThingName"}, "AttributePayload": {"site": "berlin"}}},
        "certificate": {"Type": "AWS::IoT::Certificate",
                        "Properties": {"CertificateSigningRequest": {"Ref": "CSR"}, "Status": "ACTIVE"}},
        "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "devices"}}}})
ALLOW = json.dumps({"Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]})


class ProvisioningTemplates(Story):
    def create(self, name="fleet", **more):
        return self.iot.create_provisioning_template(
            **{"templateName": name, "templateBody": BODY, "provisioningRoleArn": ROLE, **more})

    def test_a_template_is_created_described_changed_and_deleted(self):  # P5.10
        created = self.create(description="Fleet one", preProvisioningHook={"targetArn": HOOK},
                              tags=[{"Key": "team", "Value": "edge"}])
        arn = f"arn:aws:iot:{REGION}:{ACCOUNT}:provisioningtemplate/fleet"
        self.assertEqual((created["templateArn"], created["templateName"], created["defaultVersionId"]),
                         (arn, "fleet", 1))
        described = self.iot.describe_provisioning_template(templateName="fleet")
        self.assertEqual(described["templateBody"], BODY)
        self.assertEqual(described["type"], "FLEET_PROVISIONING")
        self.assertFalse(described["enabled"])
        self.assertEqual(described["preProvisioningHook"], {"payloadVersion": "2020-04-01", "targetArn": HOOK})
        self.assertEqual(self.iot.list_tags_for_resource(resourceArn=arn)["tags"],
                         [{"Key": "team", "Value": "edge"}])

        self.iot.update_provisioning_template(templateName="fleet", enabled=True, removePreProvisioningHook=True)
        described = self.iot.describe_provisioning_template(templateName="fleet")
        self.assertTrue(described["enabled"])
        self.assertNotIn("preProvisioningHook", described)
        self.iot.delete_provisioning_template(templateName="fleet")
        self.assert_error("ResourceNotFoundException", 404, self.iot.describe_provisioning_template,
                          templateName="fleet")

    def test_a_name_is_taken_once(self):  # P5.10
        self.create()
        answer = self.assert_error("ResourceAlreadyExistsException", 409, self.create)
        self.assertEqual(answer["Error"]["Message"], "Template with name fleet already exists")

    def test_wrong_templates_are_refused(self):  # P5.5, P5.10
        for wrong in ({"templateBody": "{"}, {"templateBody": "{}"}, {"templateBody": FROM_CSR},
                      {"provisioningRoleArn": "not-the-arn-of-any-role"},
                      {"type": "JITP", "preProvisioningHook": {"targetArn": HOOK}}, {"description": "two\nlines"},
                      {"templateName": "x" * 37}, {"templateName": "has space"}, {"type": "OTHER"}):
            with self.subTest(wrong):
                self.assert_error("InvalidRequestException", 400, self.create, **wrong)
        self.assertEqual(self.iot.list_provisioning_templates()["templates"], [])

    def test_versions_are_numbered_limited_and_never_reused(self):  # P5.10
        self.create()

        def version(**more):
            return self.iot.create_provisioning_template_version(templateName="fleet", templateBody=BODY, **more)

        self.assertEqual([version()["versionId"] for _ in range(4)], [2, 3, 4, 5])
        self.assert_error("VersionsLimitExceededException", 409, version)
        self.assert_error("DeleteConflictException", 409, self.iot.delete_provisioning_template_version,
                          templateName="fleet", versionId=1)
        self.iot.delete_provisioning_template_version(templateName="fleet", versionId=5)
        sixth = version(setAsDefault=True)
        self.assertEqual((sixth["versionId"], sixth["isDefaultVersion"]), (6, True))
        self.iot.delete_provisioning_template_version(templateName="fleet", versionId=1)
        pages = self.iot.get_paginator("list_provisioning_template_versions").paginate(
            templateName="fleet", PaginationConfig={"PageSize": 2})
        listed = [(one["versionId"], one["isDefaultVersion"]) for page in pages for one in page["versions"]]
        self.assertEqual(listed, [(2, False), (3, False), (4, False), (6, True)])
        self.iot.update_provisioning_template(templateName="fleet", defaultVersionId=3)
        self.assertEqual(self.iot.describe_provisioning_template(templateName="fleet")["defaultVersionId"], 3)
        self.assert_error("DeleteConflictException", 409, self.iot.delete_provisioning_template,
                          templateName="fleet")

    def test_a_ca_names_a_template_of_type_jitp(self):  # P1.3, P5.10
        self.create("fleet")
        self.create("jitp", type="JITP")
        ca = Ca(self.folder, "factory")

        def register(name):
            return self.iot.register_ca_certificate(
                caCertificate=ca.pem, certificateMode="SNI_ONLY", allowAutoRegistration=True, setAsActive=True,
                registrationConfig={"templateName": name})

        self.assert_error("ResourceNotFoundException", 404, register, name="none")
        self.assert_error("InvalidRequestException", 400, register, name="fleet")
        ca_id = register("jitp")["certificateId"]
        self.assertEqual(self.iot.describe_ca_certificate(certificateId=ca_id)["registrationConfig"],
                         {"templateName": "jitp"})
        listed = self.iot.list_ca_certificates(templateName="jitp")["certificates"]
        self.assertEqual([one["certificateId"] for one in listed], [ca_id])
        self.assert_error("DeleteConflictException", 409, self.iot.delete_provisioning_template,
                          templateName="jitp")
        self.iot.update_ca_certificate(certificateId=ca_id, removeAutoRegistration=True)
        self.iot.delete_provisioning_template(templateName="jitp")


class RegisterThing(Story):
    def setUp(self):
        super().setUp()
        self.iot.create_policy(policyName="devices", policyDocument=ALLOW)
        make_key(self.folder / "device.key", "ec")
        self.csr = openssl("req", "-new", "-key", self.folder / "device.key", "-subj", "/CN=robot-1", "-batch")

    def register(self, **parameters):
        return self.iot.register_thing(templateBody=FROM_CSR, parameters=parameters)

    def test_a_request_becomes_thing_certificate_and_policy(self):  # P5.8
        answer = self.register(ThingName="robot-1", CSR=self.csr)
        self.assertIn("BEGIN CERTIFICATE", answer["certificatePem"])
        arns = answer["resourceArns"]
        self.assertEqual(arns["thing"], f"arn:aws:iot:{REGION}:{ACCOUNT}:thing/robot-1")
        self.assertEqual(arns["policy"], f"arn:aws:iot:{REGION}:{ACCOUNT}:policy/devices")
        certificate = self.iot.describe_certificate(certificateId=arns["certificate"].split("/")[1])
        self.assertEqual(certificate["certificateDescription"]["status"], "ACTIVE")
        self.assertEqual(certificate["certificateDescription"]["certificatePem"], answer["certificatePem"])
        self.assertEqual(self.iot.describe_thing(thingName="robot-1")["attributes"], {"site": "berlin"})
        self.assertEqual(self.iot.list_thing_principals(thingName="robot-1")["principals"], [arns["certificate"]])
        attached = self.iot.list_attached_policies(target=arns["certificate"])["policies"]
        self.assertEqual([policy["policyName"] for policy in attached], ["devices"])

    def test_what_is_missing_is_named(self):  # P5.4, P5.8
        answer = self.assert_error("InvalidRequestException", 400, self.register, ThingName="robot-1")
        self.assertIn("CSR", answer["Error"]["Message"])
        self.iot.delete_policy(policyName="devices")
        answer = self.assert_error("ResourceRegistrationFailureException", 400, self.register, ThingName="robot-1",
                                   CSR=self.csr)
        self.assertIn("devices", answer["Error"]["Message"])


if __name__ == "__main__":
    unittest.main()
