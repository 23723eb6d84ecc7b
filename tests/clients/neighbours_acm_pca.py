"""ACM Private CA with boto3: life cycle, templates, certificates that openssl verifies strictly (P9.1 to P9.4)."""
import base64
import unittest

from botocore.exceptions import ClientError
from daemon import Story
from identities import openssl

TEMPLATE = "arn:aws:acm-pca:::template/{}/V1"
KEYS = {"RSA_2048": "SHA256WITHRSA", "RSA_3072": "SHA384WITHRSA", "RSA_4096": "SHA512WITHRSA",
        "EC_prime256v1": "SHA256WITHECDSA", "EC_secp384r1": "SHA384WITHECDSA", "EC_secp521r1": "SHA512WITHECDSA"}
DAYS = {"Type": "DAYS", "Value": 30}


class AcmPca(Story):
    def setUp(self):
        super().setUp()
        self.pca = self.daemon.client("acm-pca")

    def create(self, name="root", kind="ROOT", key="EC_prime256v1", subject=None, **more):
        return self.pca.create_certificate_authority(
            CertificateAuthorityType=kind,
            CertificateAuthorityConfiguration={
                "KeyAlgorithm": key, "SigningAlgorithm": KEYS[key], "Subject": subject or {"CommonName": name}},
            **more)["CertificateAuthorityArn"]

    def status(self, arn):
        return self.pca.describe_certificate_authority(CertificateAuthorityArn=arn)["CertificateAuthority"]["Status"]

    def issue(self, arn, csr, template=None, algorithm="SHA256WITHECDSA", validity=None, **more):
        """The answer of GetCertificate."""
        if template is not None:
            more["TemplateArn"] = TEMPLATE.format(template)
        made = self.pca.issue_certificate(CertificateAuthorityArn=arn, Csr=csr, SigningAlgorithm=algorithm,
                                          Validity=validity or DAYS, **more)["CertificateArn"]
        self.pca.get_waiter("certificate_issued").wait(CertificateAuthorityArn=arn, CertificateArn=made)
        answer = self.pca.get_certificate(CertificateAuthorityArn=arn, CertificateArn=made)
        return {**answer, "arn": made}

    def csr_of(self, arn):
        self.pca.get_waiter("certificate_authority_csr_created").wait(CertificateAuthorityArn=arn)
        return self.pca.get_certificate_authority_csr(CertificateAuthorityArn=arn)["Csr"]

    def activate(self, arn, algorithm="SHA256WITHECDSA"):
        """A root signs itself for ten years; gives its PEM."""
        made = self.issue(arn, self.csr_of(arn), "RootCACertificate", algorithm, {"Type": "YEARS", "Value": 10})
        self.assertNotIn("CertificateChain", made)
        self.pca.import_certificate_authority_certificate(CertificateAuthorityArn=arn, Certificate=made["Certificate"])
        return made["Certificate"]

    def root(self, name="root", **more):
        arn = self.create(name, **more)
        return arn, self.activate(arn)

    def subordinate(self, root, template="SubordinateCACertificate_PathLen0", name="issuing"):
        arn = self.create(name, "SUBORDINATE")
        made = self.issue(root, self.csr_of(arn), template, validity={"Type": "YEARS", "Value": 5})
        self.pca.import_certificate_authority_certificate(
            CertificateAuthorityArn=arn, Certificate=made["Certificate"], CertificateChain=made["CertificateChain"])
        return arn, made

    def device_csr(self, subject="/O=Plant/CN=sn-1", *more, name="device"):
        key = self.folder / f"{name}.key"
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
        return openssl("req", "-new", "-key", key, "-subj", subject, *more)

    def text(self, pem):
        """What openssl prints of a certificate, in lines without indentation."""
        lines = openssl("x509", "-noout", "-text", text=pem).splitlines()
        return [line.strip() for line in lines]

    def after(self, pem, title):
        """The line behind the one that begins so."""
        lines = self.text(pem)
        return next(lines[i + 1] for i, line in enumerate(lines) if line.startswith(title))

    def verify(self, root, leaf, *between):
        for name, pems in (("root", [root]), ("leaf", [leaf]), ("between", between)):
            (self.folder / f"{name}.pem").write_text("\n".join(pems) + "\n")
        more = ("-untrusted", self.folder / "between.pem") if between else ()
        self.assertIn("OK", openssl("verify", "-x509_strict", "-CAfile", self.folder / "root.pem", *more,
                                    self.folder / "leaf.pem"))

    def assert_fault(self, name, call, /, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        error = caught.exception.response
        self.assertEqual((error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]), (name, 400), error)

    def test_the_life_of_an_authority(self):  # P9.2
        arn = self.create("root", subject={"CommonName": "root", "Country": "DE", "Organization": "Plant"},
                          Tags=[{"Key": "owner", "Value": "line 7"}])
        self.assertRegex(arn, r"\Aarn:aws:acm-pca:us-east-1:123456789012:certificate-authority/[0-9a-f-]{36}\Z")
        described = self.pca.describe_certificate_authority(CertificateAuthorityArn=arn)["CertificateAuthority"]
        self.assertEqual((described["Status"], described["Type"], described["OwnerAccount"]),
                         ("PENDING_CERTIFICATE", "ROOT", "123456789012"))
        self.assertEqual(described["CertificateAuthorityConfiguration"]["Subject"],
                         {"CommonName": "root", "Country": "DE", "Organization": "Plant"})
        self.assertNotIn("Serial", described)
        self.assert_fault("InvalidStateException", self.pca.get_certificate_authority_certificate,
                          CertificateAuthorityArn=arn)
        self.assertIn("C = DE, O = Plant, CN = root", openssl("req", "-noout", "-subject", "-verify",
                                                              text=self.csr_of(arn)))
        pem = self.activate(arn)
        described = self.pca.describe_certificate_authority(CertificateAuthorityArn=arn)["CertificateAuthority"]
        self.assertEqual(described["Status"], "ACTIVE")
        self.assertGreater(described["NotAfter"], described["NotBefore"])
        self.assertEqual(self.pca.get_certificate_authority_certificate(CertificateAuthorityArn=arn)["Certificate"],
                         pem)
        self.verify(pem, self.issue(arn, self.device_csr())["Certificate"])

        self.assert_fault("InvalidStateException", self.pca.delete_certificate_authority, CertificateAuthorityArn=arn)
        self.pca.update_certificate_authority(CertificateAuthorityArn=arn, Status="DISABLED")
        self.assert_fault("InvalidStateException", self.issue, arn=arn, csr=self.device_csr())
        self.pca.delete_certificate_authority(CertificateAuthorityArn=arn, PermanentDeletionTimeInDays=7)
        described = self.pca.describe_certificate_authority(CertificateAuthorityArn=arn)["CertificateAuthority"]
        self.assertEqual(described["Status"], "DELETED")
        self.assertIn("RestorableUntil", described)
        self.assert_fault("InvalidStateException", self.pca.update_certificate_authority,
                          CertificateAuthorityArn=arn, Status="ACTIVE")
        self.pca.restore_certificate_authority(CertificateAuthorityArn=arn)
        self.assertEqual(self.status(arn), "DISABLED")
        self.pca.update_certificate_authority(CertificateAuthorityArn=arn, Status="ACTIVE")
        self.assertEqual(self.status(arn), "ACTIVE")

    def test_the_request_of_an_authority_asks_for_what_it_was_told(self):  # P9.2: CsrExtensions
        arn = self.pca.create_certificate_authority(
            CertificateAuthorityType="SUBORDINATE", CertificateAuthorityConfiguration={
                "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA384WITHECDSA",
                "Subject": {"CustomAttributes": [{"ObjectIdentifier": "2.5.4.3", "Value": "by OID"}]},
                "CsrExtensions": {
                    "KeyUsage": {"KeyCertSign": True, "CRLSign": True},
                    "SubjectInformationAccess": [{
                        "AccessMethod": {"AccessMethodType": "CA_REPOSITORY"},
                        "AccessLocation": {"UniformResourceIdentifier": "http://repo.example"}}]}}
        )["CertificateAuthorityArn"]
        text = openssl("req", "-noout", "-text", text=self.csr_of(arn))
        for expected in ("Subject: CN = by OID", "Certificate Sign, CRL Sign", "CA Repository - URI:http://repo.example",
                         "ecdsa-with-SHA384"):
            self.assertIn(expected, text)

    def test_every_kind_of_key(self):  # P9.2
        for key, algorithm in KEYS.items():
            with self.subTest(key):
                arn = self.create(key, key=key)
                root = self.activate(arn, algorithm)
                self.verify(root, self.issue(arn, self.device_csr(), algorithm=algorithm)["Certificate"])
                other = "SHA256WITHECDSA" if key.startswith("RSA") else "SHA256WITHRSA"
                self.assert_fault("InvalidArgsException", self.issue, arn=arn, csr=self.device_csr(), algorithm=other)

    def test_lists_in_pages(self):
        arns = [self.create(f"ca{i}") for i in range(5)]
        pages = self.pca.get_paginator("list_certificate_authorities").paginate(PaginationConfig={"PageSize": 2})
        seen = [[ca["Arn"] for ca in page["CertificateAuthorities"]] for page in pages]
        self.assertEqual(seen, [arns[:2], arns[2:4], arns[4:]])
        self.assert_fault("InvalidNextTokenException", self.pca.list_certificate_authorities, NextToken="xyz")
        self.assertEqual(self.pca.list_certificate_authorities(ResourceOwner="OTHER_ACCOUNTS")[
            "CertificateAuthorities"], [])
        self.assertEqual(self.daemon.client("acm-pca", region="eu-west-1").list_certificate_authorities()[
            "CertificateAuthorities"], [])

    def test_tags(self):
        arn = self.create(Tags=[{"Key": "a", "Value": "1"}])
        self.pca.tag_certificate_authority(CertificateAuthorityArn=arn, Tags=[{"Key": "b"}, {"Key": "a", "Value": "2"}])
        self.assertEqual(self.pca.list_tags(CertificateAuthorityArn=arn)["Tags"],
                         [{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}])
        self.pca.untag_certificate_authority(CertificateAuthorityArn=arn,
                                             Tags=[{"Key": "a", "Value": "other"}, {"Key": "b"}])
        self.assertEqual(self.pca.list_tags(CertificateAuthorityArn=arn)["Tags"], [{"Key": "a", "Value": "2"}])
        self.assert_fault("InvalidTagException", self.pca.tag_certificate_authority, CertificateAuthorityArn=arn,
                          Tags=[{"Key": "aws:x"}])
        self.assert_fault("TooManyTagsException", self.pca.tag_certificate_authority, CertificateAuthorityArn=arn,
                          Tags=[{"Key": f"k{i}"} for i in range(50)])

    def test_arns(self):
        self.assert_fault("InvalidArnException", self.pca.describe_certificate_authority,
                          CertificateAuthorityArn="arn:aws:iam::123456789012:role/x")
        gone = "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/00000000-0000-0000-0000-000000000000"
        self.assert_fault("ResourceNotFoundException", self.pca.describe_certificate_authority,
                          CertificateAuthorityArn=gone)
        arn, _ = self.root()
        self.assert_fault("ResourceNotFoundException", self.pca.get_certificate, CertificateAuthorityArn=arn,
                          CertificateArn=f"{arn}/certificate/{'0' * 32}")
        self.assert_fault("InvalidArnException", self.pca.get_certificate, CertificateAuthorityArn=arn,
                          CertificateArn=f"{gone}/certificate/{'0' * 32}")

    def test_a_chain_of_three(self):  # P9.2, P9.4
        root, root_pem = self.root()
        arn, made = self.subordinate(root)
        self.assertEqual(made["CertificateChain"], root_pem)
        leaf = self.issue(arn, self.device_csr())
        self.assertEqual(leaf["CertificateChain"], made["Certificate"] + "\n" + root_pem)
        self.verify(root_pem, leaf["Certificate"], made["Certificate"])
        serial = openssl("x509", "-noout", "-serial", text=leaf["Certificate"]).strip().split("=")[1].lower()
        self.assertEqual(leaf["arn"], f"{arn}/certificate/{serial}")  # P9.1
        # PathLen0 has nobody below it.
        self.assert_fault("InvalidArgsException", self.issue, arn=arn, csr=self.device_csr(),
                          template="SubordinateCACertificate_PathLen0")

    def test_base_templates(self):  # P9.3
        root, root_pem = self.root()
        names = ("-addext", "subjectAltName=DNS:a.example,IP:10.0.0.1", "-addext", "keyUsage=keyAgreement",
                 "-addext", "1.2.3.4.5=ASN1:UTF8String:mine")
        csr = self.device_csr("/CN=sn-1", *names)
        cases = {
            None: ("Digital Signature, Key Encipherment", "TLS Web Server Authentication, TLS Web Client Authentication"),
            "EndEntityCertificate": ("Digital Signature, Key Encipherment",
                                     "TLS Web Server Authentication, TLS Web Client Authentication"),
            "EndEntityClientAuthCertificate": ("Digital Signature, Key Encipherment", "TLS Web Client Authentication"),
            "EndEntityServerAuthCertificate": ("Digital Signature, Key Encipherment", "TLS Web Server Authentication"),
            "CodeSigningCertificate": ("Digital Signature", "Code Signing"),
            "OCSPSigningCertificate": ("Digital Signature", "OCSP Signing")}
        for template, (usage, extended) in cases.items():
            with self.subTest(template):
                pem = self.issue(root, csr, template)["Certificate"]
                self.assertEqual(self.after(pem, "X509v3 Key Usage: critical"), usage)
                self.assertEqual(self.after(pem, "X509v3 Extended Key Usage"), extended)
                self.assertEqual(self.after(pem, "X509v3 Basic Constraints"), "CA:FALSE")
                self.assertEqual(self.after(pem, "X509v3 Subject Alternative Name"), "DNS:a.example, IP Address:10.0.0.1")
                self.assertNotIn("1.2.3.4.5:", self.text(pem))
                self.verify(root_pem, pem)
        for length in range(4):
            pem = self.issue(root, csr, f"SubordinateCACertificate_PathLen{length}")["Certificate"]
            self.assertEqual(self.after(pem, "X509v3 Basic Constraints: critical"), f"CA:TRUE, pathlen:{length}")
            self.assertEqual(self.after(pem, "X509v3 Key Usage: critical"),
                             "Digital Signature, Certificate Sign, CRL Sign")
            self.verify(root_pem, pem)

    def test_what_the_request_asks_for_is_passed_through(self):  # P9.3
        root, root_pem = self.root()
        csr = self.device_csr("/CN=sn-1", "-addext", "keyUsage=critical,keyAgreement", "-addext",
                              "extendedKeyUsage=emailProtection", "-addext", "1.2.3.4.5=ASN1:UTF8String:mine",
                              "-addext", "basicConstraints=critical,CA:TRUE")
        pem = self.issue(root, csr, "EndEntityCertificate_CSRPassthrough")["Certificate"]
        self.assertIn("1.2.3.4.5:", self.text(pem))
        self.assertEqual(self.after(pem, "X509v3 Key Usage"), "Digital Signature, Key Encipherment")
        self.assertEqual(self.after(pem, "X509v3 Basic Constraints"), "CA:FALSE")
        pem = self.issue(root, csr, "BlankEndEntityCertificate_CriticalBasicConstraints_CSRPassthrough")["Certificate"]
        self.assertEqual(self.after(pem, "X509v3 Key Usage: critical"), "Key Agreement")
        self.assertEqual(self.after(pem, "X509v3 Extended Key Usage"), "E-mail Protection")
        self.assertEqual(self.after(pem, "X509v3 Basic Constraints: critical"), "CA:FALSE")
        self.verify(root_pem, pem)

    def test_what_the_api_gives_comes_before_the_request(self):  # P9.3
        root, root_pem = self.root()
        csr = self.device_csr("/CN=asked", "-addext", "subjectAltName=DNS:asked.example", "-addext",
                              "keyUsage=keyAgreement", "-addext", "1.2.3.4.5=ASN1:UTF8String:asked")
        given = {
            "Subject": {"CommonName": "given", "SerialNumber": "sn-7", "Organization": "Plant", "Country": "DE"},
            "Extensions": {
                "KeyUsage": {"DigitalSignature": True, "NonRepudiation": True},
                "ExtendedKeyUsage": [{"ExtendedKeyUsageType": "CLIENT_AUTH"},
                                     {"ExtendedKeyUsageObjectIdentifier": "1.2.3.9"}],
                "SubjectAlternativeNames": [
                    {"DnsName": "given.example"}, {"IpAddress": "::1"}, {"Rfc822Name": "a@b.example"},
                    {"UniformResourceIdentifier": "urn:x:1"}, {"RegisteredId": "1.2.3.8"},
                    {"DirectoryName": {"CommonName": "dir"}}, {"OtherName": {"TypeId": "1.2.3.7", "Value": "other"}},
                    {"EdiPartyName": {"PartyName": "party", "NameAssigner": "assigner"}}],
                "CertificatePolicies": [{"CertPolicyId": "1.2.3.6", "PolicyQualifiers": [
                    {"PolicyQualifierId": "CPS", "Qualifier": {"CpsUri": "http://cps.example"}}]}]}}
        blank = self.issue(root, csr, "BlankEndEntityCertificate_APICSRPassthrough", ApiPassthrough=given)["Certificate"]
        self.assertEqual(openssl("x509", "-noout", "-subject", text=blank).strip(),
                         "subject=C = DE, O = Plant, CN = given, serialNumber = sn-7")
        self.assertEqual(self.after(blank, "X509v3 Key Usage: critical"), "Digital Signature, Non Repudiation")
        self.assertEqual(self.after(blank, "X509v3 Extended Key Usage"), "TLS Web Client Authentication, 1.2.3.9")
        names = self.after(blank, "X509v3 Subject Alternative Name")
        for name in ("DNS:given.example", "IP Address:0:0:0:0:0:0:0:1", "email:a@b.example", "URI:urn:x:1",
                     "Registered ID:1.2.3.8", "DirName:/CN=dir", "othername: 1.2.3.7"):
            self.assertIn(name, names)
        self.assertIn("Policy: 1.2.3.6", self.text(blank))
        self.assertIn("CPS: http://cps.example", self.text(blank))
        self.assertIn("1.2.3.4.5:", self.text(blank))
        self.verify(root_pem, blank)

        api_only = self.issue(root, csr, "EndEntityCertificate_APIPassthrough", ApiPassthrough={
            "Extensions": {"CustomExtensions": [
                {"ObjectIdentifier": "1.2.3.4.6", "Value": base64.b64encode(b"\x0c\x01x").decode()}]}})["Certificate"]
        self.assertIn("CN = asked", openssl("x509", "-noout", "-subject", text=api_only))
        self.assertIn("1.2.3.4.6:", self.text(api_only))
        self.assertNotIn("1.2.3.4.5:", self.text(api_only))
        self.assert_fault("InvalidArgsException", self.issue, arn=root, csr=csr, ApiPassthrough=given)

    def test_requests_that_are_refused(self):  # P9.2
        root, _ = self.root()
        csr = self.device_csr()
        self.assert_fault("MalformedCSRException", self.issue, arn=root, csr="no request")
        self.assert_fault("MalformedCSRException", self.issue, arn=root, csr=self.device_csr("/"))
        self.assert_fault("InvalidArgsException", self.issue, arn=root, csr=csr, template="NoSuchCertificate")
        self.assert_fault("InvalidArnException", self.issue, arn=root, csr=csr,
                          TemplateArn="EndEntityCertificate/V1")
        self.assert_fault("InvalidArgsException", self.issue, arn=root, csr=csr,
                          validity={"Type": "YEARS", "Value": 20})
        self.assert_fault("ValidationException", self.issue, arn=root, csr=csr, algorithm="MD5WITHRSA")
        self.assert_fault("InvalidArgsException", self.pca.create_certificate_authority,
                          CertificateAuthorityType="ROOT", CertificateAuthorityConfiguration={
                              "KeyAlgorithm": "SM2", "SigningAlgorithm": "SHA256WITHECDSA",
                              "Subject": {"CommonName": "x"}})
        nameless = self.issue(root, self.device_csr("/", "-addext", "subjectAltName=DNS:only.example"))["Certificate"]
        self.assertEqual(self.after(nameless, "X509v3 Subject Alternative Name: critical"), "DNS:only.example")

    def test_certificates_that_no_authority_may_have(self):  # P9.4
        arn = self.create("root")
        csr = self.csr_of(arn)
        load = self.pca.import_certificate_authority_certificate
        foreign = self.folder / "foreign.key"
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", foreign)
        stranger = openssl("req", "-x509", "-new", "-key", foreign, "-subj", "/CN=root", "-days", "9", "-addext",
                           "keyUsage=critical,keyCertSign,cRLSign")
        self.assert_fault("CertificateMismatchException", load, CertificateAuthorityArn=arn, Certificate=stranger)
        self.assert_fault("MalformedCertificateException", load, CertificateAuthorityArn=arn, Certificate="nothing")
        good = self.issue(arn, csr, "RootCACertificate")["Certificate"]
        self.assert_fault("InvalidRequestException", load, CertificateAuthorityArn=arn, Certificate=good,
                          CertificateChain=good)

        root, root_pem = self.root("other root")
        below = self.create("below", "SUBORDINATE")
        made = self.issue(root, self.csr_of(below), "SubordinateCACertificate_PathLen1")
        self.assert_fault("InvalidRequestException", load, CertificateAuthorityArn=below,
                          Certificate=made["Certificate"])
        self.assert_fault("CertificateMismatchException", load, CertificateAuthorityArn=below,
                          Certificate=made["Certificate"], CertificateChain=good)
        self.assert_fault("MalformedCertificateException", load, CertificateAuthorityArn=below,
                          Certificate=made["Certificate"], CertificateChain=made["Certificate"] + "\n" + root_pem)
        leaf = self.issue(root, self.csr_of(below))
        self.assert_fault("MalformedCertificateException", load, CertificateAuthorityArn=below,
                          Certificate=leaf["Certificate"], CertificateChain=root_pem)
        renamed = self.issue(root, self.csr_of(below), "SubordinateCACertificate_PathLen1_APIPassthrough",
                             ApiPassthrough={"Subject": {"CommonName": "someone else"}})
        self.assert_fault("CertificateMismatchException", load, CertificateAuthorityArn=below,
                          Certificate=renamed["Certificate"], CertificateChain=root_pem)
        load(CertificateAuthorityArn=below, Certificate=made["Certificate"], CertificateChain=root_pem)
        self.assertEqual(self.status(below), "ACTIVE")

    def test_revocation(self):
        root, root_pem = self.root()
        leaf = self.issue(root, self.device_csr())
        serial = leaf["arn"].rsplit("/", 1)[1]
        revoke = self.pca.revoke_certificate
        colons = ":".join(serial[i:i + 2] for i in range(0, 32, 2)).upper()
        revoke(CertificateAuthorityArn=root, CertificateSerial=colons, RevocationReason="KEY_COMPROMISE")
        self.assert_fault("RequestAlreadyProcessedException", revoke, CertificateAuthorityArn=root,
                          CertificateSerial=serial, RevocationReason="KEY_COMPROMISE")
        self.assert_fault("ResourceNotFoundException", revoke, CertificateAuthorityArn=root,
                          CertificateSerial="00" * 16, RevocationReason="UNSPECIFIED")
        own = openssl("x509", "-noout", "-serial", text=root_pem).strip().split("=")[1]
        self.assert_fault("InvalidRequestException", revoke, CertificateAuthorityArn=root, CertificateSerial=own,
                          RevocationReason="UNSPECIFIED")

    def test_an_operation_that_is_not_built_says_so(self):  # P10.7
        with self.assertRaisesRegex(ClientError, "acm-pca CreatePermission is not emulated"):
            self.pca.create_permission(CertificateAuthorityArn=self.create(), Principal="acm.amazonaws.com",
                                       Actions=["IssueCertificate"])


if __name__ == "__main__":
    unittest.main()
