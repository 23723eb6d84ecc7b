"""What no SDK would send, for every operation of the table: members of wrong types and sizes, broken and huge bodies,
odd paths, wrong methods. Whatever is wrong with it is refused by an error that the operation has; nothing fails,
hangs or does harm to what is there."""
import copy
import http.client
import json
import random
import time
import unittest
from urllib.parse import quote, urlsplit

from answers import BEYOND, GENERAL_ERRORS
from api_model import COMMON_ERRORS, load_operations
from daemon import Story
from identities import Ca, register
from policies import allow

SEED = 20_260_401
JSON_TYPE = {"Content-Type": "application/json"}
# Of the HTTP layer, which knows no operation.
HTTP_ERRORS = {"BadRequestException", "RequestHeaderFieldsTooLargeException", "RequestUriTooLongException",
               "MethodNotAllowedException"}
MEBIBYTE = 1024 * 1024
MAX_ANSWER_SECONDS = 15

WRONG_VALUES = [None, True, 0, -1, 2 ** 31, 2 ** 63, 2 ** 64, -2 ** 63, 0.5, 1e308, "", " ", "\x00", "\ud7ff", "é" * 40,
                "a" * 300, "a" * 70_000, "../..", "%s%n", "'; --", [], {}, [[]], [None], {"": None}, {"a": {"b": []}},
                ["x"] * 600, {f"k{i}": "v" for i in range(300)}]
WRONG_TEXTS = ["", "%20", "%00", "%2F", "%2e%2e", "%ff", "%", "%zz", "é", quote("é"), "a" * 129, "a" * 5000, "*", "+", "#",
               "true", "TRUE", "1e3", "-1", "0", "251", "99999999999999999999", "null", "arn:aws:iot:::", "::::", "a/b"]
BROKEN_BODIES = [b"{", b"}", b"[]", b"null", b"1", b'"x"', b"{]", b'{"a":}', b"\xff\xfe", b'{"a":"\xff"}', b"[" * 70_000,
                 b'{"a":' * 5000, b'{"a":1e999}', b"{}{}", b"\x00", b'{"a":"' + b"x" * (MEBIBYTE + 1) + b'"}']
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]


def sample(rules):
    """A value that keeps the rules, as far as they tell."""
    kind = rules["type"]
    if kind in ("integer", "number"):
        return max(rules.get("min", 1), 1)
    if kind == "boolean":
        return True
    if kind == "list":
        return [sample(rules["element"])] * max(rules.get("min", 1), 1)
    if kind == "map":
        return {sample(rules["key"]): sample(rules["value"])}
    if kind == "structure":
        return {member["name"]: sample(member) for member in rules["members"]}
    if "values" in rules:
        return rules["values"][0]
    return "1" * max(rules.get("min", 1), 1)


def places(value, path=()):
    """The ways into a JSON value."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield from places(item, (*path, key))


def replaced(value, path, other):
    if not path:
        return other
    value = copy.deepcopy(value)
    holder = value
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = other
    return value


class Request:
    """Of one operation, before it is spoilt."""

    def __init__(self, operation):
        self.method = operation["method"]
        self.texts = {member["wire"]: str(sample(member)) for member in operation["input"] if member["place"] == "path"}
        self.query = {member["wire"]: text_of(sample(member)) for member in operation["input"]
                      if member["place"] == "query"}
        self.headers = {member["wire"]: text_of(sample(member)) for member in operation["input"]
                        if member["place"] == "header"}
        self.body = {member["name"]: sample(member) for member in operation["input"] if member["place"] == "body"}
        for member in operation["input"]:
            if member["place"] == "payload":
                self.body = sample(member)
        self.path = operation["path"]
        self.raw = None

    def target(self):
        path = self.path
        for wire, text in self.texts.items():
            path = path.replace("{" + wire + "+}", text).replace("{" + wire + "}", text)
        query = "&".join(f"{name}={value}" for name, value in self.query.items())
        return f"{path}?{query}" if query else path

    def content(self):
        return self.raw if self.raw is not None else json.dumps(self.body).encode()


def text_of(value):
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def spoilt(operation, chance):
    """Requests that have one thing wrong each, most of the time."""
    whole = Request(operation)
    yield whole
    for wire in whole.texts:
        for text in WRONG_TEXTS:
            request = copy.deepcopy(whole)
            request.texts[wire] = text
            yield request
    for wire in whole.query:
        for text in chance.sample(WRONG_TEXTS, 12):
            request = copy.deepcopy(whole)
            request.query[wire] = quote(text, safe="%")
            yield request
    for wire in whole.headers:
        for text in ("", "x", "arn:aws:iot:us-east-1:123456789012:cert/", "a" * 5000):
            request = copy.deepcopy(whole)
            request.headers[wire] = text
            yield request
    for path in places(whole.body):
        for value in chance.sample(WRONG_VALUES, 10):
            request = copy.deepcopy(whole)
            request.body = replaced(whole.body, path, value)
            yield request
    for raw in BROKEN_BODIES:
        request = copy.deepcopy(whole)
        request.raw = raw
        yield request
    for method in chance.sample(METHODS, 3):
        request = copy.deepcopy(whole)
        request.method = method
        yield request


class Fuzz(Story):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operations = {**load_operations(), **load_operations("iot-data")}
        url = urlsplit(cls.daemon.endpoint)
        cls.connection = http.client.HTTPConnection(url.hostname, url.port, timeout=MAX_ANSWER_SECONDS)
        cls.addClassCleanup(cls.connection.close)

    def setUp(self):
        super().setUp()
        self.populate()
        self.before = self.what_is_there()

    def populate(self):
        ca = Ca(self.folder, "ca")
        self.ca_id = register(self.iot, ca)
        self.iot.create_thing_type(thingTypeName="kept-type", tags=[{"Key": "kept", "Value": "yes"}])
        self.iot.create_thing_group(thingGroupName="kept-group")
        self.iot.create_thing(thingName="kept", thingTypeName="kept-type", attributePayload={"attributes": {"a": "b"}})
        self.iot.add_thing_to_thing_group(thingGroupName="kept-group", thingName="kept")
        self.iot.create_policy(policyName="kept", policyDocument=allow("iot:*", "*"))
        made = self.iot.create_keys_and_certificate(setAsActive=True)
        self.certificate_id, self.arn = made["certificateId"], made["certificateArn"]
        self.iot.attach_policy(policyName="kept", target=self.arn)
        self.iot.attach_thing_principal(thingName="kept", principal=self.arn)

    def what_is_there(self):
        answers = [self.iot.describe_ca_certificate(certificateId=self.ca_id),
                   self.iot.describe_thing_type(thingTypeName="kept-type"),
                   self.iot.describe_thing_group(thingGroupName="kept-group"),
                   self.iot.describe_thing(thingName="kept"),
                   self.iot.list_thing_groups_for_thing(thingName="kept"),
                   self.iot.get_policy(policyName="kept"),
                   self.iot.describe_certificate(certificateId=self.certificate_id),
                   self.iot.list_attached_policies(target=self.arn),
                   self.iot.list_thing_principals(thingName="kept")]
        return [{name: value for name, value in answer.items() if name != "ResponseMetadata"} for answer in answers]

    def send(self, request):
        content = request.content()
        try:
            self.connection.putrequest(request.method, request.target(), skip_accept_encoding=True)
            for name, value in {**JSON_TYPE, **request.headers, "Content-Length": str(len(content))}.items():
                self.connection.putheader(name, value)
        except (ValueError, http.client.InvalidURL):
            self.connection.close()  # Python will not write it; the attack tests of the HTTP server do.
            return None
        started = time.monotonic()
        try:
            self.connection.endheaders(content)
            answer = self.connection.getresponse()
            body = answer.read()
        except (ConnectionError, http.client.BadStatusLine):
            # The server hangs up on a head or body that it will not read on.
            self.connection.close()
            return None
        self.assertLess(time.monotonic() - started, MAX_ANSWER_SECONDS)
        return answer.status, answer.headers.get("x-amzn-ErrorType"), body

    def judge(self, operation, request, answer):
        status, error, body = answer
        what = (operation["name"], request.method, request.target()[:300], request.content()[:300], answer)
        if status < 300:
            self.assertIsInstance(json.loads(body or b"{}"), dict, what)
            return
        self.assertGreaterEqual(status, 400, what)
        if status == 501:
            self.assertEqual(error, "NotImplementedException", what)
            return
        self.assertLess(status, 500, what)
        if request.method != "HEAD":
            self.assertTrue(json.loads(body)["message"], what)
        if request.method == operation["method"] and operation["built"]:
            modelled = {*operation["errors"], *COMMON_ERRORS, *GENERAL_ERRORS, *HTTP_ERRORS}
            self.assertTrue(error in modelled or (operation["name"], error) in BEYOND, what)

    def fuzz(self, operations):
        chance = random.Random(SEED)
        answered = refused = 0
        for operation in operations:
            for request in spoilt(operation, chance):
                answer = self.send(request)
                if answer is None:
                    continue
                self.judge(operation, request, answer)
                answered += 1
                refused += answer[0] >= 400
        self.assertEqual(self.daemon.http("GET", "/_iot/health").json()["status"], "running")
        return answered, refused

    def test_whatever_is_wrong_is_refused_by_name(self):
        built = [operation for operation in self.operations.values() if operation["built"]]
        answered, refused = self.fuzz(built)
        self.assertGreater(answered, 20 * len(built))
        self.assertGreater(refused, answered // 2)
        self.assertEqual(self.what_is_there(), self.before)

    def test_what_is_not_built_says_so_whatever_it_is_sent(self):  # P10.7
        unbuilt = [{**operation, "input": [], "errors": []} for operation in self.operations.values()
                   if not operation["built"]]
        for operation in unbuilt:
            operation["path"] = operation["path"].replace("{", "").replace("+}", "").replace("}", "")
        answered, refused = self.fuzz(unbuilt)
        self.assertEqual(answered, refused)


if __name__ == "__main__":
    unittest.main()
