"""What was written is read back as it was written, member by member, as tools that compare a plan with the world need it:
nothing is lost, reordered, renamed or filled in (P10.1)."""
import json
import unittest

from daemon import ACCOUNT, REGION, Story
from identities import Ca, openssl
from policies import allow

ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/Some_Role"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:some-function"
TAGS = [{"Key": "owner", "Value": "plant"}, {"Key": "empty", "Value": ""}, {"Key": "Kostenstelle/Süd", "Value": "4711 ✓"}]
# White space, key order and escapes of a document are the user's.
POLICY = '{ "Version" : "2012-10-17",\n\t"Statement": [{"Resource": "*", "Effect": "Allow",  "Action": ["iot:*"]}]}\n'
TEMPLATE = ('{"Parameters": {"Id": {"Type": "String"}},\n "Resources": {"certificate": {"Type": "AWS::IoT::Certificate",'
            ' "Properties": {"CertificateId": {"Ref": "Id"}, "Status": "active"}}}}')


class ReadBack(Story):
    def setUp(self):
        super().setUp()
        self.iot.create_policy(policyName="first", policyDocument=allow("iot:*", "*"))

    def assert_holds(self, answer, written, name=""):
        """Every member of `written` is in `answer` with the same value."""
        for member, value in written.items():
            self.assertIn(member, answer, name)
            if isinstance(value, dict):
                self.assert_holds(answer[member], value, f"{name}.{member}")
            else:
                self.assertEqual(answer[member], value, f"{name}.{member}")

    def tags_of(self, arn):
        return self.iot.list_tags_for_resource(resourceArn=arn)["tags"]

    def test_a_thing_with_its_type_and_billing_group(self):
        kind = {"thingTypeName": "robot:v2_x-1", "thingTypeProperties": {
            "thingTypeDescription": "It walks, \"mostly\" <on> two legs & wheels", "searchableAttributes": ["b", "a"]}}
        made = self.iot.create_thing_type(**kind, tags=TAGS)
        self.assert_holds(self.iot.describe_thing_type(thingTypeName=kind["thingTypeName"]), kind)
        self.assertEqual(self.tags_of(made["thingTypeArn"]), TAGS)
        group = {"billingGroupName": "cost", "billingGroupProperties": {"billingGroupDescription": "Who pays"}}
        made = self.iot.create_billing_group(**group, tags=TAGS)
        self.assert_holds(self.iot.describe_billing_group(billingGroupName="cost"), group)
        self.assertEqual(self.tags_of(made["billingGroupArn"]), TAGS)
        thing = {"thingName": "r:1_x-y", "thingTypeName": "robot:v2_x-1", "billingGroupName": "cost"}
        attributes = {"a": "1,2@3/4:5#6=[7]", "Z.z": "", "b-c": "x"}
        self.iot.create_thing(**thing, attributePayload={"attributes": attributes})
        described = self.iot.describe_thing(thingName=thing["thingName"])
        self.assert_holds(described, thing)
        # An empty value means: no such attribute (P8.1).
        self.assertEqual(described["attributes"], {"a": attributes["a"], "b-c": "x"})
        self.assertEqual((described["defaultClientId"], described["version"]), (thing["thingName"], 1))

    def test_a_thing_group_under_another(self):
        self.iot.create_thing_group(thingGroupName="plant")
        written = {"thingGroupName": "hall", "thingGroupProperties": {
            "thingGroupDescription": "Hall 1", "attributePayload": {"attributes": {"level": "0"}}}}
        made = self.iot.create_thing_group(**written, parentGroupName="plant", tags=TAGS)
        described = self.iot.describe_thing_group(thingGroupName="hall")
        self.assert_holds(described, written)
        self.assertEqual(described["thingGroupMetadata"]["parentGroupName"], "plant")
        self.assertEqual(self.tags_of(made["thingGroupArn"]), TAGS)

    def test_a_policy_and_its_versions(self):
        made = self.iot.create_policy(policyName="p+=,.@-_", policyDocument=POLICY, tags=TAGS)
        self.assertEqual(made["policyDocument"], POLICY)
        self.assertEqual(self.iot.get_policy(policyName="p+=,.@-_")["policyDocument"], POLICY)
        self.assertEqual(self.tags_of(made["policyArn"]), TAGS)
        second = allow("iot:Connect", "*")
        self.iot.create_policy_version(policyName="p+=,.@-_", policyDocument=second, setAsDefault=True)
        self.assertEqual(self.iot.get_policy(policyName="p+=,.@-_")["policyDocument"], second)
        version = self.iot.get_policy_version(policyName="p+=,.@-_", policyVersionId="1")
        self.assertEqual((version["policyDocument"], version["isDefaultVersion"]), (POLICY, False))

    def test_a_ca_with_its_template(self):
        ca = Ca(self.folder, "ca")
        code = self.iot.get_registration_code()["registrationCode"]
        config = {"templateBody": TEMPLATE, "roleArn": ROLE}
        made = self.iot.register_ca_certificate(
            caCertificate=ca.pem, verificationCertificate=ca.verification(code), setAsActive=True,
            allowAutoRegistration=True, registrationConfig=config, tags=TAGS)
        described = self.iot.describe_ca_certificate(certificateId=made["certificateId"])
        self.assertEqual(described["registrationConfig"], config)
        self.assert_holds(described["certificateDescription"], {
            "status": "ACTIVE", "autoRegistrationStatus": "ENABLE", "certificatePem": ca.pem,
            "certificateMode": "DEFAULT", "ownedBy": ACCOUNT})
        self.assertEqual(self.tags_of(made["certificateArn"]), TAGS)

    def test_certificates_in_the_text_they_came_in(self):
        ca = Ca(self.folder, "ca")
        device = ca.device("device")
        made = self.iot.register_certificate_without_ca(certificatePem=device.pem, status="INACTIVE")
        described = self.iot.describe_certificate(certificateId=made["certificateId"])["certificateDescription"]
        self.assert_holds(described, {"status": "INACTIVE", "certificatePem": device.pem, "certificateMode": "SNI_ONLY"})

    def test_a_provisioning_template_and_its_versions(self):
        written = {"templateName": "t_1-x", "description": "For robots", "templateBody": TEMPLATE, "enabled": True,
                   "provisioningRoleArn": ROLE, "preProvisioningHook": {"payloadVersion": "2020-04-01",
                                                                        "targetArn": FUNCTION}}
        made = self.iot.create_provisioning_template(**written, tags=TAGS)
        self.assert_holds(self.iot.describe_provisioning_template(templateName="t_1-x"), written)
        self.assertEqual(self.tags_of(made["templateArn"]), TAGS)
        other = json.dumps(json.loads(TEMPLATE), indent=1)
        self.iot.create_provisioning_template_version(templateName="t_1-x", templateBody=other)
        version = self.iot.describe_provisioning_template_version(templateName="t_1-x", versionId=2)
        self.assertEqual((version["templateBody"], version["isDefaultVersion"]), (other, False))
        self.assert_holds(self.iot.describe_provisioning_template(templateName="t_1-x"), written)

    def test_a_role_alias(self):
        written = {"roleAlias": "alias=,@-1", "roleArn": ROLE, "credentialDurationSeconds": 900}
        made = self.iot.create_role_alias(**written, tags=TAGS)
        described = self.iot.describe_role_alias(roleAlias=written["roleAlias"])["roleAliasDescription"]
        self.assert_holds(described, {**written, "owner": ACCOUNT, "roleAliasArn": made["roleAliasArn"]})
        self.assertEqual(self.tags_of(made["roleAliasArn"]), TAGS)

    def test_an_authorizer(self):
        openssl("genrsa", "-out", self.folder / "token.key", "2048")
        key = openssl("rsa", "-in", self.folder / "token.key", "-pubout")
        written = {"authorizerName": "a=,@-1", "authorizerFunctionArn": FUNCTION, "tokenKeyName": "tk",
                   "tokenSigningPublicKeys": {"k1": key}, "status": "ACTIVE", "signingDisabled": False,
                   "enableCachingForHttp": True}
        made = self.iot.create_authorizer(**written, tags=TAGS)
        described = self.iot.describe_authorizer(authorizerName="a=,@-1")["authorizerDescription"]
        self.assert_holds(described, written)
        self.assertEqual(self.tags_of(made["authorizerArn"]), TAGS)

    def test_a_domain_configuration(self):
        written = {"domainConfigurationName": "d.1-x", "serviceType": "DATA"}
        made = self.iot.create_domain_configuration(**written, tags=TAGS)
        described = self.iot.describe_domain_configuration(domainConfigurationName="d.1-x")
        self.assert_holds(described, {**written, "domainConfigurationStatus": "ENABLED"})
        self.assertEqual(self.tags_of(made["domainConfigurationArn"]), TAGS)

    def test_a_dynamic_thing_group(self):
        self.iot.update_indexing_configuration(thingIndexingConfiguration={"thingIndexingMode": "REGISTRY"})
        written = {"thingGroupName": "walkers", "queryString": "attributes.legs:2", "queryVersion": "2017-09-30",
                   "indexName": "AWS_Things", "thingGroupProperties": {"thingGroupDescription": "On two legs"}}
        made = self.iot.create_dynamic_thing_group(**written, tags=TAGS)
        self.assert_holds(self.iot.describe_thing_group(thingGroupName="walkers"), written)
        self.assertEqual(self.tags_of(made["thingGroupArn"]), TAGS)

    def test_what_an_account_is_set_to(self):
        indexing = {"thingIndexingConfiguration": {"thingIndexingMode": "REGISTRY",
                                                   "thingConnectivityIndexingMode": "STATUS"},
                    "thingGroupIndexingConfiguration": {"thingGroupIndexingMode": "ON"}}
        self.iot.update_indexing_configuration(**indexing)
        self.assert_holds(self.iot.get_indexing_configuration(), indexing)
        logging = {"roleArn": ROLE, "defaultLogLevel": "WARN", "disableAllLogs": False}
        self.iot.set_v2_logging_options(**logging)
        self.assert_holds(self.iot.get_v2_logging_options(), logging)
        events = {"THING": {"Enabled": True}, "THING_GROUP": {"Enabled": True}, "POLICY": {"Enabled": False}}
        self.iot.update_event_configurations(eventConfigurations=events)
        answer = self.iot.describe_event_configurations()["eventConfigurations"]
        self.assert_holds(answer, events)
        self.assertEqual([name for name, value in answer.items() if value["Enabled"]], ["THING", "THING_GROUP"])


if __name__ == "__main__":
    unittest.main()
