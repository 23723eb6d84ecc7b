"""The operation tables beside the public service model that Debian's botocore ships: every operation's method and path,
and of each that is built its members, where they travel, their rules, the members of its answer and its errors
(P appendix A). What is newer than that model is listed below, by name."""
import json
import os
import subprocess
import unittest

import botocore.session

PROGRAM = os.environ["EMULATOR_PROGRAM"]

# What any operation may answer; the tables name the others (P10.3).
COMMON_ERRORS = {"InvalidRequestException", "ThrottlingException", "UnauthorizedException",
                 "ServiceUnavailableException", "InternalFailureException"}

# Newer than Debian's model, from the service's later documentation: operations, and members as "Operation.member".
NEWER_OPERATIONS = {"GetThingConnectivityData", "ListPrincipalThingsV2", "ListThingPrincipalsV2", "UpdateThingType"}
DOMAIN_MEMBERS = ("tlsConfig", "serverCertificateConfig", "authenticationType", "applicationProtocol",
                  "clientCertificateConfig")
RULE_PLACES = [f"{verb}TopicRule.topicRulePayload.{place}" for verb in ("Create", "Replace")
               for place in ("actions[]", "errorAction")]
NEWER_MEMBERS = {*(f"{place}.{member}" for place in RULE_PLACES for member in
                   ("cloudwatchLogs.batchMode", "http.enableBatching", "http.batchConfig", "kafka.headers")),
                 "AttachThingPrincipal.thingPrincipalType", "CreateThingType.thingTypeProperties.mqtt5Configuration",
                 "UpdateIndexingConfiguration.thingIndexingConfiguration.filter.geoLocations",
                 "GetV2LoggingOptions.verbose",
                 "SetV2LoggingOptions.eventConfigurations",
                 *(f"{verb}DomainConfiguration.{member}" for verb in ("Create", "Update") for member in DOMAIN_MEMBERS)}
# Publish answers a body that no model has (T-16).
NEWER_OUTPUT = {"Publish.message", "Publish.traceId", "GetRetainedMessage.userProperties",
                "GetV2LoggingOptions.eventConfigurations",
                *(f"DescribeDomainConfiguration.{member}" for member in DOMAIN_MEMBERS)}
# What a device may be refused with on any path of the data plane (T-16).
FORBIDDEN = "ForbiddenException"
# The pattern of the model, or one member -> what it is today.
NEWER_PATTERNS = {r"[a-zA-Z0-9_.,@/:#-]*": r"[a-zA-Z0-9_.,@/:#=\[\]-]*",  # P8.1
                  "UpdateIndexingConfiguration.thingIndexingConfiguration.filter.namedShadowNames[]":
                      "[$a-zA-Z0-9:_-]+"}

TYPES = {"string": "string", "integer": "integer", "long": "integer", "boolean": "boolean", "double": "number", "structure": "structure",
         "list": "list", "map": "map", "timestamp": "string", "blob": "string"}
ANYTHING = (None, r"[\s\S]*", r"[\s\S]+")
PLACES = {"uri": "path", "querystring": "query", "header": "header", None: "body"}


def rule_differences(name, ours, shape, seen=()):
    """The sentences that say where a member's rules are not those of its shape."""
    if shape.name in seen:
        return
    seen = (*seen, shape.name)
    wanted = TYPES[shape.type_name]
    if ours["type"] != wanted:
        yield f"{name} is a {ours['type']}, not a {wanted}"
        return
    for bound in ("min", "max"):
        limit = shape.metadata.get(bound)
        if limit is not None and not (bound == "min" and limit == 0) and ours.get(bound) != limit:
            yield f"{name}: {bound} is {ours.get(bound)}, not {limit}"
    pattern = shape.metadata.get("pattern")
    if pattern not in ANYTHING and ours.get("pattern") != NEWER_PATTERNS.get(name, NEWER_PATTERNS.get(pattern, pattern)):
        yield f"{name} must match {pattern}, not {ours.get('pattern')}"
    if missing := set(getattr(shape, "enum", ())) - set(ours.get("values", ())):
        yield f"{name} may be {sorted(missing)}"
    if wanted == "structure":
        yield from members_differences(f"{name}.", {member["name"]: member for member in ours["members"]}, shape, seen)
    elif wanted == "list":
        yield from rule_differences(f"{name}[]", ours["element"], shape.member, seen)
    elif wanted == "map":
        yield from rule_differences(f"{name}.key", ours["key"], shape.key, seen)
        yield from rule_differences(f"{name}.value", ours["value"], shape.value, seen)


def members_differences(prefix, ours, shape, seen=()):
    for name, member in shape.members.items():
        if name not in ours:
            yield f"{prefix}{name} is missing"
            continue
        if ours[name]["required"] != (name in shape.required_members):
            yield f"{prefix}{name} is {'required' if name in shape.required_members else 'optional'}"
        yield from rule_differences(prefix + name, ours[name], member, seen)
    for name in ours.keys() - shape.members.keys():
        if prefix + name not in NEWER_MEMBERS:
            yield f"{prefix}{name} is not in the model"


def placement_differences(operation, input_shape):
    for member in operation["input"]:
        shape = input_shape.members.get(member["name"])
        if shape is None:
            continue
        whole_body = input_shape.serialization.get("payload") == member["name"]
        place = "payload" if whole_body else PLACES[shape.serialization.get("location")]
        wire = shape.serialization.get("name", member["name"])
        if (member["place"], member["wire"]) != (place, wire):
            yield f"{member['name']} travels in {place} as {wire}, not in {member['place']} as {member['wire']}"


def differences(operation, model):
    """All that the row of a built operation has wrong."""
    name = operation["name"]
    ours = {member["name"]: member for member in operation["input"]}
    if model.input_shape is not None:
        yield from members_differences(f"{name}.", ours, model.input_shape)
        yield from placement_differences(operation, model.input_shape)
    output = set(model.output_shape.members) if model.output_shape is not None else set()
    for member in output - set(operation["output"]):
        yield f"{name} does not answer {member}"
    for member in set(operation["output"]) - output:
        if f"{name}.{member}" not in NEWER_OUTPUT:
            yield f"{name} answers {member}"
    errors = {shape.name for shape in model.error_shapes} - COMMON_ERRORS
    answered = set(operation["errors"])
    if operation["service"] == "iot-data":
        answered -= {FORBIDDEN} - errors
    if errors != answered:
        yield f"{name} fails with {sorted(errors)}, not {sorted(operation['errors'])}"


def load_operations(service="iot"):
    listed = subprocess.run([PROGRAM, "operations", "--json"], check=True, capture_output=True, text=True, timeout=60)
    return {operation["name"]: operation for operation in json.loads(listed.stdout)
            if operation["service"] == service}


class Tables(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.model = botocore.session.get_session().get_service_model("iot")
        cls.operations = load_operations()

    def test_every_operation_of_the_model_is_listed_under_its_method_and_path(self):
        self.assertGreater(len(self.model.operation_names), 200)
        for name in self.model.operation_names:
            with self.subTest(name):
                http = self.model.operation_model(name).http
                ours = self.operations.get(name)
                self.assertIsNotNone(ours)
                # Some of ours also take the slashes of an ARN that a client has not encoded (P10.1).
                path = ours["path"] if "+}" in http["requestUri"] else ours["path"].replace("+}", "}")
                self.assertEqual((ours["method"], path), (http["method"], http["requestUri"]))

    def test_every_built_operation_is_in_the_model_or_newer(self):
        ours = {name for name, operation in self.operations.items() if operation["built"]}
        self.assertEqual(ours - set(self.model.operation_names), NEWER_OPERATIONS)

    def test_built_operations_are_as_the_model_says(self):
        found = []
        for name, operation in self.operations.items():
            if operation["built"] and name in self.model.operation_names:
                found += differences(operation, self.model.operation_model(name))
        self.assertEqual(sorted(found), [])


class DataPlane(unittest.TestCase):
    maxDiff = None
    # Newer than Debian's model (DP-4 to DP-7).
    newer = {"DeleteConnection", "GetConnection", "ListSubscriptions", "SendDirectMessage"}

    def test_it_is_as_the_model_says(self):
        model = botocore.session.get_session().get_service_model("iot-data")
        operations = load_operations("iot-data")
        self.assertEqual(operations.keys() - set(model.operation_names), self.newer)
        found = []
        for name in model.operation_names:
            path = operations[name]["path"].replace("+}", "}")
            http = model.operation_model(name).http
            self.assertEqual((operations[name]["method"], path), (http["method"], http["requestUri"]), name)
            if operations[name]["built"]:
                found += differences(operations[name], model.operation_model(name))
        self.assertEqual(sorted(found), [])


if __name__ == "__main__":
    unittest.main()
