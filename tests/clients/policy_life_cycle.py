"""boto3: policies, their versions and their attachments (P7.1, P7.2, catalogue C.7)."""
import json
import unittest

from daemon import ACCOUNT, REGION, Story

ALL = json.dumps({"Version": "2012-10-17",
                  "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]})
OTHER = ALL.replace("Allow", "Deny")


class PolicyLifeCycle(Story):
    def test_a_policy_is_answered_as_it_was_given(self):  # P7.2
        made = self.iot.create_policy(policyName="p1", policyDocument=ALL)
        self.assertEqual(made["policyArn"], f"arn:aws:iot:{REGION}:{ACCOUNT}:policy/p1")
        self.assertEqual((made["policyVersionId"], made["policyDocument"]), ("1", ALL))
        got = self.iot.get_policy(policyName="p1")
        self.assertEqual((got["defaultVersionId"], got["policyDocument"]), ("1", ALL))
        answer = self.assert_error("ResourceAlreadyExistsException", 409, self.iot.create_policy, policyName="p1",
                                   policyDocument=ALL)
        self.assertIn("Policy cannot be created - name already exists (name=p1)", answer["Error"]["Message"])
        self.assertEqual(answer["resourceId"], "p1")

    def test_malformed_documents_are_refused_by_name(self):  # P7.1
        good = json.loads(ALL)
        statement = good["Statement"][0]
        cases = {
            "not JSON": "{",
            "no statement": '{"Version":"2012-10-17"}',
            "unknown effect": ALL.replace("Allow", "allow"),
            "no action": json.dumps({**good, "Statement": [{"Effect": "Allow", "Resource": "*"}]}),
            "no resource": json.dumps({**good, "Statement": [{"Effect": "Allow", "Action": "*"}]}),
            "unknown element": json.dumps({**good, "Statement": [{**statement, "Actoin": "*"}]}),
            "principal": json.dumps({**good, "Statement": [{**statement, "Principal": "*"}]}),
            "version": ALL.replace("2012-10-17", "2008-10-17"),
            "empty actions": json.dumps({**good, "Statement": [{**statement, "Action": []}]}),
        }
        for name, document in cases.items():
            with self.subTest(name):
                answer = self.assert_error("MalformedPolicyException", 400, self.iot.create_policy, policyName="p1",
                                           policyDocument=document)
                self.assertIn("Policy document is Malformed", answer["Error"]["Message"])
        self.assertEqual(self.iot.list_policies()["policies"], [])

    def test_the_size_limit_does_not_count_white_space(self):  # P7.1, C.7 line 76
        def of_size(size):
            return ALL.replace(" ", "").replace('"*"', '"' + "x" * (size - len(ALL.replace(" ", "")) + 1) + '"')

        self.assertEqual(len(of_size(2048)), 2048)
        self.iot.create_policy(policyName="full", policyDocument=of_size(2048) + " " * 10_000)
        self.assert_error("MalformedPolicyException", 400, self.iot.create_policy, policyName="over",
                          policyDocument=of_size(2049))
        self.assert_error("InvalidRequestException", 400, self.iot.create_policy, policyName="huge",
                          policyDocument=ALL + " " * 404_600)

    def test_versions_are_five_numbered_on_and_never_reused(self):  # P7.2, C.7 line 75
        self.iot.create_policy(policyName="p1", policyDocument=ALL)
        for expected in ("2", "3", "4", "5"):
            made = self.iot.create_policy_version(policyName="p1", policyDocument=OTHER)
            self.assertEqual((made["policyVersionId"], made["isDefaultVersion"]), (expected, False))
        answer = self.assert_error("VersionsLimitExceededException", 409, self.iot.create_policy_version,
                                   policyName="p1", policyDocument=OTHER)
        self.assertIn("The policy p1 already has the maximum number of versions (5)", answer["Error"]["Message"])
        self.iot.delete_policy_version(policyName="p1", policyVersionId="5")
        made = self.iot.create_policy_version(policyName="p1", policyDocument=OTHER, setAsDefault=True)
        self.assertEqual(made["policyVersionId"], "6")
        self.assertEqual(self.iot.get_policy(policyName="p1")["defaultVersionId"], "6")
        self.assert_error("DeleteConflictException", 409, self.iot.delete_policy_version, policyName="p1",
                          policyVersionId="6")
        self.iot.set_default_policy_version(policyName="p1", policyVersionId="1")
        versions = self.iot.list_policy_versions(policyName="p1")["policyVersions"]
        self.assertEqual({v["versionId"]: v["isDefaultVersion"] for v in versions},
                         {"1": True, "2": False, "3": False, "4": False, "6": False})
        self.assertEqual(self.iot.get_policy_version(policyName="p1", policyVersionId="1")["policyDocument"], ALL)

    def test_a_policy_is_deleted_detached_and_with_one_version(self):  # P7.2, C.7 line 75
        arn = self.iot.create_keys_and_certificate()["certificateArn"]
        self.iot.create_policy(policyName="p1", policyDocument=ALL)
        self.iot.create_policy_version(policyName="p1", policyDocument=OTHER)
        self.iot.attach_policy(policyName="p1", target=arn)
        answer = self.assert_error("DeleteConflictException", 409, self.iot.delete_policy, policyName="p1")
        self.assertIn("attached to one or more principals (name=p1)", answer["Error"]["Message"])
        self.iot.detach_policy(policyName="p1", target=arn)
        answer = self.assert_error("DeleteConflictException", 409, self.iot.delete_policy, policyName="p1")
        self.assertIn("one or more policy versions attached to it (name=p1)", answer["Error"]["Message"])
        self.iot.delete_policy_version(policyName="p1", policyVersionId="2")
        self.iot.delete_policy(policyName="p1")
        self.assert_error("ResourceNotFoundException", 404, self.iot.get_policy, policyName="p1")

    def test_attachments_are_listed_from_both_ends(self):  # P7.2
        arn = self.iot.create_keys_and_certificate()["certificateArn"]
        for name in ("p1", "p2"):
            self.iot.create_policy(policyName=name, policyDocument=ALL)
            self.iot.attach_policy(policyName=name, target=arn)
            self.iot.attach_policy(policyName=name, target=arn)
        attached = self.iot.list_attached_policies(target=arn)["policies"]
        self.assertEqual(sorted(policy["policyName"] for policy in attached), ["p1", "p2"])
        self.assertEqual(self.iot.list_targets_for_policy(policyName="p1")["targets"], [arn])
        old = self.iot.list_principal_policies(principal=arn, ascendingOrder=True)["policies"]
        self.assertEqual([policy["policyName"] for policy in old], ["p1", "p2"])
        self.assert_error("ResourceNotFoundException", 404, self.iot.attach_policy, policyName="none", target=arn)
        self.assert_error("ResourceNotFoundException", 404, self.iot.attach_policy, policyName="p1",
                          target=arn[:-1] + ("0" if arn[-1] != "0" else "1"))

    def test_the_old_operations_attach_as_well(self):  # P7.2, deprecated but used by walkthroughs
        arn = self.iot.create_keys_and_certificate()["certificateArn"]
        self.iot.create_policy(policyName="p1", policyDocument=ALL)
        self.iot.attach_principal_policy(policyName="p1", principal=arn)
        self.assertEqual(self.iot.list_policy_principals(policyName="p1")["principals"], [arn])
        self.iot.detach_principal_policy(policyName="p1", principal=arn)
        self.assertEqual(self.iot.list_policy_principals(policyName="p1")["principals"], [])

    def test_the_eleventh_policy_of_a_certificate_is_too_many(self):  # P7.2, P10.8
        arn = self.iot.create_keys_and_certificate()["certificateArn"]
        for number in range(11):
            self.iot.create_policy(policyName=f"p{number}", policyDocument=ALL)
        for number in range(10):
            self.iot.attach_policy(policyName=f"p{number}", target=arn)
        self.assert_error("LimitExceededException", 410, self.iot.attach_policy, policyName="p10", target=arn)


if __name__ == "__main__":
    unittest.main()
