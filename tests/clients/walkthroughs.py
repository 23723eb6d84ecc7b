"""What several stories take from one public walkthrough."""


def unified_agent_template(policy):
    """The provisioning template of the walkthrough with a private CA, `policy` being its document's text. OrganizationName
    is no parameter that AWS defines, and nothing refers to it: it does no harm (P5.3)."""
    return {
        "Parameters": {f"AWS::IoT::Certificate::{name}": {"Type": "String"}
                       for name in ("CommonName", "OrganizationName", "Id")},
        "Resources": {
            "thing": {
                "Type": "AWS::IoT::Thing",
                "Properties": {"ThingName": {"Ref": "AWS::IoT::Certificate::CommonName"},
                               "ThingTypeName": "UnifiedAgent"},
                "OverrideSettings": {"AttributePayload": "MERGE", "ThingTypeName": "REPLACE",
                                     "ThingGroups": "DO_NOTHING"}},
            "certificate": {
                "Type": "AWS::IoT::Certificate",
                "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "ACTIVE"},
                "OverrideSettings": {"Status": "DO_NOTHING"}},
            "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyDocument": policy}}}}
