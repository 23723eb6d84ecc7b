"""The Parameter Store with boto3: what certificate generators leave there."""
import unittest

from botocore.exceptions import ClientError
from daemon import Story


class Ssm(Story):
    flags = ("--log-level", "trace")

    def setUp(self):
        super().setUp()
        self.ssm = self.daemon.client("ssm")

    def assert_fault(self, name, call, /, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        error = caught.exception.response
        self.assertEqual((error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]), (name, 400), error)

    def put(self, name, value="v", kind="String", **more):
        return self.ssm.put_parameter(Name=name, Value=value, Type=kind, **more)

    def test_the_life_of_a_parameter(self):
        self.assertEqual(self.put("/iot/ca/one", "first", Description="mine")["Version"], 1)
        parameter = self.ssm.get_parameter(Name="/iot/ca/one")["Parameter"]
        self.assertEqual((parameter["Value"], parameter["Type"], parameter["Version"], parameter["ARN"]),
                         ("first", "String", 1, "arn:aws:ssm:us-east-1:123456789012:parameter/iot/ca/one"))
        self.assert_fault("ParameterAlreadyExists", self.put, name="/iot/ca/one")
        answer = self.ssm.put_parameter(Name="/iot/ca/one", Value="second", Overwrite=True)
        self.assertEqual((answer["Version"], answer["Tier"]), (2, "Standard"))
        for name, value in {"/iot/ca/one": "second", "/iot/ca/one:1": "first", parameter["ARN"]: "second"}.items():
            self.assertEqual(self.ssm.get_parameter(Name=name)["Parameter"]["Value"], value)
        self.assert_fault("ParameterVersionNotFound", self.ssm.get_parameter, Name="/iot/ca/one:3")
        self.assert_fault("HierarchyTypeMismatchException", self.put, name="/iot/ca/one", kind="SecureString",
                          Overwrite=True)
        self.ssm.delete_parameter(Name="/iot/ca/one")
        self.assert_fault("ParameterNotFound", self.ssm.get_parameter, Name="/iot/ca/one")
        self.assert_fault("ParameterNotFound", self.ssm.delete_parameter, Name="/iot/ca/one")

    def test_secrets_are_shown_to_those_who_ask_to_decrypt_and_never_logged(self):
        self.put("/iot/key", "-----BEGIN canary-key-----\nline\n", "SecureString")
        read = lambda **more: self.ssm.get_parameter(Name="/iot/key", **more)["Parameter"]["Value"]
        self.assertEqual(read(WithDecryption=True), "-----BEGIN canary-key-----\nline\n")
        self.assertEqual(read(), read(WithDecryption=False))
        self.assertNotIn("canary", read())
        self.assertNotIn("canary-key", self.daemon.log())

    def test_tags(self):
        self.put("a", Tags=[{"Key": "site", "Value": "north"}])
        about = {"ResourceType": "Parameter", "ResourceId": "a"}
        self.ssm.add_tags_to_resource(Tags=[{"Key": "line", "Value": "7"}], **about)
        self.assertEqual(self.ssm.list_tags_for_resource(**about)["TagList"],
                         [{"Key": "line", "Value": "7"}, {"Key": "site", "Value": "north"}])
        self.ssm.remove_tags_from_resource(TagKeys=["site"], **about)
        self.assertEqual(self.ssm.list_tags_for_resource(**about)["TagList"], [{"Key": "line", "Value": "7"}])
        self.assert_fault("InvalidResourceId", self.ssm.list_tags_for_resource, ResourceType="Parameter",
                          ResourceId="none")

    def test_several_at_once(self):
        self.put("a", "1")
        self.put("b", "2,3", "StringList")
        answer = self.ssm.get_parameters(Names=["b", "a", "none"])
        self.assertEqual([p["Value"] for p in answer["Parameters"]], ["2,3", "1"])
        self.assertEqual(answer["InvalidParameters"], ["none"])
        gone = self.ssm.delete_parameters(Names=["a", "none"])
        self.assertEqual((gone["DeletedParameters"], gone["InvalidParameters"]), (["a"], ["none"]))

    def test_by_path_and_in_pages(self):
        for name in ("/p/a", "/p/b", "/p/c", "/p/deep/d", "/q/e", "plain"):
            self.put(name)
        pages = self.ssm.get_paginator("get_parameters_by_path").paginate(Path="/p", PaginationConfig={"PageSize": 2})
        self.assertEqual([[p["Name"] for p in page["Parameters"]] for page in pages], [["/p/a", "/p/b"], ["/p/c"]])
        deep = self.ssm.get_parameters_by_path(Path="/p/", Recursive=True)["Parameters"]
        self.assertEqual([p["Name"] for p in deep], ["/p/a", "/p/b", "/p/c", "/p/deep/d"])
        described = self.ssm.get_paginator("describe_parameters").paginate(PaginationConfig={"PageSize": 4})
        self.assertEqual([len(page["Parameters"]) for page in described], [4, 2])
        chosen = self.ssm.describe_parameters(
            ParameterFilters=[{"Key": "Name", "Option": "BeginsWith", "Values": ["/q"]}])["Parameters"]
        self.assertEqual([p["Name"] for p in chosen], ["/q/e"])
        self.assertEqual(self.daemon.client("ssm", region="eu-west-1").describe_parameters()["Parameters"], [])

    def test_what_is_refused(self):
        for name in ("a/b", "/a//b", "awsome", "/SSM/x", "a b", "/" + "/".join("x" * 16)):
            with self.subTest(name), self.assertRaises(ClientError):
                self.put(name)
        self.assert_fault("ValidationException", self.ssm.put_parameter, Name="a", Value="no type")
        self.assert_fault("ValidationException", self.put, name="a", value="x" * 4097)
        self.assertEqual(self.put("a", "x" * 4097, Tier="Intelligent-Tiering")["Tier"], "Advanced")
        self.assert_fault("ValidationException", self.put, name="b", value="x" * 8193, Tier="Advanced")
        self.assert_fault("InvalidAllowedPatternException", self.put, name="b", AllowedPattern="^a")
        with self.assertRaisesRegex(ClientError, "ssm GetParameterHistory is not emulated"):
            self.ssm.get_parameter_history(Name="a")


if __name__ == "__main__":
    unittest.main()
