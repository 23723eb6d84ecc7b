"""boto3: which policies have an effect on a device, and what they would let it do (P7.2, P7.9)."""
import unittest

from daemon import ACCOUNT, Story
from policies import ARN, allow, document, statement

COGNITO = "us-east-1:11111111-2222-3333-4444-555555555555"
POOL = "us-east-1:99999999-8888-7777-6666-555555555555"


class PolicyEffects(Story):
    def setUp(self):
        super().setUp()
        self.arn = self.iot.create_keys_and_certificate(setAsActive=True)["certificateArn"]

    def policy(self, name, text, *targets):
        self.iot.create_policy(policyName=name, policyDocument=text)
        for target in targets:
            self.iot.attach_policy(policyName=name, target=target)

    def groups(self):
        """Thing `pump` in `hall` below `plant`, attached to the certificate."""
        plant = self.iot.create_thing_group(thingGroupName="plant")["thingGroupArn"]
        hall = self.iot.create_thing_group(thingGroupName="hall", parentGroupName="plant")["thingGroupArn"]
        self.iot.create_thing(thingName="pump")
        self.iot.add_thing_to_thing_group(thingGroupName="hall", thingName="pump")
        self.iot.attach_thing_principal(thingName="pump", principal=self.arn)
        return plant, hall

    def effective(self, **arguments):
        return [policy["policyName"] for policy in self.iot.get_effective_policies(**arguments)["effectivePolicies"]]

    def test_effective_policies_are_those_of_the_principal_and_of_its_groups(self):
        plant, hall = self.groups()
        text = allow("iot:*", "*")
        self.policy("own", text, self.arn)
        self.policy("hall", text, hall)
        self.policy("plant", text, plant)
        self.policy("nobody", text)
        self.assertEqual(self.effective(principal=self.arn), ["hall", "own", "plant"])
        self.assertEqual(self.effective(principal=self.arn, thingName="pump"), ["hall", "own", "plant"])
        self.assertEqual(self.effective(thingName="pump"), ["hall", "plant"])
        self.assertEqual(self.effective(principal=hall), ["hall", "plant"])
        self.iot.create_thing(thingName="stranger")
        self.iot.add_thing_to_thing_group(thingGroupName="hall", thingName="stranger")
        self.assertEqual(self.effective(principal=self.arn, thingName="stranger"), ["own"])
        first = self.iot.get_effective_policies(principal=self.arn)["effectivePolicies"][1]
        self.assertEqual(first, {"policyName": "own", "policyArn": ARN + "policy/own", "policyDocument": text})

    def test_cognito_identities_have_policies_too(self):
        self.policy("own", allow("iot:Connect", "*"), COGNITO)
        self.assertEqual(self.effective(principal=COGNITO), ["own"])
        self.assertEqual(self.effective(principal=COGNITO, cognitoIdentityPoolId=POOL), ["own"])
        answer = self.iot.test_authorization(
            principal=COGNITO, clientId="web", authInfos=[{"actionType": "CONNECT", "resources": [ARN + "client/web"]}])
        self.assertEqual(answer["authResults"][0]["authDecision"], "ALLOWED")
        for wrong in ({"cognitoIdentityPoolId": POOL}, {"principal": self.arn, "cognitoIdentityPoolId": POOL},
                      {"principal": COGNITO, "cognitoIdentityPoolId": "pool"}):
            self.assert_error("InvalidRequestException", 400, self.iot.get_effective_policies, **wrong)

    def test_authorization_names_the_policies_that_decide(self):
        self.policy("allows", allow("iot:Publish", "topic/*"), self.arn)
        self.policy("denies", document(statement("Deny", "iot:Publish", "topic/closed")), self.arn)
        asked = [{"actionType": "PUBLISH", "resources": [ARN + "topic/open"]},
                 {"actionType": "PUBLISH", "resources": [ARN + "topic/open", ARN + "topic/closed"]},
                 {"actionType": "SUBSCRIBE", "resources": [ARN + "topicfilter/open"]},
                 {"resources": [ARN + "topic/open"]}]
        results = self.iot.test_authorization(principal=self.arn, clientId="c", authInfos=asked)["authResults"]
        self.assertEqual([result["authInfo"] for result in results], asked)
        self.assertEqual([result["authDecision"] for result in results],
                         ["ALLOWED", "EXPLICIT_DENY", "IMPLICIT_DENY", "IMPLICIT_DENY"])
        policy = {name: {"policyName": name, "policyArn": ARN + f"policy/{name}"} for name in ("allows", "denies")}
        self.assertEqual(results[1]["allowed"]["policies"], [policy["allows"]])
        self.assertEqual(results[1]["denied"], {"implicitDeny": {"policies": [policy["denies"]]},
                                                "explicitDeny": {"policies": [policy["denies"]]}})
        self.assertEqual(results[2]["denied"]["implicitDeny"]["policies"], [policy["allows"], policy["denies"]])

    def test_policies_are_added_and_skipped_for_the_question(self):
        self.policy("attached", document(statement("Deny", "iot:Connect", "*")), self.arn)
        self.policy("loose", allow("iot:Connect", "*"))

        def decision(**more):
            return self.iot.test_authorization(
                principal=self.arn, clientId="c",
                authInfos=[{"actionType": "CONNECT", "resources": [ARN + "client/c"]}],
                **more)["authResults"][0]["authDecision"]

        self.assertEqual(decision(), "EXPLICIT_DENY")
        self.assertEqual(decision(policyNamesToSkip=["attached"]), "IMPLICIT_DENY")
        self.assertEqual(decision(policyNamesToSkip=["attached"], policyNamesToAdd=["loose"]), "ALLOWED")
        for error, status, more in (("ResourceNotFoundException", 404, {"policyNamesToAdd": ["none"]}),
                                    ("ResourceNotFoundException", 404, {"policyNamesToSkip": ["none"]}),
                                    ("InvalidRequestException", 400, {"policyNamesToAdd": ["loose"],
                                                                      "policyNamesToSkip": ["loose"]})):
            self.assert_error(error, status, decision, **more)
        self.assertEqual(self.iot.list_attached_policies(target=self.arn)["policies"][0]["policyName"], "attached")

    def test_missing_values_are_named(self):
        self.policy("own", document(statement(
            "Allow", "iot:Publish", "topic/${iot:Connection.Thing.ThingName}/${iot:ClientId}",
            condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})), self.arn)
        asked = [{"actionType": "PUBLISH", "resources": [ARN + "topic/pump/pump"]}]
        missing = self.iot.test_authorization(
            principal=self.arn, authInfos=asked)["authResults"][0]["missingContextValues"]
        self.assertEqual(missing, ["aws:SourceIp", "iot:ClientId", "iot:Connection.Thing.ThingName"])
        self.groups()
        missing = self.iot.test_authorization(
            principal=self.arn, clientId="pump", authInfos=asked)["authResults"][0]["missingContextValues"]
        self.assertEqual(missing, ["aws:SourceIp"])

    def test_questions_that_cannot_be_asked(self):
        asked = [{"actionType": "CONNECT", "resources": [ARN + "client/c"]}]
        for error, status, arguments in (
                ("InvalidRequestException", 400, {"authInfos": asked}),
                ("InvalidRequestException", 400, {"principal": "nobody", "authInfos": asked}),
                ("InvalidRequestException", 400, {"principal": self.arn, "authInfos": asked * 11}),
                ("InvalidRequestException", 400, {"principal": self.arn, "authInfos": [{"resources": []}]}),
                ("InvalidRequestException", 400,
                 {"principal": self.arn, "authInfos": [{"actionType": "connect", "resources": [ARN + "client/c"]}]}),
                ("ResourceNotFoundException", 404, {"principal": ARN + "cert/" + "0" * 64, "authInfos": asked}),
                ("ResourceNotFoundException", 404, {"principal": ARN + "thinggroup/none", "authInfos": asked})):
            with self.subTest(arguments=arguments):
                self.assert_error(error, status, self.iot.test_authorization, **arguments)
        self.assert_error("InvalidRequestException", 400, self.iot.get_effective_policies)
        self.assert_error("ResourceNotFoundException", 404, self.iot.get_effective_policies, thingName="none")

    def test_lists_see_through_the_groups_and_page(self):  # P7.2
        plant, hall = self.groups()
        for name, target in (("a", self.arn), ("b", hall), ("c", plant), ("d", self.arn)):
            self.policy(name, allow("iot:*", "*"), target)
        self.iot.attach_policy(policyName="a", target=plant)

        def listed(target, **more):
            names, marker = [], {}
            while True:
                page = self.iot.list_attached_policies(target=target, pageSize=1, **more, **marker)
                names += [policy["policyName"] for policy in page["policies"]]
                if "nextMarker" not in page:
                    return names
                marker = {"marker": page["nextMarker"]}

        self.assertEqual(listed(self.arn), ["a", "d"])
        self.assertEqual(listed(self.arn, recursive=True), ["a", "b", "c", "d"])
        self.assertEqual(listed(hall, recursive=True), ["a", "b", "c"])
        self.assertEqual(listed(hall), ["b"])
        self.assertEqual(sorted(self.iot.list_targets_for_policy(policyName="a")["targets"]), sorted([self.arn, plant]))

    def test_the_deprecated_family_knows_principals_only(self):  # P7.2
        _, hall = self.groups()
        self.policy("p", allow("iot:*", "*"), self.arn, hall, COGNITO)
        self.assertEqual(sorted(self.iot.list_policy_principals(policyName="p")["principals"]),
                         sorted([self.arn, COGNITO]))
        page = self.iot.list_policy_principals(policyName="p", pageSize=1, ascendingOrder=True)
        self.assertEqual(page["principals"], [self.arn])
        rest = self.iot.list_policy_principals(policyName="p", pageSize=1, ascendingOrder=True,
                                               marker=page["nextMarker"])
        self.assertEqual((rest["principals"], rest.get("nextMarker")), ([COGNITO], None))
        for call in (self.iot.attach_principal_policy, self.iot.detach_principal_policy):
            self.assert_error("InvalidRequestException", 400, call, policyName="p", principal=hall)
            self.assert_error("ResourceNotFoundException", 404, call, policyName="none", principal=self.arn)
            self.assert_error("ResourceNotFoundException", 404, call, policyName="p",
                              principal=ARN + "cert/" + "0" * 64)
        for name in ("q", "r"):
            self.policy(name, allow("iot:*", "*"))
            self.iot.attach_principal_policy(policyName=name, principal=self.arn)
        names = [policy["policyName"] for policy in self.iot.list_principal_policies(principal=self.arn)["policies"]]
        self.assertEqual(names, ["r", "q", "p"])
        page = self.iot.list_principal_policies(principal=self.arn, pageSize=2, ascendingOrder=True)
        self.assertEqual([policy["policyName"] for policy in page["policies"]], ["p", "q"])
        self.iot.detach_principal_policy(policyName="p", principal=self.arn)
        self.iot.detach_principal_policy(policyName="p", principal=self.arn)
        self.assertEqual(self.iot.list_targets_for_policy(policyName="p")["targets"], [hall, COGNITO])

    def test_deleting_waits_for_what_hangs_on_it(self):  # P7.2, P2.8
        plant, _ = self.groups()
        self.policy("p", allow("iot:*", "*"), plant, self.arn)
        self.iot.create_policy_version(policyName="p", policyDocument=allow("iot:Connect", "*"))
        for target in (plant, self.arn):
            answer = self.assert_error("DeleteConflictException", 409, self.iot.delete_policy, policyName="p")
            self.assertIn("attached to one or more principals", answer["Error"]["Message"])
            if target == plant:
                self.iot.detach_policy(policyName="p", target=target)
        identifier = self.arn.rsplit("/", 1)[1]

        def refused(name, status, text, **more):
            answer = self.assert_error(name, status, self.iot.delete_certificate, certificateId=identifier, **more)
            self.assertIn(text, answer["Error"]["Message"])

        refused("CertificateStateException", 406, "deactivated", forceDelete=True)
        self.iot.update_certificate(certificateId=identifier, newStatus="INACTIVE")
        refused("DeleteConflictException", 409, "Things must be detached", forceDelete=True)
        self.iot.detach_thing_principal(thingName="pump", principal=self.arn)
        refused("DeleteConflictException", 409, "policies must be detached")
        self.iot.delete_certificate(certificateId=identifier, forceDelete=True)
        answer = self.assert_error("DeleteConflictException", 409, self.iot.delete_policy, policyName="p")
        self.assertIn("policy versions", answer["Error"]["Message"])
        self.assert_error("DeleteConflictException", 409, self.iot.delete_policy_version, policyName="p",
                          policyVersionId="1")
        self.assert_error("ResourceNotFoundException", 404, self.iot.delete_policy_version, policyName="p",
                          policyVersionId="9")
        self.iot.delete_policy_version(policyName="p", policyVersionId="2")
        self.iot.delete_policy(policyName="p")

    def test_things_are_listed_through_filters_page_by_page(self):  # P8.1
        self.iot.create_thing_type(thingTypeName="pump")
        for number in range(8):
            typed = {"thingTypeName": "pump"} if number % 2 else {}
            self.iot.create_thing(thingName=f"t{number}", attributePayload={"attributes": {
                "site": f"{'north' if number < 6 else 'south'}-{number}", "rank": str(number % 3)}}, **typed)

        def listed(**filters):
            names, token = [], {}
            while True:
                page = self.iot.list_things(maxResults=2, **filters, **token)
                self.assertLessEqual(len(page["things"]), 2)
                names += [thing["thingName"] for thing in page["things"]]
                if "nextToken" not in page:
                    return names
                token = {"nextToken": page["nextToken"]}

        self.assertEqual(listed(thingTypeName="pump"), ["t1", "t3", "t5", "t7"])
        self.assertEqual(listed(attributeName="site", attributeValue="north", usePrefixAttributeValue=True),
                         [f"t{number}" for number in range(6)])
        self.assertEqual(listed(attributeName="site", attributeValue="north"), [])
        self.assertEqual(listed(attributeName="site", attributeValue="north", usePrefixAttributeValue=True,
                                thingTypeName="pump"), ["t1", "t3", "t5"])
        self.assertEqual(listed(attributeName="rank", attributeValue="0", thingTypeName="pump"), ["t3"])
        self.assertEqual(listed(attributeName="none"), [])
        self.assertEqual(listed(attributeName="rank"), [f"t{number}" for number in range(8)])
        self.assert_error("InvalidRequestException", 400, self.iot.list_things, attributeValue="north")
        self.assertTrue(ACCOUNT in self.iot.list_things(maxResults=1)["things"][0]["thingArn"])


if __name__ == "__main__":
    unittest.main()
