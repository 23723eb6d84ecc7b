"""boto3: fleet indexing over the registry (FI-1…FI-5); mosquitto: devices that come and go."""
import unittest

from daemon import Story
from identities import Ca
from mosquitto import Subscriber
from policies import allow

REGISTRY = {"thingIndexingMode": "REGISTRY"}
STATUS = {"thingIndexingMode": "REGISTRY", "thingConnectivityIndexingMode": "STATUS"}


class FleetIndexing(Story):
    def index(self, things=None, groups=None):
        self.iot.update_indexing_configuration(
            **({"thingIndexingConfiguration": things} if things else {}),
            **({"thingGroupIndexingConfiguration": {"thingGroupIndexingMode": groups}} if groups else {}))

    def thing(self, name, attributes=None, **more):
        self.iot.create_thing(thingName=name, attributePayload={"attributes": attributes or {}}, **more)

    def found(self, query, **more):
        return [thing["thingName"] for thing in self.iot.search_index(queryString=query, **more)["things"]]

    def connectivity(self, thing):
        """GetThingConnectivityData, which Debian's boto3 does not know yet."""
        return self.daemon.http("POST", f"/things/{thing}/connectivity-data", body=b"{}")

    def refused(self, query, **more):
        return self.assert_error("InvalidQueryException", 400, self.iot.search_index, queryString=query,
                                 **more)["Error"]["Message"]

    def test_the_configuration_is_off_and_kept_as_given(self):  # FI-1
        now = self.iot.get_indexing_configuration()
        self.assertEqual(now["thingIndexingConfiguration"], {
            "thingIndexingMode": "OFF", "thingConnectivityIndexingMode": "OFF", "deviceDefenderIndexingMode": "OFF",
            "namedShadowIndexingMode": "OFF"})
        self.assertEqual(now["thingGroupIndexingConfiguration"], {"thingGroupIndexingMode": "OFF"})
        self.assertEqual(self.iot.list_indices()["indexNames"], [])
        custom = [{"name": "attributes.rank", "type": "Number"}]
        self.index({**STATUS, "customFields": custom})
        things = self.iot.get_indexing_configuration()["thingIndexingConfiguration"]
        self.assertEqual((things["thingIndexingMode"], things["thingConnectivityIndexingMode"]), ("REGISTRY", "STATUS"))
        self.assertEqual(things["customFields"], custom)
        self.assertIn({"name": "connectivity.connected", "type": "Boolean"}, things["managedFields"])
        self.index(things)  # What was answered is accepted.
        self.assertEqual(self.iot.get_indexing_configuration()["thingIndexingConfiguration"], things)
        self.index(groups="ON")
        self.assertEqual(self.iot.get_indexing_configuration()["thingIndexingConfiguration"], things)
        self.assertEqual(self.iot.list_indices()["indexNames"], ["AWS_ThingGroups", "AWS_Things"])
        self.assertEqual(self.schema("AWS_Things"), "REGISTRY_AND_CONNECTIVITY_STATUS")
        self.assertEqual(self.schema("AWS_ThingGroups"), "REGISTRY")
        self.index({"thingIndexingMode": "OFF"})
        self.assertEqual(self.iot.list_indices()["indexNames"], ["AWS_ThingGroups"])
        self.assert_error("ResourceNotFoundException", 404, self.iot.describe_index, indexName="AWS_Things")

    def schema(self, name):
        index = self.iot.describe_index(indexName=name)
        self.assertEqual((index["indexName"], index["indexStatus"]), (name, "ACTIVE"))
        return index["schema"]

    def test_configurations_that_make_no_sense(self):
        for wrong in ({"thingIndexingMode": "OFF", "thingConnectivityIndexingMode": "STATUS"},
                      {"thingIndexingMode": "ON"},
                      {**REGISTRY, "customFields": [{"name": "rank", "type": "Number"}]},
                      {**REGISTRY, "customFields": [{"name": "attributes.rank", "type": "Integer"}]},
                      {**REGISTRY, "customFields": [{"name": f"attributes.{n}", "type": "Number"} for n in range(6)]},
                      {**REGISTRY, "managedFields": [{"name": "thingName", "type": "Number"}]}):
            with self.subTest(wrong):
                self.assert_error("InvalidRequestException", 400, self.index, things=wrong)
        self.assertEqual(self.iot.list_indices()["indexNames"], [])

    def test_an_index_that_is_off_is_not_ready(self):  # FI-2
        self.assert_error("IndexNotReadyException", 400, self.iot.search_index, queryString="*")
        self.assert_error("ResourceNotFoundException", 404, self.iot.search_index, queryString="*", indexName="none")
        self.assert_error("ResourceNotFoundException", 404, self.iot.describe_index, indexName="none")
        self.index(REGISTRY)
        self.assert_error("IndexNotReadyException", 400, self.iot.search_index, queryString="*",
                          indexName="AWS_ThingGroups")
        self.thing("t")
        answer = self.connectivity("t")
        self.assertEqual((answer.status, answer.error_type), (400, "IndexNotReadyException"))

    def test_things_are_found_as_they_are_now(self):  # FI-2, FI-3
        self.iot.create_thing_type(thingTypeName="Pump")
        self.iot.create_thing_group(thingGroupName="hall")
        self.thing("my-pump", {"a": "78", "site": "north"}, thingTypeName="Pump")
        self.thing("My-Valve", {"a": "81"})
        self.thing("other")
        self.index(REGISTRY)
        self.iot.add_thing_to_thing_group(thingGroupName="hall", thingName="my-pump")
        for query, names in (("thingName:my*", ["my-pump", "My-Valve"]), ("thingName:MY-PUMP", ["my-pump"]),
                             ("attributes.a:[75 TO 80]", ["my-pump"]), ("attributes.a:{78 TO 81]", ["My-Valve"]),
                             ("attributes.a<80 NOT attributes.site:south", ["my-pump"]),
                             ("thingTypeName:pump OR thingName:other", ["my-pump", "other"]),
                             ("thingGroupNames:hall", ["my-pump"]), ("north", ["my-pump"]),
                             ("thingName:(my* AND -my-v*)", ["my-pump"]), ("NOT attributes.a:*", ["other"]),
                             ("registry.version>1", []), ("*", ["my-pump", "My-Valve", "other"])):
            with self.subTest(query):
                self.assertEqual(self.found(query), names)
        thing, = self.iot.search_index(queryString="thingName:my-pump")["things"]
        self.assertEqual(thing, {
            "thingName": "my-pump", "thingId": self.iot.describe_thing(thingName="my-pump")["thingId"],
            "thingTypeName": "Pump", "thingGroupNames": ["hall"], "attributes": {"a": "78", "site": "north"}})
        self.iot.update_thing(thingName="my-pump", attributePayload={"attributes": {"a": "5"}})
        self.assertEqual(self.found("attributes.a:[75 TO 80]"), [])
        self.assertEqual(self.found("registry.version>1"), ["my-pump"])
        self.iot.delete_thing(thingName="my-pump")
        self.assertEqual(self.found("*"), ["My-Valve", "other"])

    def test_results_come_in_pages(self):
        self.index(REGISTRY)
        names = [f"{'odd' if number % 2 else 'even'}-{number:02}" for number in range(12)]
        for name in names:
            self.thing(name)
        for query, expected in (("*", sorted(names)), ("thingName:odd*", [name for name in names if "odd" in name])):
            seen, token = [], {}
            while True:
                page = self.iot.search_index(queryString=query, maxResults=5, **token)
                seen += [thing["thingName"] for thing in page["things"]]
                if "nextToken" not in page:
                    break
                self.assertEqual(len(page["things"]), 5)
                token = {"nextToken": page["nextToken"]}
            self.assertEqual(seen, expected)
        self.assert_error("InvalidRequestException", 400, self.iot.search_index, queryString="*", nextToken="x")

    def test_queries_are_refused_with_the_place(self):  # FI-3
        self.index(REGISTRY)
        for query, text in (("thingName:", "character 11: a value is missing"), ("(a", "')' is missing"),
                            ("thingname:a", "things have no field 'thingname'"),
                            ("shadow.reported.location:*", "shadows are not emulated"),
                            ("shadow.hasDelta:true", "shadows are not emulated"),
                            ("connectivity.connected:true", "thingConnectivityIndexingMode is STATUS"),
                            ("thingName:*a AND thingName:*b", "only one term may begin with a wildcard"),
                            (" ".join("abcdefghijklm"), "more than 12 terms"), ("a" * 1001, "1001 characters")):
            with self.subTest(query):
                self.assertIn(text, self.refused(query))
        self.assert_error("InvalidRequestException", 400, self.iot.search_index, queryString="*", queryVersion="2016")
        self.assertEqual(self.found("*", queryVersion="2017-09-30"), [])

    def test_thing_groups_have_an_index_of_their_own(self):
        self.index(groups="ON")
        self.iot.create_thing_group(thingGroupName="plant", thingGroupProperties={
            "thingGroupDescription": "All of the plant", "attributePayload": {"attributes": {"floor": "2"}}})
        self.iot.create_thing_group(thingGroupName="hall", parentGroupName="plant")

        def found(query):
            answer = self.iot.search_index(indexName="AWS_ThingGroups", queryString=query)
            return [group["thingGroupName"] for group in answer["thingGroups"]]

        self.assertEqual(found("parentGroupNames:plant"), ["hall"])
        self.assertEqual(found('thingGroupDescription:"the plant"'), ["plant"])
        self.assertEqual(found("attributes.floor>1"), ["plant"])
        self.assertEqual(sorted(found("*")), ["hall", "plant"])
        self.assertIn("thing groups have no field", self.refused("thingName:a", indexName="AWS_ThingGroups"))
        group, = self.iot.search_index(indexName="AWS_ThingGroups", queryString="thingGroupName:hall")["thingGroups"]
        self.assertEqual((group["thingGroupName"], group["parentGroupNames"], group["attributes"]),
                         ("hall", ["plant"], {}))

    def test_figures_over_the_fleet(self):  # FI-4
        self.index({**REGISTRY, "customFields": [{"name": "attributes.rank", "type": "Number"}]})
        for number in range(1, 6):
            self.thing(f"t{number}", {"rank": str(number), "site": "north" if number < 4 else "south"})
        self.thing("odd", {"rank": "first"})
        figures = self.iot.get_statistics(queryString="*", aggregationField="attributes.rank")["statistics"]
        self.assertEqual(figures, {"count": 5, "average": 3.0, "sum": 15.0, "minimum": 1.0, "maximum": 5.0,
                                   "sumOfSquares": 55.0, "variance": 2.0, "stdDeviation": 2.0 ** 0.5})
        self.assertEqual(self.iot.get_statistics(queryString="thingName:t*")["statistics"]["count"], 5)
        self.assertEqual(self.iot.get_statistics(queryString="*", aggregationField="thingName")["statistics"],
                         {"count": 6})
        self.assertEqual(self.iot.get_cardinality(queryString="thingName:t*", aggregationField="attributes.rank"
                                                  )["cardinality"], 5)
        percentiles = self.iot.get_percentiles(queryString="*", aggregationField="attributes.rank",
                                               percents=[50, 99.5])["percentiles"]
        self.assertEqual(percentiles[0], {"percent": 50.0, "value": 3.0})
        self.assertAlmostEqual(percentiles[1]["value"], 4.98)
        self.assertEqual(len(self.iot.get_percentiles(queryString="*")["percentiles"]), 7)
        self.iot.create_thing_group(thingGroupName="hall")
        for name in ("t1", "t2"):
            self.iot.add_thing_to_thing_group(thingGroupName="hall", thingName=name)
        answer = self.iot.get_buckets_aggregation(
            queryString="*", aggregationField="thingGroupNames",
            bucketsAggregationType={"termsAggregation": {"maxBuckets": 1}})
        self.assertEqual((answer["totalCount"], answer["buckets"]), (6, [{"keyValue": "hall", "count": 2}]))
        for call, arguments in ((self.iot.get_statistics, {"aggregationField": "attributes.site"}),
                                (self.iot.get_percentiles, {"aggregationField": "thingName"})):
            self.assert_error("InvalidAggregationException", 400, call, queryString="*", **arguments)
        self.assert_error("InvalidRequestException", 400, self.iot.get_percentiles, queryString="*", percents=[100.5])
        self.assert_error("InvalidQueryException", 400, self.iot.get_cardinality, queryString="(")

    def test_connections_are_indexed(self):  # FI-5
        self.thing("pump")
        self.thing("never")
        self.index(STATUS)
        self.assertEqual(self.connectivity("never").json(),
                         {"thingName": "never", "connected": False, "disconnectReason": "UNKNOWN"})
        answer = self.connectivity("none")
        self.assertEqual((answer.status, answer.error_type), (404, "ResourceNotFoundException"))
        device = Ca(self.folder, "Factory").device("pump")
        arn = self.iot.register_certificate_without_ca(certificatePem=device.pem, status="ACTIVE")["certificateArn"]
        self.iot.create_policy(policyName="all", policyDocument=allow("iot:*", "*"))
        self.iot.attach_policy(policyName="all", target=arn)
        with Subscriber(self.daemon, device, "pump", "t"):
            self.assertEqual(self.found("connectivity.connected:true"), ["pump"])
            now = self.connectivity("pump").json()
            self.assertEqual((now["connected"], now["disconnectReason"]), (True, "NONE"))
            self.assertEqual(self.found("connectivity.connected:true AND connectivity.timestamp > 1557651600000"),
                             ["pump"])
        self.eventually(lambda: self.found("connectivity.connected:true") == [], "the disconnection")
        thing, = self.iot.search_index(queryString="thingName:pump")["things"]
        self.assertEqual(thing["connectivity"]["disconnectReason"], "CLIENT_INITIATED_DISCONNECT")
        self.assertGreater(thing["connectivity"]["timestamp"], 1557651600000)
        self.assertEqual(self.found("connectivity.connected:false"), ["never", "pump"])
        self.assertEqual(self.found("connectivity.disconnectReason:client_initiated_disconnect"), ["pump"])


if __name__ == "__main__":
    unittest.main()
