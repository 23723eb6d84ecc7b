"""Where the actions of rules go (M section 7.8): AWS requests to upstreams, webhooks with their confirmation, records."""
import base64
import json
import unittest
import urllib.request

from daemon import Daemon, Story
from endpoint import Endpoint

ROLE = "arn:aws:iam::123456789012:role/rules"
SERVICES = ("dynamodb", "es", "firehose", "geo", "ioteventsdata", "kinesis", "logs", "monitoring", "s3", "sns", "sqs",
            "states", "timestream")


class Actions(Story):
    @classmethod
    def setUpClass(cls):
        cls.endpoint = Endpoint()
        cls.addClassCleanup(cls.endpoint.close)
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.endpoint.forget()
        self.data = self.daemon.client("iot-data")

    def rule(self, *actions, name="hot", sql="SELECT * FROM 'plant/+'", error_action=None, **more):
        payload = {"sql": sql, "awsIotSqlVersion": "2016-03-23", "actions": list(actions), **more}
        if error_action:
            payload["errorAction"] = error_action
        self.iot.create_topic_rule(ruleName=name, topicRulePayload=payload)

    def publish(self, payload, topic="plant/1"):
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self.data.publish(topic=topic, qos=1, payload=body)

    def records(self, count=1, query="", seconds=15):
        """The records, oldest first, once there are so many."""
        def there():
            listed = self.daemon.http("GET", "/_iot/actions" + query).json()["actions"]
            return listed if len(listed) >= count else None
        return self.eventually(there, f"{count} records", seconds)[::-1]

    def arrived(self, path, count=1):
        return self.eventually(lambda: (seen := self.endpoint.at(path)) if len(self.endpoint.at(path)) >= count else None,
                               f"{count} requests at {path}")


class Records(Actions):
    """No upstream: nothing leaves, and everything is shown."""

    def test_an_action_that_nobody_plays_counts_as_done_and_is_shown(self):
        self.rule({"kinesis": {"roleArn": ROLE, "streamName": "readings", "partitionKey": "${topic(2)}"}},
                  error_action={"republish": {"roleArn": ROLE, "topic": "never"}})
        self.publish({"t": 61})
        record, = self.records()
        self.assertEqual(record["outcome"], "recorded")
        self.assertEqual((record["ruleName"], record["action"], record["target"]), ("hot", "kinesis", "readings"))
        self.assertEqual(record["operation"], "kinesis:PutRecord")
        self.assertEqual(record["parameters"]["partitionKey"], "1")
        self.assertEqual(record["payload"], {"t": 61})
        self.assertEqual(base64.b64decode(record["requestBody"]["Data"]), b'{"t":61}')
        self.assertEqual(record["topic"], "plant/1")

    def test_records_are_found_by_rule_and_action(self):
        self.rule({"kinesis": {"roleArn": ROLE, "streamName": "s"}}, {"sns": {"roleArn": ROLE, "targetArn": "arn:t"}},
                  name="one")
        self.rule({"kinesis": {"roleArn": ROLE, "streamName": "s"}}, name="two")
        self.publish({"t": 1})
        self.records(3)
        self.assertEqual(len(self.records(2, "?rule=one")), 2)
        self.assertEqual(len(self.records(2, "?action=kinesis")), 2)
        self.assertEqual(len(self.records(1, "?action=kinesis&rule=two")), 1)
        self.daemon.reset()
        self.assertEqual(self.daemon.http("GET", "/_iot/actions").json(), {"actions": [], "dropped": 0})

    def test_what_needs_json_fails_on_bytes_and_runs_the_error_action(self):  # RU-26, RU-29
        self.rule({"stepFunctions": {"roleArn": ROLE, "stateMachineName": "m"}},
                  {"s3": {"roleArn": ROLE, "bucketName": "b", "key": "${topic()}"}},
                  error_action={"s3": {"roleArn": ROLE, "bucketName": "errors", "key": "x"}})
        self.publish(b"\xff\x00")
        records = self.records(3)
        by_target = {record["target"]: record for record in records}
        self.assertEqual(by_target["m"]["outcome"], "failed")
        self.assertEqual(by_target["b"]["payloadBase64"], "/wA=")
        self.assertTrue(by_target["errors"]["isErrorAction"])
        document = by_target["errors"]["payload"]
        self.assertEqual(document["base64OriginalPayload"], "/wA=")
        failure, = document["failures"]
        self.assertEqual((failure["failedAction"], failure["failedResource"]), ("StepFunctionsAction", "m"))
        self.assertIn("needs JSON", failure["errorMessage"])

    def test_records_go_to_a_file_too(self):
        file = self.folder / "actions.jsonl"
        daemon = Daemon("--record-actions", str(file))
        self.addCleanup(daemon.close)
        daemon.iot().create_topic_rule(ruleName="r", topicRulePayload={
            "sql": "SELECT * FROM 'a'", "actions": [{"sns": {"roleArn": ROLE, "targetArn": "arn:t"}}]})
        daemon.client("iot-data").publish(topic="a", payload=b"{}")
        line = self.eventually(lambda: file.read_text().strip() or None, "a line")
        self.assertEqual(json.loads(line)["action"], "sns")
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)

    def test_upstreams_of_other_iot_services_can_be_named(self):
        daemon = Daemon("--upstream", f"ioteventsdata={self.endpoint.url}")
        self.addCleanup(daemon.close)


class Upstreams(Actions):
    """Each action as the real signed request."""

    @classmethod
    def setUpClass(cls):
        cls.endpoint = Endpoint()
        cls.addClassCleanup(cls.endpoint.close)
        cls.flags = tuple(part for service in SERVICES for part in ("--upstream", f"{service}={cls.endpoint.url}/{service}"))
        super(Actions, cls).setUpClass()

    def sent(self, action, payload, path="/"):
        """The one request that the action makes at the service."""
        self.rule(action)
        self.publish(payload)
        record, = self.records()
        self.assertEqual(record["outcome"], "delivered", record)
        service = record["operation"].split(":")[0]
        request, = self.endpoint.at("/" + service + path)
        self.assertEqual(request.service, service)
        self.assertTrue(request.signature_is_right())
        return request

    def test_sqs(self):
        request = self.sent({"sqs": {"roleArn": ROLE, "queueUrl": "http://q/1/a", "useBase64": True}}, {"t": 1})
        self.assertEqual(request.form(), {"Action": "SendMessage", "Version": "2012-11-05", "QueueUrl": "http://q/1/a",
                                          "MessageBody": base64.b64encode(b'{"t":1}').decode()})

    def test_sns(self):
        request = self.sent({"sns": {"roleArn": ROLE, "targetArn": "arn:aws:sns:us-east-1:1:t"}}, {"ä": 1})
        self.assertEqual(json.loads(request.form()["Message"]), {"ä": 1})

    def test_kinesis(self):
        request = self.sent({"kinesis": {"roleArn": ROLE, "streamName": "s", "partitionKey": "${topic()}"}}, b"\xff")
        self.assertEqual(request.headers["X-Amz-Target"], "Kinesis_20131202.PutRecord")
        self.assertEqual(request.json(), {"StreamName": "s", "Data": "/w==", "PartitionKey": "plant/1"})

    def test_firehose(self):
        request = self.sent({"firehose": {"roleArn": ROLE, "deliveryStreamName": "f", "separator": "\n"}}, {"t": 1})
        self.assertEqual(request.json(), {"DeliveryStreamName": "f",
                                          "Record": {"Data": base64.b64encode(b'{"t":1}\n').decode()}})

    def test_s3(self):
        request = self.sent({"s3": {"roleArn": ROLE, "bucketName": "b", "key": "a ä/${topic(2)}.json",
                                    "cannedAcl": "private"}}, b"\x00raw", "/b/a%20%C3%A4/1.json")
        self.assertEqual((request.method, request.body), ("PUT", b"\x00raw"))
        self.assertEqual(request.headers["x-amz-acl"], "private")

    def test_dynamodb(self):
        request = self.sent({"dynamoDB": {
            "roleArn": ROLE, "tableName": "t", "hashKeyField": "id", "hashKeyValue": "${topic(2)}",
            "hashKeyType": "NUMBER"}}, {"t": 61})
        self.assertEqual(request.json(), {"TableName": "t", "Item": {
            "id": {"N": "1"}, "payload": {"M": {"t": {"N": "61"}}}}})

    def test_dynamodb_v2(self):
        request = self.sent({"dynamoDBv2": {"roleArn": ROLE, "putItem": {"tableName": "t"}}}, {"id": "d", "ok": True})
        self.assertEqual(request.json(), {"TableName": "t", "Item": {"id": {"S": "d"}, "ok": {"BOOL": True}}})

    def test_step_functions(self):
        request = self.sent({"stepFunctions": {"roleArn": ROLE, "stateMachineName": "m", "executionNamePrefix": "p-"}},
                            {"t": 1})
        self.assertEqual(request.json()["stateMachineArn"], "arn:aws:states:us-east-1:123456789012:stateMachine:m")

    def test_iot_events(self):
        request = self.sent({"iotEvents": {"roleArn": ROLE, "inputName": "i", "messageId": "${topic(2)}"}}, {"t": 1},
                            "/inputs/messages")
        self.assertEqual(request.json()["messages"][0]["messageId"], "1")

    def test_cloudwatch(self):
        request = self.sent({"cloudwatchMetric": {
            "roleArn": ROLE, "metricNamespace": "N", "metricName": "m", "metricValue": "${t}", "metricUnit": "None"}},
            {"t": 1.5})
        self.assertEqual(request.form()["MetricData.member.1.Value"], "1.5")

    def test_cloudwatch_logs_makes_its_stream(self):
        missing = (400, {}, b'{"__type":"ResourceNotFoundException","message":"no stream"}')
        self.endpoint.answers["/logs/"] = [missing]
        self.rule({"cloudwatchLogs": {"roleArn": ROLE, "logGroupName": "g"}})
        self.publish({"t": 1})
        self.assertEqual(self.records()[0]["outcome"], "delivered")
        self.assertEqual([one.headers["X-Amz-Target"].split(".")[1] for one in self.endpoint.at("/logs/")],
                         ["PutLogEvents", "CreateLogStream", "PutLogEvents"])

    def test_timestream(self):
        request = self.sent({"timestream": {"roleArn": ROLE, "databaseName": "d", "tableName": "t",
                                            "dimensions": [{"name": "device", "value": "${topic(2)}"}]}}, {"t": 1.5})
        self.assertEqual(request.json()["Records"], [
            {"MeasureName": "t", "MeasureValue": "1.5", "MeasureValueType": "DOUBLE"}])

    def test_open_search(self):
        request = self.sent({"openSearch": {"roleArn": ROLE, "endpoint": "https://d.us-east-1.es.amazonaws.com",
                                            "index": "i", "type": "t", "id": "${topic(2)}"}}, {"t": 1}, "/i/t/1")
        self.assertEqual((request.method, request.json()), ("PUT", {"t": 1}))

    def test_location(self):
        request = self.sent({"location": {"roleArn": ROLE, "trackerName": "t", "deviceId": "${topic(2)}",
                                          "latitude": "${lat}", "longitude": "${lon}"}}, {"lat": 48.1, "lon": 11.5},
                            "/tracking/v0/trackers/t/positions")
        self.assertEqual(request.json()["Updates"][0]["Position"], [11.5, 48.1])

    def test_a_service_that_says_no_runs_the_error_action(self):  # RU-28, RU-29
        self.endpoint.answers["/s3/b/k"] = [(404, {"x-amz-request-id": "7"},
                                             b"<Error><Code>NoSuchBucket</Code><Message>None</Message></Error>")]
        self.rule({"s3": {"roleArn": ROLE, "bucketName": "b", "key": "k"}},
                  error_action={"sqs": {"roleArn": ROLE, "queueUrl": "http://q"}})
        self.publish({"t": 1})
        request, = self.arrived("/sqs/")
        document = json.loads(request.form()["MessageBody"])
        self.assertEqual((document["ruleName"], document["topic"]), ("hot", "plant/1"))
        failure, = document["failures"]
        self.assertEqual((failure["failedAction"], failure["failedResource"]), ("S3Action", "b"))
        self.assertIn("Status Code: 404; Error Code: NoSuchBucket", failure["errorMessage"])

    def test_what_may_pass_is_tried_again(self):  # RU-28
        self.endpoint.answers["/sns/"] = [(503, {}, b""), (400, {}, b"<Code>Throttling</Code>")]
        self.rule({"sns": {"roleArn": ROLE, "targetArn": "arn:t"}})
        self.publish({"t": 1})
        self.assertEqual(self.records()[0]["outcome"], "delivered")
        self.assertEqual(len(self.endpoint.at("/sns/")), 3)


class Webhooks(Actions):
    """The action http and its destinations (RU-30 to RU-32)."""

    def confirmed(self, url=None):
        """A destination whose owner has opened the link; gives its ARN."""
        url = url or self.endpoint.url + "/hook"
        made = self.iot.create_topic_rule_destination(
            destinationConfiguration={"httpUrlConfiguration": {"confirmationUrl": url}})["topicRuleDestination"]
        self.assertEqual(made["status"], "IN_PROGRESS")
        self.open_link()
        return made["arn"]

    def open_link(self, path="/hook"):
        asked = self.arrived(path)[-1]
        with urllib.request.urlopen(asked.json()["enableUrl"], timeout=10) as answer:
            self.assertEqual(answer.status, 200)

    def status(self, arn):
        return self.iot.get_topic_rule_destination(arn=arn)["topicRuleDestination"]["status"]

    def test_the_owner_is_asked_and_opens_the_link(self):  # RU-30
        arn = self.confirmed()
        asked, = self.endpoint.at("/hook")
        body = asked.json()
        self.assertEqual(asked.path, "/hook?confirmationToken=" + body["confirmationToken"])
        self.assertEqual(asked.headers["x-amz-rules-engine-message-type"], "DestinationConfirmation")
        self.assertEqual(asked.headers["x-amz-rules-engine-destination-arn"], arn)
        self.assertEqual((body["arn"], body["messageType"]), (arn, "DestinationConfirmation"))
        self.assertEqual(body["enableUrl"], f"{self.daemon.endpoint}/confirmdestination/{body['confirmationToken']}")
        self.assertEqual(self.status(arn), "ENABLED")
        listed, = self.iot.list_topic_rule_destinations()["destinationSummaries"]
        self.assertEqual(listed["httpUrlSummary"], {"confirmationUrl": self.endpoint.url + "/hook"})

    def test_a_token_is_confirmed_by_the_api_too(self):
        made = self.iot.create_topic_rule_destination(destinationConfiguration={
            "httpUrlConfiguration": {"confirmationUrl": self.endpoint.url + "/hook"}})["topicRuleDestination"]
        token = self.arrived("/hook")[0].json()["confirmationToken"]
        self.iot.confirm_topic_rule_destination(confirmationToken=token)
        self.assertEqual(self.status(made["arn"]), "ENABLED")
        self.assert_error("InvalidRequestException", 400, self.iot.confirm_topic_rule_destination,
                          confirmationToken="no" + token)

    def test_the_link_works_in_every_account(self):
        other = self.daemon.iot(account="999988887777", region="eu-west-1")
        arn = other.create_topic_rule_destination(destinationConfiguration={
            "httpUrlConfiguration": {"confirmationUrl": self.endpoint.url + "/hook"}})["topicRuleDestination"]["arn"]
        self.open_link()
        self.assertEqual(other.get_topic_rule_destination(arn=arn)["topicRuleDestination"]["status"], "ENABLED")

    def test_a_link_that_nobody_sent_confirms_nothing(self):
        link = "/confirmdestination/0123.999988887777.eu-west-1"
        self.assertEqual(self.daemon.http("GET", link).status, 400)
        self.assertEqual(self.daemon.http("GET", link, {"Sec-Fetch-Site": "cross-site"}).status, 403)

    def test_a_role_that_is_none_is_refused_and_nothing_falls(self):
        hook = {"url": self.endpoint.url + "/hook", "auth": {"sigv4": {
            "roleArn": "r", "signingRegion": "eu-west-1", "serviceName": "execute-api"}}}
        rule = {"sql": "SELECT * FROM 'plant/+'", "actions": [{"http": hook}]}
        self.assert_error("InvalidRequestException", 400, self.iot.create_topic_rule, ruleName="bad", topicRulePayload=rule)
        hook["auth"]["sigv4"]["roleArn"] = "no role, but as long as one"
        hook["confirmationUrl"] = self.endpoint.url + "/hook"
        self.confirmed()
        self.iot.create_topic_rule(ruleName="bad", topicRulePayload=rule)
        self.publish({"t": 1})
        record, = self.records()
        self.assertEqual(record["outcome"], "failed")
        self.assertIn("is the ARN of no role", record["reason"])

    def test_destinations_are_turned_off_on_and_away(self):
        arn = self.confirmed()
        self.iot.update_topic_rule_destination(arn=arn, status="DISABLED")
        self.assertEqual(self.status(arn), "DISABLED")
        self.iot.update_topic_rule_destination(arn=arn, status="ENABLED")
        self.iot.delete_topic_rule_destination(arn=arn)
        self.assert_error("UnauthorizedException", 401, self.iot.get_topic_rule_destination, arn=arn)

    def test_an_owner_that_cannot_be_reached_is_an_error(self):
        made = self.iot.create_topic_rule_destination(destinationConfiguration={
            "httpUrlConfiguration": {"confirmationUrl": "http://127.0.0.1:1/"}})["topicRuleDestination"]
        self.eventually(lambda: self.status(made["arn"]) == "ERROR", "ERROR")
        reason = self.iot.get_topic_rule_destination(arn=made["arn"])["topicRuleDestination"]["statusReason"]
        self.assertIn("The confirmation request failed", reason)

    def test_vpc_destinations_are_kept(self):
        made = self.iot.create_topic_rule_destination(destinationConfiguration={"vpcConfiguration": {
            "subnetIds": ["s-1"], "vpcId": "vpc-1", "roleArn": ROLE}})["topicRuleDestination"]
        self.assertEqual(made["status"], "ENABLED")
        self.assertEqual(made["vpcProperties"], {"subnetIds": ["s-1"], "vpcId": "vpc-1", "roleArn": ROLE})

    def test_a_rule_makes_its_destination_and_waits_for_it(self):  # RU-30
        hook = {"http": {"url": self.endpoint.url + "/hook/in", "confirmationUrl": self.endpoint.url + "/hook",
                         "headers": [{"key": "X-Topic", "value": "${topic()}"},
                                     {"key": "Authorization", "value": "Bearer canary-7"}]}}
        self.rule(hook)
        self.arrived("/hook")
        self.publish({"t": 1})
        record, = self.records()
        self.assertEqual(record["outcome"], "failed")
        self.assertIn("is IN_PROGRESS", record["reason"])
        self.open_link()
        self.publish({"t": 2})
        request, = self.arrived("/hook/in")
        self.assertEqual(request.json(), {"t": 2})
        self.assertEqual(request.headers["Content-Type"], "application/json")
        self.assertEqual(request.headers["X-Topic"], "plant/1")
        self.assertEqual(request.headers["Authorization"], "Bearer canary-7")
        self.assertEqual(self.records(2)[1]["outcome"], "delivered")
        shown = self.daemon.http("GET", "/_iot/actions").body.decode()
        self.assertNotIn("canary-7", shown)
        self.assertNotIn("canary-7", self.daemon.log())

    def test_the_url_must_begin_with_the_confirmation_url(self):
        self.assert_error("InvalidRequestException", 400, self.iot.create_topic_rule, ruleName="bad", topicRulePayload={
            "sql": "SELECT * FROM 'a'",
            "actions": [{"http": {"url": "http://a.test/x", "confirmationUrl": "http://b.test/"}}]})

    def test_three_times_500_runs_the_error_action(self):  # RU-31, RU-29
        self.confirmed()
        self.endpoint.answers["/hook/in"] = [(500, {}, b"")] * 3
        self.rule({"http": {"url": self.endpoint.url + "/hook/in", "confirmationUrl": self.endpoint.url + "/hook"}},
                  error_action={"sns": {"roleArn": ROLE, "targetArn": "arn:errors"}})
        self.publish({"t": 1})
        record, = self.records(1, "?action=sns")
        failure, = record["payload"]["failures"]
        self.assertEqual(failure["failedAction"], "HttpAction")
        self.assertTrue(failure["errorMessage"].startswith(
            "HttpAction failed to make a request to the specified endpoint. StatusCode: 500."))
        self.assertEqual(len(self.endpoint.at("/hook/in")), 3)

    def test_redirects_are_not_followed(self):
        self.confirmed()
        self.endpoint.answers["/hook/in"] = [(302, {"Location": self.endpoint.url + "/elsewhere"}, b"")]
        self.rule({"http": {"url": self.endpoint.url + "/hook/in", "confirmationUrl": self.endpoint.url + "/hook"}})
        self.publish({"t": 1})
        self.assertIn("StatusCode: 302", self.records()[0]["reason"])
        self.assertEqual(self.endpoint.at("/elsewhere"), [])

    def test_a_request_is_signed_with_credentials_of_the_role(self):
        self.confirmed()
        self.rule({"http": {"url": self.endpoint.url + "/hook/in?b=2&a=1", "confirmationUrl": self.endpoint.url + "/hook",
                            "auth": {"sigv4": {"roleArn": ROLE, "signingRegion": "eu-west-1",
                                               "serviceName": "execute-api"}}}})
        self.publish({"t": 1})
        request, = self.arrived("/hook/in")
        self.assertIn("/eu-west-1/execute-api/aws4_request", request.headers["Authorization"])
        self.assertTrue(request.headers["X-Amz-Security-Token"])
        self.assertNotIn(request.headers["X-Amz-Security-Token"], self.daemon.http("GET", "/_iot/actions").body.decode())

    def test_results_are_sent_together(self):  # RU-32
        self.confirmed()
        self.create_batching_rule({"maxBatchOpenMs": 200, "maxBatchSize": 3})
        for n in range(6):
            self.publish({"n": n})
        # How many fit into one depends on how fast this machine is; unit tests say which limit closes one.
        self.eventually(lambda: sum(len(one.json()) for one in self.endpoint.at("/hook/in")) == 6, "6 results")
        batches = [one.json() for one in self.endpoint.at("/hook/in")]
        self.assertEqual(sorted(one["n"] for batch in batches for one in batch), list(range(6)))
        self.assertTrue(all(1 <= len(batch) <= 3 for batch in batches), batches)

    def test_a_failed_batch_has_one_error_action(self):  # RU-32
        self.confirmed()
        self.endpoint.answers["/hook/in"] = [(400, {}, b"")] * 2
        self.create_batching_rule({"maxBatchOpenMs": 200, "maxBatchSize": 2},
                                  {"sns": {"roleArn": ROLE, "targetArn": "arn:errors"}})
        for n in range(2):
            self.publish({"n": n})
        def documents():
            return [one["payload"] for one in self.records(1, "?action=sns")]
        self.eventually(lambda: sum(len(one["payloadsWithMetadata"]) for one in documents()) == 2, "2 messages")
        # One document for each batch: one batch, unless this machine took 200 ms between the messages.
        self.assertEqual(len(documents()), len(self.endpoint.at("/hook/in")))
        for document in documents():
            failure, = document["failures"]
            self.assertEqual(failure["affectedIds"], [one["id"] for one in document["payloadsWithMetadata"]])
            self.assertEqual(failure["affectedIds"], list(range(1, len(failure["affectedIds"]) + 1)))
            self.assertIn("StatusCode: 400", failure["errorMessage"])

    def create_batching_rule(self, config, error_action=None):
        """By raw HTTP: this release of boto3 does not know the members."""
        payload = {"sql": "SELECT * FROM 'plant/+'", "awsIotSqlVersion": "2016-03-23",
                   "actions": [{"http": {"url": self.endpoint.url + "/hook/in",
                                         "confirmationUrl": self.endpoint.url + "/hook",
                                         "enableBatching": True, "batchConfig": config}}]}
        if error_action:
            payload["errorAction"] = error_action
        answer = self.daemon.http("POST", "/rules/batching", {"Content-Type": "application/json"}, json.dumps(payload))
        self.assertEqual(answer.status, 200, answer)

    def test_a_rule_may_post_to_the_emulator_itself(self):
        daemon = Daemon("--switch", "http_action_confirmation=off")
        self.addCleanup(daemon.close)
        daemon.iot().create_topic_rule(ruleName="loop", topicRulePayload={
            "sql": "SELECT * FROM 'a'", "actions": [{"http": {"url": daemon.endpoint + "/topics/b"}}]})
        daemon.iot().create_topic_rule(ruleName="seen", topicRulePayload={
            "sql": "SELECT * FROM 'b'", "actions": [{"sns": {"roleArn": ROLE, "targetArn": "arn:t"}}]})
        for n in range(20):
            daemon.client("iot-data").publish(topic="a", payload=json.dumps({"n": n}).encode())
        self.eventually(lambda: len(daemon.http("GET", "/_iot/actions?rule=seen").json()["actions"]) == 20, "20 records")


if __name__ == "__main__":
    unittest.main()
