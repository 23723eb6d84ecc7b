"""A freshly started iot-emulator for one story, and the ways to talk to it."""
import http.client
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from urllib.parse import urlsplit

import answers
import boto3
from botocore.config import Config

PROGRAM = os.environ["EMULATOR_PROGRAM"]
ACCOUNT = "123456789012"
REGION = "us-east-1"


class Daemon:
    """Runs `iot-emulator serve` on ephemeral ports; `ready` is its ready file."""

    def __init__(self, *flags, environment=None):
        self.folder = Path(tempfile.mkdtemp(prefix="iotemu-client-test-"))
        self.ready_file = self.folder / "ready.json"
        self.log_file = self.folder / "log.txt"
        self._clients = []
        ports = ("--api-port", "0", "--mqtt-port", "0", "--https-port", "0")
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "serve", *ports, "--ready-file", str(self.ready_file), *flags],
                env={**os.environ, **(environment or {})}, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.ready = self._wait_until_ready()

    def _wait_until_ready(self):
        deadline = time.monotonic() + 20
        while not self.ready_file.exists():
            if self.process.poll() is not None:
                raise AssertionError(f"exit {self.process.returncode} before ready:\n{self.log()}")
            if time.monotonic() > deadline:
                self.process.kill()
                raise AssertionError(f"not ready after 20 s:\n{self.log()}")
            time.sleep(0.005)
        return json.loads(self.ready_file.read_text())

    @property
    def endpoint(self):
        return self.ready["apiEndpoint"]

    @property
    def mqtt_port(self):
        return self.ready["mqttPort"]

    @property
    def https_port(self):
        return self.ready["httpsPort"]

    @property
    def server_ca(self):
        """A file with the CA that signs the server certificate."""
        path = self.folder / "server-ca.pem"
        if not path.exists():
            path.write_bytes(self.http("GET", "/_iot/server-ca.pem").body)
        return path

    def log(self):
        return self.log_file.read_text(errors="replace")

    def iot(self, account="test", region=REGION):
        """A boto3 client; a 12-digit access key names the account (P10.2)."""
        return self.client("iot", account, region)

    def client(self, service, account="test", region=REGION):
        """Of any service. What it is answered is judged by its model."""
        client = boto3.client(
            service, endpoint_url=self.endpoint, region_name=region, aws_access_key_id=account,
            aws_secret_access_key="secret", config=Config(retries={"max_attempts": 0}))
        self._clients.append(client)
        return answers.watch(client)

    def http(self, method, target, headers=None, body=None):
        """One raw HTTP request; `headers` replace the usual ones of the same name."""
        url = urlsplit(self.endpoint)
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=20)
        try:
            connection.request(method, target, body=body, headers=headers or {})
            response = connection.getresponse()
            return HttpAnswer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def refusals(self):
        """Newest first."""
        answer = self.http("GET", "/_iot/refusals").json()
        return answer["refusals"]

    def reset(self):
        answer = self.http("POST", "/_iot/reset")
        assert answer.status == 200, answer

    def stop(self, how=signal.SIGTERM):
        """Asks it to end and gives its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"still running 20 s after {how}:\n{self.log()}") from None

    def close(self):
        for client in self._clients:
            client.close()
        try:
            self.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


class HttpAnswer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    @property
    def error_type(self):
        return self.headers.get("x-amzn-ErrorType")

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:400]!r}"


class Story(unittest.TestCase):
    """One daemon a class, emptied before each test. A subclass may set `flags`."""

    flags = ()
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(*cls.flags)
        cls.addClassCleanup(cls.daemon.close)

    def setUp(self):
        self.daemon.reset()
        self.iot = self.daemon.iot()
        self.folder = Path(tempfile.mkdtemp(prefix="iotemu-client-test-"))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def assert_error(self, name, status, call, /, **arguments):
        """`call` fails with AWS's error `name` and HTTP `status`; gives the answer's body."""
        client_error = self.iot.exceptions.ClientError
        with self.assertRaises(client_error) as caught:
            call(**arguments)
        answer = caught.exception.response
        self.assertEqual((answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]), (name, status),
                         answer)
        return answer

    def eventually(self, condition, what, seconds=15):
        """Waits for what happens on the daemon's own threads; gives the condition's first true value."""
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            if time.monotonic() > deadline:
                self.fail(f"{what}: not within {seconds} s\n{self.daemon.log()}")
            time.sleep(0.05)
        return value


def run(*command, **options):
    """Runs a program to its end; its output is text."""
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60, **options)
