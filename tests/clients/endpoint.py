"""An HTTP server that rules send to: a webhook, and a stand-in for AWS services that checks their signatures."""
import http.server
import json
import threading
from urllib.parse import parse_qsl, urlsplit

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class Seen:
    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body

    def json(self):
        return json.loads(self.body)

    def form(self):
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def service(self):
        """Of the credential scope; empty for what is not signed."""
        authorization = self.headers.get("Authorization", "")
        return authorization.split("/")[3] if authorization.startswith("AWS4-") else ""

    def signature_is_right(self, secret="test"):
        """Signs it anew, as botocore does, and compares."""
        authorization = self.headers["Authorization"]
        key, _, region, service, _ = authorization.split("Credential=")[1].split(",")[0].split("/")
        signed = authorization.split("SignedHeaders=")[1].split(",")[0].split(";")
        request = AWSRequest(self.method, f"http://{self.headers['Host']}{self.path}", data=self.body,
                             headers={name: self.headers[name] for name in signed})
        request.context["timestamp"] = self.headers["X-Amz-Date"]
        auth = (S3SigV4Auth if service == "s3" else SigV4Auth)(
            Credentials(key, secret, self.headers.get("X-Amz-Security-Token")), service, region)
        canonical = auth.canonical_request(request)
        expected = auth.signature(auth.string_to_sign(request, canonical), request)
        return authorization.endswith("Signature=" + expected)


class Endpoint:
    """Keeps what it is sent in `seen`. Answers 200, or what stands in `answers` for the path, in that order."""

    def __init__(self):
        self.seen, self.answers = [], {}
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                owner.seen.append(Seen(self.command, self.path, self.headers, body))
                waiting = owner.answers.get(urlsplit(self.path).path, [])
                status, headers, answer = waiting.pop(0) if waiting else (200, {}, b"{}")
                self.send_response(status)
                for name, value in {"Content-Length": str(len(answer)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def at(self, path):
        """What came to that path, its query aside."""
        return [one for one in list(self.seen) if urlsplit(one.path).path == path]

    def forget(self):
        self.seen.clear()
        self.answers.clear()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
