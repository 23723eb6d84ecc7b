"""JITR with a public certificate generator: what its two scripts do, in the same order and with the same programs (the
AWS CLI, openssl, mosquitto), and its question at the end answered both ways (P4.5)."""
import os
import unittest

from daemon import Story, run
from identities import Identity
from mosquitto import LOST, publish
from policies import ARN

CA_CONFIG = """[certificate_extensions]
basicConstraints = CA:true
[req]
distinguished_name = req_distinguished_name
prompt = no
x509_extensions = certificate_extensions
[req_distinguished_name]
organizationName = Acme
emailAddress = postmaster@acme.example
countryName = US
commonName = acme.example
"""
DEVICE_CONFIG = """[req]
distinguished_name = req_distinguished_name
prompt = no
[req_distinguished_name]
organizationName = Acme
commonName = robot-1234
"""
REGISTER = """set -eo pipefail
openssl genrsa -out ca.key 2048
openssl req -config ca.conf -x509 -new -nodes -key ca.key -sha256 -days 365 -out ca.pem
code=$(aws iot get-registration-code --query 'registrationCode' --output text)
openssl genrsa -out challenge.key 2048
openssl req -new -key challenge.key -subj "/CN=$code" -out challenge.csr
openssl x509 -req -in challenge.csr -CA ca.pem -CAkey ca.key -CAcreateserial -CAserial ca.srl -out challenge.crt \
    -days 365 -sha256
id=$(aws iot register-ca-certificate --ca-certificate "file://$PWD/ca.pem" \
    --verification-certificate "file://$PWD/challenge.crt" --set-as-active --allow-auto-registration \
    --query 'certificateId' --output text)
echo "registered $id"
read -p "Store the CA as parameters (Y/n)? " -r answer
if [[ $answer =~ ^[Yy]$ ]]; then
    certificate=$(cat ca.pem)
    private_key=$(cat ca.key)
    aws ssm put-parameter --name "/iot/ca/certificate/$id" --description "The CA's certificate" \
        --value "$certificate" --type SecureString --overwrite > /dev/null
    aws ssm put-parameter --name "/iot/ca/private-key/$id" --description "The CA's private key" \
        --value "$private_key" --type SecureString --overwrite > /dev/null
    echo stored
fi
"""
DEVICE = """set -eo pipefail
openssl genrsa -out device.key 2048
openssl req -config device.conf -new -key device.key -out device.csr
openssl x509 -req -in device.csr -CA ca.pem -CAkey ca.key -CAcreateserial -CAserial device.srl -out device.pem \
    -days 365 -sha256
cat device.pem ca.pem > device-and-ca.crt
"""


class CertificateGenerator(Story):
    def setUp(self):
        super().setUp()
        (self.folder / "ca.conf").write_text(CA_CONFIG)
        (self.folder / "device.conf").write_text(DEVICE_CONFIG)
        self.environment = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                            "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": "", "ENDPOINT": self.daemon.endpoint}
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "PYTHONPATH"):
            self.environment.pop(name, None)

    def script(self, text, answer=""):
        prelude = 'aws() { /usr/bin/aws --endpoint-url "$ENDPOINT" "$@"; }\n'
        done = run("bash", "-c", prelude + text, cwd=self.folder, env=self.environment, input=answer)
        self.assertEqual(done.returncode, 0, f"{done.stdout}\n{done.stderr}")
        return done.stdout

    def test_a_device_of_the_generated_ca_connects_once_it_is_activated(self):
        told = self.script(REGISTER, "n\n")
        self.assertNotIn("stored", told)
        self.assertEqual(self.daemon.client("ssm").describe_parameters()["Parameters"], [])
        ca_id = told.split()[1]
        described = self.iot.describe_ca_certificate(certificateId=ca_id)["certificateDescription"]
        self.assertEqual((described["status"], described["autoRegistrationStatus"]), ("ACTIVE", "ENABLE"))

        self.script(DEVICE)
        device = Identity(self.folder / "device-and-ca.crt", self.folder / "device.key")
        knock = lambda: publish(self.daemon, device, "robot-1234", "device/robot-1234/foo",
                                '{ "message": "Hello World !" }', tls="tlsv1.2")
        self.assertIn(LOST, knock().stderr)
        found = self.iot.describe_certificate(certificateId=device.id)["certificateDescription"]
        self.assertEqual((found["status"], found["caCertificateId"]), ("PENDING_ACTIVATION", ca_id))

        self.iot.create_policy(policyName="device", policyDocument="""{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]}""")
        self.iot.attach_policy(policyName="device", target=f"{ARN}cert/{device.id}")
        self.iot.update_certificate(certificateId=device.id, newStatus="ACTIVE")
        done = knock()
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_ca_is_stored_as_parameters_when_asked(self):
        told = self.script(REGISTER, "Y\n")
        self.assertIn("stored", told)
        ca_id = told.split()[1]
        ssm = self.daemon.client("ssm")
        for kind, file in (("certificate", "ca.pem"), ("private-key", "ca.key")):
            name = f"/iot/ca/{kind}/{ca_id}"
            stored = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]
            self.assertEqual((stored["Type"], stored["Value"]),
                             ("SecureString", (self.folder / file).read_text().rstrip("\n")))
            self.assertNotIn("BEGIN", ssm.get_parameter(Name=name)["Parameter"]["Value"])
        self.assertNotIn("PRIVATE KEY", self.daemon.log())


if __name__ == "__main__":
    unittest.main()
