"""boto3: the life of a CA certificate (P1, catalogue C.1)."""
import json
import unittest

from daemon import ACCOUNT, REGION, Story
from identities import Ca, register


class CaLifeCycle(Story):
    def test_the_registration_code_stays_until_it_is_deleted(self):  # P1.1, C.1 line 1
        code = self.iot.get_registration_code()["registrationCode"]
        self.assertRegex(code, r"\A[a-f0-9]{64}\Z")
        self.assertEqual(self.iot.get_registration_code()["registrationCode"], code)
        self.iot.delete_registration_code()
        self.assertNotEqual(self.iot.get_registration_code()["registrationCode"], code)

    def test_a_ca_is_registered_inactive_unless_asked_otherwise(self):  # P1.2, P1.4, C.1 line 2
        ca = Ca(self.folder, "factory")
        identifier = register(self.iot, ca, active=False, auto_registration=False)
        self.assertEqual(identifier, ca.id)
        described = self.iot.describe_ca_certificate(certificateId=identifier)["certificateDescription"]
        self.assertEqual(described["certificateArn"], f"arn:aws:iot:{REGION}:{ACCOUNT}:cacert/{identifier}")
        self.assertEqual(described["status"], "INACTIVE")
        self.assertEqual(described["autoRegistrationStatus"], "DISABLE")
        self.assertEqual(described["certificateMode"], "DEFAULT")
        self.assertEqual(described["customerVersion"], 1)
        self.assertEqual(described["ownedBy"], ACCOUNT)
        self.assertEqual(described["certificatePem"].strip(), ca.pem.strip())
        self.assertGreater(described["validity"]["notAfter"], described["validity"]["notBefore"])

    def test_flags_in_the_query_activate_and_open_it(self):  # C.1 line 3
        identifier = register(self.iot, Ca(self.folder, "factory"))
        described = self.iot.describe_ca_certificate(certificateId=identifier)["certificateDescription"]
        self.assertEqual((described["status"], described["autoRegistrationStatus"]), ("ACTIVE", "ENABLE"))

    def test_the_verification_certificate_must_prove_possession(self):  # P1.2 rows 2, 7, 8; C.1 line 4
        ca, stranger = Ca(self.folder, "factory"), Ca(self.folder, "stranger")
        code = self.iot.get_registration_code()["registrationCode"]
        call = self.iot.register_ca_certificate
        self.assert_error("CertificateValidationException", 400, call, caCertificate=ca.pem,
                          verificationCertificate=stranger.verification(code))
        self.assert_error("RegistrationCodeValidationException", 400, call, caCertificate=ca.pem,
                          verificationCertificate=ca.verification("0" * 64))
        self.assert_error("InvalidRequestException", 400, call, caCertificate=ca.pem)

    def test_a_deleted_registration_code_proves_nothing(self):  # C.1 line 1
        ca = Ca(self.folder, "factory")
        proof = ca.verification(self.iot.get_registration_code()["registrationCode"])
        self.iot.delete_registration_code()
        self.assert_error("RegistrationCodeValidationException", 400, self.iot.register_ca_certificate,
                          caCertificate=ca.pem, verificationCertificate=proof)

    def test_an_rsa_ca_is_registered_as_well(self):  # P1.2 row 6
        self.assertEqual(register(self.iot, rsa := Ca(self.folder, "rsa", kind="rsa")), rsa.id)

    def test_a_certificate_that_is_no_ca_is_refused(self):  # P1.2 row 4, C.1 line 6
        leaf = Ca(self.folder, "factory").device("leaf")
        answer = self.assert_error("CertificateValidationException", 400, self.iot.register_ca_certificate,
                                   caCertificate=leaf.pem, verificationCertificate=leaf.pem)
        self.assertIn("basicConstraints extension as true", answer["Error"]["Message"])

    def test_the_same_ca_twice_is_a_conflict_that_names_the_first(self):  # P1.2 row 9, C.1 line 7
        ca = Ca(self.folder, "factory")
        identifier = register(self.iot, ca)
        with self.assertRaises(self.iot.exceptions.ResourceAlreadyExistsException) as caught:
            register(self.iot, ca)
        self.assertEqual(caught.exception.response["resourceId"], identifier)
        self.assertTrue(caught.exception.response["resourceArn"].endswith("cacert/" + identifier))

    def test_the_eleventh_ca_of_one_subject_is_too_many(self):  # P1.2 row 11, C.1 line 8
        for number in range(10):
            register(self.iot, Ca(self.folder, f"ca{number}", subject="/O=Plant/CN=Same"))
        eleventh = Ca(self.folder, "ca10", subject="/O=Plant/CN=Same")
        code = self.iot.get_registration_code()["registrationCode"]
        answer = self.assert_error("LimitExceededException", 410, self.iot.register_ca_certificate,
                                   caCertificate=eleventh.pem, verificationCertificate=eleventh.verification(code))
        self.assertIn("Limit reached for number of CA Certificates with same subject", answer["Error"]["Message"])

    def test_an_intermediate_is_registered_alone_and_its_leaves_register(self):  # C.1 line 9
        intermediate = Ca(self.folder, "intermediate", parent=Ca(self.folder, "root"))
        identifier = register(self.iot, intermediate)
        leaf = intermediate.device("leaf")
        self.iot.register_certificate(certificatePem=leaf.pem, status="ACTIVE")
        listed = self.iot.list_certificates_by_ca(caCertificateId=identifier)["certificates"]
        self.assertEqual([certificate["certificateId"] for certificate in listed], [leaf.id])

    def test_only_an_inactive_ca_is_deleted_and_it_may_come_back(self):  # P1.6, C.1 line 11
        ca = Ca(self.folder, "factory")
        identifier = register(self.iot, ca)
        leaf = ca.device("leaf")
        self.iot.register_certificate(certificatePem=leaf.pem)
        self.assert_error("CertificateStateException", 406, self.iot.delete_ca_certificate, certificateId=identifier)
        self.iot.update_ca_certificate(certificateId=identifier, newStatus="INACTIVE")
        self.iot.delete_ca_certificate(certificateId=identifier)
        self.assert_error("ResourceNotFoundException", 404, self.iot.describe_ca_certificate,
                          certificateId=identifier)
        self.assertEqual(register(self.iot, ca), identifier)
        listed = self.iot.list_certificates_by_ca(caCertificateId=identifier)["certificates"]
        self.assertEqual([certificate["certificateId"] for certificate in listed], [leaf.id])

    def test_updates_act_alone_and_together(self):  # P1.5, C.1 lines 12 and 13
        identifier = register(self.iot, Ca(self.folder, "factory"), active=False, auto_registration=False)
        template = '{"Resources": {"cert": {"Type": "AWS::IoT::Certificate"}}}\n'
        role = f"arn:aws:iam::{ACCOUNT}:role/jitp"

        def facts():
            answer = self.iot.describe_ca_certificate(certificateId=identifier)
            described = answer["certificateDescription"]
            return (described["status"], described["autoRegistrationStatus"],
                    answer.get("registrationConfig", {}).get("templateBody"))

        self.iot.update_ca_certificate(certificateId=identifier, newStatus="ACTIVE")
        self.assertEqual(facts(), ("ACTIVE", "DISABLE", None))
        self.iot.update_ca_certificate(
            certificateId=identifier, newStatus="INACTIVE", newAutoRegistrationStatus="ENABLE",
            registrationConfig={"templateBody": template, "roleArn": role})
        self.assertEqual(facts(), ("INACTIVE", "ENABLE", template))
        self.iot.update_ca_certificate(certificateId=identifier, removeAutoRegistration=True)
        self.assertEqual(facts(), ("INACTIVE", "DISABLE", None))
        answer = self.assert_error("InvalidRequestException", 400, self.iot.update_ca_certificate,
                                   certificateId=identifier, newStatus="REGISTER_INACTIVE")
        self.assertIn("failed to satisfy constraint", answer["Error"]["Message"])

    def test_sni_only_needs_no_proof_and_takes_none(self):  # P1.2 mode table, C.1 line 5; newer than botocore's model
        ca = Ca(self.folder, "factory")
        proof = ca.verification(self.iot.get_registration_code()["registrationCode"])
        body = {"caCertificate": ca.pem, "certificateMode": "SNI_ONLY"}
        refused = self.daemon.http("POST", "/cacertificate", body=json.dumps({**body, "verificationCertificate": proof}))
        self.assertEqual((refused.status, refused.error_type), (400, "InvalidRequestException"))
        accepted = self.daemon.http("POST", "/cacertificate", body=json.dumps(body))
        self.assertEqual((accepted.status, accepted.json()["certificateId"]), (200, ca.id))

    def test_lists_are_paged_in_either_order(self):  # P1.7, P10.4, C.1 line 14
        made = [register(self.iot, Ca(self.folder, f"ca{number}")) for number in range(5)]

        def walk(**more):
            pages = self.iot.get_paginator("list_ca_certificates").paginate(
                PaginationConfig={"PageSize": 2}, **more)
            return [certificate["certificateId"] for page in pages for certificate in page["certificates"]]

        self.assertEqual(sorted(walk(ascendingOrder=True)), sorted(made))
        self.assertEqual(walk(ascendingOrder=True), list(reversed(walk(ascendingOrder=False))))
        for wrong in ({"pageSize": 251}, {"marker": "bm9wZQ=="}):
            self.assert_error("InvalidRequestException", 400, self.iot.list_ca_certificates, **wrong)


if __name__ == "__main__":
    unittest.main()
