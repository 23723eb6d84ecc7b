"""User code behind an http:// URL, answered in this process."""
import http.server
import json
import threading


class Webhook:
    """`handle(payload)` answers each POST with a status and a JSON value (None: no body); `calls` are the
    (path, content type, payload) so far."""

    def __init__(self, handle):
        self.handle, self.calls = handle, []
        webhook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                webhook.calls.append((self.path, self.headers["Content-Type"], payload))
                status, answer = webhook.handle(payload)
                body = b"" if answer is None else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def url(self, path):
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
