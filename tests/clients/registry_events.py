"""boto3 and mosquitto_sub: the switches of registry events (LE-10), and the events themselves (LE-12)."""
import json
import unittest

from daemon import ACCOUNT, Story
from identities import Identity
from mosquitto import Subscriber
from policies import allow

TYPES = {"THING", "THING_GROUP", "THING_TYPE", "THING_GROUP_MEMBERSHIP", "THING_GROUP_HIERARCHY",
         "THING_TYPE_ASSOCIATION", "JOB", "JOB_EXECUTION", "POLICY", "CERTIFICATE", "CA_CERTIFICATE"}


class EventConfigurations(Story):
    def described(self):
        return {name: value["Enabled"] for name, value in
                self.iot.describe_event_configurations()["eventConfigurations"].items()}

    def switch(self, **switches):
        self.iot.update_event_configurations(
            eventConfigurations={name: {"Enabled": value} for name, value in switches.items()})

    def test_every_switch_is_off_at_first(self):
        self.assertEqual(self.described(), dict.fromkeys(TYPES, False))
        self.assertNotIn("creationDate", self.iot.describe_event_configurations())

    def test_an_update_leaves_alone_what_it_does_not_name(self):
        self.switch(THING=True, JOB=True)
        first = self.iot.describe_event_configurations()
        self.switch(JOB=False, CA_CERTIFICATE=True)
        self.assertEqual(self.described(), {**dict.fromkeys(TYPES, False), "THING": True, "CA_CERTIFICATE": True})
        second = self.iot.describe_event_configurations()
        self.assertEqual(first["creationDate"], second["creationDate"])
        self.assertLessEqual(first["lastModifiedDate"], second["lastModifiedDate"])

    def test_an_unknown_switch_is_refused(self):
        self.assert_error("InvalidRequestException", 400, self.iot.update_event_configurations,
                          eventConfigurations={"THINGS": {"Enabled": True}})
        self.assertEqual(self.described(), dict.fromkeys(TYPES, False))

    def test_a_subscriber_hears_of_things_types_and_groups(self):
        made = self.iot.create_keys_and_certificate(setAsActive=True)
        certificate, key = self.folder / "c.pem", self.folder / "c.key"
        certificate.write_text(made["certificatePem"])
        key.write_text(made["keyPair"]["PrivateKey"])
        self.iot.create_policy(policyName="all", policyDocument=allow("iot:*", "*"))
        self.iot.attach_policy(policyName="all", target=made["certificateArn"])
        with Subscriber(self.daemon, Identity(certificate, key), "listener", "$aws/events/thing/#",
                        "$aws/events/thingType/#", "$aws/events/thingGroup/#",
                        "$aws/events/thingGroupMembership/#") as listener:
            self.iot.create_thing(thingName="silent")
            self.switch(THING=True, THING_TYPE=True, THING_GROUP=True, THING_GROUP_MEMBERSHIP=True)
            self.iot.create_thing_type(thingTypeName="bulb",
                                       thingTypeProperties={"thingTypeDescription": "Bulbs"})
            self.iot.create_thing_group(thingGroupName="hall")
            thing = self.iot.create_thing(thingName="lamp", thingTypeName="bulb",
                                          attributePayload={"attributes": {"watt": "5"}})
            self.iot.add_thing_to_thing_group(thingName="lamp", thingGroupName="hall")
            self.iot.delete_thing(thingName="lamp")
            heard = {}
            for _ in range(6):
                topic, payload = listener.message()
                heard[topic] = json.loads(payload)

        self.assertEqual(set(heard), {
            "$aws/events/thingType/bulb/created", "$aws/events/thingGroup/hall/created",
            "$aws/events/thing/lamp/created", "$aws/events/thing/lamp/deleted",
            "$aws/events/thingGroupMembership/thingGroup/hall/thing/lamp/added",
            "$aws/events/thingGroupMembership/thingGroup/hall/thing/lamp/removed"})
        created = heard["$aws/events/thing/lamp/created"]
        self.assertEqual({key: created[key] for key in created if key not in ("eventId", "timestamp")},
                         {"eventType": "THING_EVENT", "operation": "CREATED", "accountId": ACCOUNT,
                          "thingId": thing["thingId"], "thingName": "lamp", "versionNumber": 1,
                          "thingTypeName": "bulb", "attributes": {"watt": "5"}})
        self.assertEqual(heard["$aws/events/thingType/bulb/created"]["description"], "Bulbs")
        memberships = [heard[f"$aws/events/thingGroupMembership/thingGroup/hall/thing/lamp/{end}"]
                       for end in ("added", "removed")]
        self.assertEqual(memberships[0]["membershipId"], memberships[1]["membershipId"])
        self.assertNotEqual(memberships[0]["eventId"], memberships[1]["eventId"])


if __name__ == "__main__":
    unittest.main()
