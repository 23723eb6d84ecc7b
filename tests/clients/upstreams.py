"""Services that another server plays: their requests go there unchanged, and its answers come back so (P10.1)."""
import http.client
import http.server
import json
import socket
import threading
import unittest
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

from botocore.exceptions import ClientError
from daemon import PROGRAM, Daemon, Story, run


class Server:
    """Keeps what it is sent and answers what it is told."""

    def __init__(self):
        self.seen, self.answers = [], []
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                owner.seen.append((self.command, self.path, self.headers.items(), body))
                status, headers, answer = owner.answers.pop(0) if owner.answers else (200, {}, b"{}")
                self.send_response_only(status)
                for name, value in {"Content-Length": str(len(answer)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = handle_any

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def unused_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def signed(service):
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential=AKIAX/20260101/us-east-1/{service}/aws4_request, "
                             "SignedHeaders=host;x-amz-date, Signature=00ff"}


class Upstreams(Story):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.flags = ()
        for service in ("sqs", "dynamodb", "lambda"):
            cls.flags += ("--upstream", f"{service}={cls.server.url}")
        cls.flags += ("--upstream", f"s3={cls.server.url.replace('//', '//KEY:SECRET@')}",
                      "--upstream", f"logs={cls.server.url}/base/",
                      "--upstream", f"kinesis=http://127.0.0.1:{unused_port()}")
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.server.seen.clear()
        self.server.answers.clear()

    def test_a_request_arrives_as_it_was_sent(self):
        headers = {**signed("s3"), "X-Odd-Header": "a  b; c=\"d\"", "x-empty": "", "Content-Type": "text/plain",
                   "Accept-Encoding": "gzip", "Connection": "keep-alive, X-Hop", "X-Hop": "one", "TE": "trailers"}
        body = bytes(range(256)) * 9
        target = "/bucket/a%2Fb%20c//../d?list-type=2&x=%252F&empty="
        self.server.answers = [(207, {"Date": "Thu, 01 Jan 1970 00:00:00 GMT", "x-amzn-RequestId": "theirs",
                                      "Content-Type": "text/odd", "ETag": "\"1\"", "Keep-Alive": "timeout=3"}, body)]
        answer = self.daemon.http("PUT", target, headers, body)
        (method, path, seen, sent), = self.server.seen
        self.assertEqual((method, path, sent), ("PUT", target, body))
        expected = {name: value for name, value in headers.items() if name not in ("Connection", "X-Hop", "TE")}
        expected["Content-Length"] = str(len(body))
        seen = dict(seen)
        self.assertEqual(seen.pop("Host"), urlsplit(self.daemon.endpoint).netloc)
        self.assertEqual(seen, expected)

        self.assertEqual((answer.status, answer.body), (207, body))
        for name, value in {"Date": "Thu, 01 Jan 1970 00:00:00 GMT", "x-amzn-RequestId": "theirs",
                            "Content-Type": "text/odd", "ETag": "\"1\""}.items():
            self.assertEqual(answer.headers.get_all(name), [value])
        self.assertNotIn("Keep-Alive", answer.headers)

    def test_every_method_goes_through(self):
        for method, body in (("GET", None), ("DELETE", None), ("PATCH", b"{}"), ("POST", b""), ("PUT", b"")):
            self.server.answers = [(204, {}, b"")]
            self.assertEqual(self.daemon.http(method, "/2015-03-31/functions/f", signed("lambda"), body).status, 204)
            seen = self.server.seen.pop()
            self.assertEqual((seen[0], seen[1], seen[3]), (method, "/2015-03-31/functions/f", body or b""))

    def test_the_answer_to_head_keeps_its_length(self):
        self.server.answers = [(200, {"Content-Length": "12345", "ETag": "\"x\""}, b"")]
        answer = self.daemon.http("HEAD", "/bucket/key", signed("s3"))
        self.assertEqual((answer.status, answer.headers.get_all("Content-Length"), answer.body), (200, ["12345"], b""))

    def test_bodies_larger_than_ours_go_through(self):
        body = b"x" * (3 * 1024 * 1024)
        self.assertEqual(self.daemon.http("PUT", "/bucket/large", signed("s3"), body).status, 200)
        self.assertEqual(len(self.server.seen[0][3]), len(body))
        body = body[:3 * 512 * 1024]
        too_long = self.daemon.http("POST", "/things/t", signed("iot"), body)
        self.assertEqual(too_long.status, 413)
        self.assertEqual(self.daemon.http("POST", "/", {**signed("ssm"), "X-Amz-Target": "AmazonSSM.PutParameter"},
                                          body).status, 413)

    def test_the_path_of_the_url_stands_before_the_target(self):
        self.daemon.http("POST", "/x?y=1", {**signed("logs"), "X-Amz-Target": "Logs_20140328.CreateLogGroup"}, "{}")
        self.assertEqual(self.server.seen[0][1], "/base/x?y=1")

    def test_pages_of_other_sites_do_not_reach_the_other_server(self):
        presigned = "/bucket/key?X-Amz-Credential=AKIAX%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            for headers in ({"Origin": "http://other.test"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
                self.assertEqual(self.daemon.http(method, presigned, headers).status, 403)
        self.assertEqual(self.server.seen, [])
        self.assertEqual(self.daemon.http("GET", presigned).status, 200)

    def test_who_may_read_an_answer_is_not_for_the_other_server_to_say(self):
        for headers, allowed in (({}, None), ({"Origin": "http://localhost:3000"}, ["http://localhost:3000"])):
            self.server.answers = [(200, {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "*",
                                          "Cross-Origin-Resource-Policy": "cross-origin"}, b"")]
            answer = self.daemon.http("GET", "/bucket/key", {**signed("s3"), **headers})
            self.assertEqual(answer.headers.get_all("Access-Control-Allow-Origin"), allowed)
            self.assertIsNone(answer.headers.get("Access-Control-Allow-Methods"))
            self.assertNotEqual(answer.headers.get("Cross-Origin-Resource-Policy"), "cross-origin")

    def test_no_target_leaves_the_path_of_the_url(self):
        for target in ("/../admin", "/a/%2E%2e/../admin", "/a%2f..%2F..%2fadmin", "/..;x/admin", "/..", "/./x"):
            self.assertEqual(self.daemon.http("GET", target, signed("logs")).status, 400, target)
        self.assertEqual(self.server.seen, [])
        self.assertEqual(self.daemon.http("GET", "/..a/...?x=../..", signed("logs")).status, 200)

    def test_encoded_bodies_are_for_the_server_to_read(self):
        headers = {**signed("s3"), "Content-Encoding": "gzip"}
        self.assertEqual(self.daemon.http("PUT", "/bucket/key", headers, b"\x1f\x8b\x08").status, 200)
        self.assertEqual((dict(self.server.seen[0][2])["Content-Encoding"], self.server.seen[0][3]),
                         ("gzip", b"\x1f\x8b\x08"))
        for headers in (signed("ssm"), signed("iot"), {}):
            answer = self.daemon.http("POST", "/things/t", {**headers, "Content-Encoding": "gzip"}, b"\x1f\x8b\x08")
            self.assertEqual(answer.status, 415)

    def test_real_clients_are_served(self):
        self.server.answers = [
            (200, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps({"TableNames": ["t"]}).encode()),
            (400, {"Content-Type": "application/x-amz-json-1.0"},
             json.dumps({"__type": "com.amazonaws.dynamodb#ResourceNotFoundException", "message": "no"}).encode())]
        dynamodb = self.daemon.client("dynamodb")
        self.assertEqual(dynamodb.list_tables()["TableNames"], ["t"])
        with self.assertRaisesRegex(ClientError, "ResourceNotFoundException"):
            dynamodb.describe_table(TableName="table")
        self.assertTrue(all("dynamodb/aws4_request" in dict(seen[2])["Authorization"] for seen in self.server.seen))

    def test_a_dead_server_is_named_in_the_form_of_the_service(self):
        with self.assertRaises(ClientError) as caught:
            self.daemon.client("kinesis").list_streams()
        error = caught.exception.response
        self.assertEqual((error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]),
                         ("ServiceUnavailableException", 503))
        self.assertIn("The upstream of kinesis at http://127.0.0.1:", error["Error"]["Message"])

    def test_a_tab_in_a_header_goes_through(self):
        self.daemon.http("GET", "/bucket/key", {**signed("s3"), "X-Tab": "a\tb"})
        self.assertEqual(dict(self.server.seen[0][2])["X-Tab"], "a\tb")

    @contextmanager
    def asked_of_a_silent_server(self):
        """A daemon whose upstream has got a request and says nothing, and the client that waits."""
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            daemon = Daemon("--upstream", f"sns=http://127.0.0.1:{silent.getsockname()[1]}")
            self.addCleanup(daemon.close)
            url = urlsplit(daemon.endpoint)
            client = http.client.HTTPConnection(url.hostname, url.port, timeout=20)
            client.request("GET", "/", headers=signed("sns"))
            peer, _ = silent.accept()
            with closing(peer), closing(client):
                yield daemon, client

    def test_a_reset_ends_what_is_on_its_way(self):
        with self.asked_of_a_silent_server() as (daemon, client):
            self.assertEqual(daemon.http("POST", "/_iot/reset").status, 200)
            answer = client.getresponse()
            self.assertEqual(answer.status, 503)
            self.assertIn(b"the emulator was reset", answer.read())

    def test_what_is_no_http_is_a_bad_gateway(self):
        for text, why in ((b"SSH-2.0-OpenSSH_9.2\r\n", b"its answer is not HTTP"),
                          (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", b"its answer breaks off"),
                          (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1024 * 1024 + b"\r\n\r\n", b"the head of its answer")):
            with socket.socket() as listener:
                listener.bind(("127.0.0.1", 0))
                listener.listen()
                daemon = Daemon("--upstream", f"sns=http://127.0.0.1:{listener.getsockname()[1]}")
                self.addCleanup(daemon.close)

                def answer_oddly():
                    peer, _ = listener.accept()
                    peer.recv(65536)
                    try:
                        peer.sendall(text)
                    except OSError:
                        pass  # hung up on, as it should be
                    peer.close()

                thread = threading.Thread(target=answer_oddly)
                thread.start()
                answer = daemon.http("GET", "/", signed("sns"))
                thread.join()
            self.assertEqual(answer.status, 502, why)
            self.assertIn(why, answer.body)

    def test_a_server_that_hangs_up_is_a_bad_gateway(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            daemon = Daemon("--upstream", f"sns=http://127.0.0.1:{listener.getsockname()[1]}")
            self.addCleanup(daemon.close)

            def hang_up():
                peer, _ = listener.accept()
                peer.recv(65536)
                peer.close()

            thread = threading.Thread(target=hang_up)
            thread.start()
            answer = daemon.http("POST", "/", {**signed("sns"), "Content-Type": "application/x-www-form-urlencoded"},
                                 "Action=Publish&Version=2010-03-31")
            thread.join()
        self.assertEqual(answer.status, 502)
        self.assertIn(b"<Code>BadGatewayException</Code>", answer.body)

    def test_the_daemon_ends_while_a_server_is_silent(self):
        with self.asked_of_a_silent_server() as (daemon, client):
            self.assertEqual(daemon.stop(), 0)
            self.assertEqual(client.getresponse().status, 503)

    def test_what_has_no_upstream_names_the_option(self):  # P10.7
        with self.assertRaisesRegex(ClientError, "--upstream sns=URL"):
            self.daemon.client("sns").list_topics()

    def test_iot_itself_has_no_upstream(self):
        for service in ("iot", "iotdata"):
            done = run(PROGRAM, "serve", "--upstream", f"{service}={self.server.url}")
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("which iot-emulator itself answers", done.stderr)


if __name__ == "__main__":
    unittest.main()
