"""Raw HTTP: what SDKs read, and what they would never send (P10, catalogue C.8)."""
import json
import socket
import unittest
from urllib.parse import quote, urlsplit

from daemon import ACCOUNT, Story

POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
JSON = {"Content-Type": "application/json"}


def signed(key="AKIAIOSFODNN7EXAMPLE", region="us-east-1", service="iot"):
    """A SigV4 header with a signature that is wrong: only its scope is read (P10.2)."""
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={key}/20260101/{region}/{service}/aws4_request, "
                             f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}"}


class WireFormat(Story):
    def create_policy(self, name="p1", headers=None):
        return self.daemon.http("POST", f"/policies/{name}", {**JSON, **(headers or {})},
                                json.dumps({"policyDocument": POLICY}))

    def test_every_answer_is_json_with_a_request_id(self):  # P10.1
        for target in ("/things", "/things/none", "/no/such/path"):
            answer = self.daemon.http("GET", target)
            self.assertEqual(answer.headers["Content-Type"], "application/json", answer)
            self.assertRegex(answer.headers["x-amzn-RequestId"], r"\A[0-9a-f-]{36}\Z")
            self.assertIsInstance(answer.json(), dict)

    def test_an_error_stands_in_header_status_and_body(self):  # P10.3, C.8 line 78
        self.assertEqual(self.create_policy().status, 200)
        answer = self.create_policy()
        self.assertEqual((answer.status, answer.error_type), (409, "ResourceAlreadyExistsException"))
        body = answer.json()
        self.assertEqual(body["message"], "Policy cannot be created - name already exists (name=p1)")
        self.assertEqual(body["resourceId"], "p1")
        self.assertEqual(body["resourceArn"], f"arn:aws:iot:us-east-1:{ACCOUNT}:policy/p1")

    def test_unsigned_and_wrongly_signed_requests_are_served(self):  # P10.2, C.8 line 80
        self.assertEqual(self.daemon.http("GET", "/policies").status, 200)
        self.assertEqual(self.daemon.http("GET", "/policies", signed()).status, 200)
        self.assertEqual(self.daemon.http("GET", "/policies", signed(service="execute-api")).status, 200)

    def test_account_and_region_keep_their_state_apart(self):  # P10.2, C.8 line 80
        here, there = self.daemon.iot("111111111111", "eu-west-1"), self.daemon.iot("222222222222", "eu-west-1")
        made = here.create_policy(policyName="p1", policyDocument=POLICY)
        self.assertEqual(made["policyArn"], "arn:aws:iot:eu-west-1:111111111111:policy/p1")
        self.assertEqual(there.list_policies()["policies"], [])
        self.assertEqual(self.daemon.iot("111111111111", "eu-west-2").list_policies()["policies"], [])
        self.assertEqual(len(here.list_policies()["policies"]), 1)

    def test_a_target_arrives_encoded_or_not(self):  # P10.1, C.8 line 79
        self.create_policy()
        arn = self.iot.create_keys_and_certificate()["certificateArn"]
        self.iot.attach_policy(policyName="p1", target=arn)
        for written in (quote(arn, safe=""), quote(arn, safe=":"), arn):
            answer = self.daemon.http("POST", f"/attached-policies/{written}")
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual([policy["policyName"] for policy in answer.json()["policies"]], ["p1"])

    def test_unknown_paths_and_methods_are_unknown_operations(self):  # P10.6
        for method, target in (("GET", "/no/such/path"), ("PATCH", "/policies"), ("GET", "/Policies"), ("GET", "/")):
            answer = self.daemon.http(method, target)
            self.assertEqual((answer.status, answer.error_type), (404, "UnknownOperationException"), (method, target))
            self.assertEqual(answer.json()["message"], "Unknown operation")

    def test_known_operations_that_are_not_built_say_so(self):  # P10.7
        answer = self.daemon.http("GET", "/jobs")
        self.assertEqual((answer.status, answer.error_type), (501, "NotImplementedException"))
        self.assertTrue(answer.json()["message"].startswith("ListJobs is not emulated"), answer)
        with self.assertRaises(self.iot.exceptions.ClientError) as caught:
            self.iot.list_jobs()
        self.assertEqual(caught.exception.response["Error"]["Code"], "NotImplementedException")

    def test_what_does_not_parse_is_a_serialization_error(self):  # P10.6
        for body in ("{", "[]x", '{"policyDocument": "\\ud800"}', "[" * 100_000, "\xff\xfe"):
            answer = self.daemon.http("POST", "/policies/p1", JSON, body.encode("latin-1"))
            self.assertEqual((answer.status, answer.error_type), (400, "SerializationException"), body[:20])

    def test_an_empty_body_is_an_empty_object(self):  # P10.1
        answer = self.daemon.http("POST", "/policies/p1", JSON)
        self.assertEqual((answer.status, answer.error_type), (400, "InvalidRequestException"))
        self.assertIn("Value null at 'policyDocument' failed to satisfy constraint: Member must not be null",
                      answer.json()["message"])

    def test_a_body_over_a_megabyte_is_too_large(self):  # P10.6
        answer = self.daemon.http("POST", "/policies/p1", JSON, b"x" * (1024 * 1024 + 1))
        self.assertEqual(answer.status, 413)
        self.assertEqual(self.daemon.http("GET", "/_iot/health").status, 200)

    def test_page_sizes_out_of_range_are_refused(self):  # P10.4, C.1 line 14
        for query in ("pageSize=0", "pageSize=251", "pageSize=x", "marker=***"):
            answer = self.daemon.http("GET", f"/policies?{query}")
            self.assertEqual((answer.status, answer.error_type), (400, "InvalidRequestException"), query)
        self.assertEqual(self.daemon.http("GET", "/policies?marker=&unknown=1").status, 200)

    def test_flags_are_read_from_the_query_only(self):  # P10.1, C.1 line 3
        answer = self.daemon.http("POST", "/keys-and-certificate?setAsActive=TRUE")
        described = self.iot.describe_certificate(certificateId=answer.json()["certificateId"])
        self.assertEqual(described["certificateDescription"]["status"], "ACTIVE")
        answer = self.daemon.http("POST", "/keys-and-certificate", JSON, '{"setAsActive": true}')
        described = self.iot.describe_certificate(certificateId=answer.json()["certificateId"])
        self.assertEqual(described["certificateDescription"]["status"], "INACTIVE")

    def test_times_are_epoch_seconds_with_a_fraction(self):  # P10.1
        self.create_policy()
        created = self.daemon.http("GET", "/policies/p1").json()["creationDate"]
        self.assertIsInstance(created, (int, float))
        self.assertTrue(1_600_000_000 < created < 10_000_000_000, created)

    def test_the_endpoint_is_a_bare_host_name(self):  # P8.7
        for kind in ("iot:Data-ATS", "iot:CredentialProvider"):
            self.assertEqual(self.iot.describe_endpoint(endpointType=kind)["endpointAddress"], "localhost")
        self.assert_error("InvalidRequestException", 400, self.iot.describe_endpoint, endpointType="iot:Nothing")


class Parser(Story):
    """Requests that only a hostile or broken client sends (the HTTP front end checks what Beast lets pass)."""

    def raw(self, text):
        """Sends bytes as they are; gives the status of the first answer and whether the connection was closed."""
        url = urlsplit(self.daemon.endpoint)
        with socket.create_connection((url.hostname, url.port), timeout=20) as connection:
            connection.sendall(text)
            answer = b""
            try:
                while chunk := connection.recv(65536):
                    answer += chunk
            except ConnectionResetError:
                pass
        return [int(line.split(" ")[1]) for line in answer.decode("latin-1").split("\r\n")
                if line.startswith("HTTP/1.1 ")]

    def test_smuggling_is_refused_and_the_connection_closed(self):
        host = b"Host: localhost\r\n"
        hidden = b"GET /_iot/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
        for name, headers in {
            "no host": b"",
            "two hosts": host + host,
            "unknown coding": host + b"Transfer-Encoding: xchunked\r\n",
            "chunked twice": host + b"Transfer-Encoding: chunked, chunked\r\n",
            "coding and length": host + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "gzip and length": host + b"Transfer-Encoding: gzip\r\nContent-Length: 5\r\n",
            "length twice": host + b"Content-Length: 5, 5\r\n",
            "folded line": host + b"X-A: 1\r\n  2\r\n",
        }.items():
            with self.subTest(name):
                statuses = self.raw(b"POST /policies/p1 HTTP/1.1\r\n" + headers + b"\r\n" + hidden)
                self.assertEqual(statuses, [400])

    def test_garbage_ends_the_connection_and_harms_nobody(self):
        self.raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) + b"\r\n\r\n")
        self.raw(b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 40_000 + b"\r\n\r\n")
        self.assertEqual(self.daemon.http("GET", "/_iot/health").status, 200)

    def test_strange_paths_are_modelled_errors(self):
        for target in ("/policies/%00", "/policies/%2F", "/policies/../things", "//policies", "/policies/%zz",
                       "/policies/%c0%af", "/policies/" + "x" * 8000):
            answer = self.daemon.http("GET", target)
            self.assertIn(answer.status, (400, 404), target)
            self.assertIsNotNone(answer.error_type, target)


if __name__ == "__main__":
    unittest.main()
