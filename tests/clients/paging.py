"""Lists of a thousand, page by page, as boto3's paginators walk them: everything once, in one order, whatever the page's
size (P10.4)."""
import http.client
import json
import unittest
from urllib.parse import quote, urlsplit

from daemon import Story
from identities import openssl
from policies import allow

COUNT = 1000
NAMES = [f"n{number:04}" for number in range(COUNT)]


class Paging(Story):
    def setUp(self):
        super().setUp()
        url = urlsplit(self.daemon.endpoint)
        self.connection = http.client.HTTPConnection(url.hostname, url.port, timeout=20)
        self.addCleanup(self.connection.close)

    def send(self, method, target, body=None, headers=None):
        """A thousand calls in a second or two: boto3 alone would take ten."""
        self.connection.request(method, target, json.dumps(body or {}), headers or {})
        answer = self.connection.getresponse()
        content = answer.read()
        self.assertEqual(answer.status, 200, content)
        return json.loads(content)

    def walk(self, operation, member, size, **query):
        pages = list(self.iot.get_paginator(operation).paginate(PaginationConfig={"PageSize": size}, **query))
        lengths = [len(page[member]) for page in pages]
        return [item for page in pages for item in page[member]], lengths

    def assert_pages(self, operation, member, wanted, key=None, **query):
        """`wanted` in its order, by pages of several sizes; `key` names what is compared of each item."""
        for size in (250, 64):
            items, lengths = self.walk(operation, member, size, **query)
            self.assertEqual([item[key] if key else item for item in items], wanted, operation)
            self.assertEqual(set(lengths[:-1]), {size}, operation)
            self.assertLessEqual(lengths[-1], size)
        everything, lengths = self.walk(operation, member, None, **query)
        self.assertEqual((len(everything), lengths[0]), (len(wanted), 25), operation)  # P10.4: the default page

    def make_certificates(self, count):
        key = self.folder / "device.key"
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
        request = openssl("req", "-new", "-key", key, "-subj", "/CN=d", "-batch")
        made = [self.send("POST", "/certificates", {"certificateSigningRequest": request}) for _ in range(count)]
        return [answer["certificateArn"] for answer in made]

    def test_what_has_a_name(self):
        kinds = {"thing-types": ("list_thing_types", "thingTypes", "thingTypeName"),
                 "things": ("list_things", "things", "thingName"),
                 "thing-groups": ("list_thing_groups", "thingGroups", "groupName"),
                 "billing-groups": ("list_billing_groups", "billingGroups", "groupName")}
        for path, (operation, member, key) in kinds.items():
            with self.subTest(path):
                for name in NAMES:
                    self.send("POST", f"/{path}/{name}")
                self.assert_pages(operation, member, NAMES, key)

    def test_policies_newest_first_or_last(self):  # P1.7
        for name in NAMES:
            self.send("POST", f"/policies/{name}", {"policyDocument": allow("iot:*", "*")})
        self.assert_pages("list_policies", "policies", NAMES[::-1], "policyName")
        self.assert_pages("list_policies", "policies", NAMES, "policyName", ascendingOrder=True)

    def test_certificates_and_what_they_are_attached_to(self):
        arns = self.make_certificates(COUNT)
        self.assert_pages("list_certificates", "certificates", arns, "certificateArn", ascendingOrder=True)
        self.send("POST", "/policies/p", {"policyDocument": allow("iot:*", "*")})
        self.send("POST", "/things/t")
        for arn in arns:
            self.send("PUT", "/target-policies/p", {"target": arn})
            self.send("PUT", "/things/t/principals", headers={"x-amzn-principal": arn})
        self.assert_pages("list_targets_for_policy", "targets", sorted(arns), policyName="p")
        self.assert_pages("list_thing_principals", "principals", sorted(arns), thingName="t")

    def test_the_things_of_groups_and_of_a_principal(self):
        self.send("POST", "/thing-groups/g")
        self.send("POST", "/billing-groups/b")
        arn, = self.make_certificates(1)
        for name in NAMES:
            self.send("POST", f"/things/{name}", {"billingGroupName": "b"})
            self.send("PUT", "/thing-groups/addThingToThingGroup", {"thingGroupName": "g", "thingName": name})
            self.send("PUT", f"/things/{quote(name)}/principals", headers={"x-amzn-principal": arn})
        self.assert_pages("list_things_in_thing_group", "things", NAMES, thingGroupName="g")
        self.assert_pages("list_things_in_billing_group", "things", NAMES, billingGroupName="b")
        self.assert_pages("list_principal_things", "things", NAMES, principal=arn)


if __name__ == "__main__":
    unittest.main()
