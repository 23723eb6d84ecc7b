"""Emulators whose new devices are let in by a handler: a callback in its process, a webhook, a Lambda function. Each
handler does the same two calls, AttachPolicy and UpdateCertificate, in the order in which the events come."""
import base64
import http.server
import io
import json
import threading
import zipfile

from .servers import ARN, Api, Emulator, Identities, Server

POLICY = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "iot:Connect", "Resource": ARN + "client/${iot:Certificate.Subject.CommonName}"}]}
FUNCTION = '''
import http.client, json, os, urllib.parse
connection = http.client.HTTPConnection(urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc)

def call(method, target, body=None):
    connection.request(method, target, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise Exception(text)

def handler(event, context):
    certificate = event["certificateId"]
    arn = "arn:aws:iot:us-east-1:123456789012:cert/" + certificate
    call("PUT", "/target-policies/jitr", json.dumps({"target": arn}))
    call("PUT", "/certificates/" + certificate + "?newStatus=ACTIVE")
'''


def open_for_newcomers(emulator):
    emulator.api.call("POST", "/policies/jitr", {"policyDocument": json.dumps(POLICY)})
    emulator.identities = Identities(emulator.place, f"jitr-{emulator.pid}")
    emulator.newcomers_ca = emulator.register_ca(emulator.identities)["certificateId"]


class InProcess(Server):
    """bench/jitr_host.cpp."""

    name = "callback"

    def __init__(self, place):
        self.identities = Identities(place, f"jitr-host-{id(self)}")
        ready_file = self.identities.folder / "ready.json"
        super().__init__(place, (place.programs / "jitr_host", self.identities.ca, ready_file), None)
        self.port = json.loads(self.wait(lambda: ready_file.exists() and ready_file.read_text()))["mqttPort"]


class Webhook(Emulator):
    def __init__(self, place):
        emulator = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                certificate = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["certificateId"]
                self.server.api = getattr(self.server, "api", None) or Api(emulator.api_port)
                self.server.api.call("PUT", "/target-policies/jitr", {"target": ARN + "cert/" + certificate})
                self.server.api.call("PUT", f"/certificates/{certificate}?newStatus=ACTIVE")
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.listener = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()
        super().__init__(place, flags=("--jitr-webhook", f"http://127.0.0.1:{self.listener.server_port}/"))
        open_for_newcomers(self)

    def close(self):
        super().close()
        self.listener.shutdown()
        self.listener.server_close()


class Lambda(Emulator):
    def __init__(self, place, **more):
        super().__init__(place, **more)
        open_for_newcomers(self)
        signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, "
                                   "SignedHeaders=host, Signature=0"}
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("index.py", FUNCTION)
        function = "arn:aws:lambda:us-east-1:123456789012:function:JITR"
        self.api.call("POST", "/2015-03-31/functions", {
            "FunctionName": "JITR", "Runtime": "python3.11", "Handler": "index.handler", "Timeout": 60,
            "Role": "arn:aws:iam::123456789012:role/any",
            "Code": {"ZipFile": base64.b64encode(code.getvalue()).decode()}}, signed)
        self.api.call("POST", "/2015-03-31/functions/JITR/policy", {
            "StatementId": "rule", "Action": "lambda:InvokeFunction", "Principal": "iot.amazonaws.com",
            "SourceArn": ARN + "rule/JITR"}, signed)
        self.api.call("POST", "/rules/JITR", {
            "sql": "SELECT * FROM '$aws/events/certificates/registered/#'",
            "actions": [{"lambda": {"functionArn": function}}]})

    def let_in_and_forget(self, count):
        """Devices that were never seen get in by the handler, and are deleted."""
        self.place.load("broker_load", "onboard", *self.arguments(), *self.identities.fresh(count), "--total", count,
                        "--retry-ms", 20)
        for known in self.api.call("GET", f"/certificates-by-ca/{self.newcomers_ca}?pageSize=250")["certificates"]:
            self.api.call("POST", "/target-policies/jitr", {"target": known["certificateArn"]})
            self.api.call("PUT", f"/certificates/{known['certificateId']}?newStatus=INACTIVE")
            self.api.call("DELETE", f"/certificates/{known['certificateId']}")


KINDS = {"in process": InProcess, "webhook": Webhook, "Lambda": Lambda}
