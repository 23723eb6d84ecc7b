"""Policy documents, short to write."""
import json

ARN = "arn:aws:iot:us-east-1:123456789012:"


def statement(effect, action, *resources, condition=None):
    made = {"Effect": effect, "Action": action,
            "Resource": [resource if resource == "*" else ARN + resource for resource in resources]}
    return made if condition is None else {**made, "Condition": condition}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allow(action, *resources):
    return document(statement("Allow", action, *resources))
