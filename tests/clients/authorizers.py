"""boto3: the life of custom authorizers, and asking one (messaging 1.6)."""
import base64
import json
import time
import unittest

from daemon import ACCOUNT, REGION, Story
from identities import openssl
from policies import allow
from webhook import Webhook

FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:judge"


def answer(**changes):
    """What a good function answers."""
    return {"isAuthenticated": True, "principalId": "robot1", "disconnectAfterInSeconds": 3600,
            "refreshAfterInSeconds": 300, "policyDocuments": [json.loads(allow("iot:*", "*"))], **changes}


class Authorizers(Story):
    @classmethod
    def setUpClass(cls):
        cls.function = Webhook(lambda payload: cls.reply(payload))
        cls.addClassCleanup(cls.function.close)
        cls.flags = ("--function", f"judge={cls.function.url('/judge')}")
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.function.calls.clear()
        self.replies_with(answer())

    def replies_with(self, value, status=200):
        type(self).reply = staticmethod(lambda payload: (status, value))

    def rsa_key(self, name, bits=2048):
        key = self.folder / f"{name}.key"
        openssl("genrsa", "-out", key, str(bits))
        return key, openssl("rsa", "-in", key, "-pubout")

    def sign(self, key, token):
        path, out = self.folder / "token", self.folder / "signature"
        path.write_bytes(token.encode())
        openssl("dgst", "-sha256", "-sign", key, "-out", out, path)
        return base64.b64encode(out.read_bytes()).decode()

    def make(self, name="judge", **more):
        more = {"signingDisabled": True, **more}
        return self.iot.create_authorizer(authorizerName=name, authorizerFunctionArn=FUNCTION, **more)

    def make_signed(self, name="judge", **more):
        key, public = self.rsa_key(name)
        self.make(name, signingDisabled=False, tokenKeyName="token", tokenSigningPublicKeys={"first": public}, **more)
        return key

    def described(self, name="judge"):
        return self.iot.describe_authorizer(authorizerName=name)["authorizerDescription"]

    def ask(self, name="judge", **more):
        asked = self.iot.test_invoke_authorizer(authorizerName=name, **more)
        asked.pop("ResponseMetadata")
        return asked

    # --- life cycle ---

    def test_what_was_created_is_described(self):
        _, public = self.rsa_key("first")
        made = self.iot.create_authorizer(authorizerName="a=b,c@d-e_f", authorizerFunctionArn=FUNCTION,
                                          tokenKeyName="token", tokenSigningPublicKeys={"first": public},
                                          status="ACTIVE", enableCachingForHttp=True)
        arn = f"arn:aws:iot:{REGION}:{ACCOUNT}:authorizer/a=b,c@d-e_f"
        self.assertEqual((made["authorizerName"], made["authorizerArn"]), ("a=b,c@d-e_f", arn))
        described = self.described("a=b,c@d-e_f")
        self.assertEqual({key: value for key, value in described.items() if not key.endswith("Date")},
                         {"authorizerName": "a=b,c@d-e_f", "authorizerArn": arn, "authorizerFunctionArn": FUNCTION,
                          "tokenKeyName": "token", "tokenSigningPublicKeys": {"first": public}, "status": "ACTIVE",
                          "signingDisabled": False, "enableCachingForHttp": True})
        self.assert_error("ResourceAlreadyExistsException", 409, self.make, name="a=b,c@d-e_f")

    def test_signing_needs_a_name_and_a_key_of_2048_bits(self):
        _, public = self.rsa_key("good")
        _, short = self.rsa_key("short", 1024)

        def refused(**more):
            self.assert_error("InvalidRequestException", 400, self.make, signingDisabled=False, **more)

        refused(tokenKeyName="token")
        refused(tokenSigningPublicKeys={"first": public})
        refused(tokenKeyName="token", tokenSigningPublicKeys={"first": short})
        refused(tokenKeyName="token", tokenSigningPublicKeys={"first": "no key"})
        refused(tokenKeyName="token", tokenSigningPublicKeys={"first": public, "second": short})
        refused(tokenKeyName="to ken", tokenSigningPublicKeys={"first": public})
        self.assertEqual(self.iot.list_authorizers()["authorizers"], [])

    def test_an_update_changes_what_it_names(self):
        self.make_signed()
        before = self.described()
        self.iot.update_authorizer(authorizerName="judge", status="ACTIVE", enableCachingForHttp=True)
        after = self.described()
        self.assertEqual((after["status"], after["enableCachingForHttp"]), ("ACTIVE", True))
        self.assertEqual(after["tokenSigningPublicKeys"], before["tokenSigningPublicKeys"])
        self.assertFalse(after["signingDisabled"])
        _, short = self.rsa_key("short", 1024)
        self.assert_error("InvalidRequestException", 400, self.iot.update_authorizer, authorizerName="judge",
                          tokenSigningPublicKeys={"second": short})
        self.assert_error("ResourceNotFoundException", 404, self.iot.update_authorizer, authorizerName="none")

    def test_many_authorizers_are_paged_and_filtered(self):
        names = [f"judge-{number}" for number in range(7)]
        for number, name in enumerate(names):
            self.make(name, status="ACTIVE" if number < 3 else "INACTIVE")

        def listed(**query):
            pages = self.iot.get_paginator("list_authorizers").paginate(
                PaginationConfig={"PageSize": 3}, ascendingOrder=True, **query)
            return [item["authorizerName"] for page in pages for item in page["authorizers"]]

        self.assertEqual(listed(), names)
        self.assertEqual(listed(status="ACTIVE"), names[:3])
        self.assertEqual(listed(status="INACTIVE"), names[3:])

    def test_only_an_inactive_one_that_is_not_the_default_is_deleted(self):
        self.make(status="ACTIVE")
        delete = self.iot.delete_authorizer
        self.assert_error("DeleteConflictException", 409, delete, authorizerName="judge")
        self.iot.set_default_authorizer(authorizerName="judge")
        self.iot.update_authorizer(authorizerName="judge", status="INACTIVE")
        self.assert_error("DeleteConflictException", 409, delete, authorizerName="judge")
        self.iot.clear_default_authorizer()
        delete(authorizerName="judge")
        for call in (delete, self.iot.describe_authorizer, self.iot.set_default_authorizer,
                     self.iot.test_invoke_authorizer):
            self.assert_error("ResourceNotFoundException", 404, call, authorizerName="judge")

    def test_an_account_has_one_default(self):
        for call in (self.iot.describe_default_authorizer, self.iot.clear_default_authorizer):
            self.assert_error("ResourceNotFoundException", 404, call)
        self.make("first", status="ACTIVE")
        self.make("second", status="ACTIVE")
        self.assertEqual(self.iot.set_default_authorizer(authorizerName="first")["authorizerName"], "first")
        self.iot.set_default_authorizer(authorizerName="first")
        default = self.iot.describe_default_authorizer()["authorizerDescription"]
        self.assertEqual(default, self.described("first"))
        self.assert_error("ResourceAlreadyExistsException", 409, self.iot.set_default_authorizer,
                          authorizerName="second")
        self.iot.clear_default_authorizer()
        self.iot.set_default_authorizer(authorizerName="second")

    # --- asking it ---

    def test_the_function_is_asked_what_a_connection_would_bring(self):
        self.make()
        asked = self.ask(token="let me in", tlsContext={"serverName": "localhost"},
                         mqttContext={"username": "me?a=b", "password": b"\x00secret\xff", "clientId": "robot"},
                         httpContext={"headers": {"a": "b"}, "queryString": "?k=v"})
        self.assertEqual(asked, {"isAuthenticated": True, "principalId": "robot1", "disconnectAfterInSeconds": 3600,
                                 "refreshAfterInSeconds": 300, "policyDocuments": asked["policyDocuments"]})
        self.assertEqual([json.loads(text) for text in asked["policyDocuments"]], answer()["policyDocuments"])
        (_, _, event), = self.function.calls
        self.assertRegex(event["connectionMetadata"].pop("id"), "^[0-9a-f-]{36}$")
        self.assertEqual(event, {
            "token": "let me in", "signatureVerified": False, "protocols": ["tls", "http", "mqtt"],
            "protocolData": {"tls": {"serverName": "localhost"},
                             "http": {"headers": {"a": "b"}, "queryString": "?k=v"},
                             "mqtt": {"username": "me?a=b", "clientId": "robot",
                                      "password": base64.b64encode(b"\x00secret\xff").decode()}},
            "connectionMetadata": {}})

    def test_a_token_is_verified_before_the_function_is_asked(self):
        key = self.make_signed()
        token = "token-of-mine"
        self.assertTrue(self.ask(token=token, tokenSignature=self.sign(key, token))["isAuthenticated"])
        self.assertTrue(self.function.calls[0][2]["signatureVerified"])
        call = self.iot.test_invoke_authorizer
        self.assert_error("UnauthorizedException", 401, call, authorizerName="judge", token=token + "x",
                          tokenSignature=self.sign(key, token))
        other, _ = self.rsa_key("other")
        self.assert_error("UnauthorizedException", 401, call, authorizerName="judge", token=token,
                          tokenSignature=self.sign(other, token))
        self.assert_error("InvalidRequestException", 400, call, authorizerName="judge", token=token)
        self.assert_error("InvalidRequestException", 400, call, authorizerName="judge",
                          tokenSignature=self.sign(key, token))
        self.assertEqual(len(self.function.calls), 1)

    def test_any_of_the_keys_will_do(self):
        key, public = self.rsa_key("second")
        _, first = self.rsa_key("first")
        self.make(signingDisabled=False, tokenKeyName="token",
                  tokenSigningPublicKeys={"first": first, "second": public})
        self.assertTrue(self.ask(token="t", tokenSignature=self.sign(key, "t"))["isAuthenticated"])

    def test_a_no_is_an_answer(self):
        self.make()
        self.replies_with({"isAuthenticated": False})
        self.assertEqual(self.ask(), {"isAuthenticated": False})

    def test_documents_may_be_texts(self):
        self.make()
        self.replies_with(answer(policyDocuments=[allow("iot:Connect", "*")]))
        self.assertEqual(self.ask()["policyDocuments"], [allow("iot:Connect", "*")])

    def test_what_breaks_a_rule_is_no_answer(self):
        self.make()
        document = json.loads(allow("iot:*", "*"))
        bad = {
            "isAuthenticated": [answer(isAuthenticated="yes"), {"principalId": "robot"}],
            "principalId": [answer(principalId="robot-1"), answer(principalId="r" * 129), answer(principalId="")],
            "300 and 86400": [answer(disconnectAfterInSeconds=299), answer(refreshAfterInSeconds=86401)],
            "integer": [answer(refreshAfterInSeconds="300")],
            "policyDocuments": [answer(policyDocuments=[document] * 11), answer(policyDocuments={})],
            "2048 characters": [answer(policyDocuments=[allow("iot:Connect", "x" * 2048)])],
            "no policy": [answer(policyDocuments=[{"Version": "2012-10-17"}]), answer(policyDocuments=["{"])],
            "failed: out of luck": [{"errorMessage": "out of luck"}],
            "no JSON object": [[], "text"],
        }
        for reason, replies in bad.items():
            for reply in replies:
                with self.subTest(reason=reason, reply=reply):
                    self.replies_with(reply)
                    said = self.assert_error("InvalidResponseException", 400, self.iot.test_invoke_authorizer,
                                             authorizerName="judge")
                    self.assertIn(reason, said["Error"]["Message"])
        self.replies_with(None, status=500)
        self.assert_error("InvalidResponseException", 400, self.iot.test_invoke_authorizer, authorizerName="judge")

    def test_a_function_that_nobody_plays_is_named(self):
        self.iot.create_authorizer(authorizerName="lonely", authorizerFunctionArn=FUNCTION + "-of-nobody",
                                   signingDisabled=True)
        said = self.assert_error("InvalidResponseException", 400, self.iot.test_invoke_authorizer,
                                 authorizerName="lonely")
        self.assertIn("--function judge-of-nobody=", said["Error"]["Message"])


class SlowAuthorizer(Story):
    flags = ("--function", "judge=exec:sleep 60")

    def test_five_seconds_are_all_it_gets(self):
        self.iot.create_authorizer(authorizerName="judge", authorizerFunctionArn=FUNCTION, signingDisabled=True)
        begun = time.monotonic()
        self.assert_error("InvalidResponseException", 400, self.iot.test_invoke_authorizer, authorizerName="judge")
        self.assertLess(time.monotonic() - begun, 15)


if __name__ == "__main__":
    unittest.main()
