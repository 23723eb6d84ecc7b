"""boto3: thing groups and billing groups (P8.4, P8.5), and what their policies allow (P7.6)."""
import unittest

from daemon import ACCOUNT, REGION, Story
from identities import Identity
from mosquitto import publish
from policies import allow


def arn(resource):
    return f"arn:aws:iot:{REGION}:{ACCOUNT}:{resource}"


class ThingGroups(Story):
    def make(self, name, parent=None, **more):
        if parent:
            more["parentGroupName"] = parent
        return self.iot.create_thing_group(thingGroupName=name, **more)

    def pages(self, operation, member, size, **query):
        pages = self.iot.get_paginator(operation).paginate(PaginationConfig={"PageSize": size}, **query)
        return [item for page in pages for item in page[member]]

    def test_the_same_group_twice_is_one_group(self):
        wanted = {"thingGroupProperties": {"thingGroupDescription": "Lamps",
                                           "attributePayload": {"attributes": {"watt": "5"}}},
                  "tags": [{"Key": "owner", "Value": "plant"}]}
        first = self.make("lamps", **wanted)
        self.assertEqual(first["thingGroupArn"], arn("thinggroup/lamps"))
        self.assertEqual(self.make("lamps", **wanted)["thingGroupId"], first["thingGroupId"])
        self.assert_error("ResourceAlreadyExistsException", 409, self.make, name="lamps")
        self.assert_error("ResourceNotFoundException", 404, self.make, name="red", parent="none")
        self.assertEqual(self.iot.list_tags_for_resource(resourceArn=first["thingGroupArn"])["tags"],
                         wanted["tags"])

    def test_a_hierarchy_is_described_from_its_root(self):
        self.make("plant")
        self.make("hall", "plant")
        self.make("line", "hall")
        described = self.iot.describe_thing_group(thingGroupName="line")
        metadata = described["thingGroupMetadata"]
        self.assertEqual(metadata["parentGroupName"], "hall")
        self.assertEqual(metadata["rootToParentThingGroups"],
                         [{"groupName": name, "groupArn": arn(f"thinggroup/{name}")} for name in ("plant", "hall")])
        self.assertEqual(metadata["creationDate"].tzinfo is not None, True)
        self.assertEqual(described["thingGroupProperties"], {})

    def test_a_hierarchy_ends_at_seven_levels(self):  # P10.8
        parent = None
        for level in range(1, 8):
            self.make(f"level-{level}", parent)
            parent = f"level-{level}"
        answer = self.assert_error("InvalidRequestException", 400, self.make, name="level-8", parent=parent)
        self.assertIn("7 levels", answer["Error"]["Message"])

    def test_updates_name_the_version_they_expect(self):
        self.make("g")

        def update(expected):
            return self.iot.update_thing_group(
                thingGroupName="g", thingGroupProperties={"thingGroupDescription": "new"}, expectedVersion=expected)

        self.assertEqual(update(1)["version"], 2)
        self.assert_error("VersionConflictException", 409, update, expected=1)
        self.assert_error("VersionConflictException", 409, self.iot.delete_thing_group, thingGroupName="g",
                          expectedVersion=1)
        self.iot.delete_thing_group(thingGroupName="g", expectedVersion=2)
        self.assert_error("ResourceNotFoundException", 404, self.iot.describe_thing_group, thingGroupName="g")

    def test_parents_go_after_their_children(self):
        self.make("plant")
        self.make("hall", "plant")
        answer = self.assert_error("InvalidRequestException", 400, self.iot.delete_thing_group,
                                   thingGroupName="plant")
        self.assertIn("Cannot delete thing group : plant when there are still child groups attached to it",
                      answer["Error"]["Message"])
        for name in ("hall", "plant", "plant"):
            self.iot.delete_thing_group(thingGroupName=name)

    def test_many_groups_are_paged(self):
        self.make("plant")
        for number in range(60):
            self.make(f"hall-{number:02}", "plant")
        halls = [f"hall-{number:02}" for number in range(60)]

        def listed(size, **query):
            return sorted(group["groupName"] for group in self.pages("list_thing_groups", "thingGroups", size, **query))

        for size in (1, 25, 250):
            self.assertEqual(listed(size), halls + ["plant"])
        self.assertEqual(listed(25, parentGroup="plant"), halls)
        self.assertEqual(listed(25, recursive=False), ["plant"])
        self.assertEqual(listed(4, namePrefixFilter="hall-1"), halls[10:20])
        self.assert_error("ResourceNotFoundException", 404, self.iot.list_thing_groups, parentGroup="none")
        self.assert_error("InvalidRequestException", 400, self.iot.list_thing_groups, nextToken="none of ours")

    def test_things_join_leave_and_are_listed_from_both_ends(self):
        self.make("plant")
        for number in range(3):
            self.make(f"hall-{number}", "plant")
        things = [f"robot-{number:02}" for number in range(30)]
        for number, name in enumerate(things):
            self.iot.create_thing(thingName=name)
            self.iot.add_thing_to_thing_group(thingGroupName=f"hall-{number % 3}", thingName=name)
        self.assertEqual(self.pages("list_things_in_thing_group", "things", 7, thingGroupName="plant",
                                    recursive=True), things)
        self.assertEqual(self.iot.list_things_in_thing_group(thingGroupName="plant")["things"], [])
        self.assertEqual(self.pages("list_things_in_thing_group", "things", 4, thingGroupName="hall-1"),
                         things[1::3])

        self.iot.remove_thing_from_thing_group(thingGroupArn=arn("thinggroup/hall-0"), thingArn=arn("thing/robot-00"))
        self.iot.remove_thing_from_thing_group(thingGroupName="hall-0", thingName="robot-00")
        self.assertEqual(self.iot.list_thing_groups_for_thing(thingName="robot-00")["thingGroups"], [])
        self.iot.delete_thing(thingName="robot-03")
        self.assertNotIn("robot-03", self.iot.list_things_in_thing_group(thingGroupName="hall-0")["things"])
        self.iot.delete_thing_group(thingGroupName="hall-1")
        self.assertEqual(self.iot.list_thing_groups_for_thing(thingName="robot-01")["thingGroups"], [])

    def test_a_thing_is_in_ten_groups_and_once_in_a_hierarchy(self):  # P10.8
        self.iot.create_thing(thingName="robot")
        for number in range(11):
            self.make(f"g{number}")
        self.make("below", "g0")
        ten = [f"g{number}" for number in range(10)]
        self.iot.update_thing_groups_for_thing(thingName="robot", thingGroupsToAdd=ten)
        add = self.iot.add_thing_to_thing_group
        self.assert_error("InvalidRequestException", 400, add, thingGroupName="g10", thingName="robot")
        self.assert_error("InvalidRequestException", 400, add, thingGroupName="below", thingName="robot")
        add(thingGroupName="g9", thingName="robot")
        self.iot.update_thing_groups_for_thing(thingName="robot", thingGroupsToAdd=["below"],
                                               thingGroupsToRemove=["g0"])
        self.assertEqual([group["groupName"] for group in
                          self.pages("list_thing_groups_for_thing", "thingGroups", 3, thingName="robot")],
                         ["below"] + ten[1:])
        self.assert_error("InvalidRequestException", 400, add, thingName="robot")
        self.assert_error("InvalidRequestException", 400, add, thingGroupName="g1")
        self.assert_error("ResourceNotFoundException", 404, add, thingGroupName="none", thingName="robot")
        self.assert_error("ResourceNotFoundException", 404, add, thingGroupName="g1", thingName="none")

    def test_policies_of_groups_are_two_and_inherited(self):  # P7.2
        self.make("plant")
        self.make("hall", "plant")
        for number in range(3):
            self.iot.create_policy(policyName=f"p{number}", policyDocument=allow("iot:*", "*"))
        plant, hall = arn("thinggroup/plant"), arn("thinggroup/hall")
        for name in ("p0", "p1"):
            self.iot.attach_policy(policyName=name, target=plant)
        self.assert_error("LimitExceededException", 410, self.iot.attach_policy, policyName="p2", target=plant)
        self.iot.attach_policy(policyName="p2", target=hall)

        def attached(**query):
            return [p["policyName"] for p in self.iot.list_attached_policies(**query)["policies"]]

        self.assertEqual(attached(target=hall), ["p2"])
        self.assertEqual(attached(target=hall, recursive=True), ["p0", "p1", "p2"])
        self.assertEqual(self.iot.list_targets_for_policy(policyName="p0")["targets"], [plant])
        self.assert_error("DeleteConflictException", 409, self.iot.delete_policy, policyName="p2")
        self.iot.delete_thing_group(thingGroupName="hall")
        self.iot.delete_policy(policyName="p2")

    def test_a_group_lets_the_devices_of_its_things_in(self):  # P7.6
        made = self.iot.create_keys_and_certificate(setAsActive=True)
        certificate, key = self.folder / "device.pem", self.folder / "device.key"
        certificate.write_text(made["certificatePem"])
        key.write_text(made["keyPair"]["PrivateKey"])
        identity = Identity(certificate, key)
        self.make("plant")
        self.make("hall", "plant")
        self.iot.create_policy(policyName="all", policyDocument=allow("iot:*", "*"))
        self.iot.attach_policy(policyName="all", target=arn("thinggroup/plant"))
        self.iot.create_thing(thingName="robot")
        self.iot.attach_thing_principal(thingName="robot", principal=made["certificateArn"])

        def works(client):
            return publish(self.daemon, identity, client, "news", "hello").returncode == 0

        self.assertFalse(works("robot"))
        self.iot.add_thing_to_thing_group(thingGroupName="hall", thingName="robot")
        self.assertTrue(works("robot"))
        self.assertFalse(works("somebody"))
        self.iot.remove_thing_from_thing_group(thingGroupName="hall", thingName="robot")
        self.assertFalse(works("robot"))


class BillingGroups(Story):
    def names(self, **query):
        pages = self.iot.get_paginator("list_billing_groups").paginate(PaginationConfig={"PageSize": 4}, **query)
        return sorted(group["groupName"] for page in pages for group in page["billingGroups"])

    def test_the_same_group_twice_is_one_group(self):
        wanted = {"billingGroupName": "north", "billingGroupProperties": {"billingGroupDescription": "North"}}
        first = self.iot.create_billing_group(**wanted)
        self.assertEqual(first["billingGroupArn"], arn("billinggroup/north"))
        self.assertEqual(self.iot.create_billing_group(**wanted)["billingGroupId"], first["billingGroupId"])
        self.assert_error("ResourceAlreadyExistsException", 409, self.iot.create_billing_group,
                          billingGroupName="north")

    def test_updates_name_the_version_they_expect(self):
        self.iot.create_billing_group(billingGroupName="north")

        def update(expected):
            return self.iot.update_billing_group(
                billingGroupName="north", billingGroupProperties={"billingGroupDescription": "new"},
                expectedVersion=expected)

        self.assertEqual(update(1)["version"], 2)
        self.assert_error("VersionConflictException", 409, update, expected=1)
        described = self.iot.describe_billing_group(billingGroupName="north")
        self.assertEqual((described["version"], described["billingGroupProperties"]),
                         (2, {"billingGroupDescription": "new"}))
        self.assert_error("VersionConflictException", 409, self.iot.delete_billing_group, billingGroupName="north",
                          expectedVersion=1)

    def test_many_groups_are_paged(self):
        for number in range(10):
            self.iot.create_billing_group(billingGroupName=f"b{number}")
        self.iot.create_billing_group(billingGroupName="other")
        self.assertEqual(self.names(), [f"b{number}" for number in range(10)] + ["other"])
        self.assertEqual(self.names(namePrefixFilter="o"), ["other"])

    def test_a_thing_is_paid_for_once(self):
        for name in ("north", "south"):
            self.iot.create_billing_group(billingGroupName=name)
        self.iot.create_thing(thingName="robot", billingGroupName="north")
        self.assert_error("ResourceNotFoundException", 404, self.iot.create_thing, thingName="other",
                          billingGroupName="none")

        def group():
            return self.iot.describe_thing(thingName="robot").get("billingGroupName")

        def things(name):
            return self.iot.list_things_in_billing_group(billingGroupName=name)["things"]

        self.assertEqual((group(), things("north")), ("north", ["robot"]))
        self.iot.add_thing_to_billing_group(billingGroupArn=arn("billinggroup/south"), thingArn=arn("thing/robot"))
        self.assertEqual((group(), things("north"), things("south")), ("south", [], ["robot"]))
        self.iot.remove_thing_from_billing_group(billingGroupName="south", thingName="robot")
        self.assertEqual((group(), things("south")), (None, []))
        self.iot.add_thing_to_billing_group(billingGroupName="south", thingName="robot")
        self.iot.delete_billing_group(billingGroupName="south")
        self.iot.delete_billing_group(billingGroupName="south")
        self.assertIsNone(group())
        self.assert_error("InvalidRequestException", 400, self.iot.add_thing_to_billing_group, thingName="robot")


if __name__ == "__main__":
    unittest.main()
