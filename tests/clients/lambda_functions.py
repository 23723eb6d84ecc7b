"""Lambda with the AWS CLI and boto3: a handler is zipped, created, invoked, changed and deleted (P9.7)."""
import base64
import io
import json
import os
import shutil
import tempfile
import unittest
import urllib.request
import zipfile
from pathlib import Path

from botocore.exceptions import ClientError
from daemon import Story, run

ROLE = "arn:aws:iam::123456789012:role/functions"

HANDLER = """
import json, os
def handler(event, context):
    print("colour", os.environ.get("COLOUR"))
    if event.get("fail"):
        raise ValueError("as asked")
    return {"said": event, "function": context.function_name, "id": context.aws_request_id}
"""
NODE_HANDLER = """
exports.handler = async (event) => { console.log('seen', event.n); return {n: event.n + 1}; };
"""


def zipped(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "."), text)
    return out.getvalue()


class LambdaFunctions(Story):
    @classmethod
    def setUpClass(cls):
        # Canonical: a function's Code.Location names what was reached.
        cls.local = Path(tempfile.mkdtemp(prefix="iotemu-client-test-")).resolve()
        cls.addClassCleanup(shutil.rmtree, cls.local, True)
        cls.flags = ("--lambda-folder", str(cls.local))
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.lambdas = self.daemon.client("lambda")
        self.sqs = self.daemon.client("sqs")

    def aws(self, *arguments):
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                       "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true"}
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "PYTHONPATH"):
            environment.pop(name, None)
        done = run("/usr/bin/aws", "--endpoint-url", self.daemon.endpoint, "--output", "json", "lambda", *arguments,
                   env=environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def create(self, name, runtime="python3.9", code=None, **more):
        return self.lambdas.create_function(
            FunctionName=name, Runtime=runtime, Role=ROLE, Handler="index.handler",
            Code={"ZipFile": code or zipped(index__py=HANDLER)}, **{"Timeout": 20, **more})

    def invoke(self, name, event, **more):
        answer = self.lambdas.invoke(FunctionName=name, Payload=json.dumps(event), **more)
        body = answer["Payload"].read()
        return answer, json.loads(body) if body else None

    def test_the_walkthrough_with_the_command_line(self):
        (self.folder / "code.zip").write_bytes(zipped(index__py=HANDLER))
        made = self.aws("create-function", "--function-name", "hello", "--runtime", "python3.9", "--role", ROLE,
                        "--handler", "index.handler", "--zip-file", f"fileb://{self.folder}/code.zip",
                        "--timeout", "20", "--environment", "Variables={COLOUR=red}")
        self.assertEqual((made["FunctionName"], made["State"], made["Version"]), ("hello", "Active", "$LATEST"))
        out = self.folder / "out.json"
        answer = self.aws("invoke", "--function-name", "hello", "--cli-binary-format", "raw-in-base64-out",
                          "--payload", '{"a": 1}', "--log-type", "Tail", str(out))
        self.assertEqual((answer["StatusCode"], answer["ExecutedVersion"]), (200, "$LATEST"))
        self.assertEqual(json.loads(out.read_text())["said"], {"a": 1})
        self.assertIn("colour red", base64.b64decode(answer["LogResult"]).decode())
        (self.folder / "code.zip").write_bytes(zipped(index__py="def handler(e, c): return 'new'"))
        self.aws("update-function-code", "--function-name", "hello", "--zip-file", f"fileb://{self.folder}/code.zip")
        self.aws("invoke", "--function-name", "hello", str(out))
        self.assertEqual(json.loads(out.read_text()), "new")
        rule = "arn:aws:iot:us-east-1:123456789012:rule/jitr"
        self.aws("add-permission", "--function-name", "hello", "--statement-id", "rule", "--action",
                 "lambda:InvokeFunction", "--principal", "iot.amazonaws.com", "--source-arn", rule)
        policy = json.loads(self.aws("get-policy", "--function-name", "hello")["Policy"])
        self.assertEqual(policy["Statement"][0]["Condition"], {"ArnLike": {"AWS:SourceArn": rule}})
        self.aws("remove-permission", "--function-name", "hello", "--statement-id", "rule")
        self.aws("delete-function", "--function-name", "hello")
        self.assertEqual(self.aws("list-functions")["Functions"], [])

    def test_a_node_function(self):
        self.create("count", "nodejs8.10", zipped(index__js=NODE_HANDLER))
        answer, said = self.invoke("count", {"n": 4}, LogType="Tail")
        self.assertEqual(said, {"n": 5})
        self.assertIn("seen 4", base64.b64decode(answer["LogResult"]).decode())

    def test_a_function_that_fails_says_so_and_serves_the_next(self):
        self.create("hello")
        answer, said = self.invoke("hello", {"fail": True})
        self.assertEqual((answer["StatusCode"], answer["FunctionError"]), (200, "Unhandled"))
        self.assertEqual((said["errorType"], said["errorMessage"]), ("ValueError", "as asked"))
        answer, said = self.invoke("hello", {"fail": False})
        self.assertNotIn("FunctionError", answer)
        self.assertEqual(said["said"], {"fail": False})

    def test_code_from_a_folder_of_this_machine_is_used_in_place(self):
        (self.local / "index.py").write_text("def handler(e, c): return 'first'")
        self.lambdas.create_function(FunctionName="local", Runtime="python3.9", Role=ROLE, Handler="index.handler",
                                     Code={"S3Bucket": "local-folder", "S3Key": str(self.local)})
        self.assertEqual(self.invoke("local", {})[1], "first")
        (self.local / "index.py").write_text("def handler(e, c): return 'second'")
        self.lambdas.update_function_configuration(FunctionName="local", Description="starts new processes")
        self.assertEqual(self.invoke("local", {})[1], "second")
        with self.assertRaisesRegex(ClientError, "--lambda-folder"):
            self.lambdas.create_function(FunctionName="root", Runtime="python3.9", Role=ROLE, Handler="index.handler",
                                         Code={"S3Bucket": "local-folder", "S3Key": "/"})

    def test_the_code_can_be_fetched(self):
        code = zipped(index__py=HANDLER)
        self.create("hello", code=code)
        location = self.lambdas.get_function(FunctionName="hello")["Code"]["Location"]
        with urllib.request.urlopen(location) as answer:
            self.assertEqual(answer.read(), code)

    def test_a_queue_invokes_a_function(self):
        url = self.sqs.create_queue(QueueName="jobs", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
        done = self.sqs.create_queue(QueueName="done")["QueueUrl"]
        self.create("worker", code=zipped(index__py="""
import boto3
def handler(event, context):
    sqs = boto3.client("sqs")
    for record in event["Records"]:
        sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName="done")["QueueUrl"], MessageBody=record["body"] + "!")
"""))
        made = self.lambdas.create_event_source_mapping(
            EventSourceArn="arn:aws:sqs:us-east-1:123456789012:jobs", FunctionName="worker", BatchSize=5)
        self.sqs.send_message(QueueUrl=url, MessageBody="hello", DelaySeconds=1)
        got = self.sqs.receive_message(QueueUrl=done, WaitTimeSeconds=20)["Messages"]
        self.assertEqual([message["Body"] for message in got], ["hello!"], self.daemon.log())
        count = lambda: self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        self.eventually(lambda: count()["ApproximateNumberOfMessagesNotVisible"] == "0", "the message is deleted")
        self.lambdas.delete_event_source_mapping(UUID=made["UUID"])

    def test_an_event_is_accepted_and_run_later(self):
        self.sqs.create_queue(QueueName="done")
        self.create("hello")
        self.lambdas.put_function_event_invoke_config(
            FunctionName="hello",
            DestinationConfig={"OnSuccess": {"Destination": "arn:aws:sqs:us-east-1:123456789012:done"}})
        answer, said = self.invoke("hello", {"a": 1}, InvocationType="Event")
        self.assertEqual((answer["StatusCode"], said), (202, None))
        done = self.sqs.get_queue_url(QueueName="done")["QueueUrl"]
        got = self.sqs.receive_message(QueueUrl=done, WaitTimeSeconds=20)["Messages"]
        self.assertEqual(json.loads(got[0]["Body"])["responsePayload"]["said"], {"a": 1})

    def test_what_is_refused(self):
        for message, more in {"Could not unzip uploaded file": {"code": b"no zip"},
                              "reserved keys": {"Environment": {"Variables": {"AWS_REGION": "x"}}},
                              "Layers is not emulated": {"Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:l:1"]},
                              }.items():
            with self.subTest(message), self.assertRaisesRegex(ClientError, message):
                self.create("wrong", **more)
        with self.assertRaises(self.lambdas.exceptions.ResourceNotFoundException):
            self.lambdas.invoke(FunctionName="none")
        self.create("hello")
        with self.assertRaises(self.lambdas.exceptions.ResourceConflictException):
            self.create("hello")
        with self.assertRaisesRegex(ClientError, "lambda ListLayers is not emulated"):
            self.lambdas.list_layers()

    def test_the_environment_of_functions_stays_out_of_the_log(self):
        self.create("secret", Environment={"Variables": {"COLOUR": "canary-value"}},
                    code=zipped(index__py="def handler(e, c): return 1"))
        self.invoke("secret", {"payload": "canary-payload"})
        self.assertNotIn("canary", self.daemon.log())


if __name__ == "__main__":
    unittest.main()
