"""HTTPS of devices (T-15): curl, Python's http.client and requests, and openssl, each with a client certificate."""
import http.client
import json
import ssl
import unittest

import boto3
import requests

from daemon import REGION, Story, run
from identities import Ca, Identity, register
from mosquitto import Subscriber
from policies import allow, document, statement


class Https(Story):
    def setUp(self):
        super().setUp()
        self.device = self.provision("device", allow("iot:*", "*"))

    def provision(self, name, policy):
        made = self.iot.create_keys_and_certificate(setAsActive=True)
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        certificate.write_text(made["certificatePem"])
        key.write_text(made["keyPair"]["PrivateKey"])
        self.iot.create_policy(policyName=name, policyDocument=policy)
        self.iot.attach_policy(policyName=name, target=made["certificateArn"])
        return Identity(certificate, key)

    @property
    def url(self):
        return f"https://localhost:{self.daemon.https_port}"

    def curl(self, identity, target, *more):
        """(status, body) of one request."""
        done = run("curl", "--silent", "--show-error", "--cacert", self.daemon.server_ca, "--cert",
                   identity.certificate, "--key", identity.key, "--write-out", "\n%{http_code}", *more,
                   self.url + target)
        self.assertEqual(done.returncode, 0, done.stderr)
        body, _, status = done.stdout.rpartition("\n")
        return int(status), json.loads(body)

    def connection(self, identity):
        """A keep-alive connection of http.client."""
        context = ssl.create_default_context(cafile=self.daemon.server_ca)
        context.load_cert_chain(identity.certificate, identity.key)
        made = http.client.HTTPSConnection("localhost", self.daemon.https_port, context=context, timeout=20)
        self.addCleanup(made.close)
        return made

    def ask(self, connection, method, target, body=None):
        connection.request(method, target, body)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def test_curl_publishes_as_the_guide_says(self):  # T-15, T-16
        with Subscriber(self.daemon, self.device, "listener", "a/#") as listener:
            for version in ("--tlsv1.2", "--tlsv1.3"):
                status, body = self.curl(self.device, "/topics/a/b?qos=1", version, "--data", '{"on":true}')
                self.assertEqual((status, body["message"]), (200, "OK"))
                self.assertEqual(listener.message_with_flags(), (0, 1, "a/b", '{"on":true}'))
            self.curl(self.device, "/topics/a%2Fc", "--data", "x")
            self.assertEqual(listener.message(), ("a/c", "x"))
        self.assertEqual(self.daemon.refusals(), [])

    def test_requests_publishes_as_the_guide_says(self):
        with Subscriber(self.daemon, self.device, "listener", "a/b") as listener:
            answer = requests.post(self.url + "/topics/a/b?qos=1", data="hello", verify=str(self.daemon.server_ca),
                                   cert=(str(self.device.certificate), str(self.device.key)), timeout=20)
            self.assertEqual((answer.status_code, answer.json()["message"]), (200, "OK"))
            self.assertEqual(listener.message(), ("a/b", "hello"))

    def test_a_policy_decides_and_the_refusal_is_explained(self):  # T-16, T-17
        narrow = self.provision("narrow", document(statement("Allow", "iot:Publish", "topic/mine/${iot:ClientId}",
                                                             "topic/mine")))
        self.assertEqual(self.curl(narrow, "/topics/mine", "--data", "x")[0], 200)
        for target in ("/topics/other", "/topics/mine/narrow", "/topics/mine?retain=true"):
            status, body = self.curl(narrow, target, "--data", "x")
            self.assertEqual((status, body["message"], set(body)), (403, "Forbidden", {"message", "traceId"}), target)
        refusal = self.daemon.refusals()[0]
        self.assertEqual((refusal["refusal"], refusal["certificateId"]), ("publish_denied", narrow.id))
        self.assertIn("iot:RetainPublish", refusal["cause"])
        self.assertIn("iot:RetainPublish", refusal["cure"])

    def test_a_certificate_is_judged_at_every_request(self):  # P3.4
        connection = self.connection(self.device)
        self.assertEqual(self.ask(connection, "POST", "/topics/t", "x")[0], 200)
        self.assertEqual(self.ask(connection, "POST", "/topics/t", "x")[0], 200)
        self.iot.update_certificate(certificateId=self.device.id, newStatus="REVOKED")
        status, body = self.ask(connection, "POST", "/topics/t", "x")
        self.assertEqual((status, body["message"]), (403, "Forbidden"))
        self.assertEqual(self.daemon.refusals()[0]["refusal"], "certificate_revoked")

    def test_an_unknown_certificate_of_a_registered_ca_knocks(self):  # P3.5
        ca = Ca(self.folder, "factory")
        register(self.iot, ca)
        newcomer = ca.device("newcomer")
        self.assertEqual(self.curl(newcomer, "/topics/t", "--data", "x")[0], 403)
        described = self.iot.describe_certificate(certificateId=newcomer.id)["certificateDescription"]
        self.assertEqual(described["status"], "PENDING_ACTIVATION")
        self.iot.update_certificate(certificateId=newcomer.id, newStatus="ACTIVE")
        self.iot.attach_policy(policyName="device", target=described["certificateArn"])
        self.assertEqual(self.curl(newcomer, "/topics/t", "--data", "x")[0], 200)
        stranger = Ca(self.folder, "elsewhere").device("stranger")
        self.assertEqual(self.curl(stranger, "/topics/t", "--data", "x")[0], 403)
        self.assertEqual(self.daemon.refusals()[0]["refusal"], "ca_unknown")

    def test_retained_messages_are_read_with_a_certificate(self):  # DP-2, DP-3
        connection = self.connection(self.device)
        self.ask(connection, "POST", "/topics/a/b?retain=true", "on")
        self.assertEqual(self.ask(connection, "GET", "/retainedMessage/a%2Fb")[1]["payload"], "b24=")
        self.assertEqual(len(self.ask(connection, "GET", "/retainedMessage")[1]["retainedTopics"]), 1)

    def test_credentials_of_a_role_are_given_for_a_certificate(self):  # C-1 to C-4
        self.iot.create_role_alias(roleAlias="robots", roleArn="arn:aws:iam::123456789012:role/robot",
                                   credentialDurationSeconds=900)
        status, body = self.curl(self.device, "/role-aliases/robots/credentials")
        self.assertEqual(status, 200)
        self.assertEqual(set(body["credentials"]), {"accessKeyId", "secretAccessKey", "sessionToken", "expiration"})
        session = boto3.client(
            "sts", endpoint_url=self.daemon.endpoint, region_name=REGION,
            aws_access_key_id=body["credentials"]["accessKeyId"],
            aws_secret_access_key=body["credentials"]["secretAccessKey"],
            aws_session_token=body["credentials"]["sessionToken"])
        self.addCleanup(session.close)
        self.assertEqual(session.get_caller_identity()["Arn"],
                         f"arn:aws:sts::123456789012:assumed-role/robot/{self.device.id}")
        denied = (403, {"message": "Access Denied"})
        stranger = "x-amzn-iot-thingname: stranger"
        self.assertEqual(self.curl(self.device, "/role-aliases/robots/credentials", "-H", stranger), denied)
        narrow = self.provision("narrow", allow("iot:Publish", "*"))
        self.assertEqual(self.curl(narrow, "/role-aliases/robots/credentials"), denied)
        self.assertEqual(self.curl(self.device, "/role-aliases/nobody/credentials")[0], 404)

    def test_the_control_plane_is_not_here(self):
        for method, target in (("GET", "/things"), ("GET", "/_iot/health"), ("POST", "/_iot/reset")):
            self.assertEqual(self.ask(self.connection(self.device), method, target)[0], 404, target)

    def test_nobody_gets_in_without_a_certificate(self):  # T-12
        done = run("curl", "--silent", "--cacert", self.daemon.server_ca, self.url + "/topics/t", "--data", "x")
        self.assertNotEqual(done.returncode, 0)
        self.eventually(lambda: "no_client_certificate" in [refusal["refusal"] for refusal in self.daemon.refusals()],
                        "the refusal")

    def test_tls_is_as_on_the_mqtt_port(self):  # T-5, T-9, T-10
        def handshake(*more):
            return run("timeout", "8", "openssl", "s_client", "-connect", f"127.0.0.1:{self.daemon.https_port}",
                       "-CAfile", self.daemon.server_ca, "-cert", self.device.certificate, "-key", self.device.key,
                       *more, input="").stdout
        for name in ("x-amzn-http-ca", "http/1.1"):
            self.assertIn(f"ALPN protocol: {name}", handshake("-alpn", name))
            self.assertIn(f"ALPN protocol: {name}", handshake("-alpn", f"h2,{name}"))
        self.assertIn("No ALPN negotiated", handshake("-alpn", "h2"))
        for version in ("-tls1_2", "-tls1_3"):
            self.assertIn("Verify return code: 0 (ok)", handshake(version, "-verify_hostname", "localhost"))
        for old in ("-tls1", "-tls1_1"):
            self.assertIn("Cipher is (NONE)", handshake(old, "-cipher", "ALL:@SECLEVEL=0"))
        self.assertNotIn("TLS session ticket:", handshake("-tls1_2"))
        self.assertIn("No client certificate CA names sent", handshake("-tls1_2"))
        self.eventually(lambda: "Peer signature type: RSA" in handshake("-tls1_2", "-cipher",
                                                                        "ECDHE-RSA-AES128-GCM-SHA256"), "RSA")

    def test_the_port_is_shown(self):
        self.assertEqual(self.daemon.http("GET", "/_iot/health").json()["httpsPort"], self.daemon.https_port)
        self.assertIn(f"https=https://localhost:{self.daemon.https_port}", self.daemon.log())


if __name__ == "__main__":
    unittest.main()
