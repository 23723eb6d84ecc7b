"""A just-in-time registration handler as an AWS Lambda function: what a topic rule on the registration events calls.

It gives the certificate a policy of its own and activates it last: from then on the device gets in. A device may knock
again before that, and an event may come twice, so every step can be repeated without harm.
"""
import json

import boto3

iot = boto3.client("iot")


def handler(event, context):
    certificate_id = event["certificateId"]
    print("a device of CA", event["caCertificateId"][:8], "knocks with certificate", certificate_id[:8])
    region, account = context.invoked_function_arn.split(":")[3:5]
    iot_arn = f"arn:aws:iot:{region}:{account}"

    document = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "iot:Connect", "Resource": f"{iot_arn}:client/{certificate_id}"},
        {"Effect": "Allow", "Action": ["iot:Publish", "iot:Receive"],
         "Resource": f"{iot_arn}:topic/foo/bar/{certificate_id}/*"},
        {"Effect": "Allow", "Action": "iot:Subscribe",
         "Resource": f"{iot_arn}:topicfilter/foo/bar/{certificate_id}/*"}]}
    try:
        iot.create_policy(policyName=f"Policy_{certificate_id}", policyDocument=json.dumps(document))
    except iot.exceptions.ResourceAlreadyExistsException:
        print("the policy is there already")
    iot.attach_policy(policyName=f"Policy_{certificate_id}", target=f"{iot_arn}:cert/{certificate_id}")
    iot.update_certificate(certificateId=certificate_id, newStatus="ACTIVE")
    print("activated", certificate_id[:8])
    return {"activated": certificate_id}
