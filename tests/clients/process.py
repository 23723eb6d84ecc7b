"""The process itself: ready file, health, reset, configuration, signals, exit codes."""
import json
import os
import shutil
import signal
import socket
import stat
import tempfile
import time
import unittest
from pathlib import Path

from daemon import PROGRAM, Daemon, Story, run
from identities import Ca, openssl, register


class Process(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="iotemu-client-test-"))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def start(self, *flags, **more):
        daemon = Daemon(*flags, **more)
        self.addCleanup(daemon.close)
        return daemon

    def test_the_ready_file_says_where_everything_is(self):
        daemon = self.start("--data-dir", self.folder / "data")
        ready = daemon.ready
        self.assertRegex(ready["apiEndpoint"], r"\Ahttp://127\.0\.0\.1:\d+\Z")
        self.assertEqual(ready["mqttHost"], "localhost")
        self.assertIsInstance(ready["mqttPort"], int)
        self.assertIsInstance(ready["httpsPort"], int)
        self.assertEqual((ready["accountId"], ready["region"]), ("123456789012", "us-east-1"))
        self.assertEqual(ready["pid"], daemon.process.pid)
        self.assertEqual(Path(ready["serverCaFile"]).read_bytes(), daemon.http("GET", "/_iot/server-ca.pem").body)
        self.assertEqual(stat.S_IMODE(daemon.ready_file.stat().st_mode), 0o600)

    def test_one_log_line_names_addresses_and_ca_when_ready(self):
        daemon = self.start()
        lines = [line for line in daemon.log().splitlines() if daemon.endpoint in line]
        self.assertEqual(len(lines), 1, daemon.log())
        self.assertIn(str(daemon.mqtt_port), lines[0])
        self.assertIn(daemon.ready["serverCaFile"], lines[0])

    def test_health_answers_and_so_does_the_path_other_emulators_use(self):
        daemon = self.start()
        for path in ("/_iot/health", "/_localstack/health"):
            answer = daemon.http("GET", path)
            self.assertEqual(answer.status, 200)
            self.assertIsInstance(answer.json(), dict)
        self.assertEqual(daemon.http("GET", "/repository/AmazonRootCA1.pem").body,
                         daemon.http("GET", "/_iot/server-ca.pem").body)

    def test_reset_empties_everything_but_may_keep_the_cas(self):
        daemon = self.start()
        iot = daemon.iot()
        identifier = register(iot, Ca(self.folder, "factory"))
        code = iot.get_registration_code()["registrationCode"]
        iot.create_thing(thingName="robot")
        self.assertEqual(daemon.http("POST", "/_iot/reset?keep=ca").status, 200)
        self.assertEqual(iot.list_things()["things"], [])
        self.assertEqual(iot.describe_ca_certificate(certificateId=identifier)["certificateDescription"]["status"],
                         "ACTIVE")
        self.assertEqual(iot.get_registration_code()["registrationCode"], code)
        self.assertEqual(daemon.http("POST", "/moto-api/reset").status, 200)
        self.assertEqual(iot.list_ca_certificates()["certificates"], [])

    def test_the_data_directory_keeps_the_servers_keys_and_keeps_them_private(self):
        data = self.folder / "data"
        first = self.start("--data-dir", data)
        ca = first.http("GET", "/_iot/server-ca.pem").body
        self.assertEqual(stat.S_IMODE(data.stat().st_mode), 0o700)
        for path in data.rglob("*"):
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o700 if path.is_dir() else 0o600, path)
        self.assertEqual(first.stop(), 0)
        second = self.start("--data-dir", data)
        self.assertEqual(second.http("GET", "/_iot/server-ca.pem").body, ca)

    def test_sigterm_and_sigint_end_it_in_order(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            daemon = self.start()
            self.assertEqual(daemon.stop(how), 0)
            self.assertFalse(daemon.ready_file.exists())

    def test_a_silent_client_does_not_hold_up_the_end(self):
        daemon = self.start()
        with socket.create_connection(("127.0.0.1", daemon.mqtt_port)), \
                socket.create_connection(("127.0.0.1", int(daemon.endpoint.rsplit(":", 1)[1]))):
            before = time.monotonic()
            self.assertEqual(daemon.stop(), 0)
            self.assertLess(time.monotonic() - before, 5)

    def refuse(self, *arguments, environment=None):
        """The command fails with exit status 1 and one clear line, which is given back."""
        done = run(PROGRAM, *arguments, env={**os.environ, **(environment or {})})
        self.assertEqual(done.returncode, 1, done)
        text = (done.stdout + done.stderr).strip()
        self.assertEqual(len(text.splitlines()), 1, text)
        return text

    def test_a_taken_port_is_one_clear_line(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            flags = ("--api-port", "--mqtt-port", "--https-port")
            for taken_by in flags:
                ports = [part for flag in flags for part in (flag, port if flag == taken_by else "0")]
                self.assertIn(port, self.refuse("serve", *ports))

    def test_bad_flags_and_configuration_are_one_clear_line(self):
        self.assertIn("--api-prot", self.refuse("serve", "--api-prot", "1"))
        self.assertIn("70000", self.refuse("serve", "--api-port", "70000"))
        self.assertIn("IOTEMU_MQTT_PORT", self.refuse("serve", environment={"IOTEMU_MQTT_PORT": "many"}))
        self.assertIn("none.json", self.refuse("serve", "--config", self.folder / "none.json"))
        for text in ("{", '{"apiPrt": 1}', '{"apiPort": "many"}'):
            (self.folder / "bad.json").write_text(text)
            self.assertIn("bad.json", self.refuse("serve", "--config", self.folder / "bad.json"))
        self.assertNotEqual(run(PROGRAM, "no-such-command").returncode, 0)

    def test_flags_win_over_environment_and_environment_over_the_file(self):
        (self.folder / "config.json").write_text(
            json.dumps({"region": "eu-west-1", "account": "111111111111", "endpointHost": "file.test"}))
        daemon = self.start("--config", self.folder / "config.json", "--account", "333333333333",
                            environment={"IOTEMU_REGION": "eu-west-2", "IOTEMU_ACCOUNT": "222222222222"})
        self.assertEqual((daemon.ready["accountId"], daemon.ready["region"], daemon.ready["mqttHost"]),
                         ("333333333333", "eu-west-2", "file.test"))

    def test_the_second_start_is_ready_at_once(self):
        data = self.folder / "data"
        self.start("--data-dir", data).stop()
        before = time.monotonic()
        self.start("--data-dir", data)
        # Tens of milliseconds on an idle machine; the bound leaves room for a busy one.
        self.assertLess(time.monotonic() - before, 2)

    def test_help_names_every_command(self):
        text = run(PROGRAM, "--help").stdout
        for command in ("serve", "pki", "operations"):
            self.assertIn(command, text)
        self.assertIn("--jitr-command", run(PROGRAM, "serve", "--help").stdout)
        table = run(PROGRAM, "operations", "--markdown").stdout
        self.assertIn("RegisterCACertificate", table)


class ServerCertificate(Story):
    flags = ("--endpoint-host", "iot.example.test", "--hostname", "also.example.test")

    def handshake(self, *more):
        """What openssl s_client says about one handshake without a client certificate."""
        return run("openssl", "s_client", "-connect", f"127.0.0.1:{self.daemon.mqtt_port}", "-CAfile",
                   self.daemon.server_ca, "-verify_return_error", *more, input="").stdout

    def test_it_names_every_host_it_answers_to(self):
        for name in ("localhost", "iot.example.test", "also.example.test"):
            self.assertIn("Verify return code: 0 (ok)", self.handshake("-verify_hostname", name), name)
        for address in ("127.0.0.1", "::1"):
            self.assertIn("Verify return code: 0 (ok)", self.handshake("-verify_ip", address), address)
        self.assertNotIn("Verify return code: 0 (ok)", self.handshake("-verify_hostname", "evil.test"))

    def test_rsa_and_ecdsa_are_both_offered(self):
        self.eventually(lambda: "Server public key is 2048 bit" in
                        self.handshake("-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"), "an RSA certificate")
        self.assertIn("Server public key is 256 bit",
                      self.handshake("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"))

    def test_old_protocols_and_resumption_are_not(self):  # P3.1
        for old in ("-tls1", "-tls1_1"):
            self.assertIn("Cipher is (NONE)", self.handshake(old, "-cipher", "ALL:@SECLEVEL=0"))
        self.assertNotIn("TLS session ticket:", self.handshake("-tls1_2"))
        self.assertIn("No client certificate CA names sent", self.handshake("-tls1_2"))
        self.assertIn("Compression: NONE", self.handshake("-tls1_2"))

    def test_its_extensions_please_strict_stacks(self):
        text = openssl("x509", "-noout", "-text", text=self._leaf())
        self.assertIn("X509v3 Extended Key Usage", text)
        self.assertIn("TLS Web Server Authentication", text)
        self.assertIn("CA:FALSE", text)
        self.assertIn("X509v3 Authority Key Identifier", text)

    def _leaf(self):
        shown = self.handshake("-showcerts")
        begin = shown.index("-----BEGIN CERTIFICATE-----")
        return shown[begin:shown.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----\n"


if __name__ == "__main__":
    unittest.main()
