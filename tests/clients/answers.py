"""Every answer that a boto3 client gets is judged by the service model that the client itself follows: members and
their JSON types, required members, no nulls, and no error that the operation does not have (P10.1, P10.3)."""
import base64
import binascii
import json

# What any operation of any service may be refused with, model or not (P10.2, P10.3, P10.5–P10.7).
GENERAL_ERRORS = {"InvalidRequestException", "ThrottlingException", "AccessDeniedException", "SerializationException",
                  "UnrecognizedClientException", "UnknownOperationException", "NotImplementedException",
                  "RequestEntityTooLargeException", "ExpiredTokenException"}
# JSON 1.1: what a shape is violated with (P9.1).
JSON_ERRORS = {"ValidationException"}
# Beyond the model, by a rule of the reference.
BEYOND = {("CreateThingGroup", "ResourceNotFoundException")}  # P8.4: an unknown parent
# Newer than Debian's model, as "Shape.member".
NEWER = {"GetV2LoggingOptionsResponse.eventConfigurations",
         "CloudwatchLogsAction.batchMode", "HttpAction.enableBatching", "HttpAction.batchConfig", "KafkaAction.headers",
         *(f"DescribeDomainConfigurationResponse.{member}" for member in
           ("tlsConfig", "serverCertificateConfig", "authenticationType", "applicationProtocol",
            "clientCertificateConfig"))}

WHOLE = (int,)
PYTHON_TYPES = {"string": (str,), "integer": WHOLE, "long": WHOLE, "float": (int, float), "double": (int, float),
                "timestamp": (int, float), "blob": (str,), "list": (list,), "map": (dict,), "structure": (dict,)}


def faults(value, shape, name):
    """The sentences that say where a JSON value is not of its shape."""
    kind = shape.type_name
    if kind == "boolean":
        if not isinstance(value, bool):
            yield f"{name} is {value!r}, not a boolean"
        return
    if isinstance(value, bool) or not isinstance(value, PYTHON_TYPES[kind]):
        yield f"{name} is {value!r}, not a {kind}"
    elif kind == "structure":
        yield from structure_faults(value, shape, name)
    elif kind == "list":
        for position, item in enumerate(value):
            yield from faults(item, shape.member, f"{name}[{position}]")
    elif kind == "map":
        for key, item in value.items():
            yield from faults(item, shape.value, f"{name}.{key}")
    elif kind == "blob":
        try:
            base64.b64decode(value, validate=True)
        except binascii.Error:
            yield f"{name} is not base64"
    elif getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{name} is {value!r}, none of {shape.enum}"


def structure_faults(value, shape, name):
    members = {member.serialization.get("name", key): member for key, member in shape.members.items()
               if "location" not in member.serialization}
    for key, item in value.items():
        if key in members:
            yield from faults(item, members[key], f"{name}.{key}")
        elif f"{shape.name}.{key}" not in NEWER:
            yield f"{name}.{key} is not in the model"
    for key in shape.required_members:
        wire = shape.members[key].serialization.get("name", key)
        if wire in members and wire not in value:
            yield f"{name}.{key} is missing"


def answer_faults(operation, response, parsed):
    if response.status_code >= 300:
        code = parsed["Error"]["Code"]
        modelled = {shape.metadata.get("error", {}).get("code", shape.name) for shape in operation.error_shapes}
        general = GENERAL_ERRORS | (JSON_ERRORS if operation.service_model.protocol == "json" else set())
        if code not in modelled | general and (operation.name, code) not in BEYOND:
            yield f"{operation.name} has no error {code}"
        return
    shape = operation.output_shape
    if shape is None or shape.serialization.get("payload"):
        return
    yield from structure_faults(json.loads(response.content), shape, operation.name)


def judge(http_response, parsed, model, **_):
    if model.service_model.protocol not in ("rest-json", "json") or http_response.status_code in (501, 502, 503):
        return
    found = list(answer_faults(model, http_response, parsed))
    assert not found, found


def watch(client):
    """From now on a call of `client` fails when its answer is not what the model says."""
    client.meta.events.register("after-call", judge)
    return client
