"""Two accounts and two regions of one emulator never see each other (P0.2, P10.2); writers that meet at one object come
one after the other or are told of the conflict; lists stay whole while others write (P10.4)."""
import threading
import unittest

from botocore.exceptions import ClientError

from daemon import Story
from identities import Ca, register
from policies import allow

TRUST = """{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "iot.amazonaws.com"}, "Action": "sts:AssumeRole"}]}"""
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
ROLE = "arn:aws:iam::123456789012:role/Provisioning"
TEMPLATE = """{"Parameters": {"Id": {"Type": "String"}}, "Resources": {"certificate": {
    "Type": "AWS::IoT::Certificate", "Properties": {"CertificateId": {"Ref": "Id"}}}}}"""
HERE = ("111111111111", "eu-west-1")
ELSEWHERE = {"account": ("222222222222", "eu-west-1"), "region": ("111111111111", "eu-west-2")}


def together(*tasks):
    """Runs them at the same time to their end; gives what each returned."""
    results = [None] * len(tasks)
    start = threading.Barrier(len(tasks))

    def work(place, task):
        start.wait()
        results[place] = task()

    threads = [threading.Thread(target=work, args=(place, task)) for place, task in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def outcome(call, **arguments):
    """"done", or the name of the error."""
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "done"


class Realms(Story):
    """One of everything in one realm; `lists` says where it must not show up, `looks` who must not find it."""

    def setUp(self):
        super().setUp()
        here = self.here = self.daemon.iot(*HERE)
        self.ca_id = register(here, Ca(self.folder, "ca"))
        made = here.create_keys_and_certificate(setAsActive=True)
        self.certificate_id, self.arn = made["certificateId"], made["certificateArn"]
        here.create_policy(policyName="mine", policyDocument=allow("iot:*", "*"))
        here.create_thing_type(thingTypeName="mine")
        here.create_thing_group(thingGroupName="mine")
        here.create_billing_group(billingGroupName="mine")
        here.create_thing(thingName="mine", thingTypeName="mine", billingGroupName="mine")
        here.create_provisioning_template(templateName="mine", templateBody=TEMPLATE, provisioningRoleArn=ROLE)
        here.create_role_alias(roleAlias="mine", roleArn=ROLE.replace("123456789012", HERE[0]))
        here.create_authorizer(authorizerName="mine", authorizerFunctionArn=FUNCTION, signingDisabled=True)
        here.create_domain_configuration(domainConfigurationName="mine")
        here.create_topic_rule(ruleName="mine", topicRulePayload={"sql": "SELECT * FROM 'a'", "actions": []})
        here.attach_policy(policyName="mine", target=self.arn)
        here.attach_thing_principal(thingName="mine", principal=self.arn)

    LISTS = {
        "list_ca_certificates": "certificates", "list_certificates": "certificates", "list_policies": "policies",
        "list_thing_types": "thingTypes", "list_thing_groups": "thingGroups", "list_billing_groups": "billingGroups",
        "list_things": "things", "list_provisioning_templates": "templates", "list_role_aliases": "roleAliases",
        "list_authorizers": "authorizers", "list_topic_rules": "rules"}

    def looks(self, iot):
        yield iot.describe_ca_certificate, {"certificateId": self.ca_id}
        yield iot.describe_certificate, {"certificateId": self.certificate_id}
        yield iot.get_policy, {"policyName": "mine"}
        yield iot.describe_thing_type, {"thingTypeName": "mine"}
        yield iot.describe_thing_group, {"thingGroupName": "mine"}
        yield iot.describe_billing_group, {"billingGroupName": "mine"}
        yield iot.describe_thing, {"thingName": "mine"}
        yield iot.describe_provisioning_template, {"templateName": "mine"}
        yield iot.describe_role_alias, {"roleAlias": "mine"}
        yield iot.describe_authorizer, {"authorizerName": "mine"}
        yield iot.describe_domain_configuration, {"domainConfigurationName": "mine"}
        yield iot.get_topic_rule, {"ruleName": "mine"}
        yield iot.list_attached_policies, {"target": self.arn}
        yield iot.list_principal_things, {"principal": self.arn}
        yield iot.list_tags_for_resource, {"resourceArn": f"arn:aws:iot:{HERE[1]}:{HERE[0]}:policy/mine"}
        yield iot.get_effective_policies, {"principal": self.arn}
        yield iot.update_certificate, {"certificateId": self.certificate_id, "newStatus": "INACTIVE"}
        yield iot.delete_certificate, {"certificateId": self.certificate_id}
        yield iot.delete_policy, {"policyName": "mine"}

    def test_no_list_shows_what_is_elsewhere(self):
        for name, list_name in self.LISTS.items():
            self.assertEqual(len(getattr(self.here, name)()[list_name]), 1, name)
            for difference, realm in ELSEWHERE.items():
                with self.subTest(name, other=difference):
                    self.assertEqual(getattr(self.daemon.iot(*realm), name)()[list_name], [])

    def test_nobody_elsewhere_finds_or_touches_it(self):
        for difference, realm in ELSEWHERE.items():
            for call, arguments in self.looks(self.daemon.iot(*realm)):
                with self.subTest(call.__name__, other=difference):
                    self.assertIn(outcome(call, **arguments), (
                        "ResourceNotFoundException", "InvalidRequestException", "UnauthorizedException"))
        for call, arguments in self.looks(self.here):
            if not call.__name__.startswith(("update", "delete")):
                self.assertEqual(outcome(call, **arguments), "done", call.__name__)
        described = self.here.describe_certificate(certificateId=self.certificate_id)["certificateDescription"]
        self.assertEqual(described["status"], "ACTIVE")

    def test_what_an_account_is_set_to_is_set_nowhere_else(self):
        self.here.update_event_configurations(eventConfigurations={"THING": {"Enabled": True}})
        self.here.update_indexing_configuration(thingIndexingConfiguration={"thingIndexingMode": "REGISTRY"})
        self.here.set_v2_logging_options(roleArn=ROLE, defaultLogLevel="WARN")
        self.here.set_default_authorizer(authorizerName="mine")
        for difference, realm in ELSEWHERE.items():
            iot = self.daemon.iot(*realm)
            with self.subTest(other=difference):
                events = iot.describe_event_configurations()["eventConfigurations"]
                self.assertEqual([name for name, value in events.items() if value["Enabled"]], [])
                indexing = iot.get_indexing_configuration()["thingIndexingConfiguration"]
                self.assertEqual(indexing["thingIndexingMode"], "OFF")
                self.assertEqual(outcome(iot.get_v2_logging_options), "NotConfiguredException")
                self.assertEqual(outcome(iot.describe_default_authorizer), "ResourceNotFoundException")

    def test_messages_stay_where_they_were_published(self):  # M 0
        data = self.daemon.client("iot-data", *HERE)
        data.publish(topic="mine", retain=True, payload=b"x")
        self.assertEqual(data.get_retained_message(topic="mine")["payload"], b"x")
        for difference, realm in ELSEWHERE.items():
            other = self.daemon.client("iot-data", *realm)
            with self.subTest(other=difference):
                self.assertEqual(outcome(other.get_retained_message, topic="mine"), "ResourceNotFoundException")
                self.assertEqual(other.list_retained_messages()["retainedTopics"], [])

    def test_neighbouring_services_keep_to_their_realms_too(self):
        self.daemon.client("ssm", *HERE).put_parameter(Name="mine", Value="x", Type="String")
        self.daemon.client("acm-pca", *HERE).create_certificate_authority(
            CertificateAuthorityType="ROOT", CertificateAuthorityConfiguration={
                "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA",
                "Subject": {"CommonName": "mine"}})
        for difference, realm in ELSEWHERE.items():
            with self.subTest(other=difference):
                self.assertEqual(outcome(self.daemon.client("ssm", *realm).get_parameter, Name="mine"),
                                 "ParameterNotFound")
                listed = self.daemon.client("acm-pca", *realm).list_certificate_authorities()
                self.assertEqual(listed["CertificateAuthorities"], [])

    def test_roles_belong_to_an_account_in_all_its_regions(self):  # P9.6
        self.daemon.client("iam", *HERE).create_role(RoleName="mine", AssumeRolePolicyDocument=TRUST)
        elsewhere = {name: self.daemon.client("iam", *realm) for name, realm in ELSEWHERE.items()}
        self.assertEqual(outcome(elsewhere["region"].get_role, RoleName="mine"), "done")
        self.assertEqual(outcome(elsewhere["account"].get_role, RoleName="mine"), "NoSuchEntity")

    def test_a_domain_name_has_one_owner(self):  # D-3
        clients = [self.here, *(self.daemon.iot(*realm) for realm in ELSEWHERE.values())]
        for number in range(20):
            arguments = {"domainConfigurationName": "named", "domainName": f"n{number}.example.com",
                         "serverCertificateArns": ["arn:aws:acm:us-east-1:123456789012:certificate/1"]}
            outcomes = together(*(lambda iot=iot: outcome(iot.create_domain_configuration, **arguments)
                                  for iot in clients))
            self.assertEqual(sorted(outcomes), ["ResourceAlreadyExistsException"] * 2 + ["done"])
            owner = clients[outcomes.index("done")]
            owner.update_domain_configuration(domainConfigurationName="named", domainConfigurationStatus="DISABLED")
            owner.delete_domain_configuration(domainConfigurationName="named")

    def test_the_same_names_are_free_elsewhere(self):
        for realm in ELSEWHERE.values():
            iot = self.daemon.iot(*realm)
            iot.create_policy(policyName="mine", policyDocument=allow("iot:Connect", "*"))
            iot.create_thing(thingName="mine", attributePayload={"attributes": {"of": "others"}})
            iot.create_thing_group(thingGroupName="mine", thingGroupProperties={"thingGroupDescription": "others"})
        self.assertEqual(self.here.describe_thing(thingName="mine")["attributes"], {})
        self.assertEqual(self.here.get_policy(policyName="mine")["policyDocument"], allow("iot:*", "*"))


class Writers(Story):
    WRITERS = 6
    ROUNDS = 30

    def clients(self):
        return [self.daemon.iot() for _ in range(self.WRITERS)]

    def test_updates_of_one_thing_are_all_counted(self):  # P8.1
        self.iot.create_thing(thingName="t")

        def writer(iot):
            return lambda: [outcome(iot.update_thing, thingName="t") for _ in range(self.ROUNDS)]

        done = together(*[writer(iot) for iot in self.clients()])
        self.assertEqual(done, [["done"] * self.ROUNDS] * self.WRITERS)
        self.assertEqual(self.iot.describe_thing(thingName="t")["version"], 1 + self.WRITERS * self.ROUNDS)

    def test_of_those_that_expect_one_version_one_wins(self):  # P8.1, P8.4, P8.5
        self.iot.create_thing(thingName="t")
        self.iot.create_thing_group(thingGroupName="g")
        self.iot.create_billing_group(billingGroupName="b")
        updates = {
            "thing": lambda iot, version: outcome(iot.update_thing, thingName="t", expectedVersion=version),
            "thing group": lambda iot, version: outcome(iot.update_thing_group, thingGroupName="g",
                                                        thingGroupProperties={}, expectedVersion=version),
            "billing group": lambda iot, version: outcome(iot.update_billing_group, billingGroupName="b",
                                                          billingGroupProperties={}, expectedVersion=version)}
        clients = self.clients()
        for what, update in updates.items():
            for version in range(1, 6):
                with self.subTest(what, version=version):
                    done = together(*[lambda iot=iot: update(iot, version) for iot in clients])
                    self.assertEqual(sorted(done),
                                     ["VersionConflictException"] * (self.WRITERS - 1) + ["done"])

    def test_of_those_that_create_one_name_differently_one_wins(self):  # P0.3(16)
        clients = self.clients()
        for round_ in range(10):
            name = f"t{round_}"
            done = together(*[
                lambda iot=iot, place=place: outcome(iot.create_thing, thingName=name,
                                                     attributePayload={"attributes": {"by": str(place)}})
                for place, iot in enumerate(clients)])
            winner = done.index("done")
            self.assertEqual(sorted(done), ["ResourceAlreadyExistsException"] * (self.WRITERS - 1) + ["done"])
            self.assertEqual(self.iot.describe_thing(thingName=name)["attributes"], {"by": str(winner)})

    def test_of_those_that_create_the_same_all_get_one(self):  # P0.3(16)
        clients = self.clients()
        creates = {
            "thingId": lambda iot, name: iot.create_thing(thingName=name),
            "thingTypeId": lambda iot, name: iot.create_thing_type(thingTypeName=name),
            "thingGroupId": lambda iot, name: iot.create_thing_group(thingGroupName=name),
            "billingGroupId": lambda iot, name: iot.create_billing_group(billingGroupName=name)}
        for member, create in creates.items():
            for name in ("a", "b", "c"):
                made = together(*[lambda iot=iot: create(iot, name)[member] for iot in clients])
                self.assertEqual(len(set(made)), 1, member)

    def test_policy_versions_race_for_their_five_places(self):  # P7.2
        self.iot.create_policy(policyName="p", policyDocument=allow("iot:*", "*"))
        done = together(*[
            lambda iot=iot: outcome(iot.create_policy_version, policyName="p", policyDocument=allow("iot:*", "*"))
            for iot in self.clients()])
        self.assertEqual(sorted(done), ["VersionsLimitExceededException"] * 2 + ["done"] * 4)
        versions = self.iot.list_policy_versions(policyName="p")["policyVersions"]
        self.assertEqual(sorted(version["versionId"] for version in versions), ["1", "2", "3", "4", "5"])

    def test_a_list_shows_what_stays_once_while_others_come_and_go(self):  # P10.4
        stay = [f"stays-{number:03}" for number in range(200)]
        for name in stay:
            self.iot.create_thing(thingName=name)
        stop = threading.Event()
        other, reader = self.clients()[:2]

        def come_and_go():
            number = 0
            while not stop.is_set():
                other.create_thing(thingName=f"passes-{number}")
                other.update_thing(thingName=stay[number % len(stay)])
                if number % 3:
                    other.delete_thing(thingName=f"passes-{number}")
                number += 1
            return number

        def read():
            try:
                pages = [reader.get_paginator("list_things").paginate(PaginationConfig={"PageSize": 7})
                         for _ in range(4)]
                return [[thing["thingName"] for page in walk for thing in page["things"]] for walk in pages]
            finally:
                stop.set()

        written, walks = together(come_and_go, read)
        self.assertGreater(written, 0)
        for walk in walks:
            self.assertEqual([name for name in walk if name.startswith("stays")], stay)
            self.assertEqual(len(walk), len(set(walk)))


if __name__ == "__main__":
    unittest.main()
