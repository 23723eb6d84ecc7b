"""Every fact of a connection that a policy may name (P7.5), from a certificate that openssl made to a message that
mosquitto sent."""
import unittest

from daemon import Story
from identities import Ca, Identity, make_key
from mosquitto import LOST, publish
from policies import document, statement

SUBJECT = ("/C=DE/ST=Bavaria/O=Plant/OU=first/OU=second/CN=robot/serialNumber=SN-1/title=iot/SN=Sur/GN=Given"
           "/initials=GS/pseudonym=nick/generationQualifier=III/dnQualifier=dq")
ALTERNATIVE_NAMES = ("subjectAltName=email:a@example.org,DNS:robot.example.org,DNS:second.example.org,URI:urn:x:1,"
                     "IP:192.0.2.9")
SERIAL = 10525622389124227206  # hex 92:12:85:cb:b7:a5:e0:86, the guide's example

VALUES = {
    "iot:ClientId": "c-1",
    "iot:DomainName": "localhost",
    "aws:SourceIp": "127.0.0.1",
    "iot:Certificate.SerialNumber": str(SERIAL),
    "iot:Certificate.Subject.Country": "DE",
    "iot:Certificate.Subject.State": "Bavaria",
    "iot:Certificate.Subject.Organization": "Plant",
    "iot:Certificate.Subject.OrganizationalUnit": "first",
    "iot:Certificate.Subject.OrganizationalUnit.1": "second",
    "iot:Certificate.Subject.CommonName": "robot",
    "iot:Certificate.Subject.SerialNumber": "SN-1",
    "iot:Certificate.Subject.Title": "iot",
    "iot:Certificate.Subject.Surname": "Sur",
    "iot:Certificate.Subject.GivenName": "Given",
    "iot:Certificate.Subject.Initials": "GS",
    "iot:Certificate.Subject.Pseudonym": "nick",
    "iot:Certificate.Subject.GenerationQualifier": "III",
    "iot:Certificate.Subject.DistinguishedNameQualifier": "dq",
    "iot:Certificate.Subject.AlternativeName.RFC822Name": "a@example.org",
    "iot:Certificate.Subject.AlternativeName.DNSName": "robot.example.org",
    "iot:Certificate.Subject.AlternativeName.DNSName.1": "second.example.org",
    "iot:Certificate.Subject.AlternativeName.UniformResourceIdentifier": "urn:x:1",
    "iot:Certificate.Subject.AlternativeName.IPAddress": "192.0.2.9",
    "iot:Certificate.Issuer.CommonName": "factory",
    "iot:Certificate.Issuer.Organization": "Issuer",
    "iot:Connection.Thing.ThingName": "c-1",
    "iot:Connection.Thing.ThingTypeName": "arm",
    "iot:Connection.Thing.Attributes[site]": "berlin",
    "iot:Connection.Thing.IsAttached": "true",
}


class PolicyVariables(Story):
    def setUp(self):
        super().setUp()
        ca = Ca(self.folder, "factory", subject="/O=Issuer/CN=factory")
        certificate, key = self.folder / "robot.pem", self.folder / "robot.key"
        make_key(key, "ec")
        ca.sign(key, SUBJECT, certificate, f"basicConstraints=CA:FALSE\n{ALTERNATIVE_NAMES}", serial=SERIAL)
        self.robot = Identity(certificate, key)
        made = self.iot.register_certificate_without_ca(certificatePem=self.robot.pem, status="ACTIVE")
        self.arn = made["certificateArn"]
        self.iot.create_thing_type(thingTypeName="arm")
        self.iot.create_thing(thingName="c-1", thingTypeName="arm", attributePayload={"attributes": {"site": "berlin"}})
        self.iot.attach_thing_principal(thingName="c-1", principal=self.arn)
        self.give("connect", statement("Allow", "iot:Connect", "*"))

    def give(self, name, *statements):
        self.iot.create_policy(policyName=name, policyDocument=document(*statements))
        self.iot.attach_policy(policyName=name, target=self.arn)

    def publish(self, topic, client_id="c-1"):
        return publish(self.daemon, self.robot, client_id, topic)

    def test_each_is_put_into_the_resource(self):  # P7.5, C.7 line 71
        variables = {**VALUES, "iot:CertificateId": self.robot.id}
        names = list(variables)
        for start in range(0, len(names), 8):
            self.give(f"part-{start}", statement("Allow", "iot:Publish", *(
                f"topic/{number}/${{{names[number]}}}" for number in range(start, min(start + 8, len(names))))))
        for number, name in enumerate(names):
            done = self.publish(f"{number}/{variables[name]}")
            self.assertEqual(done.returncode, 0, f"{name}: {self.daemon.refusals()[:1]}")
        self.assertIn(LOST, self.publish("0/another").stderr)

    def test_each_may_stand_in_a_condition(self):  # P7.7
        self.give("conditions", statement("Allow", "iot:Publish", "topic/open", condition={
            "StringEquals": {"iot:Certificate.Subject.CommonName": "robot", "iot:DomainName": ["localhost", "other"]},
            "IpAddress": {"aws:SourceIp": "127.0.0.0/8"},
            "Bool": {"iot:Connection.Thing.IsAttached": "true"},
            "ForAnyValue:StringEquals": {"iot:Certificate.Subject.OrganizationalUnit.List": "second"}}),
            statement("Allow", "iot:Publish", "topic/shut", condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}))
        self.assertEqual(self.publish("open").returncode, 0)
        self.assertIn(LOST, self.publish("shut").stderr)
        self.assertIn(LOST, self.publish("open", client_id="c-2").stderr)  # not the thing's name

    def test_what_the_certificate_lacks_matches_nothing(self):  # P7.5, C.7 line 71: neither Allow nor Deny applies
        lacking = "${iot:Certificate.Subject.OrganizationalUnit.2}"
        self.give("lacking", statement("Allow", "iot:Publish", f"topic/a/{lacking}", "topic/b/*"),
                  statement("Deny", "iot:Publish", f"topic/b/{lacking}"))
        self.assertIn(LOST, self.publish("a/second").stderr)
        self.assertIn("Subject.OrganizationalUnit", self.daemon.refusals()[0]["explanation"])
        self.assertEqual(self.publish("b/second").returncode, 0)


if __name__ == "__main__":
    unittest.main()
