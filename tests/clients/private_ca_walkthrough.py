"""JITP with a CA of ACM PCA, typed as a public walkthrough types it, with the AWS CLI, openssl, jq and mosquitto
(P9.5). The CLI's second version is told to take file:// for blobs as the first did."""
import json
import os
import unittest

from daemon import Story, run
from identities import Identity
from mosquitto import LOST, publish
from policies import ARN
from walkthroughs import unified_agent_template

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [
    "iot:Subscribe", "iot:Connect", "iot:Publish", "iot:UpdateThingShadow", "iot:CreateTopicRule"],
    "Resource": ["*"]}]}
TEMPLATE = unified_agent_template(json.dumps(POLICY))
ROLE = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "iot.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
CA_CONFIG = {"KeyAlgorithm": "RSA_2048", "SigningAlgorithm": "SHA256WITHRSA", "Subject": {
    "Country": "US", "Organization": "ACME", "OrganizationalUnit": "IoT", "State": "WA", "Locality": "Seattle",
    "CommonName": "ACME Root"}}
OPENSSL = """[req]
prompt = no
distinguished_name = name
[name]
C = US
ST = WA
L = Seattle
O = ACME
OU = IoT
CN = ACME Root
[v3_ca]
basicConstraints = critical, CA:true
keyUsage = critical, digitalSignature, cRLSign, keyCertSign
subjectKeyIdentifier = hash
"""


class PrivateCa(Story):
    def setUp(self):
        super().setUp()
        for name in ("private", "certs", "csr", "templateBody/json", "ca"):
            (self.folder / name).mkdir(parents=True)
        for name, content in (("acm-pca-config.json", CA_CONFIG), ("templateBody/json/templateBody.json", TEMPLATE),
                              ("templateBody/json/role.json", ROLE)):
            (self.folder / name).write_text(json.dumps(content, indent=2))
        (self.folder / "openssl.cnf").write_text(OPENSSL)
        (self.folder / "aws.conf").write_text("[default]\ncli_binary_format = raw-in-base64-out\n")
        self.environment = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                            "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": "", "ENDPOINT": self.daemon.endpoint,
                            "AWS_CONFIG_FILE": str(self.folder / "aws.conf"), "CA": str(self.folder / "ca")}
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "PYTHONPATH"):
            self.environment.pop(name, None)

    def type(self, commands, status=0):
        """Types these lines in a shell that goes on where the last one stopped; gives what they print."""
        prelude = ('set -euo pipefail; aws() { /usr/bin/aws --endpoint-url "$ENDPOINT" --output json "$@"; }\n'
                   "set -a; test ! -f shell.env || . ./shell.env; set +a\n")
        done = run("bash", "-c", prelude + commands, cwd=self.folder, env=self.environment)
        self.assertEqual(done.returncode, status, f"{commands}\n{done.stdout}\n{done.stderr}")
        return done.stdout if status == 0 else done.stderr

    def remember(self, name, commands):
        """`name` is a variable of the following lines."""
        value = self.type(commands).strip()
        self.environment[name] = value
        return value

    def create_the_ca(self):
        self.type("""
            aws acm-pca create-certificate-authority \
                --certificate-authority-configuration file://acm-pca-config.json \
                --certificate-authority-type "ROOT" \
                --idempotency-token $(date +'%Y%m%d%H%M%S') \
                > $CA/ca-root-arn.json""")
        self.remember("CA_ARN", "cat $CA/ca-root-arn.json | jq -r '.CertificateAuthorityArn'")
        status = self.type("""
            aws acm-pca describe-certificate-authority \
                --certificate-authority-arn $CA_ARN \
                | jq -r '.CertificateAuthority.Status'""")
        self.assertEqual(status, "PENDING_CERTIFICATE\n")

    def give_it_a_certificate(self, scheme="file"):
        """P9.5 step 2, the way that works."""
        self.environment["SCHEME"] = scheme
        self.type("""
            aws acm-pca wait certificate-authority-csr-created --certificate-authority-arn $CA_ARN
            aws acm-pca get-certificate-authority-csr --certificate-authority-arn $CA_ARN --output text > csr/ca.csr
            ROOT_ARN=$(aws acm-pca issue-certificate \
                --certificate-authority-arn "$CA_ARN" \
                --template-arn arn:aws:acm-pca:::template/RootCACertificate/V1 \
                --csr $SCHEME://csr/ca.csr \
                --signing-algorithm SHA256WITHRSA \
                --validity Value=7300,Type="DAYS" | jq -r .CertificateArn)
            aws acm-pca wait certificate-issued --certificate-authority-arn $CA_ARN --certificate-arn $ROOT_ARN
            aws acm-pca get-certificate --certificate-authority-arn $CA_ARN --certificate-arn $ROOT_ARN \
                | jq -r .Certificate > certs/ca.cert.pem
            aws acm-pca import-certificate-authority-certificate \
                --certificate-authority-arn $CA_ARN \
                --certificate $SCHEME://certs/ca.cert.pem""")

    def issue(self, csr, out, template=""):
        self.type(f"""
            openssl req -in {csr} -noout -verify 2> verified
            aws acm-pca issue-certificate \
                --certificate-authority-arn "$CA_ARN" {template} \
                --csr file://{csr} \
                --signing-algorithm SHA256WITHRSA \
                --validity Value=3640,Type="DAYS" \
                > $CA/{out}-arn.json
            CERT_ARN=$(cat $CA/{out}-arn.json | jq -r '.CertificateArn')
            aws acm-pca get-certificate \
                --certificate-authority-arn "$CA_ARN" \
                --certificate-arn "$CERT_ARN" \
                > $CA/{out}.json
            cat $CA/{out}.json | jq -r '.Certificate' > certs/{out}.crt
            cat $CA/{out}.json | jq -r '.CertificateChain' > certs/{out}-chain.crt""")

    def register_it(self):
        self.type("aws iot get-registration-code > $CA/iot-registration-code.json")
        self.remember("IOT_REG_CODE", "cat $CA/iot-registration-code.json | jq -r '.registrationCode'")
        self.type("""
            openssl genrsa -out private/iot-ca.key 2048
            openssl req -new -key private/iot-ca.key -subj "/CN=$IOT_REG_CODE" -out csr/iot-ca.csr""")
        self.issue("csr/iot-ca.csr", "iot-ca",
                   "--template-arn arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen0/V1")
        self.type("""
            aws iot register-ca-certificate \
                --ca-certificate file://certs/iot-ca-chain.crt \
                --verification-certificate file://certs/iot-ca.crt \
                --set-as-active \
                --allow-auto-registration \
                --tags 'Key=OWNER,Value=ajk' \
                > $CA/register-ca-certificate.json""")
        return self.remember("AWS_IOT_CERTIFICATE_ID", "cat $CA/register-ca-certificate.json | jq -r '.certificateId'")

    def add_the_template(self):
        self.type("""
            aws iam create-role \
                --role-name "ACME-IOT-JIT-PROV" \
                --assume-role-policy-document "file://templateBody/json/role.json" \
                > $CA/role-details.json""")
        role = self.remember("ROLE_ARN", "cat $CA/role-details.json | jq -r .Role.Arn")
        self.assertEqual(role, "arn:aws:iam::123456789012:role/ACME-IOT-JIT-PROV")
        stringified = self.type("cat templateBody/json/templateBody.json | jq '@json'")
        (self.folder / "prov.json").write_text(f'{{ "roleArn": "{role}", "templateBody": {stringified} }}')
        self.assertEqual(self.type("""
            aws iot update-ca-certificate \
                --certificate-id $AWS_IOT_CERTIFICATE_ID \
                --registration-config file://prov.json"""), "")
        self.assertEqual(self.type("""
            aws iot describe-ca-certificate \
                --certificate-id $AWS_IOT_CERTIFICATE_ID \
                | jq '.registrationConfig.templateBody'"""), stringified)

    def device(self):
        self.type("""
            openssl genrsa -out private/device.key 2048
            openssl req -new -sha256 -key private/device.key -subj "/O=ACME/CN=agent-7" -out csr/device.csr""")
        self.issue("csr/device.csr", "device")
        self.type("cat certs/device.crt certs/device-chain.crt > certs/device_chain.crt")
        return Identity(self.folder / "certs/device_chain.crt", self.folder / "private/device.key")

    def test_a_device_is_provisioned(self):  # P9.5
        self.create_the_ca()
        self.give_it_a_certificate()
        self.register_it()
        self.add_the_template()
        self.type("aws iot create-thing-type --thing-type-name UnifiedAgent")  # P9.5 step 7: it must be there
        device = self.device()
        self.type("openssl verify -x509_strict -CAfile certs/ca.cert.pem certs/device.crt")

        self.assertIn(LOST, publish(self.daemon, device, "agent-7", "FOO").stderr)
        self.assertEqual(publish(self.daemon, device, "agent-7", "FOO").returncode, 0)
        certificate = self.iot.describe_certificate(certificateId=device.id)["certificateDescription"]
        self.assertEqual(certificate["status"], "ACTIVE")
        self.assertEqual(self.iot.list_thing_principals(thingName="agent-7")["principals"],
                         [f"{ARN}cert/{device.id}"])

    def test_a_root_that_openssl_made_is_refused(self):  # P9.5 step 2
        self.create_the_ca()
        self.type("""
            openssl genrsa -aes256 -passout pass:secret -out private/ca.key.pem 2048
            openssl req -new -x509 -days 73000 -config openssl.cnf -key private/ca.key.pem -passin pass:secret \
                -sha256 -extensions v3_ca -out certs/ca.cert.pem""")
        refused = self.type("""
            aws acm-pca import-certificate-authority-certificate \
                --certificate-authority-arn $CA_ARN \
                --certificate file://certs/ca.cert.pem""", status=254)
        self.assertIn("(CertificateMismatchException)", refused)
        self.assertIn("GetCertificateAuthorityCsr", refused)

    def test_blobs_as_the_second_version_of_the_cli_wants_them(self):  # P9.1
        (self.folder / "aws.conf").write_text("")
        self.create_the_ca()
        self.give_it_a_certificate("fileb")
        self.assertEqual(self.type("""
            aws acm-pca describe-certificate-authority --certificate-authority-arn $CA_ARN \
                | jq -r '.CertificateAuthority.Status'"""), "ACTIVE\n")


if __name__ == "__main__":
    unittest.main()
