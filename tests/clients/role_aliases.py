"""boto3: the life of role aliases (C-6)."""
import unittest

from daemon import ACCOUNT, REGION, Story

ROLE = f"arn:aws:iam::{ACCOUNT}:role/devices"


class RoleAliases(Story):
    def make(self, name, **more):
        return self.iot.create_role_alias(roleAlias=name, roleArn=ROLE, **more)

    def described(self, name):
        return self.iot.describe_role_alias(roleAlias=name)["roleAliasDescription"]

    def test_what_was_created_is_described(self):
        made = self.make("a=b,c@d-e_f", credentialDurationSeconds=900)
        self.assertEqual(made["roleAlias"], "a=b,c@d-e_f")
        self.assertEqual(made["roleAliasArn"], f"arn:aws:iot:{REGION}:{ACCOUNT}:rolealias/a=b,c@d-e_f")
        described = self.described("a=b,c@d-e_f")
        self.assertEqual(described["creationDate"], described["lastModifiedDate"])
        self.assertEqual({key: value for key, value in described.items() if not key.endswith("Date")},
                         {"roleAlias": "a=b,c@d-e_f", "roleAliasArn": made["roleAliasArn"], "roleArn": ROLE,
                          "owner": ACCOUNT, "credentialDurationSeconds": 900})

    def test_credentials_last_an_hour_where_nobody_says_more(self):
        self.make("plain")
        self.assertEqual(self.described("plain")["credentialDurationSeconds"], 3600)
        self.assert_error("InvalidRequestException", 400, self.make, name="long", credentialDurationSeconds=43201)

    def test_a_name_is_taken_once(self):
        self.make("alias")
        answer = self.assert_error("ResourceAlreadyExistsException", 409, self.make, name="alias")
        self.assertEqual(answer["resourceId"], "alias")

    def test_an_update_changes_what_it_names(self):
        self.make("alias", credentialDurationSeconds=1000)
        other = ROLE + "-of-the-north"
        self.iot.update_role_alias(roleAlias="alias", roleArn=other)
        self.assertEqual((self.described("alias")["roleArn"], self.described("alias")["credentialDurationSeconds"]),
                         (other, 1000))
        self.iot.update_role_alias(roleAlias="alias", credentialDurationSeconds=43200)
        self.assertEqual((self.described("alias")["roleArn"], self.described("alias")["credentialDurationSeconds"]),
                         (other, 43200))
        self.assert_error("InvalidRequestException", 400, self.iot.update_role_alias, roleAlias="alias",
                          roleArn="arn:aws:iam::1:user/somebody")

    def test_aliases_are_paged_the_newest_first_unless_asked_otherwise(self):
        names = [f"alias-{number:02}" for number in range(12)]
        for name in names:
            self.make(name)

        def listed(**query):
            pages = self.iot.get_paginator("list_role_aliases").paginate(PaginationConfig={"PageSize": 5}, **query)
            return [name for page in pages for name in page["roleAliases"]]

        self.assertEqual(listed(ascendingOrder=True), names)
        self.assertEqual(sorted(listed()), names)
        self.assert_error("InvalidRequestException", 400, self.iot.list_role_aliases, marker="bm9uZQ")

    def test_what_is_deleted_is_gone(self):
        self.make("alias")
        self.iot.delete_role_alias(roleAlias="alias")
        for call in (self.iot.describe_role_alias, self.iot.update_role_alias, self.iot.delete_role_alias):
            self.assert_error("ResourceNotFoundException", 404, call, roleAlias="alias")
        self.make("alias")

    def test_names_and_roles_have_their_forms(self):
        self.assert_error("InvalidRequestException", 400, self.make, name="a.b")
        self.assert_error("InvalidRequestException", 400, self.make, name="a" * 129)
        self.assert_error("InvalidRequestException", 400, self.iot.create_role_alias, roleAlias="alias",
                          roleArn="arn:aws:iam::123456789012:user/somebody")

    def test_another_account_does_not_see_it(self):
        self.make("alias")
        other = self.daemon.iot(account="210987654321")
        self.assertEqual(other.list_role_aliases()["roleAliases"], [])


if __name__ == "__main__":
    unittest.main()
