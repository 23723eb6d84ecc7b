"""boto3: tags of whatever carries them (P8.8)."""
import unittest

from daemon import ACCOUNT, REGION, Story
from identities import Ca, register
from policies import allow


def tag(key, value=""):
    return {"Key": key, "Value": value}


class Tags(Story):
    def tags(self, arn):
        pages = self.iot.get_paginator("list_tags_for_resource").paginate(resourceArn=arn)
        return {tag["Key"]: tag["Value"] for page in pages for tag in page["tags"]}

    def taggable(self):
        """One of each kind, made with one tag."""
        given = [tag("made", "yes")]
        ca = Ca(self.folder, "Tagged CA")
        role = f"arn:aws:iam::{ACCOUNT}:role/r"
        function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"
        body = ('{"Parameters": {"Id": {"Type": "String"}}, "Resources": {"certificate": {'
                '"Type": "AWS::IoT::Certificate", "Properties": {"CertificateId": {"Ref": "Id"}}}}}')
        self.iot.create_thing_group(thingGroupName="parent")
        self.iot.create_topic_rule(ruleName="r", topicRulePayload={"sql": "SELECT * FROM 'a'", "actions": []},
                                   tags="made=yes")
        return {
            "rule": f"arn:aws:iot:{REGION}:{ACCOUNT}:rule/r",
            "cacert": f"arn:aws:iot:{REGION}:{ACCOUNT}:cacert/" + register(self.iot, ca, tags=given),
            "policy": self.iot.create_policy(policyName="p", policyDocument=allow("iot:*", "*"), tags=given)["policyArn"],
            "thingtype": self.iot.create_thing_type(thingTypeName="t", tags=given)["thingTypeArn"],
            "thinggroup": self.iot.create_thing_group(thingGroupName="g", parentGroupName="parent",
                                                      tags=given)["thingGroupArn"],
            "billinggroup": self.iot.create_billing_group(billingGroupName="b", tags=given)["billingGroupArn"],
            "provisioningtemplate": self.iot.create_provisioning_template(
                templateName="p", templateBody=body, provisioningRoleArn=role, tags=given)["templateArn"],
            "rolealias": self.iot.create_role_alias(roleAlias="r", roleArn=role, tags=given)["roleAliasArn"],
            "authorizer": self.iot.create_authorizer(authorizerName="a", authorizerFunctionArn=function,
                                                     signingDisabled=True, tags=given)["authorizerArn"],
            "domainconfiguration": self.iot.create_domain_configuration(
                domainConfigurationName="d", tags=given)["domainConfigurationArn"],
        }

    def test_every_kind_is_tagged_listed_and_untagged(self):
        for kind, arn in self.taggable().items():
            with self.subTest(kind):
                self.assertIn(f":{kind}/", arn)
                self.assertEqual(self.tags(arn), {"made": "yes"})
                self.iot.tag_resource(resourceArn=arn, tags=[tag("made", "again"), tag("owner", "plant")])
                self.assertEqual(self.tags(arn), {"made": "again", "owner": "plant"})
                self.iot.untag_resource(resourceArn=arn, tagKeys=["made", "never there"])
                self.assertEqual(self.tags(arn), {"owner": "plant"})

    def test_fifty_tags_are_paged_and_one_more_is_refused(self):
        arn = self.iot.create_thing_type(thingTypeName="t")["thingTypeArn"]
        fifty = {f"key {number:02}": str(number) for number in range(50)}
        self.iot.tag_resource(resourceArn=arn, tags=[tag(key, value) for key, value in fifty.items()])
        self.assertEqual(self.tags(arn), fifty)
        first = self.iot.list_tags_for_resource(resourceArn=arn)
        self.assertEqual(len(first["tags"]), 25)
        self.assertIn("nextToken", first)
        self.assert_error("LimitExceededException", 410, self.iot.tag_resource, resourceArn=arn, tags=[tag("more")])
        self.iot.tag_resource(resourceArn=arn, tags=[tag("key 00", "new")])
        self.assertEqual(self.tags(arn), {**fifty, "key 00": "new"})
        self.assert_error("InvalidRequestException", 400, self.iot.list_tags_for_resource, resourceArn=arn,
                          nextToken="none of ours")

    def test_pages_stay_right_while_tags_come_and_go(self):  # P10.4
        arn = self.iot.create_thing_type(thingTypeName="t")["thingTypeArn"]
        keys = [f"key {number:02}" for number in range(40)][::-1]
        self.iot.tag_resource(resourceArn=arn, tags=[tag(key) for key in keys])
        first = self.iot.list_tags_for_resource(resourceArn=arn)
        self.assertEqual([item["Key"] for item in first["tags"]], keys[:25])
        self.iot.untag_resource(resourceArn=arn, tagKeys=[keys[3], keys[30]])
        self.iot.tag_resource(resourceArn=arn, tags=[tag("late")])

        def second():
            answer = self.iot.list_tags_for_resource(resourceArn=arn, nextToken=first["nextToken"])
            self.assertNotIn("nextToken", answer)
            return [item["Key"] for item in answer["tags"]]

        rest = keys[25:30] + keys[31:] + ["late"]
        self.assertEqual(second(), rest)
        self.iot.untag_resource(resourceArn=arn, tagKeys=[keys[24]])
        self.assertEqual(second()[-len(rest) + 1:], rest[1:])

    def test_keys_and_values_have_their_form(self):
        arn = self.iot.create_thing_type(thingTypeName="t")["thingTypeArn"]
        for bad in (tag("aws:owner"), tag("a*b"), tag("k" * 129), tag("k", "v" * 257)):
            self.assert_error("InvalidRequestException", 400, self.iot.tag_resource, resourceArn=arn, tags=[bad])
        self.iot.tag_resource(resourceArn=arn, tags=[tag("über: a/b=c+d-e@f_g", "v" * 256)])
        self.assertEqual(len(self.tags(arn)), 1)

    def test_things_and_device_certificates_carry_none(self):
        thing = self.iot.create_thing(thingName="t")["thingArn"]
        certificate = self.iot.create_keys_and_certificate()["certificateArn"]
        for arn in (thing, certificate):
            self.assert_error("InvalidRequestException", 400, self.iot.tag_resource, resourceArn=arn, tags=[tag("k")])
            self.assert_error("InvalidRequestException", 400, self.iot.untag_resource, resourceArn=arn, tagKeys=["k"])
            self.assert_error("InvalidRequestException", 400, self.iot.list_tags_for_resource, resourceArn=arn)

    def test_what_does_not_exist_is_not_found(self):
        for resource in ("policy/none", "rolealias/none", "domainconfiguration/none/abcde", "planet/earth"):
            arn = f"arn:aws:iot:{REGION}:{ACCOUNT}:{resource}"
            self.assert_error("ResourceNotFoundException", 404, self.iot.tag_resource, resourceArn=arn, tags=[tag("k")])
            self.assert_error("ResourceNotFoundException", 404, self.iot.list_tags_for_resource, resourceArn=arn)
        arn = self.iot.create_thing_type(thingTypeName="t")["thingTypeArn"]
        self.assert_error("ResourceNotFoundException", 404, self.iot.list_tags_for_resource,
                          resourceArn=arn.replace(ACCOUNT, "210987654321"))


if __name__ == "__main__":
    unittest.main()
