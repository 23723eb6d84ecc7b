"""A registration function of the old kind (aws-sdk v2, callbacks) from a zip, by the AWS CLI: called by a rule, and by a
queue between the two (P4.2, P4.4, P9.7)."""
import json
import os
import unittest
import zipfile
from pathlib import Path

from daemon import ACCOUNT, REGION, Story, run
from identities import Ca, register
from mosquitto import LOST, publish

FUNCTIONS = Path(__file__).resolve().parent / "functions"
MODULES = Path(__file__).resolve().parent / "node"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/registration"
CORE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/core"
EVENTS = "SELECT * FROM '$aws/events/certificates/registered/+'"
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:registration"
INTERCEPTOR = """
def handler(event, context):
    if context.function_name == "strict":
        raise ValueError("not in my list")
"""


class RegistrationFunction(Story):
    flags = ("--lambda-modules", str(MODULES))

    def setUp(self):
        super().setUp()
        self.ca = Ca(self.folder, "factory")
        register(self.iot, self.ca)
        self.dynamodb = self.daemon.client("dynamodb")
        self.dynamodb.create_table(
            TableName="registrations", BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "certificateId", "AttributeType": "S"},
                                  {"AttributeName": "timestamp", "AttributeType": "N"}],
            KeySchema=[{"AttributeName": "certificateId", "KeyType": "HASH"},
                       {"AttributeName": "timestamp", "KeyType": "RANGE"}])
        self.log_queue = self.aws("sqs", "create-queue", "--queue-name", "registrations")["QueueUrl"]

    def aws(self, *arguments):
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                       "AWS_DEFAULT_REGION": REGION, "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true"}
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "PYTHONPATH"):
            environment.pop(name, None)
        done = run("/usr/bin/aws", "--endpoint-url", self.daemon.endpoint, "--output", "json", *arguments,
                   env=environment)
        self.assertEqual(done.returncode, 0, f"{arguments}: {done.stderr}\n{self.daemon.log()}")
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def create_function(self, name, file, text, runtime, *more):
        archive = self.folder / f"{name}.zip"
        with zipfile.ZipFile(archive, "w") as out:
            out.writestr(file, text)
        self.aws("lambda", "create-function", "--function-name", name, "--runtime", runtime, "--role", ROLE, "--handler",
                 "index.handler", "--zip-file", f"fileb://{archive}", "--timeout", "60", *more)

    def create_registration(self, interceptor=""):
        variables = {"LOG_TABLE": "registrations", "LOG_QUEUE": self.log_queue, "CORE_ROLE": CORE_ROLE,
                     "INTERCEPTOR": interceptor}
        # A runtime that AWS retired, as the templates of its time name it.
        self.create_function("registration", "index.js", (FUNCTIONS / "registration.js").read_text(), "nodejs8.10",
                             "--environment", json.dumps({"Variables": variables}))

    def create_rule(self, *actions):
        payload = self.folder / "rule.json"
        payload.write_text(json.dumps({"sql": EVENTS, "awsIotSqlVersion": "2016-03-23", "actions": list(actions)}))
        self.aws("iot", "create-topic-rule", "--rule-name", "jitr_registration_rule", "--topic-rule-payload",
                 f"file://{payload}")

    def call_directly(self):
        self.create_rule({"lambda": {"functionArn": FUNCTION_ARN}})
        self.aws("lambda", "add-permission", "--function-name", "registration", "--statement-id", "rule", "--action",
                 "lambda:InvokeFunction", "--principal", "iot.amazonaws.com", "--source-arn",
                 f"arn:aws:iot:{REGION}:{ACCOUNT}:rule/jitr_registration_rule", "--source-account", ACCOUNT)

    def device(self, serial, title="iot"):
        subject = f"/C=US/O=Plant/CN={serial}/serialNumber={serial}/title={title}/generationQualifier=robot"
        return self.ca.device(serial, subject=subject, with_chain=True)

    def knock(self, device, serial):
        return publish(self.daemon, device, serial, f"device/{serial}/telemetry")

    def status(self, device):
        return self.iot.describe_certificate(certificateId=device.id)["certificateDescription"]["status"]

    def lines(self, device):
        """What the function has written of the device, by its table."""
        found = self.dynamodb.query(TableName="registrations", KeyConditionExpression="certificateId = :c",
                                    ExpressionAttributeValues={":c": {"S": device.id}})["Items"]
        return [{name: next(iter(value.values())) for name, value in item.items()} for item in found]

    def registered(self, device, seconds=40):
        line, = self.eventually(lambda: self.lines(device), "a line in the table", seconds)
        self.assertEqual(line["type"], "SUCCESS", line)
        self.assertEqual(self.status(device), "ACTIVE")
        return line

    def test_a_rule_calls_it(self):  # P4.4.4
        self.create_registration()
        self.call_directly()
        device = self.device("sn-1")
        self.assertIn(LOST, self.knock(device, "sn-1").stderr)
        self.registered(device)
        self.assertEqual(self.knock(device, "sn-1").returncode, 0)
        self.assertNotEqual(self.knock(device, "another").returncode, 0)  # the policy names the serial number
        thing = self.iot.describe_thing(thingName="thing-sn-1")
        self.assertEqual((thing["thingTypeName"], thing["attributes"]["serial_number"]), ("robot-device", "sn-1"))
        self.assertEqual(self.iot.list_thing_principals(thingName="thing-sn-1")["principals"],
                         [f"arn:aws:iot:{REGION}:{ACCOUNT}:cert/{device.id}"])
        told = self.aws("sqs", "receive-message", "--queue-url", self.log_queue)["Messages"]
        self.assertEqual(json.loads(told[0]["Body"])["certificateId"], device.id)

    def test_a_core_gets_its_group(self):  # P4.4.4 step 8
        self.create_registration()
        self.call_directly()
        device = self.device("core-1", title="greengrass")
        self.knock(device, "core-1")
        self.registered(device)
        greengrass = self.daemon.client("greengrass")
        group, = greengrass.list_groups()["Groups"]
        self.assertEqual(group["Name"], "core-1-group")
        self.assertEqual(greengrass.get_associated_role(GroupId=group["Id"])["RoleArn"], CORE_ROLE)
        loggers, = greengrass.list_logger_definitions()["Definitions"]
        read = greengrass.get_logger_definition_version(LoggerDefinitionId=loggers["Id"],
                                                        LoggerDefinitionVersionId=loggers["LatestVersion"])
        self.assertEqual(len(read["Definition"]["Loggers"]), 4)

    def test_an_interceptor_may_refuse_a_device(self):  # P4.4.4 step 2
        self.create_function("strict", "index.py", INTERCEPTOR, "python3.9")
        self.create_function("lenient", "index.py", INTERCEPTOR, "python3.9")
        self.create_registration(interceptor="strict")
        self.call_directly()
        device = self.device("sn-2")
        self.knock(device, "sn-2")
        line = self.eventually(lambda: self.lines(device), "a line in the table", 40)[0]
        self.assertEqual((line["type"], line["error"]), ("FAILURE", "refused: not in my list"))
        self.assertEqual(self.status(device), "PENDING_ACTIVATION")
        self.assertIn(LOST, self.knock(device, "sn-2").stderr)

        variables = {"LOG_TABLE": "registrations", "LOG_QUEUE": self.log_queue, "INTERCEPTOR": "lenient"}
        self.aws("lambda", "update-function-configuration", "--function-name", "registration", "--environment",
                 json.dumps({"Variables": variables}))
        other = self.device("sn-3")
        self.knock(other, "sn-3")
        self.registered(other)

    def test_a_subject_that_is_no_devices_leaves_it_outside(self):  # P4.4.1
        self.create_registration()
        self.call_directly()
        device = self.device("sn-4", title="toaster")
        self.knock(device, "sn-4")
        line = self.eventually(lambda: self.lines(device), "a line in the table", 40)[0]
        self.assertEqual(line["type"], "FAILURE")
        self.assertEqual(self.status(device), "PENDING_ACTIVATION")

    def test_a_queue_stands_between_the_rule_and_it(self):  # P4.4.4, the later form
        self.create_registration()
        queue = self.aws("sqs", "create-queue", "--queue-name", "events", "--attributes",
                         "DelaySeconds=5,VisibilityTimeout=120")["QueueUrl"]
        self.create_rule({"sqs": {"queueUrl": queue, "useBase64": False, "roleArn": ROLE}})
        self.aws("lambda", "put-function-concurrency", "--function-name", "registration",
                 "--reserved-concurrent-executions", "1")
        self.aws("lambda", "create-event-source-mapping", "--function-name", "registration", "--batch-size", "10",
                 "--event-source-arn", f"arn:aws:sqs:{REGION}:{ACCOUNT}:events")
        devices = {serial: self.device(serial) for serial in ("sn-5", "sn-6")}
        for serial, device in devices.items():
            self.assertIn(LOST, self.knock(device, serial).stderr)
        for serial, device in devices.items():
            self.registered(device, 60)
            self.assertEqual(self.knock(device, serial).returncode, 0)


if __name__ == "__main__":
    unittest.main()
