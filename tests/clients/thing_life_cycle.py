"""boto3: things, thing types and their principals (P8.1 to P8.3)."""
import json
import unittest

from daemon import ACCOUNT, REGION, Story


class ThingLifeCycle(Story):
    def test_the_same_thing_twice_is_one_thing(self):  # P8.1
        wanted = {"thingName": "robot-1", "attributePayload": {"attributes": {"model": "x1"}}}
        first = self.iot.create_thing(**wanted)
        self.assertEqual(first["thingArn"], f"arn:aws:iot:{REGION}:{ACCOUNT}:thing/robot-1")
        self.assertEqual(self.iot.create_thing(**wanted)["thingId"], first["thingId"])
        self.assert_error("ResourceAlreadyExistsException", 409, self.iot.create_thing, thingName="robot-1",
                          attributePayload={"attributes": {"model": "x2"}})
        self.assert_error("ResourceNotFoundException", 404, self.iot.create_thing, thingName="robot-2",
                          thingTypeName="none")

    def test_updates_merge_replace_and_count(self):  # P8.1
        self.iot.create_thing(thingName="robot-1", attributePayload={"attributes": {"a": "1", "b": "2"}})

        def update(attributes, merge, **more):
            self.iot.update_thing(thingName="robot-1", attributePayload={"attributes": attributes, "merge": merge},
                                  **more)
            described = self.iot.describe_thing(thingName="robot-1")
            return described["attributes"], described["version"]

        self.assertEqual(update({"c": "3", "a": ""}, True), ({"b": "2", "c": "3"}, 2))
        self.assertEqual(update({"d": "4"}, False, expectedVersion=2), ({"d": "4"}, 3))
        answer = self.assert_error("VersionConflictException", 409, self.iot.update_thing, thingName="robot-1",
                                   attributePayload={"attributes": {}}, expectedVersion=2)
        self.assertIn("robot-1", answer["Error"]["Message"])

    def test_names_and_attributes_keep_to_their_patterns(self):  # P8.1, P10.5
        for wrong in ({"thingName": "has space"}, {"thingName": "x" * 129},
                      {"thingName": "ok", "attributePayload": {"attributes": {"a": "two words"}}},
                      {"thingName": "ok", "attributePayload": {"attributes": {f"a{n}": "1" for n in range(4)}}}):
            with self.subTest(wrong):
                self.assert_error("InvalidRequestException", 400, self.iot.create_thing, **wrong)

    def test_deleting_a_thing_that_never_was_succeeds(self):  # P8.1
        self.iot.delete_thing(thingName="never-there")

    def test_things_are_found_by_attribute_type_and_prefix(self):  # P8.1
        self.iot.create_thing_type(thingTypeName="arm")
        self.iot.create_thing(thingName="r1", thingTypeName="arm",
                              attributePayload={"attributes": {"site": "berlin-1"}})
        self.iot.create_thing(thingName="r2", attributePayload={"attributes": {"site": "berlin-2"}})
        self.iot.create_thing(thingName="r3")

        def names(**query):
            pages = self.iot.get_paginator("list_things").paginate(PaginationConfig={"PageSize": 1}, **query)
            return sorted(thing["thingName"] for page in pages for thing in page["things"])

        self.assertEqual(names(), ["r1", "r2", "r3"])
        self.assertEqual(names(thingTypeName="arm"), ["r1"])
        self.assertEqual(names(attributeName="site", attributeValue="berlin-2"), ["r2"])
        self.assertEqual(names(attributeName="site", attributeValue="berlin", usePrefixAttributeValue=True),
                         ["r1", "r2"])
        self.assert_error("InvalidRequestException", 400, self.iot.list_things, attributeValue="berlin-2")

    def test_a_thing_type_is_deprecated_before_it_goes(self):  # P8.2
        made = self.iot.create_thing_type(
            thingTypeName="arm", thingTypeProperties={"thingTypeDescription": "Robot arm",
                                                      "searchableAttributes": ["model"]})
        self.assertEqual(made["thingTypeArn"], f"arn:aws:iot:{REGION}:{ACCOUNT}:thingtype/arm")
        self.assert_error("InvalidRequestException", 400, self.iot.delete_thing_type, thingTypeName="arm")
        self.iot.deprecate_thing_type(thingTypeName="arm")
        self.assertTrue(self.iot.describe_thing_type(thingTypeName="arm")["thingTypeMetadata"]["deprecated"])
        self.assert_error("InvalidRequestException", 400, self.iot.create_thing, thingName="r1",
                          thingTypeName="arm")
        self.assert_error("InvalidRequestException", 400, self.iot.delete_thing_type, thingTypeName="arm")
        self.iot.deprecate_thing_type(thingTypeName="arm", undoDeprecate=True)
        self.iot.create_thing(thingName="r1", thingTypeName="arm")
        self.assertEqual([t["thingTypeName"] for t in self.iot.list_thing_types()["thingTypes"]], ["arm"])

    def test_of_a_thing_type_only_what_it_propagates_changes(self):  # P8.2, M5-23; newer than botocore's model
        self.iot.create_thing_type(thingTypeName="arm", thingTypeProperties={"searchableAttributes": ["model"]})
        propagation = {"propagatingAttributes": [{"userPropertyKey": "model", "thingAttribute": "model"}]}

        def update(properties):
            answer = self.daemon.http("PATCH", "/thing-types/arm", body=json.dumps({"thingTypeProperties": properties}))
            return answer.status, answer.error_type

        self.assertEqual(update({"mqtt5Configuration": propagation}), (200, None))
        self.assertEqual(update({"thingTypeDescription": "Robot arm"}), (400, "InvalidRequestException"))
        described = self.daemon.http("GET", "/thing-types/arm").json()
        self.assertEqual(described["thingTypeProperties"],
                         {"mqtt5Configuration": propagation, "searchableAttributes": ["model"]})

    def test_tags_are_kept_from_creation(self):  # P8.8
        tags = [{"Key": "owner", "Value": "plant"}]
        made = self.iot.create_thing_type(thingTypeName="arm", tags=tags)
        self.assertEqual(self.iot.list_tags_for_resource(resourceArn=made["thingTypeArn"])["tags"], tags)

    def test_an_exclusive_thing_shows_in_the_newer_lists(self):  # P7.6, P8.3; newer than botocore's model
        arn = self.iot.create_keys_and_certificate()["certificateArn"]
        for name in ("r1", "r2"):
            self.iot.create_thing(thingName=name)
        principal = {"x-amzn-principal": arn}
        attach = "/things/r1/principals?thingPrincipalType=EXCLUSIVE_THING"
        self.assertEqual(self.daemon.http("PUT", attach, principal).status, 200)
        self.assert_error("InvalidRequestException", 400, self.iot.attach_thing_principal, thingName="r2",
                          principal=arn)
        self.assertEqual(self.daemon.http("GET", "/things/r1/principals-v2").json(),
                         {"thingPrincipalObjects": [{"principal": arn, "thingPrincipalType": "EXCLUSIVE_THING"}]})
        self.assertEqual(self.daemon.http("GET", "/principals/things-v2", principal).json(),
                         {"principalThingObjects": [{"thingName": "r1", "thingPrincipalType": "EXCLUSIVE_THING"}]})

    def test_principals_are_listed_from_both_ends(self):  # P8.3
        arn = self.iot.create_keys_and_certificate()["certificateArn"]
        for name in ("r1", "r2"):
            self.iot.create_thing(thingName=name)
            self.iot.attach_thing_principal(thingName=name, principal=arn)
            self.iot.attach_thing_principal(thingName=name, principal=arn)
        self.assertEqual(self.iot.list_thing_principals(thingName="r1")["principals"], [arn])
        self.assertEqual(sorted(self.iot.list_principal_things(principal=arn)["things"]), ["r1", "r2"])
        answer = self.assert_error("InvalidRequestException", 400, self.iot.delete_thing, thingName="r1")
        self.assertIn("Cannot delete. Thing r1 is still attached to one or more principals",
                      answer["Error"]["Message"])
        self.iot.detach_thing_principal(thingName="r1", principal=arn)
        self.iot.delete_thing(thingName="r1")
        self.assertEqual(self.iot.list_principal_things(principal=arn)["things"], ["r2"])
        self.assert_error("ResourceNotFoundException", 404, self.iot.attach_thing_principal, thingName="none",
                          principal=arn)


if __name__ == "__main__":
    unittest.main()
