"""boto3: the life of a device certificate (P2, catalogue C.2)."""
import time
import unittest

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from daemon import ACCOUNT, REGION, Story
from identities import Ca, Identity, openssl, register


class CertificateLifeCycle(Story):
    def status(self, identifier):
        return self.iot.describe_certificate(certificateId=identifier)["certificateDescription"]["status"]

    def make(self, active=False):
        return self.iot.create_keys_and_certificate(setAsActive=active)["certificateId"]

    def test_keys_and_certificate_belong_together(self):  # P2.2, C.2 line 20
        made = self.iot.create_keys_and_certificate(setAsActive=True)
        certificate = x509.load_pem_x509_certificate(made["certificatePem"].encode())
        key = load_pem_private_key(made["keyPair"]["PrivateKey"].encode(), None)
        self.assertEqual(key.public_key().public_numbers(), certificate.public_key().public_numbers())
        self.assertEqual(key.key_size, 2048)
        self.assertTrue(made["keyPair"]["PrivateKey"].startswith("-----BEGIN RSA PRIVATE KEY-----"))
        self.assertEqual(certificate.subject.rfc4514_string(), "CN=AWS IoT Certificate")
        self.assertEqual(made["certificateArn"], f"arn:aws:iot:{REGION}:{ACCOUNT}:cert/{made['certificateId']}")
        described = self.iot.describe_certificate(certificateId=made["certificateId"])["certificateDescription"]
        self.assertEqual((described["status"], described["certificateMode"]), ("ACTIVE", "DEFAULT"))
        self.assertNotIn("caCertificateId", described)
        self.assertNotIn("PRIVATE KEY", self.daemon.log())

    def test_a_csr_gives_another_certificate_each_time(self):  # P2.3, C.2 line 20
        key = self.folder / "device.key"
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
        csr = openssl("req", "-new", "-key", key, "-subj", "/CN=robot-1")
        first = self.iot.create_certificate_from_csr(certificateSigningRequest=csr)
        second = self.iot.create_certificate_from_csr(certificateSigningRequest=csr, setAsActive=True)
        self.assertNotEqual(first["certificateId"], second["certificateId"])
        self.assertEqual(self.status(first["certificateId"]), "INACTIVE")
        self.assertEqual(self.status(second["certificateId"]), "ACTIVE")
        subject = x509.load_pem_x509_certificate(first["certificatePem"].encode()).subject
        self.assertEqual(subject.rfc4514_string(), "CN=robot-1")
        self.assert_error("InvalidRequestException", 400, self.iot.create_certificate_from_csr,
                          certificateSigningRequest=csr.replace("A", "B", 20))

    def test_registering_takes_each_status_but_the_services_own(self):  # P2.4, C.2 line 15
        ca = Ca(self.folder, "factory")
        identifier = register(self.iot, ca)
        for status in ("ACTIVE", "INACTIVE", "REVOKED"):
            leaf = ca.device(f"device-{status}")
            made = self.iot.register_certificate(certificatePem=leaf.pem, status=status)
            self.assertEqual(made["certificateId"], leaf.id)
            described = self.iot.describe_certificate(certificateId=leaf.id)["certificateDescription"]
            self.assertEqual((described["status"], described["caCertificateId"]), (status, identifier))
        answer = self.assert_error("CertificateStateException", 406, self.iot.register_certificate,
                                   certificatePem=ca.device("pending").pem, status="PENDING_ACTIVATION")
        self.assertIn("Not allowed to register certificate with PENDING_ACTIVATION status",
                      answer["Error"]["Message"])

    def test_a_certificate_of_no_registered_ca_is_refused(self):  # P2.4
        leaf = Ca(self.folder, "stranger").device("leaf")
        self.assert_error("CertificateValidationException", 400, self.iot.register_certificate,
                          certificatePem=leaf.pem)

    def test_the_same_certificate_twice_is_a_conflict(self):  # P2.4
        ca = Ca(self.folder, "factory")
        register(self.iot, ca)
        leaf = ca.device("leaf")
        self.iot.register_certificate(certificatePem=leaf.pem)
        answer = self.assert_error("ResourceAlreadyExistsException", 409, self.iot.register_certificate,
                                   certificatePem=leaf.pem)
        self.assertEqual(answer["resourceId"], leaf.id)

    def test_without_a_ca_the_certificate_is_sni_only(self):  # P2.5, C.2 line 16
        ca = Ca(self.folder, "factory")
        register(self.iot, ca)
        leaf = ca.device("leaf")
        self.iot.register_certificate_without_ca(certificatePem=leaf.pem, status="ACTIVE")
        described = self.iot.describe_certificate(certificateId=leaf.id)["certificateDescription"]
        self.assertEqual((described["status"], described["certificateMode"]), ("ACTIVE", "SNI_ONLY"))
        self.assertNotIn("caCertificateId", described)

    def test_two_cas_with_one_subject_and_key_leave_it_open_who_issued(self):  # P2.4, C.2 line 17
        ca = Ca(self.folder, "factory")
        register(self.iot, ca)
        renewed = self.folder / "renewed.pem"
        openssl("req", "-x509", "-new", "-key", ca.key, "-sha256", "-days", "60", "-subj", "/O=Plant/CN=factory",
                "-addext", "basicConstraints=critical,CA:TRUE", "-out", renewed)
        code = self.iot.get_registration_code()["registrationCode"]
        self.iot.register_ca_certificate(caCertificate=renewed.read_text(),
                                         verificationCertificate=ca.verification(code), setAsActive=True)
        leaf = ca.device("leaf")
        self.assert_error("CertificateConflictException", 409, self.iot.register_certificate,
                          certificatePem=leaf.pem)
        self.iot.register_certificate(certificatePem=leaf.pem, caCertificatePem=renewed.read_text())
        described = self.iot.describe_certificate(certificateId=leaf.id)["certificateDescription"]
        self.assertEqual(described["caCertificateId"], Identity(renewed, ca.key).id)

    def test_status_changes_follow_the_table(self):  # P2.7, C.2 line 18
        legal = {("INACTIVE", "ACTIVE"), ("INACTIVE", "REVOKED"), ("INACTIVE", "INACTIVE"), ("ACTIVE", "ACTIVE"),
                 ("ACTIVE", "INACTIVE"), ("ACTIVE", "REVOKED"), ("REVOKED", "REVOKED")}
        states = ("INACTIVE", "ACTIVE", "REVOKED", "PENDING_ACTIVATION", "PENDING_TRANSFER")
        for origin in ("INACTIVE", "ACTIVE", "REVOKED"):
            for target in states:
                with self.subTest(origin=origin, target=target):
                    identifier = self.make(active=origin == "ACTIVE")
                    if origin == "REVOKED":
                        self.iot.update_certificate(certificateId=identifier, newStatus="REVOKED")
                    if (origin, target) in legal:
                        self.iot.update_certificate(certificateId=identifier, newStatus=target)
                        self.assertEqual(self.status(identifier), target)
                    else:
                        self.assert_error("CertificateStateException", 406, self.iot.update_certificate,
                                          certificateId=identifier, newStatus=target)
                        self.assertEqual(self.status(identifier), origin)

    def test_deletion_asks_for_everything_to_be_undone_first(self):  # P2.8, C.2 line 19
        made = self.iot.create_keys_and_certificate(setAsActive=True)
        identifier, arn = made["certificateId"], made["certificateArn"]
        document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]}'
        self.iot.create_policy(policyName="all", policyDocument=document)
        self.iot.attach_policy(policyName="all", target=arn)
        self.iot.create_thing(thingName="robot")
        self.iot.attach_thing_principal(thingName="robot", principal=arn)
        delete = self.iot.delete_certificate

        self.assert_error("CertificateStateException", 406, delete, certificateId=identifier, forceDelete=True)
        self.iot.update_certificate(certificateId=identifier, newStatus="INACTIVE")
        self.assert_error("DeleteConflictException", 409, delete, certificateId=identifier, forceDelete=True)
        self.iot.detach_thing_principal(thingName="robot", principal=arn)
        answer = self.assert_error("DeleteConflictException", 409, delete, certificateId=identifier)
        self.assertIn(f"Certificate policies must be detached before deletion (arn: {arn})",
                      answer["Error"]["Message"])
        delete(certificateId=identifier, forceDelete=True)
        self.assert_error("ResourceNotFoundException", 404, self.iot.describe_certificate, certificateId=identifier)
        self.assertEqual(self.iot.list_targets_for_policy(policyName="all")["targets"], [])

    def test_paging_is_stable_while_certificates_are_added(self):  # P10.4
        first = {self.make() for _ in range(4)}
        page = self.iot.list_certificates(pageSize=2, ascendingOrder=True)
        seen = [certificate["certificateId"] for certificate in page["certificates"]]
        time.sleep(0.01)
        later = self.make()
        while "nextMarker" in page:
            page = self.iot.list_certificates(pageSize=2, ascendingOrder=True, marker=page["nextMarker"])
            seen += [certificate["certificateId"] for certificate in page["certificates"]]
        self.assertEqual(len(seen), 5)
        self.assertEqual(set(seen), first | {later})


if __name__ == "__main__":
    unittest.main()
