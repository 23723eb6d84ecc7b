"""boto3: dynamic thing groups, whose members are what a query finds (FI-6, P8.4)."""
import unittest

from daemon import ACCOUNT, REGION, Story
from policies import allow

QUERY = "attributes.site:north"


class DynamicGroups(Story):
    def setUp(self):
        super().setUp()
        self.iot.update_indexing_configuration(thingIndexingConfiguration={"thingIndexingMode": "REGISTRY"})

    def thing(self, name, site):
        self.iot.create_thing(thingName=name, attributePayload={"attributes": {"site": site}})

    def dynamic(self, name, query=QUERY, **more):
        return self.iot.create_dynamic_thing_group(thingGroupName=name, queryString=query, **more)

    def members(self, name):
        return self.iot.list_things_in_thing_group(thingGroupName=name)["things"]

    def groups_of(self, name):
        return [group["groupName"] for group in self.iot.list_thing_groups_for_thing(thingName=name)["thingGroups"]]

    def bad_request(self, call, **arguments):
        return self.assert_error("InvalidRequestException", 400, call, **arguments)["Error"]["Message"]

    def test_the_life_of_a_dynamic_group(self):
        made = self.dynamic("north", thingGroupProperties={"thingGroupDescription": "up there"})
        self.assertEqual(made["thingGroupArn"], f"arn:aws:iot:{REGION}:{ACCOUNT}:thinggroup/north")
        told = {"indexName": "AWS_Things", "queryString": QUERY, "queryVersion": "2017-09-30"}
        self.assertEqual({name: made[name] for name in told}, told)
        again = self.dynamic("north", thingGroupProperties={"thingGroupDescription": "up there"})
        self.assertEqual(again["thingGroupId"], made["thingGroupId"])
        group = self.iot.describe_thing_group(thingGroupName="north")
        self.assertEqual({name: group[name] for name in told}, told)
        self.assertEqual((group["status"], group["version"]), ("ACTIVE", 1))
        self.assertEqual(group["thingGroupProperties"]["thingGroupDescription"], "up there")
        for other in ({"query": "attributes.site:south"}, {}):
            answer = self.assert_error("ResourceAlreadyExistsException", 409, self.dynamic, name="north", **other)
            self.assertEqual(answer["resourceArn"], made["thingGroupArn"])
        self.iot.create_thing_group(thingGroupName="fixed")
        self.assert_error("ResourceAlreadyExistsException", 409, self.dynamic, name="fixed")
        names = [group["groupName"] for group in self.iot.list_thing_groups()["thingGroups"]]
        self.assertEqual(sorted(names), ["fixed", "north"])

        self.assert_error("VersionConflictException", 409, self.iot.update_dynamic_thing_group,
                          thingGroupName="north", thingGroupProperties={}, expectedVersion=7)
        version = self.iot.update_dynamic_thing_group(
            thingGroupName="north", thingGroupProperties={"thingGroupDescription": "far up"}, expectedVersion=1)["version"]
        self.assertEqual(version, 2)
        group = self.iot.describe_thing_group(thingGroupName="north")
        self.assertEqual((group["queryString"], group["thingGroupProperties"]["thingGroupDescription"]),
                         (QUERY, "far up"))
        self.assert_error("ResourceNotFoundException", 404, self.iot.update_dynamic_thing_group,
                          thingGroupName="none", thingGroupProperties={})
        self.assert_error("VersionConflictException", 409, self.iot.delete_dynamic_thing_group,
                          thingGroupName="north", expectedVersion=1)
        self.iot.delete_dynamic_thing_group(thingGroupName="north", expectedVersion=2)
        self.assert_error("ResourceNotFoundException", 404, self.iot.describe_thing_group, thingGroupName="north")
        self.iot.delete_dynamic_thing_group(thingGroupName="north")

    def test_members_follow_every_change(self):
        self.thing("before", "north")
        self.thing("elsewhere", "south")
        self.dynamic("north")
        self.assertEqual(self.members("north"), ["before"])
        self.assertEqual(self.groups_of("before"), ["north"])
        self.thing("after", "north")
        self.iot.update_thing(thingName="elsewhere", attributePayload={"attributes": {"site": "North"}})
        self.assertEqual(self.members("north"), ["after", "before", "elsewhere"])
        self.iot.update_thing(thingName="before", attributePayload={"attributes": {"site": ""}, "merge": True})
        self.iot.delete_thing(thingName="after")
        self.assertEqual(self.members("north"), ["elsewhere"])
        self.assertEqual(self.groups_of("before"), [])
        self.iot.update_dynamic_thing_group(thingGroupName="north", thingGroupProperties={},
                                            queryString="NOT attributes.site:north")
        self.assertEqual(self.members("north"), ["before"])
        self.assertEqual(self.iot.describe_thing_group(thingGroupName="north")["status"], "ACTIVE")
        found = self.iot.search_index(queryString="thingGroupNames:north")["things"]
        self.assertEqual([thing["thingName"] for thing in found], ["before"])
        self.iot.delete_dynamic_thing_group(thingGroupName="north")
        self.assertEqual(self.groups_of("before"), [])

    def test_members_follow_static_groups(self):
        self.thing("t", "north")
        self.iot.create_thing_group(thingGroupName="hall")
        self.dynamic("of-hall", query="thingGroupNames:hall")
        self.dynamic("of-dynamic", query="thingGroupNames:of-hall")
        self.iot.add_thing_to_thing_group(thingGroupName="hall", thingName="t")
        self.assertEqual(self.groups_of("t"), ["hall", "of-hall"])  # dynamic groups do not see each other
        self.iot.delete_thing_group(thingGroupName="hall")
        self.assertEqual(self.groups_of("t"), [])

    def test_nobody_else_decides_who_is_in(self):
        self.thing("t", "south")
        self.dynamic("north")
        arn = self.iot.describe_thing_group(thingGroupName="north")["thingGroupArn"]
        for call, arguments in (
                (self.iot.add_thing_to_thing_group, {"thingGroupName": "north", "thingName": "t"}),
                (self.iot.remove_thing_from_thing_group, {"thingGroupName": "north", "thingName": "t"}),
                (self.iot.update_thing_groups_for_thing, {"thingName": "t", "thingGroupsToAdd": ["north"]}),
                (self.iot.update_thing_groups_for_thing, {"thingName": "t", "thingGroupsToRemove": ["north"]}),
                (self.iot.update_thing_group, {"thingGroupName": "north", "thingGroupProperties": {}}),
                (self.iot.delete_thing_group, {"thingGroupName": "north"}),
                (self.iot.create_thing_group, {"thingGroupName": "below", "parentGroupName": "north"})):
            with self.subTest(arguments):
                self.assertIn("is dynamic", self.bad_request(call, **arguments))
        self.iot.create_thing_group(thingGroupName="fixed")
        for call, arguments in ((self.iot.update_dynamic_thing_group, {"thingGroupProperties": {}}),
                                (self.iot.delete_dynamic_thing_group, {})):
            self.assertIn("is not dynamic", self.bad_request(call, thingGroupName="fixed", **arguments))
        self.iot.create_policy(policyName="p", policyDocument=allow("iot:*", "*"))
        self.assertIn("is dynamic", self.bad_request(self.iot.attach_policy, policyName="p", target=arn))

    def test_what_cannot_be_asked(self):
        def refused(query, **more):
            return self.assert_error("InvalidQueryException", 400, self.dynamic, name="g", query=query,
                                     **more)["Error"]["Message"]

        self.assertIn("more than 5 terms", refused("a b c d e f"))
        self.assertIn("a value is missing", refused("thingName:"))
        self.assertIn("shadows are not emulated", refused("shadow.reported.battery>80"))
        self.assertIn("STATUS", refused("connectivity.connected:true"))
        self.bad_request(self.dynamic, name="g", queryVersion="2016-03-23")
        self.bad_request(self.dynamic, name="g", indexName="AWS_ThingGroups")
        self.assert_error("ResourceNotFoundException", 404, self.dynamic, name="g", indexName="none")
        self.dynamic("g")
        self.assert_error("InvalidQueryException", 400, self.iot.update_dynamic_thing_group, thingGroupName="g",
                          thingGroupProperties={}, queryString="thingName:")
        self.assertEqual(self.iot.describe_thing_group(thingGroupName="g")["queryString"], QUERY)
        answer = self.bad_request(self.iot.update_indexing_configuration,
                                  thingIndexingConfiguration={"thingIndexingMode": "OFF"})
        self.assertIn("dynamic thing groups, for example g", answer)
        self.iot.delete_dynamic_thing_group(thingGroupName="g")
        self.iot.update_indexing_configuration(thingIndexingConfiguration={"thingIndexingMode": "OFF"})
        self.assertIn("thingIndexingMode", self.bad_request(self.dynamic, name="g"))

    def test_there_are_a_hundred_at_most(self):
        for number in range(100):
            self.dynamic(f"g{number}")
        self.assert_error("LimitExceededException", 410, self.dynamic, name="one-more")
        self.iot.delete_dynamic_thing_group(thingGroupName="g7")
        self.dynamic("one-more")

    def test_static_groups_take_room_from_dynamic_ones_when_told_to(self):  # P8.4
        self.thing("t", "north")
        for number in range(8):
            self.iot.create_thing_group(thingGroupName=f"s{number}")
            self.iot.add_thing_to_thing_group(thingGroupName=f"s{number}", thingName="t")
        for number in range(3):
            self.dynamic(f"d{number}")
        self.assertEqual(self.groups_of("t"), ["d0", "d1", *(f"s{number}" for number in range(8))])
        self.iot.create_thing_group(thingGroupName="s8")
        self.assertIn("overrideDynamicGroups", self.bad_request(
            self.iot.add_thing_to_thing_group, thingGroupName="s8", thingName="t"))
        self.iot.add_thing_to_thing_group(thingGroupName="s8", thingName="t", overrideDynamicGroups=True)
        self.assertEqual(self.groups_of("t"), ["d0", *(f"s{number}" for number in range(9))])
        self.iot.remove_thing_from_thing_group(thingGroupName="s0", thingName="t")
        self.assertEqual(self.groups_of("t"), ["d0", "d1", *(f"s{number}" for number in range(1, 9))])

    def test_members_are_listed_in_pages(self):
        for number in range(5):
            self.thing(f"t{number}", "north")
        self.dynamic("north")
        seen, token = [], {}
        while True:
            page = self.iot.list_things_in_thing_group(thingGroupName="north", maxResults=2, **token)
            seen += page["things"]
            if "nextToken" not in page:
                break
            token = {"nextToken": page["nextToken"]}
        self.assertEqual(seen, [f"t{number}" for number in range(5)])


if __name__ == "__main__":
    unittest.main()
