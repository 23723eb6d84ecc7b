"""boto3: a certificate changes its account (P2.10), told by both accounts; mosquitto: its device follows."""
import unittest

from daemon import ACCOUNT, REGION, Story
from identities import Ca
from mosquitto import publish
from policies import document

OTHER = "210987654321"
THIRD = "333333333333"


class CertificateTransfers(Story):
    def setUp(self):
        super().setUp()
        self.other = self.daemon.iot(account=OTHER)
        self.third = self.daemon.iot(account=THIRD)

    def certificate(self, active=False):
        return self.iot.create_keys_and_certificate(setAsActive=active)["certificateId"]

    def sent(self, **more):
        identifier = self.certificate()
        self.iot.transfer_certificate(certificateId=identifier, targetAwsAccount=OTHER, **more)
        return identifier

    @staticmethod
    def describe(client, identifier):
        return client.describe_certificate(certificateId=identifier)["certificateDescription"]

    @staticmethod
    def listed(client):
        return {item["certificateId"]: item["status"] for item in client.list_certificates()["certificates"]}

    def unknown(self, client, identifier):
        self.assert_error("ResourceNotFoundException", 404, client.describe_certificate, certificateId=identifier)

    def test_accepted_it_belongs_to_the_other_account(self):
        identifier = self.certificate()
        before = self.describe(self.iot, identifier)
        self.assertNotIn("transferData", before)
        arn = self.iot.transfer_certificate(certificateId=identifier, targetAwsAccount=OTHER,
                                            transferMessage="yours now")["transferredCertificateArn"]
        self.assertEqual(arn, f"arn:aws:iot:{REGION}:{OTHER}:cert/{identifier}")
        self.assertEqual(self.listed(self.iot), {identifier: "PENDING_TRANSFER"})
        self.assertEqual(self.listed(self.other), {identifier: "PENDING_TRANSFER"})
        self.assertEqual(self.listed(self.third), {})
        for client, account in ((self.iot, ACCOUNT), (self.other, OTHER)):
            seen = self.describe(client, identifier)
            self.assertEqual((seen["status"], seen["ownedBy"]), ("PENDING_TRANSFER", ACCOUNT))
            self.assertEqual(seen["certificateArn"], f"arn:aws:iot:{REGION}:{account}:cert/{identifier}")
            self.assertEqual(seen["transferData"]["transferMessage"], "yours now")
            self.assertNotIn("acceptDate", seen["transferData"])
        going, = self.iot.list_outgoing_certificates()["outgoingCertificates"]
        self.assertEqual((going["certificateId"], going["transferredTo"], going["transferMessage"]),
                         (identifier, OTHER, "yours now"))
        self.assertEqual(going["creationDate"], before["creationDate"])
        self.assertEqual(self.other.list_outgoing_certificates()["outgoingCertificates"], [])

        self.other.accept_certificate_transfer(certificateId=identifier, setAsActive=True)
        self.unknown(self.iot, identifier)
        self.assertEqual(self.listed(self.iot), {})
        self.assertEqual(self.iot.list_outgoing_certificates()["outgoingCertificates"], [])
        now = self.describe(self.other, identifier)
        self.assertEqual((now["status"], now["ownedBy"], now["previousOwnedBy"]), ("ACTIVE", OTHER, ACCOUNT))
        self.assertEqual(now["certificatePem"], before["certificatePem"])
        self.assertEqual(set(now["transferData"]), {"transferMessage", "transferDate", "acceptDate"})
        self.assertEqual(now["customerVersion"], before["customerVersion"] + 2)

    def test_without_the_flag_it_arrives_inactive_and_can_go_on(self):
        identifier = self.sent()
        self.other.accept_certificate_transfer(certificateId=identifier)
        self.assertEqual(self.describe(self.other, identifier)["status"], "INACTIVE")
        self.other.transfer_certificate(certificateId=identifier, targetAwsAccount=ACCOUNT)
        self.iot.accept_certificate_transfer(certificateId=identifier)
        home = self.describe(self.iot, identifier)
        self.assertEqual((home["ownedBy"], home["previousOwnedBy"]), (ACCOUNT, OTHER))
        self.iot.delete_certificate(certificateId=identifier)

    def test_rejected_it_comes_back_with_the_reason(self):
        identifier = self.sent(transferMessage="take it")
        self.other.reject_certificate_transfer(certificateId=identifier, rejectReason="not ours")
        self.unknown(self.other, identifier)
        back = self.describe(self.iot, identifier)
        self.assertEqual((back["status"], back["ownedBy"]), ("INACTIVE", ACCOUNT))
        self.assertNotIn("previousOwnedBy", back)
        data = back["transferData"]
        self.assertEqual((data["transferMessage"], data["rejectReason"]), ("take it", "not ours"))
        self.assertIn("rejectDate", data)
        self.iot.update_certificate(certificateId=identifier, newStatus="ACTIVE")

    def test_cancelled_it_comes_back(self):
        identifier = self.sent()
        self.iot.cancel_certificate_transfer(certificateId=identifier)
        self.unknown(self.other, identifier)
        back = self.describe(self.iot, identifier)
        self.assertEqual(back["status"], "INACTIVE")
        self.assertEqual(set(back["transferData"]), {"transferDate"})
        self.iot.transfer_certificate(certificateId=identifier, targetAwsAccount=THIRD)
        self.third.accept_certificate_transfer(certificateId=identifier)

    def test_a_finished_transfer_is_finished_for_everybody(self):
        def finished(identifier):
            for client in (self.iot, self.other):
                acts = [client.cancel_certificate_transfer] if client is self.iot else [
                    client.accept_certificate_transfer, client.reject_certificate_transfer]
                for act in acts:
                    self.assert_error("TransferAlreadyCompletedException", 410, act, certificateId=identifier)

        accepted, rejected, cancelled = self.sent(), self.sent(), self.sent()
        self.other.accept_certificate_transfer(certificateId=accepted)
        self.other.reject_certificate_transfer(certificateId=rejected)
        self.iot.cancel_certificate_transfer(certificateId=cancelled)
        for identifier in (accepted, rejected, cancelled):
            with self.subTest(identifier):
                finished(identifier)

    def test_only_the_two_sides_act_each_in_its_own_way(self):
        identifier = self.sent()
        for client, acts in ((self.iot, ("accept_certificate_transfer", "reject_certificate_transfer")),
                             (self.other, ("cancel_certificate_transfer",)),
                             (self.third, ("accept_certificate_transfer", "reject_certificate_transfer",
                                           "cancel_certificate_transfer"))):
            for act in acts:
                self.assert_error("ResourceNotFoundException", 404, getattr(client, act), certificateId=identifier)
        loose = self.certificate()
        for act in ("accept_certificate_transfer", "reject_certificate_transfer", "cancel_certificate_transfer"):
            self.assert_error("ResourceNotFoundException", 404, getattr(self.iot, act), certificateId=loose)
            self.assert_error("ResourceNotFoundException", 404, getattr(self.iot, act), certificateId="0" * 64)

    def test_what_cannot_be_transferred(self):
        def refused(name, status, identifier, account=OTHER):
            return self.assert_error(name, status, self.iot.transfer_certificate, certificateId=identifier,
                                     targetAwsAccount=account)["Error"]["Message"]

        active = self.certificate(active=True)
        self.assertIn("ACTIVE", refused("CertificateStateException", 406, active))
        arn = self.describe(self.iot, active)["certificateArn"]
        self.iot.update_certificate(certificateId=active, newStatus="INACTIVE")
        self.iot.create_policy(policyName="p", policyDocument=document(
            {"Effect": "Allow", "Action": "iot:*", "Resource": "*"}))
        self.iot.attach_policy(policyName="p", target=arn)
        self.assertIn("policies", refused("TransferConflictException", 409, active))
        self.iot.detach_policy(policyName="p", target=arn)
        self.iot.create_thing(thingName="t")
        self.iot.attach_thing_principal(thingName="t", principal=arn)
        self.assertIn("Things", refused("TransferConflictException", 409, active))
        self.iot.detach_thing_principal(thingName="t", principal=arn)
        refused("InvalidRequestException", 400, active, account=ACCOUNT)
        refused("InvalidRequestException", 400, active, account="12345678901x")
        self.iot.update_certificate(certificateId=active, newStatus="REVOKED")
        self.assertIn("REVOKED", refused("CertificateStateException", 406, active))
        refused("ResourceNotFoundException", 404, "0" * 64)
        waiting = self.sent()
        refused("CertificateStateException", 406, waiting, account=THIRD)
        # SNI_ONLY: the other account may have it as well.
        pem = Ca(self.folder, "Loose").device("both").pem
        both = self.iot.register_certificate_without_ca(certificatePem=pem, status="INACTIVE")["certificateId"]
        self.other.register_certificate_without_ca(certificatePem=pem, status="INACTIVE")
        self.assertIn("already", refused("TransferConflictException", 409, both))

    def test_on_its_way_it_stays_as_it_is(self):
        identifier = self.sent()
        self.iot.create_thing(thingName="t")
        for client in (self.iot, self.other):
            arn = self.describe(client, identifier)["certificateArn"]
            for status in ("ACTIVE", "INACTIVE", "REVOKED"):
                self.assert_error("CertificateStateException", 406, client.update_certificate,
                                  certificateId=identifier, newStatus=status)
            self.assert_error("CertificateStateException", 406, client.delete_certificate, certificateId=identifier,
                              forceDelete=True)
            client.create_policy(policyName="p", policyDocument=document(
                {"Effect": "Allow", "Action": "iot:*", "Resource": "*"}))
            self.assert_error("InvalidRequestException", 400, client.attach_policy, policyName="p", target=arn)
        self.assert_error("InvalidRequestException", 400, self.iot.attach_thing_principal, thingName="t",
                          principal=f"arn:aws:iot:{REGION}:{ACCOUNT}:cert/{identifier}")

    def test_what_is_under_way_is_listed_in_pages(self):
        sent = [self.sent() for _ in range(3)]
        self.certificate()
        for ascending in (True, False):
            seen, marker = [], {}
            while True:
                page = self.iot.list_outgoing_certificates(pageSize=2, ascendingOrder=ascending, **marker)
                seen += [item["certificateId"] for item in page["outgoingCertificates"]]
                if "nextMarker" not in page:
                    break
                marker = {"marker": page["nextMarker"]}
            self.assertEqual(sorted(seen), sorted(sent))

    def test_the_device_waits_outside_and_comes_in_with_its_new_account(self):  # P3.5 row 12
        device = Ca(self.folder, "Factory").device("pump")
        self.iot.register_certificate_without_ca(certificatePem=device.pem, status="INACTIVE")
        self.iot.transfer_certificate(certificateId=device.id, targetAwsAccount=OTHER)
        self.assertNotEqual(publish(self.daemon, device, "pump", "t").returncode, 0)
        refusal = self.daemon.refusals()[0]
        self.assertEqual(refusal["refusal"], "certificate_in_transfer", refusal)
        self.assertIn(OTHER, refusal["cause"])
        self.assertIn("accept-certificate-transfer", refusal["cure"])

        self.other.accept_certificate_transfer(certificateId=device.id, setAsActive=True)
        arn = self.describe(self.other, device.id)["certificateArn"]
        self.other.create_policy(policyName="own", policyDocument=document(
            {"Effect": "Allow", "Action": "iot:*", "Resource": f"arn:aws:iot:{REGION}:{OTHER}:*"}))
        self.other.attach_policy(policyName="own", target=arn)
        done = publish(self.daemon, device, "pump", "t")
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
