"""Roles and policies of IAM, and temporary credentials of STS, with boto3 (P9.6)."""
import json
import unittest

from botocore.exceptions import ClientError
from daemon import Story

MANAGED = "arn:aws:iam::aws:policy/service-role/AWSIoTThingsRegistration"
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


def trust(**principal):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]})


IOT = trust(Service="iot.amazonaws.com")


class Iam(Story):
    def setUp(self):
        super().setUp()
        self.iam = self.daemon.client("iam")

    def assert_fault(self, name, status, call, /, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        error = caught.exception.response
        self.assertEqual((error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]), (name, status), error)
        return error["Error"]["Message"]

    def test_the_life_of_a_role(self):
        made = self.iam.create_role(RoleName="jitp", AssumeRolePolicyDocument=IOT, Description="for <JITP> & co",
                                    MaxSessionDuration=7200, Path="/iot/", Tags=[{"Key": "a", "Value": "1"}])["Role"]
        self.assertEqual(made["Arn"], "arn:aws:iam::123456789012:role/iot/jitp")
        self.assertRegex(made["RoleId"], r"\AAROA[A-Z2-7]{17}\Z")
        role = self.iam.get_role(RoleName="jitp")["Role"]
        self.assertEqual(role, made)
        self.assertEqual(role["AssumeRolePolicyDocument"], json.loads(IOT))
        self.assertEqual((role["Description"], role["MaxSessionDuration"], role["Tags"]),
                         ("for <JITP> & co", 7200, [{"Key": "a", "Value": "1"}]))
        self.assertEqual(self.daemon.client("iam", region="eu-west-1").get_role(RoleName="jitp")["Role"], made)
        self.assert_fault("NoSuchEntity", 404, self.daemon.client("iam", "111122223333").get_role, RoleName="jitp")

        self.assert_fault("EntityAlreadyExists", 409, self.iam.create_role, RoleName="JITP",
                          AssumeRolePolicyDocument=IOT)
        self.assert_fault("MalformedPolicyDocument", 400, self.iam.create_role, RoleName="other",
                          AssumeRolePolicyDocument=json.dumps(ALLOW))
        self.assert_fault("ValidationError", 400, self.iam.create_role, RoleName="a b", AssumeRolePolicyDocument=IOT)

        self.iam.update_assume_role_policy(RoleName="jitp", PolicyDocument=trust(AWS="*"))
        self.assertEqual(self.iam.get_role(RoleName="jitp")["Role"]["AssumeRolePolicyDocument"],
                         json.loads(trust(AWS="*")))
        self.iam.delete_role(RoleName="jitp")
        self.assertIn("jitp", self.assert_fault("NoSuchEntity", 404, self.iam.get_role, RoleName="jitp"))

    def test_policies_of_a_role(self):
        self.iam.create_role(RoleName="r", AssumeRolePolicyDocument=IOT)
        own = self.iam.create_policy(PolicyName="own", PolicyDocument=json.dumps(ALLOW))["Policy"]
        self.assertEqual((own["Arn"], own["DefaultVersionId"], own["AttachmentCount"]),
                         ("arn:aws:iam::123456789012:policy/own", "v1", 0))
        for arn in (MANAGED, own["Arn"], own["Arn"]):
            self.iam.attach_role_policy(RoleName="r", PolicyArn=arn)
        self.assertEqual(self.iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"],
                         [{"PolicyName": "AWSIoTThingsRegistration", "PolicyArn": MANAGED},
                          {"PolicyName": "own", "PolicyArn": own["Arn"]}])
        self.assertEqual(self.iam.get_policy(PolicyArn=own["Arn"])["Policy"]["AttachmentCount"], 1)
        version = self.iam.get_policy_version(PolicyArn=own["Arn"], VersionId="v1")["PolicyVersion"]
        self.assertEqual(version["Document"], ALLOW)
        self.assert_fault("NoSuchEntity", 404, self.iam.attach_role_policy, RoleName="r",
                          PolicyArn="arn:aws:iam::123456789012:policy/none")
        self.assert_fault("InvalidInput", 400, self.iam.attach_role_policy, RoleName="r",
                          PolicyArn="arn:aws:s3:::a-bucket")

        self.iam.put_role_policy(RoleName="r", PolicyName="inline", PolicyDocument=json.dumps(ALLOW))
        self.assertEqual(self.iam.list_role_policies(RoleName="r")["PolicyNames"], ["inline"])
        inline = self.iam.get_role_policy(RoleName="r", PolicyName="inline")
        self.assertEqual(inline["PolicyDocument"], ALLOW)
        self.assert_fault("MalformedPolicyDocument", 400, self.iam.put_role_policy, RoleName="r", PolicyName="x",
                          PolicyDocument="{}")

        self.assert_fault("DeleteConflict", 409, self.iam.delete_policy, PolicyArn=own["Arn"])
        self.assert_fault("DeleteConflict", 409, self.iam.delete_role, RoleName="r")
        for arn in (MANAGED, own["Arn"]):
            self.iam.detach_role_policy(RoleName="r", PolicyArn=arn)
        self.assert_fault("NoSuchEntity", 404, self.iam.detach_role_policy, RoleName="r", PolicyArn=MANAGED)
        self.assert_fault("DeleteConflict", 409, self.iam.delete_role, RoleName="r")
        self.iam.delete_role_policy(RoleName="r", PolicyName="inline")
        self.assert_fault("NoSuchEntity", 404, self.iam.get_role_policy, RoleName="r", PolicyName="inline")
        self.iam.delete_role(RoleName="r")
        self.iam.delete_policy(PolicyArn=own["Arn"])
        self.assert_fault("NoSuchEntity", 404, self.iam.get_policy, PolicyArn=own["Arn"])

    def test_lists_in_pages(self):
        for i in range(5):
            self.iam.create_role(RoleName=f"r{i}", AssumeRolePolicyDocument=IOT)
            self.iam.create_policy(PolicyName=f"p{i}", PolicyDocument=json.dumps(ALLOW))
        sizes = {"PageSize": 2}
        roles = self.iam.get_paginator("list_roles").paginate(PaginationConfig=sizes)
        self.assertEqual([[r["RoleName"] for r in page["Roles"]] for page in roles], [["r0", "r1"], ["r2", "r3"], ["r4"]])
        policies = self.iam.get_paginator("list_policies").paginate(Scope="Local", PaginationConfig=sizes)
        self.assertEqual([[p["PolicyName"] for p in page["Policies"]] for page in policies],
                         [["p0", "p1"], ["p2", "p3"], ["p4"]])
        self.assertEqual(self.iam.list_policies(OnlyAttached=True)["Policies"], [])

    def test_assumed_roles_act_in_the_account_of_the_role(self):
        other = self.daemon.client("iam", "111122223333")
        arn = other.create_role(RoleName="guest", AssumeRolePolicyDocument=trust(AWS="123456789012"))["Role"]["Arn"]
        sts = self.daemon.client("sts")
        self.assertEqual(sts.get_caller_identity()["Arn"], "arn:aws:iam::123456789012:root")
        assumed = sts.assume_role(RoleArn=arn, RoleSessionName="build", DurationSeconds=900)
        self.assertEqual(assumed["AssumedRoleUser"]["Arn"], "arn:aws:sts::111122223333:assumed-role/guest/build")
        key = assumed["Credentials"]["AccessKeyId"]
        self.assertRegex(key, r"\AASIA[A-Z2-7]{16}\Z")

        self.daemon.client("iot", key).create_thing(thingName="t1")
        self.assertEqual(self.daemon.iot("111122223333").describe_thing(thingName="t1")["thingArn"],
                         "arn:aws:iot:us-east-1:111122223333:thing/t1")
        self.assert_error("ResourceNotFoundException", 404, self.iot.describe_thing, thingName="t1")
        identity = self.daemon.client("sts", key).get_caller_identity()
        self.assertEqual((identity["Account"], identity["Arn"]),
                         ("111122223333", "arn:aws:sts::111122223333:assumed-role/guest/build"))
        self.daemon.reset()
        self.assertEqual(self.daemon.client("sts", key).get_caller_identity()["Account"], "123456789012")

    def test_roles_that_may_not_be_assumed(self):
        sts = self.daemon.client("sts")
        arn = self.iam.create_role(RoleName="jitp", AssumeRolePolicyDocument=IOT)["Role"]["Arn"]
        assume = {"RoleSessionName": "build"}
        self.assertIn("trust policy", self.assert_fault("AccessDenied", 403, sts.assume_role, RoleArn=arn, **assume))
        self.assertIn("no such role", self.assert_fault("AccessDenied", 403, sts.assume_role, RoleArn=arn + "2",
                                                        **assume))
        self.iam.update_assume_role_policy(RoleName="jitp", PolicyDocument=trust(AWS="*"))
        self.assert_fault("ValidationError", 400, sts.assume_role, RoleArn=arn, DurationSeconds=7200, **assume)
        sts.assume_role(RoleArn=arn, **assume)

    def test_session_tokens(self):
        key = self.daemon.client("sts", "111122223333").get_session_token()["Credentials"]["AccessKeyId"]
        self.assertEqual(self.daemon.client("sts", key).get_caller_identity()["Account"], "111122223333")


if __name__ == "__main__":
    unittest.main()
