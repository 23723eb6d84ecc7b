"""Who gets in: mosquitto and openssl against the decision table (P3.5) and the reasons left behind."""
import socket
import ssl
import subprocess
import unittest

from daemon import Story, run
from identities import Ca, Identity, openssl, register
from mosquitto import LOST, Subscriber, connection, publish
from policies import allow


class Door(Story):
    def setUp(self):
        super().setUp()
        self.iot.create_policy(policyName="all", policyDocument=allow("iot:*", "*"))
        self.ca = Ca(self.folder, "factory")
        self.ca_id = register(self.iot, self.ca, auto_registration=False)

    def active(self, identity, policy="all"):
        made = self.iot.register_certificate(certificatePem=identity.pem, status="ACTIVE")
        if policy:
            self.iot.attach_policy(policyName=policy, target=made["certificateArn"])
        return identity

    def knock(self, identity, tls=None, client_id="robot"):
        return publish(self.daemon, identity, client_id, "a/b", tls=tls)

    def assert_refused(self, reason, identity, client_id="robot"):
        """Refused on TLS 1.2 and 1.3 alike, registered nowhere, and the reason is left."""
        for tls in ("tlsv1.2", "tlsv1.3"):
            done = self.knock(identity, tls, client_id)
            self.assertIn(LOST, done.stderr, tls)
            self.assertEqual(done.returncode, 7, tls)
        last = [refusal for refusal in self.daemon.refusals() if refusal.get("clientId") == client_id][0]
        self.assertEqual(last["refusal"], reason, last)
        self.assertEqual(last["certificateId"], identity.id)
        self.assertTrue(last["cause"] and last["cure"], last)
        return last

    def test_an_active_certificate_with_a_policy_gets_in(self):  # row 13
        for kind in ("ec", "rsa"):
            leaf = self.active(self.ca.device(f"leaf-{kind}", kind))
            for tls in ("tlsv1.2", "tlsv1.3"):
                self.assertEqual(self.knock(leaf, tls).returncode, 0, (kind, tls))

    def test_the_chain_may_be_sent_along(self):  # P3.3, C.3 line 46
        leaf = self.active(self.ca.device("leaf"))
        leaf.certificate.write_text(leaf.pem + self.ca.pem)
        self.assertEqual(self.knock(leaf).returncode, 0)

    def test_no_certificate_is_refused_inside_the_handshake(self):  # row 1
        for tls in ("tlsv1.2", "tlsv1.3"):
            self.assertNotEqual(self.knock(None, tls).returncode, 0)
        for version in ("-tls1_2", "-tls1_3"):
            done = run("openssl", "s_client", "-connect", f"127.0.0.1:{self.daemon.mqtt_port}", version, "-ign_eof", input="")
            self.assertRegex(done.stderr, "alert (number (40|42|116)|handshake failure|certificate required)")

    def handshake(self, tls):
        with self.assertRaises(ssl.SSLWantReadError):
            tls.do_handshake()

    def test_the_alert_reaches_a_client_that_still_talks(self):  # row 1; Java sends its last flight in pieces
        context = ssl.create_default_context(cafile=self.daemon.server_ca)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        heard, said = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(heard, said, server_hostname="localhost")
        with socket.create_connection(("127.0.0.1", self.daemon.mqtt_port), timeout=20) as peer:
            self.handshake(tls)
            peer.sendall(said.read())
            while not (flight := said.read()):
                heard.write(peer.recv(65536))
                self.handshake(tls)
            # The first record is our Certificate, which is empty.
            certificate = 5 + int.from_bytes(flight[3:5], "big")
            peer.sendall(flight[:certificate])
            self.assertEqual(peer.recv(7), b"\x15\x03\x03\x00\x02\x02\x28")
            self.assertEqual(peer.recv(1), b"")
            peer.sendall(flight[certificate:])
            peer.sendall(b"x")  # a reset would have broken the pipe

    def test_an_unknown_ca_is_refused(self):  # rows 2 and 22
        self.assert_refused("ca_unknown", Ca(self.folder, "stranger").device("leaf"))

    def test_a_forged_ca_with_the_right_name_is_refused(self):  # row 19, C.3 line 48
        forged = Ca(self.folder, "forged", subject="/O=Plant/CN=factory")
        self.assert_refused("ca_unknown", forged.device("leaf", with_chain=True))
        self.assertEqual(self.iot.list_certificates()["certificates"], [])

    def test_only_the_direct_issuer_counts(self):  # P3.3, C.3 line 47
        intermediate = Ca(self.folder, "intermediate", parent=self.ca)
        leaf = intermediate.device("leaf")
        leaf.certificate.write_text(leaf.pem + intermediate.pem + self.ca.pem)
        self.assert_refused("ca_unknown", leaf)

    def test_a_closed_or_inactive_ca_registers_nobody(self):  # rows 4 and 3
        leaf = self.ca.device("leaf")
        last = self.assert_refused("auto_registration_disabled", leaf)
        self.assertIn(self.ca_id, last["cause"])
        self.iot.update_ca_certificate(certificateId=self.ca_id, newStatus="INACTIVE",
                                       newAutoRegistrationStatus="ENABLE")
        self.assert_refused("ca_inactive", leaf)
        self.assertEqual(self.iot.list_certificates()["certificates"], [])

    def test_a_certificate_out_of_its_state_stays_out(self):  # rows 10 and 11
        leaf = self.active(self.ca.device("leaf"))
        self.iot.update_certificate(certificateId=leaf.id, newStatus="INACTIVE")
        self.assert_refused("certificate_inactive", leaf)
        self.iot.update_certificate(certificateId=leaf.id, newStatus="REVOKED")
        self.assert_refused("certificate_revoked", leaf)

    def test_a_certificate_lives_on_when_its_ca_does_not(self):  # row 13
        leaf = self.active(self.ca.device("leaf"))
        self.iot.update_ca_certificate(certificateId=self.ca_id, newStatus="INACTIVE")
        self.assertEqual(self.knock(leaf).returncode, 0)
        self.iot.delete_ca_certificate(certificateId=self.ca_id)
        self.assertEqual(self.knock(leaf).returncode, 0)

    def test_without_a_policy_there_is_no_connect(self):  # row 14
        last = self.assert_refused("connect_denied", self.active(self.ca.device("leaf"), policy=None))
        self.assertIn("iot:Connect", last["cause"])

    def test_the_ca_itself_is_no_device(self):  # row 23
        self.iot.update_ca_certificate(certificateId=self.ca_id, newAutoRegistrationStatus="ENABLE")
        self.assertIn(LOST, self.knock(self.ca).stderr)
        self.assertEqual(self.iot.list_certificates()["certificates"], [])

    def test_a_key_that_is_not_the_certificates_registers_nothing(self):  # row 20
        self.iot.update_ca_certificate(certificateId=self.ca_id, newAutoRegistrationStatus="ENABLE")
        leaf, other = self.ca.device("leaf"), self.ca.device("other")
        self.assertNotEqual(self.knock(Identity(leaf.certificate, other.key)).returncode, 0)
        self.assertEqual(self.iot.list_certificates()["certificates"], [])

    def test_a_handshake_without_connect_registers_nothing(self):  # C.3 line 44
        self.iot.update_ca_certificate(certificateId=self.ca_id, newAutoRegistrationStatus="ENABLE")
        leaf = self.ca.device("leaf")
        for version in ("-tls1_2", "-tls1_3"):
            openssl("s_client", "-connect", f"127.0.0.1:{self.daemon.mqtt_port}", version, "-cert", leaf.certificate,
                    "-key", leaf.key, "-CAfile", self.daemon.server_ca, text="")
        self.assertEqual(self.iot.list_certificates()["certificates"], [])

    def test_live_connections_are_cut_when_the_certificate_leaves_active(self):  # P2.7, C.3 line 51
        leaf = self.active(self.ca.device("leaf"))
        with Subscriber(self.daemon, leaf, "listener", "a/#") as listener:
            self.iot.update_certificate(certificateId=leaf.id, newStatus="INACTIVE")
            # mosquitto_sub connects again by itself, and is refused.
            listener.wait_for("Client listener sending CONNECT")
            self.eventually(lambda: any(refusal["refusal"] == "certificate_inactive"
                                        for refusal in self.daemon.refusals()), "the refusal")

    def test_twenty_first_connects_at_once_make_one_record(self):  # C.3 line 49
        self.iot.update_ca_certificate(certificateId=self.ca_id, newAutoRegistrationStatus="ENABLE")
        leaf = self.ca.device("leaf")
        knocks = [subprocess.Popen(["mosquitto_pub", *connection(self.daemon, leaf, f"c{number}"), "-t", "a", "-m",
                                    "b"], stderr=subprocess.DEVNULL) for number in range(20)]
        for knock in knocks:
            self.assertEqual(knock.wait(timeout=60), 7)
        listed = self.iot.list_certificates_by_ca(caCertificateId=self.ca_id)["certificates"]
        self.assertEqual([(certificate["certificateId"], certificate["status"]) for certificate in listed],
                         [(leaf.id, "PENDING_ACTIVATION")])


if __name__ == "__main__":
    unittest.main()
