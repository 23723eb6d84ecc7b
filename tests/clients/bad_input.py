"""The MQTT port under bad input: garbage, cut and oversize packets, handshakes that never end. Each ends its own
connection at most; a client that was there before hears on."""
import socket
import ssl
import unittest

from daemon import Story
from identities import Identity
from mosquitto import Subscriber, publish
from policies import allow

CONNECT = b"\x10\x13\x00\x04MQTT\x04\x02\x00\x3c\x00\x07visitor"


class BadInput(Story):
    def setUp(self):
        super().setUp()
        made = self.iot.create_keys_and_certificate(setAsActive=True)
        certificate, key = self.folder / "device.pem", self.folder / "device.key"
        certificate.write_text(made["certificatePem"])
        key.write_text(made["keyPair"]["PrivateKey"])
        self.iot.create_policy(policyName="all", policyDocument=allow("iot:*", "*"))
        self.iot.attach_policy(policyName="all", target=made["certificateArn"])
        self.identity = Identity(certificate, key)
        self.listener = self.enterContext(Subscriber(self.daemon, self.identity, "listener", "news/#"))

    def assert_others_are_served(self):
        self.assertEqual(publish(self.daemon, self.identity, "speaker", "news/today", "well").returncode, 0)
        self.assertEqual(self.listener.message(), ("news/today", "well"))
        self.assertEqual(self.daemon.http("GET", "/_iot/health").json()["status"], "running")

    def plain(self):
        peer = socket.create_connection(("127.0.0.1", self.daemon.mqtt_port), timeout=20)
        self.addCleanup(peer.close)
        return peer

    def tls(self):
        context = ssl.create_default_context(cafile=self.daemon.server_ca)
        context.load_cert_chain(self.identity.certificate, self.identity.key)
        peer = context.wrap_socket(self.plain(), server_hostname="localhost")
        self.addCleanup(peer.close)
        return peer

    def answer(self, peer, sent):
        """What comes back until the server ends the connection; fails if it does not."""
        heard = b""
        try:
            peer.sendall(sent)
            while block := peer.recv(4096):
                heard += block
        except (ConnectionError, ssl.SSLError):
            pass
        return heard

    def test_what_is_not_tls_is_hung_up_on(self):
        for sent in (CONNECT, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", bytes(range(256)) * 16,
                     b"\x16\x03\x01\xff\xff", b"\x16\x03\x01\x02\x00" + b"\0" * 512):
            peer = self.plain()
            try:
                peer.sendall(sent)
                peer.shutdown(socket.SHUT_WR)
                while peer.recv(4096):
                    pass
            except ConnectionError:
                pass
        self.assert_others_are_served()

    def test_half_open_handshakes_hold_up_nobody(self):
        for sent in (b"", b"\x16", b"\x16\x03\x01\x02\x00\x01"):
            for _ in range(20):
                self.plain().sendall(sent)
        self.assert_others_are_served()

    def test_a_first_packet_that_is_no_connect_gets_no_answer(self):
        for sent in (b"\xc0\x00",                                       # PINGREQ
                     b"\x30\x04\x00\x01ax",                             # PUBLISH
                     b"\x00\x00",                                       # no packet type
                     b"\x10\x00",                                       # nothing in it
                     b"\x10\xff\xff\xff\x7f",                           # 256 MB announced
                     b"\x10\xff\xff\xff\xff\x01",                       # five-byte length
                     b"\x10\x0c\x00\x04MQXX\x04\x02\x00\x3c\x00\x00",  # another protocol
                     b"\x10\x13\x00\x04MQTT\x04\x03\x00\x3c\x00\x07visitor",  # reserved flag
                     b"GET / HTTP/1.1\r\n" + b"x" * 80, b"\xff" * 64):
            self.assertEqual(self.answer(self.tls(), sent), b"", sent)
        self.assert_others_are_served()

    def test_a_bad_packet_after_connect_ends_the_connection(self):
        accepted = b"\x20\x02\x00\x00"
        for sent in (b"\x30\x02\x00\x05",                              # topic longer than the packet
                     b"\x30\x05\x00\x02\xff\xfex",                     # no UTF-8
                     b"\x30\x05\x00\x03a\x00b",                        # U+0000
                     b"\x32\x05\x00\x01a\x00\x00",                     # packet id 0
                     b"\x36\x06\x00\x01a\x00\x01x",                    # QoS 3
                     b"\x82\x02\x00\x01",                              # no filter
                     b"\x80\x06\x00\x01\x00\x01a\x00",                 # flags
                     b"\x82\x06\x00\x01\x00\x01a\x03",                 # QoS 3
                     b"\x82\x07\x00\x01\x00\x02a#\x00",                # misplaced wildcard
                     b"\xa2\x02\x00\x01",                              # nothing to unsubscribe
                     b"\x30\xff\xff\xff\x7f" + b"x" * 1000,            # 256 MB announced
                     b"\x30\x80\x80\x80\x80\x01",                      # five-byte length
                     b"\xf0\x00", b"\x00\x00", b"\x20\x02\x00\x00", b"\x50\x02\x00\x01", b"\xe0\x01\x00", CONNECT):
            self.assertEqual(self.answer(self.tls(), CONNECT + sent), accepted, sent)
        self.assert_others_are_served()

    def test_packets_that_stop_in_the_middle_wait_without_harm(self):
        for sent in (b"\x10", CONNECT[:9], CONNECT + b"\x30\x80", CONNECT + b"\x30\x7f\x00\x01a" + b"x" * 20):
            self.tls().sendall(sent)
        self.assert_others_are_served()


if __name__ == "__main__":
    unittest.main()
