"""Functions that --function plays, with the AWS CLI: they are invoked and listed like those that were created."""
import json
import os
import unittest

from botocore.exceptions import ClientError
from daemon import Story, run


class PlayedFunctions(Story):
    flags = ("--function", "shout=exec:tr a-z A-Z", "--function", "broken=exec:echo no such machine >&2; exit 3",
             "--function", "nobody=http://127.0.0.1:1/")

    def aws(self, *arguments):
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                       "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true"}
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "PYTHONPATH"):
            environment.pop(name, None)
        return run("/usr/bin/aws", "--endpoint-url", self.daemon.endpoint, "--output", "json", "lambda", *arguments,
                   env=environment)

    def invoke(self, name, *more):
        out = self.folder / "out.json"
        done = self.aws("invoke", "--function-name", name, "--cli-binary-format", "raw-in-base64-out",
                        "--payload", '{"word": "hello"}', *more, str(out))
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout), out.read_text()

    def test_invoke_runs_it(self):
        answer, said = self.invoke("shout")
        self.assertEqual((answer["StatusCode"], answer["ExecutedVersion"]), (200, "$LATEST"))
        self.assertEqual(json.loads(said), {"WORD": "HELLO"})
        answer, _ = self.invoke("shout", "--invocation-type", "Event")
        self.assertEqual(answer["StatusCode"], 202)

    def test_a_failure_is_a_function_error(self):
        answer, said = self.invoke("broken")
        self.assertEqual((answer["StatusCode"], answer["FunctionError"]), (200, "Unhandled"))
        self.assertEqual(json.loads(said)["errorMessage"], "handler exited 3: no such machine")
        answer, said = self.invoke("nobody")
        self.assertEqual(answer["FunctionError"], "Unhandled")
        self.assertIn("webhook 127.0.0.1:1", json.loads(said)["errorMessage"])

    def test_it_is_listed_and_says_why_it_has_no_settings(self):
        lambdas = self.daemon.client("lambda")
        names = [one["FunctionName"] for one in lambdas.list_functions()["Functions"]]
        self.assertEqual(names, ["broken", "nobody", "shout"])
        shown = lambdas.get_function(FunctionName="shout")["Configuration"]
        self.assertEqual((shown["FunctionName"], shown["State"]), ("shout", "Active"))
        done = self.aws("put-function-concurrency", "--function-name", "shout", "--reserved-concurrent-executions", "1")
        self.assertIn("ResourceNotFoundException", done.stderr)
        self.assertIn("--function", done.stderr)
        with self.assertRaises(ClientError) as caught:
            lambdas.invoke(FunctionName="other")
        self.assertEqual(caught.exception.response["Error"]["Code"], "ResourceNotFoundException")


if __name__ == "__main__":
    unittest.main()
