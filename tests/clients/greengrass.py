"""Greengrass version 1 with boto3: the records that handlers of cores make (P4.4.4 step 8)."""
import unittest

from botocore.exceptions import ClientError
from daemon import Story

CERTIFICATE = "arn:aws:iot:us-east-1:123456789012:cert/" + "0" * 64
THING = "arn:aws:iot:us-east-1:123456789012:thing/core"
ROLE = "arn:aws:iam::123456789012:role/greengrass"


class Greengrass(Story):
    def setUp(self):
        super().setUp()
        self.greengrass = self.daemon.client("greengrass")

    def refuse(self, status, words, call, /, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        error = caught.exception.response
        self.assertEqual((error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]),
                         ("BadRequestException", status), error)
        self.assertIn(words, error["Error"]["Message"])

    def core(self, **more):
        return self.greengrass.create_core_definition(Name=THING, **more, InitialVersion={"Cores": [
            {"CertificateArn": CERTIFICATE, "Id": "core", "SyncShadow": True, "ThingArn": THING}]})

    def loggers(self):
        return self.greengrass.create_logger_definition(InitialVersion={"Loggers": [
            {"Id": "1", "Component": "Lambda", "Level": "DEBUG", "Type": "AWSCloudWatch"},
            {"Id": "2", "Component": "GreengrassSystem", "Level": "DEBUG", "Space": 10240, "Type": "FileSystem"}]})

    def test_a_group_with_its_core_its_loggers_and_its_role(self):
        core, loggers = self.core(), self.loggers()
        self.assertRegex(core["LatestVersionArn"],
                         r"\Aarn:aws:greengrass:us-east-1:123456789012:/greengrass/definition/cores/[0-9a-f-]{36}"
                         r"/versions/[0-9a-f-]{36}\Z")
        version = {"CoreDefinitionVersionArn": core["LatestVersionArn"],
                   "LoggerDefinitionVersionArn": loggers["LatestVersionArn"]}
        group = self.greengrass.create_group(Name="group", InitialVersion=version)
        self.refuse(404, "attach an IAM role", self.greengrass.get_associated_role, GroupId=group["Id"])
        self.greengrass.associate_role_to_group(GroupId=group["Id"], RoleArn=ROLE)
        self.assertEqual(self.greengrass.get_associated_role(GroupId=group["Id"])["RoleArn"], ROLE)
        read = self.greengrass.get_group_version(GroupId=group["Id"], GroupVersionId=group["LatestVersion"])
        self.assertEqual(read["Definition"], version)
        cores = self.greengrass.get_core_definition_version(CoreDefinitionId=core["Id"],
                                                            CoreDefinitionVersionId=core["LatestVersion"])
        self.assertEqual(cores["Definition"]["Cores"][0]["ThingArn"], THING)
        self.greengrass.disassociate_role_from_group(GroupId=group["Id"])
        self.greengrass.delete_group(GroupId=group["Id"])
        self.refuse(404, "There is no Group", self.greengrass.get_group, GroupId=group["Id"])

    def test_versions_and_lists_in_pages(self):
        core = self.core(tags={"site": "north"})
        self.assertEqual(self.greengrass.get_core_definition(CoreDefinitionId=core["Id"])["tags"], {"site": "north"})
        second = self.greengrass.create_core_definition_version(CoreDefinitionId=core["Id"], Cores=[])
        read = self.greengrass.get_core_definition(CoreDefinitionId=core["Id"])
        self.assertEqual(read["LatestVersion"], second["Version"])
        pages = self.greengrass.get_paginator("list_core_definition_versions").paginate(
            CoreDefinitionId=core["Id"], PaginationConfig={"PageSize": 1})
        self.assertEqual([[v["Version"] for v in page["Versions"]] for page in pages],
                         [[core["LatestVersion"]], [second["Version"]]])
        groups = {self.greengrass.create_group(Name=f"g{number}")["Id"] for number in range(5)}
        pages = self.greengrass.get_paginator("list_groups").paginate(PaginationConfig={"PageSize": 2})
        self.assertEqual({group["Id"] for page in pages for group in page["Groups"]}, groups)
        self.assertEqual(self.daemon.client("greengrass", account="111122223333").list_groups()["Groups"], [])

    def test_the_role_of_the_account(self):
        self.greengrass.associate_service_role_to_account(RoleArn=ROLE)
        self.assertEqual(self.greengrass.get_service_role_for_account()["RoleArn"], ROLE)
        self.greengrass.disassociate_service_role_from_account()
        with self.assertRaisesRegex(ClientError, "attach a service role"):
            self.greengrass.get_service_role_for_account()

    def test_a_token_makes_one(self):
        first, again = (self.greengrass.create_group(Name="once", AmznClientToken="t") for _ in range(2))
        self.assertEqual(first["Id"], again["Id"])

    def test_what_is_refused(self):
        missing = "arn:aws:greengrass:us-east-1:123456789012:/greengrass/definition/cores/a/versions/b"
        self.refuse(400, "does not exist", self.greengrass.create_group, Name="g",
                    InitialVersion={"CoreDefinitionVersionArn": missing})
        self.refuse(400, "is not emulated", self.greengrass.create_group, Name="g",
                    InitialVersion={"DeviceDefinitionVersionArn": missing})
        self.refuse(400, "CertificateArn and ThingArn", self.greengrass.create_core_definition,
                    InitialVersion={"Cores": [{"CertificateArn": "c", "Id": "1", "ThingArn": "t"}]})
        self.refuse(400, "enum value set", self.greengrass.create_logger_definition, InitialVersion={
            "Loggers": [{"Id": "1", "Component": "Lambda", "Level": "LOUD", "Type": "FileSystem"}]})
        group = self.greengrass.create_group(Name="g")["Id"]
        self.refuse(400, "not the ARN of a role", self.greengrass.associate_role_to_group, GroupId=group,
                    RoleArn="none")
        for call in (lambda: self.greengrass.list_device_definitions(),
                     lambda: self.greengrass.create_deployment(GroupId=group, DeploymentType="NewDeployment")):
            with self.assertRaisesRegex(ClientError, r"greengrass \w+ is not emulated"):
                call()


if __name__ == "__main__":
    unittest.main()
