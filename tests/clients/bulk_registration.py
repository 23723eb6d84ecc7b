"""boto3: bulk registration from a local folder and from an S3, up to the reports behind their links (P5.9)."""
import http.server
import json
import threading
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from daemon import ACCOUNT, REGION, Daemon, Story
from identities import make_key, openssl

ROLE = f"arn:aws:iam::{ACCOUNT}:role/bulk"
BODY = json.dumps({
    "Parameters": {"ThingName": {"Type": "String"}, "SerialNumber": {"Type": "String"}, "CSR": {"Type": "String"}},
    "Resources": {
        "thing": {"Type": "AWS::IoT::Thing", "Properties": {
            "ThingName": {"Ref": "ThingName"}, "AttributePayload": {"serial": {"Ref": "SerialNumber"}}}},
        "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {
            "CertificateSigningRequest": {"Ref": "CSR"}, "Status": "ACTIVE"}}}})
ONLY_THINGS = json.dumps({
    "Parameters": {"ThingName": {"Type": "String"}},
    "Resources": {"thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Ref": "ThingName"}}}}})


class Bulk:
    """What the stories share: a task from its start to its reports."""

    def start(self, key, bucket="inputs", body=ONLY_THINGS):
        return self.iot.start_thing_registration_task(templateBody=body, inputFileBucket=bucket, inputFileKey=key,
                                                      roleArn=ROLE)["taskId"]

    def ended(self, task_id):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            task = self.iot.describe_thing_registration_task(taskId=task_id)
            if task["status"] not in ("InProgress", "Cancelling"):
                return task
            time.sleep(0.02)
        raise AssertionError(f"{task} after 30 s")

    def report(self, task_id, kind):
        """The lines behind the links, read as any client reads them: unsigned."""
        links = self.iot.list_thing_registration_task_reports(taskId=task_id, reportType=kind)["resourceLinks"]
        lines = []
        for link in links:
            with urllib.request.urlopen(link, timeout=20) as answer:
                lines += [json.loads(line) for line in answer.read().decode().splitlines()]
        return lines


class FromAFolder(Bulk, Story):
    @classmethod
    def setUpClass(cls):
        cls.inputs = TemporaryDirectory(prefix="iotemu-client-test-")
        cls.addClassCleanup(cls.inputs.cleanup)
        cls.flags = ("--bulk-input-folder", cls.inputs.name)
        super().setUpClass()

    def put(self, key, *lines):
        path = Path(self.inputs.name) / "inputs" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))

    def csr(self, name):
        make_key(self.folder / f"{name}.key", "ec")
        return openssl("req", "-new", "-key", self.folder / f"{name}.key", "-subj", f"/CN={name}", "-batch")

    def test_each_line_becomes_a_device(self):  # P5.9
        self.put("batch/things.json", *({"ThingName": name, "SerialNumber": serial, "CSR": self.csr(name)}
                                        for name, serial in (("foo", "123"), ("bar", "456"))))
        task_id = self.start("batch/things.json", body=BODY)
        task = self.ended(task_id)
        self.assertEqual((task["status"], task["successCount"], task["failureCount"], task["percentageProgress"]),
                         ("Completed", 2, 0, 100))
        self.assertEqual((task["templateBody"], task["inputFileBucket"], task["inputFileKey"], task["roleArn"]),
                         (BODY, "inputs", "batch/things.json", ROLE))
        results = self.report(task_id, "RESULTS")
        self.assertEqual([line["lineNumber"] for line in results], [1, 2])
        for line, name in zip(results, ("foo", "bar")):
            arns = line["response"]["ResourceArns"]
            self.assertEqual(arns["thing"], f"arn:aws:iot:{REGION}:{ACCOUNT}:thing/{name}")
            described = self.iot.describe_certificate(certificateId=arns["certificate"].split("/")[1])
            self.assertEqual(described["certificateDescription"]["certificatePem"],
                             line["response"]["CertificatePem"])
            self.assertEqual(self.iot.list_thing_principals(thingName=name)["principals"], [arns["certificate"]])
        self.assertEqual(self.iot.describe_thing(thingName="bar")["attributes"], {"serial": "456"})
        self.assertEqual(self.report(task_id, "ERRORS"), [])

    def test_a_report_opens_with_the_key_of_its_link_only(self):
        self.put("one.json", {"ThingName": "t"})
        task_id = self.start("one.json")
        self.ended(task_id)
        link, = self.iot.list_thing_registration_task_reports(taskId=task_id, reportType="RESULTS")["resourceLinks"]
        bare, key = link.split("?key=")
        self.assertRegex(key, "^[0-9a-f]{32}$")
        messages = set()
        for wrong in (bare, f"{bare}?key=", f"{bare}?key={'0' * 32}", bare.replace(task_id, "none") + f"?key={key}"):
            with self.subTest(wrong), self.assertRaises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(wrong, timeout=20)
            with caught.exception as answer:
                self.assertEqual(answer.status, 404)
                messages.add(json.loads(answer.read())["message"])
        self.assertEqual(len(messages), 1, "no answer tells whether the task exists")

    def test_a_bad_line_is_reported_and_the_next_one_done(self):  # P5.9
        self.put("mixed.json", {"ThingName": "ok-1"}, "not json", {"ThingName": "has space"}, {"Other": "x"},
                 {"ThingName": 5}, "", {"ThingName": "ok-2"})
        task_id = self.start("mixed.json")
        task = self.ended(task_id)
        self.assertEqual((task["status"], task["successCount"], task["failureCount"]), ("Completed", 2, 4))
        errors = self.report(task_id, "ERRORS")
        self.assertEqual([line["lineNumber"] for line in errors], [2, 3, 4, 5])
        for line, words in zip(errors, ("JSON", "has space", "ThingName", "not a string")):
            self.assertIn(words, line["errorMessage"])
        self.assertEqual([line["lineNumber"] for line in self.report(task_id, "RESULTS")], [1, 7])

    def test_without_input_the_task_fails_and_says_why(self):
        for bucket, key, words in (("none-here", "k", "'none-here'"), ("inputs", "none.json", "none.json"),
                                   ("inputs", "../../etc/passwd", "below its bucket")):
            with self.subTest(key):
                self.put("some.json")
                task = self.ended(self.start(key, bucket))
                self.assertEqual(task["status"], "Failed")
                self.assertIn("--bulk-input-folder", task["message"])
                self.assertIn(words, task["message"])

    def test_tasks_are_listed_by_status_and_stopped(self):  # P5.9, P10.4
        self.put("one.json", {"ThingName": "t"})
        done = [self.start("one.json")]
        self.ended(done[0])
        failed = self.start("none.json")
        self.ended(failed)
        done.append(self.start("one.json"))
        self.ended(done[1])
        pages = self.iot.get_paginator("list_thing_registration_tasks").paginate(
            status="Completed", PaginationConfig={"PageSize": 1})
        self.assertEqual([task for page in pages for task in page["taskIds"]], done)
        self.assertEqual(self.iot.list_thing_registration_tasks(status="Failed")["taskIds"], [failed])
        self.iot.stop_thing_registration_task(taskId=done[0])
        self.assertEqual(self.ended(done[0])["status"], "Completed")
        self.assert_error("ResourceNotFoundException", 404, self.iot.stop_thing_registration_task, taskId="none")
        self.assert_error("InvalidRequestException", 400, self.iot.list_thing_registration_task_reports,
                          taskId="none", reportType="ERRORS")

    def test_wrong_requests_start_nothing(self):
        for wrong in ({"body": "{"}, {"bucket": "has space"}, {"key": "a?b"}):
            with self.subTest(wrong):
                self.assert_error("InvalidRequestException", 400, self.start, **{"key": "one.json", **wrong})
        self.assertEqual(self.iot.list_thing_registration_tasks()["taskIds"], [])


class S3(http.server.ThreadingHTTPServer):
    """Objects by path. Remembers what it was asked; with `gate`, answers only once that is set."""

    def __init__(self):
        self.objects, self.requests, self.gate = {}, [], None
        super().__init__(("127.0.0.1", 0), S3Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class S3Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append((self.path, dict(self.headers.items())))
        if self.server.gate is not None:
            self.server.gate.wait(30)
        body = self.server.objects.get(self.path)
        found = body is not None
        body = body if found else b"<Error><Code>NoSuchKey</Code></Error>"
        try:
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            pass  # the task was stopped meanwhile

    def log_message(self, *_):
        pass


class FromAnS3(Bulk, Story):
    @classmethod
    def setUpClass(cls):
        cls.s3 = S3()
        cls.addClassCleanup(cls.s3.server_close)
        cls.addClassCleanup(cls.s3.shutdown)
        cls.flags = ("--upstream", "s3=" + cls.s3.url.replace("//", "//KEY:SECRET/with/slash@"))
        super().setUpClass()

    def setUp(self):
        self.s3.objects, self.s3.requests, self.s3.gate = {}, [], None
        super().setUp()

    def test_the_object_is_fetched_with_a_signature_that_verifies(self):  # P5.9
        self.s3.objects["/inputs/batch/things.json"] = b'{"ThingName": "from-s3"}\n'
        task = self.ended(self.start("batch/things.json"))
        self.assertEqual((task["status"], task["successCount"]), ("Completed", 1))
        self.iot.describe_thing(thingName="from-s3")

        (path, headers), = self.s3.requests
        given = headers["Authorization"]
        self.assertIn(f"/{REGION}/s3/aws4_request", given)
        scheme, _, rest = given.partition(" ")
        self.assertEqual(scheme, "AWS4-HMAC-SHA256")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        self.assertTrue(parts["Credential"].startswith("KEY/"), given)
        lower = {name.lower(): value for name, value in headers.items()}
        signed = {name: lower[name] for name in parts["SignedHeaders"].split(";")}
        self.assertLessEqual({"host", "x-amz-date", "x-amz-content-sha256"}, set(signed))

        # The same request signed by botocore, at the same moment.
        request = AWSRequest("GET", self.s3.url + path, headers={n: v for n, v in signed.items() if n != "host"})
        request.context["timestamp"] = signed["x-amz-date"]
        auth = S3SigV4Auth(Credentials("KEY", "SECRET/with/slash"), "s3", REGION)
        text = auth.string_to_sign(request, auth.canonical_request(request))
        self.assertEqual(auth.signature(text, request), parts["Signature"])

    def test_a_missing_object_fails_the_task(self):
        task = self.ended(self.start("none.json"))
        self.assertEqual(task["status"], "Failed")
        self.assertIn(f"--upstream s3={self.s3.url}", task["message"])
        self.assertIn("NoSuchKey", task["message"])
        self.assertNotIn("SECRET", task["message"] + self.daemon.log())

    def test_one_task_runs_at_a_time_and_can_be_stopped(self):  # P5.9
        self.s3.gate = threading.Event()
        self.addCleanup(self.s3.gate.set)
        self.s3.objects["/inputs/slow.json"] = b'{"ThingName": "never"}\n'
        task_id = self.start("slow.json")
        self.assertEqual(self.iot.describe_thing_registration_task(taskId=task_id)["status"], "InProgress")
        answer = self.assert_error("InvalidRequestException", 400, self.start, key="slow.json")
        self.assertIn(task_id, answer["Error"]["Message"])
        self.iot.stop_thing_registration_task(taskId=task_id)
        self.assertEqual(self.ended(task_id)["status"], "Cancelled")
        self.assert_error("ResourceNotFoundException", 404, self.iot.describe_thing, thingName="never")


class BeyondLoopback(Bulk, unittest.TestCase):
    def test_a_report_needs_no_token_besides_its_key(self):
        with TemporaryDirectory(prefix="iotemu-client-test-") as inputs:
            (Path(inputs) / "inputs").mkdir()
            (Path(inputs) / "inputs" / "one.json").write_text('{"ThingName": "t"}\n')
            daemon = Daemon("--host", "0.0.0.0", "--bulk-input-folder", inputs)
            self.addCleanup(daemon.close)
            port = daemon.endpoint.rsplit(":", 1)[1]
            daemon.ready["apiEndpoint"] = f"http://127.0.0.1:{port}"
            self.iot = daemon.iot()
            task_id = self.start("one.json")
            self.ended(task_id)
            self.assertEqual([line["lineNumber"] for line in self.report(task_id, "RESULTS")], [1])
            path = f"/_iot/thing-registration-tasks/{task_id}/results"
            self.assertEqual(daemon.http("GET", path).status, 404)
            self.assertEqual(daemon.http("GET", "/_iot/refusals").status, 401)


class WithoutInput(Bulk, Story):
    def test_the_task_names_the_options(self):
        task = self.ended(self.start("things.json"))
        self.assertEqual(task["status"], "Failed")
        self.assertIn("--bulk-input-folder", task["message"])
        self.assertIn("--upstream s3=", task["message"])


class Ending(Bulk, unittest.TestCase):
    def test_the_daemon_ends_promptly_while_a_task_waits_for_its_input(self):
        s3 = S3()
        self.addCleanup(s3.server_close)
        self.addCleanup(s3.shutdown)
        s3.gate = threading.Event()
        self.addCleanup(s3.gate.set)
        daemon = Daemon("--upstream", f"s3={s3.url}")
        self.addCleanup(daemon.close)
        self.iot = daemon.iot()
        self.start("slow.json")
        begin = time.monotonic()
        self.assertEqual(daemon.stop(), 0)
        self.assertLess(time.monotonic() - begin, 5)


if __name__ == "__main__":
    unittest.main()
