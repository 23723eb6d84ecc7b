"""boto3: what an account wants logged is kept and answered."""
import unittest

from daemon import ACCOUNT, Story

ROLE = f"arn:aws:iam::{ACCOUNT}:role/logger"


class LoggingOptions(Story):
    def levels(self, **query):
        listed = self.iot.list_v2_logging_levels(**query)["logTargetConfigurations"]
        return [(item["logTarget"]["targetType"], item["logTarget"].get("targetName"), item["logLevel"])
                for item in listed]

    def test_version_one_is_off_until_it_is_set(self):
        options = self.iot.get_logging_options()
        self.assertEqual((options.get("roleArn"), options["logLevel"]), (None, "DISABLED"))
        self.iot.set_logging_options(loggingOptionsPayload={"roleArn": ROLE, "logLevel": "ERROR"})
        options = self.iot.get_logging_options()
        self.assertEqual((options["roleArn"], options["logLevel"]), (ROLE, "ERROR"))
        self.assert_error("InvalidRequestException", 400, self.iot.set_logging_options,
                          loggingOptionsPayload={"roleArn": "no role", "logLevel": "ERROR"})
        self.assert_error("InvalidRequestException", 400, self.iot.set_logging_options,
                          loggingOptionsPayload={"roleArn": ROLE, "logLevel": "LOUD"})

    def test_version_two_has_to_be_configured_first(self):
        self.assert_error("NotConfiguredException", 404, self.iot.get_v2_logging_options)
        self.assert_error("NotConfiguredException", 404, self.iot.list_v2_logging_levels)
        self.assert_error("NotConfiguredException", 404, self.iot.set_v2_logging_level, logLevel="INFO",
                          logTarget={"targetType": "THING_GROUP", "targetName": "g"})
        self.assert_error("InvalidRequestException", 400, self.iot.set_v2_logging_options, defaultLogLevel="INFO")

    def test_version_two_keeps_what_an_update_does_not_name(self):
        self.iot.set_v2_logging_options(roleArn=ROLE, defaultLogLevel="WARN")
        self.iot.set_v2_logging_options(disableAllLogs=True)
        options = self.iot.get_v2_logging_options()
        self.assertEqual((options["roleArn"], options["defaultLogLevel"], options["disableAllLogs"]),
                         (ROLE, "WARN", True))

    def test_events_are_answered_where_they_are_asked_for(self):  # newer than Debian's model
        body = f'{{"roleArn":"{ROLE}","eventConfigurations":[{{"eventType":"Publish-In","logLevel":"DEBUG"}}]}}'
        answer = self.daemon.http("POST", "/v2LoggingOptions", {"Content-Type": "application/json"}, body)
        self.assertEqual(answer.status, 200, answer)
        plain = self.daemon.http("GET", "/v2LoggingOptions").json()
        self.assertNotIn("eventConfigurations", plain)
        verbose = self.daemon.http("GET", "/v2LoggingOptions?verbose=true").json()
        self.assertEqual(verbose["eventConfigurations"], [{"eventType": "Publish-In", "logLevel": "DEBUG"}])

    def test_targets_have_levels_of_their_own(self):
        self.iot.set_v2_logging_options(roleArn=ROLE, defaultLogLevel="ERROR")
        for name in ("north", "south"):
            self.iot.set_v2_logging_level(logTarget={"targetType": "THING_GROUP", "targetName": name},
                                          logLevel="DEBUG")
        self.iot.set_v2_logging_level(logTarget={"targetType": "CLIENT_ID", "targetName": "c"}, logLevel="INFO")
        self.iot.set_v2_logging_level(logTarget={"targetType": "THING_GROUP", "targetName": "north"}, logLevel="WARN")
        groups = [("THING_GROUP", "north", "WARN"), ("THING_GROUP", "south", "DEBUG")]
        everything = [("DEFAULT", None, "ERROR"), ("CLIENT_ID", "c", "INFO"), *groups]
        self.assertEqual(self.levels(), everything)
        self.assertEqual(self.levels(targetType="THING_GROUP"), groups)
        first = self.iot.list_v2_logging_levels(maxResults=3)
        second = self.iot.list_v2_logging_levels(maxResults=3, nextToken=first["nextToken"])
        self.assertEqual(len(first["logTargetConfigurations"]), 3)
        self.assertEqual(second["logTargetConfigurations"][0]["logTarget"]["targetName"], "south")
        self.assertNotIn("nextToken", second)
        self.iot.set_v2_logging_level(logTarget={"targetType": "DEFAULT"}, logLevel="INFO")
        self.assertEqual(self.iot.get_v2_logging_options()["defaultLogLevel"], "INFO")
        for _ in range(2):
            self.iot.delete_v2_logging_level(targetType="THING_GROUP", targetName="north")
        self.assertEqual(self.levels(targetType="THING_GROUP"), groups[1:])

    def test_a_target_has_a_name_unless_it_is_the_default(self):
        self.iot.set_v2_logging_options(roleArn=ROLE)
        self.assert_error("InvalidRequestException", 400, self.iot.set_v2_logging_level, logLevel="INFO",
                          logTarget={"targetType": "THING_GROUP"})
        self.assert_error("InvalidRequestException", 400, self.iot.set_v2_logging_level, logLevel="INFO",
                          logTarget={"targetType": "DEFAULT", "targetName": "x"})

    def test_the_log_says_once_that_nothing_goes_to_cloudwatch(self):
        for _ in range(3):
            self.iot.set_v2_logging_options(roleArn=ROLE)
        self.assertEqual(self.daemon.log().count("nothing is sent to CloudWatch Logs"), 1)


if __name__ == "__main__":
    unittest.main()
