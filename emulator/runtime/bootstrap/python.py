"""Runs a Lambda function of Python: loads the handler, then asks the runtime API for one event after the other and
answers it. Written for every Python from 3.6 on."""
import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback

MAX_ANSWER = 6291556
HERE = os.path.dirname(os.path.abspath(__file__))


class RuntimeApi:
    def __init__(self, address, token):
        self.connection = http.client.HTTPConnection(address)
        self.token = token

    def ask(self, method, what, body=None, error_type=None):
        headers = {"Iotemu-Runtime-Token": self.token}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if error_type is not None:
            headers["Lambda-Runtime-Function-Error-Type"] = error_type.encode("ascii", "replace").decode()
        self.connection.request(method, "/2018-06-01/runtime/" + what, body, headers)
        response = self.connection.getresponse()
        return response.status, response.headers, response.read()


class Identity:
    cognito_identity_id = None
    cognito_identity_pool_id = None


class Client:
    def __init__(self, given):
        for name in ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"):
            setattr(self, name, given.get(name))


class ClientContext:
    def __init__(self, given):
        self.custom = given.get("custom")
        self.env = given.get("env")
        self.client = Client(given.get("client") or {})


class Context:
    """What the handler knows of its event."""

    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = Identity()
        given = headers.get("Lambda-Runtime-Client-Context")
        self.client_context = ClientContext(json.loads(given)) if given else None
        self._deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(self._deadline_ms - int(time.time() * 1000), 0)

    def log(self, message):
        print(message, end="")


class LoadError(Exception):
    def __init__(self, error_type, message, trace=()):
        super().__init__(message)
        self.error_type = error_type
        self.trace = list(trace)


class LogHandler(logging.Handler):
    """The root logger writes lines in AWS's form."""
    request_id = ""

    def emit(self, record):
        record.aws_request_id = LogHandler.request_id
        print(self.format(record))


def set_up_logging():
    handler = LogHandler()
    form = logging.Formatter("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s",
                             "%Y-%m-%dT%H:%M:%S")
    form.converter = time.gmtime
    handler.setFormatter(form)
    logging.getLogger().addHandler(handler)


def load_handler(name):
    parts = name.rsplit(".", 1)
    if len(parts) != 2:
        raise LoadError("Runtime.MalformedHandlerName",
                        "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % name)
    path, function = parts
    module_name = path.replace("/", ".")
    try:
        module = importlib.import_module(module_name)
    except SyntaxError as error:
        trace = ['  File "%s" Line %s\n    %s\n' % (error.filename, error.lineno, (error.text or "").strip())]
        raise LoadError("Runtime.UserCodeSyntaxError", "Syntax error in module '%s': %s" % (path, error), trace)
    except ImportError as error:
        raise LoadError("Runtime.ImportModuleError", "Unable to import module '%s': %s" % (path, error),
                        own_frames(error.__traceback__))
    found = getattr(module, function, None)
    if found is None:
        raise LoadError("Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'" % (function, path))
    return found


def own_frames(trace):
    """The user's part of a traceback: neither ours nor the import machinery's."""
    frames = traceback.extract_tb(trace)
    kept = [f for f in frames if not f.filename.startswith((HERE, "<frozen importlib")) and "/importlib/" not in f.filename]
    return traceback.format_list(kept)


def document(error, request_id=None):
    if isinstance(error, LoadError):
        made = {"errorMessage": str(error), "errorType": error.error_type, "stackTrace": error.trace}
    else:
        made = {"errorMessage": str(error), "errorType": type(error).__name__,
                "stackTrace": own_frames(error.__traceback__)}
    made["requestId"] = request_id or ""
    return made


def tell(error):
    lines = ["[ERROR] %s: %s" % (error["errorType"], error["errorMessage"])]
    if error["stackTrace"]:
        lines.append("Traceback (most recent call last):")
        lines.append("".join(error["stackTrace"]).rstrip("\n"))
    # One record is one line; a carriage return inside stands for a line's end.
    print("\n".join(lines).replace("\n", "\r"))


def serve(api, handler):
    while True:
        status, headers, body = api.ask("GET", "invocation/next")
        if status != 200:
            sys.exit("the runtime API answered %d" % status)
        request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        LogHandler.request_id = request_id
        if headers.get("Lambda-Runtime-Trace-Id"):
            os.environ["_X_AMZN_TRACE_ID"] = headers["Lambda-Runtime-Trace-Id"]
        error = None
        try:
            try:
                event = json.loads(body.decode("utf-8") or "null")
            except ValueError as wrong:
                raise LoadError("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % wrong)
            result = handler(event, Context(headers))
            try:
                answer = json.dumps(result, ensure_ascii=False).encode("utf-8", "backslashreplace")
            except (TypeError, ValueError) as wrong:
                raise LoadError("Runtime.MarshalError", "Unable to marshal response: %s" % wrong)
            if len(answer) > MAX_ANSWER:
                raise LoadError("Function.ResponseSizeTooLarge", "Response payload size exceeded maximum allowed "
                                "payload size (%d bytes)." % MAX_ANSWER)
        except Exception as raised:  # of the user's code: whatever it is, it is the answer
            error = document(raised, request_id)
        if error is None:
            sys.stdout.flush()
            api.ask("POST", "invocation/%s/response" % request_id, answer)
        else:
            tell(error)
            sys.stdout.flush()
            api.ask("POST", "invocation/%s/error" % request_id, json.dumps(error).encode(), error["errorType"])


def main():
    # Text that a pipe holds back would come with the next event.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(line_buffering=True, errors="backslashreplace")
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    set_up_logging()
    sys.path.insert(1, HERE)
    import python_sdk
    python_sdk.install()
    del sys.path[1]
    # The token is ours alone: what the handler starts does not get it.
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"], os.environ.pop("_IOTEMU_RUNTIME_TOKEN"))
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as raised:
        error = document(raised)
        tell(error)
        sys.stdout.flush()
        api.ask("POST", "init/error", json.dumps(error).encode(), error["errorType"])
        sys.exit(1)
    serve(api, handler)


if __name__ == "__main__":
    main()
