"""boto3: the life of domain configurations (messaging 1.7), and what their names mean at the MQTT port."""
import socket
import ssl
import unittest

from daemon import ACCOUNT, REGION, Story
from identities import Ca
from policies import allow

CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/11111111-2222-3333-4444-555555555555"
OWN = ["iot:CredentialProvider", "iot:Data", "iot:Data-ATS", "iot:Jobs"]


class DomainConfigurations(Story):
    def make(self, name, host=None, **more):
        if host:
            more = {"domainName": host, "serverCertificateArns": [CERTIFICATE], **more}
        return self.iot.create_domain_configuration(domainConfigurationName=name, **more)

    def described(self, name):
        return self.iot.describe_domain_configuration(domainConfigurationName=name)

    def update(self, name, **changes):
        return self.iot.update_domain_configuration(domainConfigurationName=name, **changes)

    def raw(self, method, name, body):
        """What Debian's model does not know yet."""
        return self.daemon.http(method, f"/domainConfigurations/{name}", {"Content-Type": "application/json"}, body)

    def names(self, **query):
        pages = self.iot.get_paginator("list_domain_configurations").paginate(PaginationConfig={"PageSize": 3}, **query)
        return [item["domainConfigurationName"] for page in pages for item in page["domainConfigurations"]]

    def test_the_services_own_are_there_from_the_start(self):  # D-1
        self.assertEqual(self.names(), OWN)
        self.assertEqual(self.names(serviceType="JOBS"), ["iot:Jobs"])
        described = self.described("iot:Data-ATS")
        self.assertEqual((described["domainType"], described["domainConfigurationStatus"], described["serviceType"]),
                         ("ENDPOINT", "ENABLED", "DATA"))
        self.assertEqual(described["domainName"],
                         self.iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"])
        self.assert_error("InvalidRequestException", 400, self.iot.delete_domain_configuration,
                          domainConfigurationName="iot:Data-ATS")

    def test_what_was_created_is_described(self):
        self.iot.create_authorizer(authorizerName="judge", signingDisabled=True,
                                   authorizerFunctionArn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:judge")
        made = self.make("custom", "IoT.example.com", validationCertificateArn=CERTIFICATE,
                         authorizerConfig={"defaultAuthorizerName": "judge", "allowAuthorizerOverride": False})
        self.assertRegex(made["domainConfigurationArn"],
                         f"^arn:aws:iot:{REGION}:{ACCOUNT}:domainconfiguration/custom/[0-9a-z]{{5}}$")
        described = self.described("custom")
        self.assertEqual({key: described[key] for key in (
            "domainConfigurationName", "domainConfigurationArn", "domainName", "serverCertificates", "authorizerConfig",
            "domainConfigurationStatus", "serviceType", "domainType")}, {
                "domainConfigurationName": "custom", "domainConfigurationArn": made["domainConfigurationArn"],
                "domainName": "iot.example.com",
                "serverCertificates": [{"serverCertificateArn": CERTIFICATE, "serverCertificateStatus": "VALID"}],
                "authorizerConfig": {"defaultAuthorizerName": "judge", "allowAuthorizerOverride": False},
                "domainConfigurationStatus": "ENABLED", "serviceType": "DATA", "domainType": "CUSTOMER_MANAGED"})
        self.assertIn("serverCertificateArns, validationCertificateArn, authorizerConfig", self.daemon.log())
        self.update("custom", removeAuthorizerConfig=True)
        self.assertNotIn("authorizerConfig", self.described("custom"))

    def test_without_a_name_the_service_chooses_one(self):  # D-2
        self.make("managed")
        described = self.described("managed")
        self.assertEqual(described["domainType"], "AWS_MANAGED")
        self.assertRegex(described["domainName"], rf"^d[0-9a-z]{{20}}-ats\.iot\.{REGION}\.amazonaws\.com$")

    def test_names_are_taken_once(self):
        self.make("custom", "iot.example.com")
        self.assert_error("ResourceAlreadyExistsException", 409, self.make, name="custom")
        self.assert_error("ResourceAlreadyExistsException", 409, self.make, name="other", host="IOT.example.com")

    def test_what_does_not_fit_is_refused(self):
        bad = [{"name": "iot:mine"}, {"name": "a", "host": "not a host"}, {"name": "a", "domainName": "iot.example.com"},
               {"name": "a", "serverCertificateArns": [CERTIFICATE]}, {"name": "a", "host": "a.b",
                                                                       "serverCertificateArns": ["arn:aws:iam::1:x"]},
               {"name": "a", "authorizerConfig": {"defaultAuthorizerName": "nobody"}}]
        for arguments in bad:
            self.assert_error("InvalidRequestException", 400, self.make, **arguments)
        pairs = '{"authenticationType":"AWS_SIGV4","applicationProtocol":"SECURE_MQTT"}'
        policy = '{"tlsConfig":{"securityPolicy":"IoTSecurityPolicy_TLS10"}}'
        for body in (pairs, policy):
            self.assertEqual(self.raw("POST", "a", body).error_type, "InvalidRequestException")
        self.assertEqual(self.names(), OWN)

    def test_members_that_are_newer_are_kept(self):  # D-1, T-9
        body = ('{"authenticationType":"AWS_X509","applicationProtocol":"SECURE_MQTT",'
                '"tlsConfig":{"securityPolicy":"IoTSecurityPolicy_TLS13_1_3_2022_10"},'
                '"serverCertificateConfig":{"enableOCSPCheck":true},'
                '"clientCertificateConfig":{"clientCertificateCallbackArn":'
                f'"arn:aws:lambda:{REGION}:{ACCOUNT}:function:look"}}}}')
        self.assertEqual(self.raw("POST", "a", body).status, 200)
        described = self.daemon.http("GET", "/domainConfigurations/a").json()
        self.assertEqual(described["tlsConfig"], {"securityPolicy": "IoTSecurityPolicy_TLS13_1_3_2022_10"})
        self.assertEqual(described["serverCertificateConfig"], {"enableOCSPCheck": True})
        self.assertEqual((described["authenticationType"], described["applicationProtocol"]),
                         ("AWS_X509", "SECURE_MQTT"))
        self.assertIn("function:look", described["clientCertificateConfig"]["clientCertificateCallbackArn"])

    def test_only_a_disabled_one_is_deleted(self):  # D-3
        self.make("a")
        delete = self.iot.delete_domain_configuration
        self.assert_error("InvalidRequestException", 400, delete, domainConfigurationName="a")
        self.update("a", domainConfigurationStatus="DISABLED")
        self.assertEqual(self.described("a")["domainConfigurationStatus"], "DISABLED")
        delete(domainConfigurationName="a")
        for call in (delete, self.iot.describe_domain_configuration, self.iot.update_domain_configuration):
            self.assert_error("ResourceNotFoundException", 404, call, domainConfigurationName="a")

    def test_many_are_paged(self):
        names = [f"domain-{number}" for number in range(8)]
        for name in names:
            self.make(name)
        self.assertEqual(sorted(self.names()), sorted(OWN + names))
        self.make("ninth")
        self.make("tenth")
        self.assert_error("LimitExceededException", 410, self.make, name="eleventh")


class Names(Story):
    """A device that calls the endpoint by a configured name."""

    def setUp(self):
        super().setUp()
        self.device = Ca(self.folder, "factory").device("robot")
        self.iot.create_policy(policyName="all", policyDocument=allow("iot:*", "*"))
        made = self.iot.register_certificate_without_ca(certificatePem=self.device.pem, status="ACTIVE")
        self.iot.attach_policy(policyName="all", target=made["certificateArn"])
        self.iot.create_domain_configuration(domainConfigurationName="custom", domainName="iot.example.com",
                                             serverCertificateArns=[CERTIFICATE])

    def connects(self, name):
        """An MQTT 3.1.1 CONNECT by this server name is answered with CONNACK 0."""
        context = ssl.create_default_context(cafile=self.daemon.server_ca)
        context.check_hostname = False
        context.load_cert_chain(self.device.certificate, self.device.key)
        with socket.create_connection(("127.0.0.1", self.daemon.mqtt_port), timeout=20) as raw, \
                context.wrap_socket(raw, server_hostname=name) as tls:
            tls.sendall(b"\x10\x11\x00\x04MQTT\x04\x02\x00\x3c\x00\x05robot")
            return tls.recv(4) == b"\x20\x02\x00\x00"

    def test_a_certificate_that_needs_a_server_name_gets_in_by_it(self):  # SNI_ONLY
        self.assertTrue(self.connects("iot.example.com"))
        self.assertTrue(self.connects("localhost"))
        self.assertFalse(self.connects("other.example.com"))
        self.assertEqual(self.daemon.refusals()[0]["refusal"], "sni_missing")

    def test_a_disabled_name_lets_nobody_in(self):  # D-3
        def switch(status):
            self.iot.update_domain_configuration(domainConfigurationName="custom", domainConfigurationStatus=status)

        switch("DISABLED")
        self.assertFalse(self.connects("iot.example.com"))
        last = self.daemon.refusals()[0]
        self.assertEqual(last["refusal"], "domain_refused")
        self.assertIn("is DISABLED", last["cause"])
        self.assertIn("--domain-configuration-status ENABLED", last["cure"])
        self.assertTrue(self.connects("localhost"))
        switch("ENABLED")
        self.assertTrue(self.connects("iot.example.com"))

    def test_other_ways_in_are_named(self):  # D-4
        body = '{"authenticationType":"CUSTOM_AUTH","applicationProtocol":"SECURE_MQTT"}'
        self.daemon.http("PUT", "/domainConfigurations/custom", {"Content-Type": "application/json"}, body)
        self.assertFalse(self.connects("iot.example.com"))
        self.assertIn("CUSTOM_AUTH", self.daemon.refusals()[0]["cause"])


if __name__ == "__main__":
    unittest.main()
