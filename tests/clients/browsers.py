"""Raw HTTP: a server on localhost is reachable from every web page; none may read or change anything."""
import unittest

from daemon import Daemon, Story


class Browsers(Story):
    flags = ("--endpoint-host", "iot.example.test", "--hostname", "also.example.test", "--allow-host", "emu.internal",
             "--allow-origin", "http://app.example.test:3000")

    def test_a_foreign_host_is_misdirected_on_every_path(self):  # DNS rebinding
        for host in ("evil.test", "evil.test:4566", "127.0.0.1.evil.test", "localhost.evil.test"):
            for target in ("/_iot/health", "/_iot/refusals", "/things", "/no/such/path"):
                answer = self.daemon.http("GET", target, {"Host": host})
                self.assertEqual(answer.status, 421, (host, target))
                self.assertIn(b"--allow-host", answer.body)

    def test_our_own_names_pass(self):
        for host in ("localhost", "localhost:1", "emulator.localhost", "127.0.0.1", "127.1.2.3", "[::1]:4566",
                     "iot.example.test", "also.example.test", "emu.internal", "LOCALHOST"):
            self.assertEqual(self.daemon.http("GET", "/_iot/health", {"Host": host}).status, 200, host)

    def test_a_foreign_page_changes_nothing(self):
        self.iot.create_thing(thingName="robot")
        for headers in ({"Origin": "http://other.test"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
                        {"Origin": "http://other.test", "Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
            for method, target in (("POST", "/_iot/reset"), ("DELETE", "/things/robot"), ("POST", "/moto-api/reset")):
                answer = self.daemon.http(method, target, {**headers, "Content-Type": "text/plain"})
                self.assertEqual(answer.status, 403, (method, target, headers))
                self.assertIsNone(answer.headers.get("Access-Control-Allow-Origin"))
        self.assertEqual(len(self.iot.list_things()["things"]), 1)

    def test_curl_and_sdks_pass(self):
        self.assertEqual(self.daemon.http("POST", "/_iot/reset").status, 200)
        self.assertEqual(self.daemon.http("POST", "/_iot/reset", {"Sec-Fetch-Site": "none"}).status, 200)

    def test_an_allowed_origin_may_call_the_aws_api(self):
        origin = {"Origin": "http://app.example.test:3000", "Sec-Fetch-Site": "cross-site"}
        answer = self.daemon.http("POST", "/things/robot", origin)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.headers["Access-Control-Allow-Origin"], "http://app.example.test:3000")
        self.assertEqual(self.daemon.http("POST", "/_iot/reset", origin).status, 403)

    def test_no_get_has_an_effect(self):
        self.iot.create_thing(thingName="robot")
        for target in ("/_iot/reset", "/moto-api/reset", "/_iot/reset?method=POST"):
            self.assertNotEqual(self.daemon.http("GET", target).status, 200)
        self.assertEqual(len(self.iot.list_things()["things"]), 1)


class BeyondLoopback(unittest.TestCase):
    def test_the_admin_paths_ask_for_the_token(self):
        daemon = Daemon("--host", "0.0.0.0")
        self.addCleanup(daemon.close)
        port = daemon.endpoint.rsplit(":", 1)[1]
        daemon.ready["apiEndpoint"] = f"http://127.0.0.1:{port}"
        token = {"Authorization": f"Bearer {daemon.ready['adminToken']}"}
        self.assertEqual(daemon.http("GET", "/_iot/refusals").status, 401)
        self.assertEqual(daemon.http("POST", "/_iot/reset").status, 401)
        self.assertEqual(daemon.http("GET", "/_iot/refusals", {"Authorization": "Bearer wrong"}).status, 401)
        self.assertEqual(daemon.http("GET", "/_iot/refusals", token).status, 200)
        self.assertEqual(daemon.http("GET", "/_iot/health").status, 200)
        self.assertEqual(daemon.http("GET", "/things").status, 200)


if __name__ == "__main__":
    unittest.main()
