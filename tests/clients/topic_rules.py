"""boto3, the AWS CLI and mosquitto: topic rules, from their creation to the messages that they make (M section 7)."""
import json
import os
import unittest
from urllib.parse import urlencode

from botocore.exceptions import ClientError
from daemon import ACCOUNT, REGION, Story, run
from messaging import Messaging

ROLE = f"arn:aws:iam::{ACCOUNT}:role/rules"
LONG = "a" * 2000


def republish(topic, **more):
    return {"republish": {"topic": topic, "roleArn": ROLE, **more}}


def payload(sql, *actions, **more):
    return {"sql": sql, "actions": list(actions), **more}


class Rules(Story):
    def create(self, name="r", sql="SELECT * FROM 'in'", *actions, **more):
        self.iot.create_topic_rule(ruleName=name, topicRulePayload=payload(sql, *actions, **more))

    def refused(self, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        response = caught.exception.response
        return (response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"])


# One of every kind that Debian's model knows, with every member.
ACTIONS = [
    {"dynamoDB": {"tableName": "t", "roleArn": ROLE, "operation": "INSERT", "hashKeyField": "id",
                  "hashKeyValue": "${id}", "hashKeyType": "STRING", "rangeKeyField": "at",
                  "rangeKeyValue": "${timestamp()}", "rangeKeyType": "NUMBER", "payloadField": "p"}},
    {"dynamoDBv2": {"roleArn": ROLE, "putItem": {"tableName": "t"}}},
    {"lambda": {"functionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"}},
    {"sns": {"targetArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:t", "roleArn": ROLE, "messageFormat": "JSON"}},
    {"sqs": {"roleArn": ROLE, "queueUrl": f"https://sqs/{ACCOUNT}/q", "useBase64": True}},
    {"kinesis": {"roleArn": ROLE, "streamName": "s", "partitionKey": "${topic()}"}},
    republish("out/${topic(2)}", qos=1, headers={
        "payloadFormatIndicator": "UTF8_DATA", "contentType": "text/plain", "responseTopic": "answers/${clientid()}",
        "correlationData": "${encode(*, 'base64')}", "messageExpiry": "60",
        "userProperties": [{"key": "k", "value": "${a}"}]}),
    {"s3": {"roleArn": ROLE, "bucketName": "b", "key": "${topic()}/${timestamp()}", "cannedAcl": "private"}},
    {"firehose": {"roleArn": ROLE, "deliveryStreamName": "s", "separator": "\n", "batchMode": True}},
    {"cloudwatchMetric": {"roleArn": ROLE, "metricNamespace": "n", "metricName": "m", "metricValue": "${a}",
                          "metricUnit": "None", "metricTimestamp": "${timestamp()}"}},
    {"cloudwatchAlarm": {"roleArn": ROLE, "alarmName": "a", "stateReason": "r", "stateValue": "OK"}},
    {"cloudwatchLogs": {"roleArn": ROLE, "logGroupName": "g"}},
    {"elasticsearch": {"roleArn": ROLE, "endpoint": "https://e.example", "index": "i", "type": "t",
                       "id": "${newuuid()}"}},
    {"salesforce": {"token": "t" * 40, "url": "https://ingestion-abc.x.sfdcnow.com/streams/a/b/event"}},
    {"iotAnalytics": {"channelName": "c", "batchMode": False, "roleArn": ROLE}},
    {"iotEvents": {"inputName": "i", "messageId": "${id}", "roleArn": ROLE}},
    {"iotSiteWise": {"roleArn": ROLE, "putAssetPropertyValueEntries": [
        {"entryId": "e", "propertyAlias": "/a", "propertyValues": [
            {"value": {"doubleValue": "${a}"}, "timestamp": {"timeInSeconds": "${floor(timestamp() / 1E3)}",
                                                             "offsetInNanos": "0"}, "quality": "GOOD"}]}]}},
    {"stepFunctions": {"executionNamePrefix": "p", "stateMachineName": "m", "roleArn": ROLE}},
    {"timestream": {"roleArn": ROLE, "databaseName": "d", "tableName": "t",
                    "dimensions": [{"name": "n", "value": "${a}"}],
                    "timestamp": {"value": "${timestamp()}", "unit": "MILLISECONDS"}}},
    {"http": {"url": "https://example.com/x", "confirmationUrl": "https://example.com",
              "headers": [{"key": "k", "value": "${a}"}],
              "auth": {"sigv4": {"signingRegion": REGION, "serviceName": "s", "roleArn": ROLE}}}},
    {"kafka": {"destinationArn": f"arn:aws:iot:{REGION}:{ACCOUNT}:ruledestination/vpc/1", "topic": "t", "key": "k",
               "partition": "1", "clientProperties": {"bootstrap.servers": "k:9094", "acks": "1"}}},
    {"openSearch": {"roleArn": ROLE, "endpoint": "https://e.example", "index": "i", "type": "t", "id": "1"}},
    {"location": {"roleArn": ROLE, "trackerName": "t", "deviceId": "${clientid()}",
                  "timestamp": {"value": "${timestamp()}", "unit": "MILLISECONDS"}, "latitude": "${lat}",
                  "longitude": "${lon}"}},
]


class LifeCycle(Rules):
    def test_every_action_is_kept_as_it_was_given(self):  # M section 7.8
        for action in ACTIONS:
            [kind] = action
            with self.subTest(kind):
                self.create(f"r_{kind}", "SELECT * FROM 'in/+'", action, errorAction=action,
                            awsIotSqlVersion="2016-03-23")
                rule = self.iot.get_topic_rule(ruleName=f"r_{kind}")["rule"]
                self.assertEqual(rule["actions"], [action])
                self.assertEqual(rule["errorAction"], action)

    def test_the_rule_is_answered_with_its_defaults(self):  # RU-1
        self.create("Rule_1", "SELECT a FROM 'a/+/b'", republish("out"))
        answer = self.iot.get_topic_rule(ruleName="Rule_1")
        self.assertEqual(answer["ruleArn"], f"arn:aws:iot:{REGION}:{ACCOUNT}:rule/Rule_1")
        rule = answer["rule"]
        self.assertLess(abs(rule.pop("createdAt").timestamp() - os.stat(self.daemon.ready_file).st_mtime), 3600)
        self.assertEqual(rule, {"ruleName": "Rule_1", "sql": "SELECT a FROM 'a/+/b'", "actions": [republish("out")],
                                "ruleDisabled": False, "awsIotSqlVersion": "2015-10-08"})

    def test_replacing_keeps_the_name_and_nothing_else(self):
        self.create("r", "SELECT a FROM 'a'", republish("out"), description="old", ruleDisabled=True)
        created = self.iot.get_topic_rule(ruleName="r")["rule"]["createdAt"]
        self.iot.replace_topic_rule(ruleName="r", topicRulePayload=payload("SELECT b FROM 'b'"))
        rule = self.iot.get_topic_rule(ruleName="r")["rule"]
        self.assertEqual(rule, {"ruleName": "r", "sql": "SELECT b FROM 'b'", "actions": [], "ruleDisabled": False,
                                "awsIotSqlVersion": "2015-10-08", "createdAt": created})

    def test_rules_are_listed_by_topic_and_by_state(self):  # RU-4
        for number, topic in enumerate(("a/b", "a/+", "a/#", "#", "$aws/events/#")):
            self.create(f"r{number}", f"SELECT * FROM '{topic}'", ruleDisabled=number == 1)
        self.create("without", "SELECT *")

        def names(**arguments):
            return [rule["ruleName"] for rule in self.iot.list_topic_rules(**arguments)["rules"]]
        self.assertEqual(names(), ["r0", "r1", "r2", "r3", "r4", "without"])
        self.assertEqual(names(topic="a/b"), ["r0", "r1", "r2", "r3"])
        self.assertEqual(names(topic="a"), ["r3"])
        self.assertEqual(names(topic="a/+"), ["r1", "r2", "r3"])
        self.assertEqual(names(topic="$aws/events/x"), ["r4"])
        self.assertEqual(names(ruleDisabled=True), ["r1"])
        self.assertEqual(names(ruleDisabled=False, topic="a/b"), ["r0", "r2", "r3"])
        first = self.iot.list_topic_rules(maxResults=4)
        rest = self.iot.list_topic_rules(maxResults=4, nextToken=first["nextToken"])
        self.assertEqual([rule["ruleName"] for rule in first["rules"] + rest["rules"]], names())
        self.assertNotIn("nextToken", rest)
        item = first["rules"][1]
        self.assertEqual((item["ruleArn"], item["topicPattern"], item["ruleDisabled"]),
                         (f"arn:aws:iot:{REGION}:{ACCOUNT}:rule/r1", "a/+", True))
        self.assertNotIn("topicPattern", rest["rules"][-1])

    def test_enabling_and_disabling(self):
        self.create("r")
        for _ in range(2):
            self.iot.disable_topic_rule(ruleName="r")
            self.assertTrue(self.iot.get_topic_rule(ruleName="r")["rule"]["ruleDisabled"])
        for _ in range(2):
            self.iot.enable_topic_rule(ruleName="r")
            self.assertFalse(self.iot.get_topic_rule(ruleName="r")["rule"]["ruleDisabled"])

    def test_tags_come_in_a_header(self):
        self.iot.create_topic_rule(ruleName="r", topicRulePayload=payload("SELECT * FROM 'in'"),
                                   tags=urlencode({"owner": "plant 7", "a=b": "c&d"}))
        arn = f"arn:aws:iot:{REGION}:{ACCOUNT}:rule/r"

        def tags():
            return {tag["Key"]: tag["Value"] for tag in self.iot.list_tags_for_resource(resourceArn=arn)["tags"]}
        self.assertEqual(tags(), {"owner": "plant 7", "a=b": "c&d"})
        self.iot.replace_topic_rule(ruleName="r", topicRulePayload=payload("SELECT * FROM 'in'"))
        self.iot.tag_resource(resourceArn=arn, tags=[{"Key": "more", "Value": ""}])
        self.iot.untag_resource(resourceArn=arn, tagKeys=["a=b"])
        self.assertEqual(tags(), {"owner": "plant 7", "more": ""})


class Refusals(Rules):
    def test_an_unknown_rule_is_denied_not_missing(self):  # P8.6
        for call, more in ((self.iot.get_topic_rule, {}), (self.iot.delete_topic_rule, {}),
                           (self.iot.enable_topic_rule, {}), (self.iot.disable_topic_rule, {}),
                           (self.iot.replace_topic_rule, {"topicRulePayload": payload("SELECT * FROM 'in'")})):
            with self.subTest(call.__name__):
                self.assertEqual(self.refused(call, ruleName="nobody", **more),
                                 (401, "UnauthorizedException", "Access to topic rule 'nobody' was denied"))

    def test_a_name_is_taken_once(self):
        self.create("r")
        status, code, message = self.refused(self.iot.create_topic_rule, ruleName="r",
                                             topicRulePayload=payload("SELECT * FROM 'in'"))
        self.assertEqual((status, code), (409, "ResourceAlreadyExistsException"))
        self.assertIn("r already exists", message)

    def test_names_have_no_hyphen(self):  # RU-1
        for name in ("a-b", "a b", "a.b", "é", "a" * 129):
            with self.subTest(name):
                status, code, _ = self.refused(self.iot.create_topic_rule, ruleName=name,
                                               topicRulePayload=payload("SELECT * FROM 'in'"))
                self.assertEqual((status, code), (400, "InvalidRequestException"))

    def test_bad_sql_is_told_with_its_place_and_stored_nowhere(self):  # RU-2, RU-9
        self.create("old", "SELECT 1 AS v FROM 'in'")
        for sql in ("SELEKT * FROM 'in'", "", "SELECT", "SELECT * FROM in", "SELECT * FROM 'in' WHERE",
                    "SELECT * FROM '$aws/rules/x'", "SELECT * FROM 'a/#/b'", "SELECT * FROM 'a+'",
                    "SELECT (a FROM 'in'"):
            with self.subTest(sql):
                for call, name in ((self.iot.create_topic_rule, "new"), (self.iot.replace_topic_rule, "old")):
                    status, code, message = self.refused(call, ruleName=name, topicRulePayload=payload(sql))
                    self.assertEqual((status, code), (400, "SqlParseException"))
                    self.assertRegex(message, r"^Line \d+, column \d+: ")
        self.assertEqual([rule["ruleName"] for rule in self.iot.list_topic_rules()["rules"]], ["old"])
        self.assertEqual(self.iot.get_topic_rule(ruleName="old")["rule"]["sql"], "SELECT 1 AS v FROM 'in'")

    def test_a_template_that_cannot_be_read_is_named(self):
        status, code, message = self.refused(
            self.iot.create_topic_rule, ruleName="r", topicRulePayload=payload(
                "SELECT * FROM 'in'", republish("a"),
                republish("b", headers={"userProperties": [{"key": "k", "value": "${topic(}"}]})))
        self.assertEqual((status, code), (400, "SqlParseException"))
        self.assertIn("actions[1].republish.headers.userProperties.0.value", message)

    def test_a_regular_expression_that_is_not_here_is_refused_at_its_place(self):  # M section 7.6
        for expression in ("a(?=b)", "(?<!a)b", r"(a)\\1", "a++", "a{2000}", "[a-z&&[^b]]"):
            for sql in (f"SELECT * FROM 'in' WHERE regexp_matches(a, '{expression}')",
                        f"SELECT regexp_replace(a, '{expression}', 'x') AS r FROM 'in'"):
                with self.subTest(sql=sql):
                    status, code, message = self.refused(self.iot.create_topic_rule, ruleName="r",
                                                         topicRulePayload=payload(sql))
                    self.assertEqual((status, code), (400, "SqlParseException"))
                    self.assertIn("the emulator's regular expressions are RE2's", message)
                    self.assertIn(f"column {sql.index(expression)}: regexp_", message)
        self.create("r", "SELECT * FROM 'in' WHERE regexp_matches(a, '(')")  # valid nowhere: Undefined, as on AWS

    def test_an_unknown_version_of_sql(self):
        status, code, message = self.refused(self.iot.create_topic_rule, ruleName="r", topicRulePayload=payload(
            "SELECT * FROM 'in'", awsIotSqlVersion="2017-01-01"))
        self.assertEqual((status, code), (400, "InvalidRequestException"))
        self.assertIn("2017-01-01", message)

    def test_an_action_is_exactly_one_that_is_known(self):
        def post(actions, **more):
            body = {"sql": "SELECT * FROM 'in'", "actions": actions, **more}
            return self.daemon.http("POST", "/rules/r", body=json.dumps(body))
        both = {**republish("a"), "lambda": {"functionArn": "f"}}
        for actions, said in (([{}], "actions[0] names no action"), ([both], "lambda and republish"),
                              ([republish("a"), {"influxDB": {}}], "has no member 'influxDB'")):
            answer = post(actions)
            self.assertEqual((answer.status, answer.error_type), (400, "InvalidRequestException"), answer)
            self.assertIn(said, answer.json()["message"])
        answer = post([], errorAction={})
        self.assertIn("errorAction names no action", answer.json()["message"])
        self.assertEqual(post([]).status, 200)

    def test_members_are_checked(self):
        def refused(action):
            return self.refused(self.iot.create_topic_rule, ruleName="r",
                                topicRulePayload=payload("SELECT * FROM 'in'", action))
        for action, member in (
                (republish("a", qos=2), "qos"), ({"sns": {"targetArn": "t", "roleArn": ROLE, "messageFormat": "XML"}},
                                                 "messageFormat"),
                ({"firehose": {"roleArn": ROLE, "deliveryStreamName": "s", "separator": ";"}}, "separator"),
                ({"openSearch": {"roleArn": ROLE, "endpoint": "ftp://x", "index": "i", "type": "t", "id": "1"}},
                 "endpoint"),
                ({"http": {"url": "https://" + LONG}}, "url")):
            status, code, message = refused(action)
            self.assertEqual((status, code), (400, "InvalidRequestException"))
            self.assertIn(f".{member}'", message)
        status, code, message = self.refused(
            self.iot.create_topic_rule, ruleName="r",
            topicRulePayload=payload("SELECT * FROM 'in'", *[republish("a")] * 11))
        self.assertEqual((status, code), (400, "InvalidRequestException"))
        self.assertIn("length less than or equal to 10", message)

    def test_a_rule_has_128_kilobytes(self):  # RU-1
        status, code, message = self.refused(self.iot.create_topic_rule, ruleName="r", topicRulePayload=payload(
            "SELECT * FROM 'in'", description="x" * 131_072))
        self.assertEqual((status, code), (400, "InvalidRequestException"))
        self.assertIn("131072", message)
        self.create("r", "SELECT * FROM 'in'", description="x" * 130_000)


class AwsCli(Rules):
    def aws(self, *arguments):
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                       "AWS_DEFAULT_REGION": REGION, "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true"}
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "PYTHONPATH"):
            environment.pop(name, None)
        return run("/usr/bin/aws", "--endpoint-url", self.daemon.endpoint, "--output", "json", "iot", *arguments,
                   env=environment)

    def test_the_walkthrough_of_a_rule(self):  # P4.2
        rule = self.folder / "rule.json"
        rule.write_text(json.dumps(payload(
            "SELECT * FROM '$aws/events/certificates/registered/#'",
            {"lambda": {"functionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:jitr"}},
            ruleDisabled=False, awsIotSqlVersion="2016-03-23")))
        done = self.aws("create-topic-rule", "--rule-name", "JITR", "--topic-rule-payload", f"file://{rule}")
        self.assertEqual((done.returncode, done.stdout.strip()), (0, ""), done.stderr)
        got = json.loads(self.aws("get-topic-rule", "--rule-name", "JITR").stdout)
        self.assertEqual(got["rule"]["actions"][0]["lambda"]["functionArn"].rsplit(":", 1)[1], "jitr")
        listed = json.loads(self.aws("list-topic-rules").stdout)["rules"]
        self.assertEqual(listed[0]["topicPattern"], "$aws/events/certificates/registered/#")
        self.assertEqual(self.aws("disable-topic-rule", "--rule-name", "JITR").returncode, 0)
        self.assertEqual(self.aws("delete-topic-rule", "--rule-name", "JITR").returncode, 0)
        gone = self.aws("get-topic-rule", "--rule-name", "JITR")
        self.assertIn("(UnauthorizedException)", gone.stderr)


class AtWork(Rules, Messaging):
    def test_a_message_is_republished(self):
        self.create("hot", "SELECT temp, topic(2) AS machine FROM 'plant/+/state' WHERE temp > 50",
                    republish("alarms/${topic(2)}", qos=1))
        with self.subscriber("alarms/#") as listener:
            self.publish("plant/8/state", '{"temp": 12}')
            self.publish("plant/7/state", '{"temp": 61, "x": 1}')
            retain, qos, topic, text = listener.message_with_flags()
            self.assertEqual((retain, qos, topic, json.loads(text)), (0, 1, "alarms/7", {"temp": 61, "machine": "7"}))

    def test_a_lifecycle_event_is_a_source(self):  # LE-9
        self.create("seen", "SELECT clientId FROM '$aws/events/presence/connected/+'", republish("seen"))
        with self.subscriber("seen") as listener:
            self.publish("x", client_id="newcomer")
            while json.loads(listener.message()[1])["clientId"] != "newcomer":
                pass

    def test_basic_ingest_runs_the_rule_alone(self):  # RU-33
        self.create("ingest", "SELECT *, topic() AS topic FROM 'nowhere'", republish("out"))
        with self.subscriber("#", "$aws/#") as listener:
            self.assertEqual(self.publish("$aws/rules/ingest/a/b", '{"n": 1}').returncode, 0)
            self.assertEqual(self.publish("$aws/rules/nobody/a", "{}").returncode, 0)  # RU-34
            topic, text = listener.message()
            while topic.startswith("$aws/events/"):  # of the clients that come and go
                topic, text = listener.message()
            self.assertEqual((topic, json.loads(text)), ("out", {"n": 1, "topic": "a/b"}))
        self.assertIn("RuleNotFound", self.daemon.log())

    def test_the_message_behind_the_answer_sees_the_rule(self):  # RU-3
        sender = self.daemon.client("iot-data")
        with self.subscriber("out/#") as listener:
            for i in range(20):
                name, sql = f"r{i}", f"SELECT topic(2) AS n FROM 'in/{i}'"
                self.create(name, sql, republish(f"out/{i}/new"))
                sender.publish(topic=f"in/{i}", payload=b"{}")
                self.assertEqual(listener.message(), (f"out/{i}/new", f'{{"n":"{i}"}}'))
                self.iot.replace_topic_rule(ruleName=name, topicRulePayload=payload(sql, republish(f"out/{i}/replaced")))
                sender.publish(topic=f"in/{i}", payload=b"{}")
                self.assertEqual(listener.message()[0], f"out/{i}/replaced")
                self.iot.delete_topic_rule(ruleName=name)
                sender.publish(topic=f"in/{i}", payload=b"{}")  # nobody's: the next message is of the next rule

    def test_rules_see_who_signed(self):  # M section 7.6
        self.create("who", "SELECT principal() AS p, clientid() AS c FROM 'in'", republish("out"))
        role = self.daemon.client("iam").create_role(RoleName="guest", AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}))["Role"]
        assumed = self.daemon.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="build")
        with self.subscriber("out") as listener:
            self.daemon.client("iot-data").publish(topic="in", payload=b"{}")
            self.assertEqual(json.loads(listener.message()[1]), {"p": ACCOUNT, "c": "n/a"})
            self.daemon.client("iot-data", assumed["Credentials"]["AccessKeyId"]).publish(topic="in", payload=b"{}")
            self.assertEqual(json.loads(listener.message()[1]), {"p": role["RoleId"] + ":build", "c": "n/a"})
            self.publish("in", "{}")
            self.assertEqual(json.loads(listener.message()[1]),
                             {"p": self.anybody.arn.rsplit("/", 1)[1], "c": "speaker"})

    def test_a_regular_expression_of_the_message_that_is_not_here_is_told_once(self):  # M section 7.6
        self.create("search", "SELECT isUndefined(regexp_matches('ab', re)) AS u FROM 'in'", republish("out"),
                    awsIotSqlVersion="2016-03-23")
        with self.subscriber("out") as listener:
            for _ in range(3):
                self.publish("in", '{"re": "a(?=b)"}')
                self.assertEqual(json.loads(listener.message()[1]), {"u": True})
        lines = [line for line in self.daemon.log().splitlines() if "a(?=b)" in line]
        self.assertEqual(len(lines), 1, lines)
        self.assertIn("rule=search", lines[0])

    def test_bytes_pass_as_they_are(self):  # RU-25
        self.create("raw", "SELECT * FROM 'in'", republish("out"))
        with self.subscriber("out") as listener:
            self.publish("in", "no JSON {")
            self.assertEqual(listener.message(), ("out", "no JSON {"))


if __name__ == "__main__":
    unittest.main()
