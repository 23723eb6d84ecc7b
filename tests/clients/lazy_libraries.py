"""libcurl and libarchive are loaded when they are first needed: an idle emulator does without them, and where one is
missing, what needs it says so and all the rest works."""
import io
import shutil
import tempfile
import unittest
import zipfile
from pathlib import Path

from botocore.exceptions import ClientError
from daemon import PROGRAM, Daemon, run

LIBRARIES = ("libcurl.so.4", "libarchive.so.13")
NOBODY = "http://127.0.0.1:1"


def code():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): return 'hello'")
    return out.getvalue()


def create_function(daemon):
    return daemon.client("lambda").create_function(
        FunctionName="hello", Runtime="python3.9", Handler="index.handler", Role="arn:aws:iam::123456789012:role/any",
        Code={"ZipFile": code()})


class Loaded(unittest.TestCase):
    def test_each_is_loaded_by_its_first_use(self):
        daemon = Daemon("--upstream", f"sns={NOBODY}", "--debug-dumps")  # whose memory may be looked at
        self.addCleanup(daemon.close)

        def loaded():
            maps = Path(f"/proc/{daemon.process.pid}/maps").read_text()
            return [library for library in LIBRARIES if library in maps]

        daemon.iot().create_thing(thingName="robot")
        self.assertEqual(loaded(), [])
        with self.assertRaises(ClientError):
            daemon.client("sns").publish(TopicArn="arn:aws:sns:us-east-1:123456789012:any", Message="hi")
        self.assertEqual(loaded(), ["libcurl.so.4"])
        create_function(daemon)
        self.assertEqual(loaded(), ["libcurl.so.4", "libarchive.so.13"])


class Missing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = Path(tempfile.mkdtemp(prefix="iotemu-client-test-"))
        cls.addClassCleanup(shutil.rmtree, folder, True)
        for library in LIBRARIES:
            (folder / library).write_text("This is no library.")
        cls.environment = {"LD_LIBRARY_PATH": str(folder)}
        cls.daemon = Daemon("--upstream", f"sns={NOBODY}", environment=cls.environment)
        cls.addClassCleanup(cls.daemon.close)

    def test_all_that_needs_none_works(self):
        self.daemon.iot().create_thing(thingName="robot")

    def test_requests_to_other_servers_say_what_is_missing(self):
        for _ in range(2):  # before and behind the attempt to load it
            with self.assertRaises(ClientError) as refused:
                self.daemon.client("sns").publish(TopicArn="arn:aws:sns:us-east-1:123456789012:any", Message="hi")
            answer = refused.exception.response
            self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 503)
            self.assertIn("The upstream of sns", answer["Error"]["Message"])
            self.assertIn("libcurl.so.4 cannot be loaded: ", answer["Error"]["Message"])

    def test_a_function_says_what_its_zip_needs(self):
        with self.assertRaises(ClientError) as refused:
            create_function(self.daemon)
        answer = refused.exception.response
        self.assertEqual(answer["Error"]["Code"], "ServiceException")
        self.assertIn("libarchive.so.13 cannot be loaded: ", answer["Error"]["Message"])

    def test_the_load_tool_says_what_it_needs(self):
        done = run(PROGRAM, "load", "--setup", "jitp", "--devices", "1", env=self.environment)
        self.assertEqual(done.returncode, 1)
        self.assertIn("libcurl.so.4 cannot be loaded: ", done.stderr)


if __name__ == "__main__":
    unittest.main()
