"""`iot-emulator load` against a running emulator: every device is let in and counted, a server that stands still shows,
and what cannot be done is said in a sentence."""
import json
import os
import signal
import subprocess
import time
import unittest
from datetime import datetime, timedelta, timezone

from daemon import PROGRAM, Daemon, Story, run
from identities import Ca, openssl, register
from policies import allow


def percentile(histogram, percent):
    """Microseconds; the lower edge of the bucket where it lies."""
    left = histogram["count"] * percent / 100
    for lowest, count in histogram["buckets"]:
        left -= count
        if left <= 0:
            return lowest
    return histogram["max"]


class LoadTool(Story):
    def arguments(self, *flags, setup="jitp", json="results.json"):
        given = [str(flag) for flag in flags]
        api = ["--setup", setup] if setup else []
        backoff = [] if "--backoff" in given else ["--backoff", "300ms,2,2s,full"]
        return [PROGRAM, "load", *api, "--endpoint-api", self.daemon.endpoint, *backoff, "--json",
                str(self.folder / json), *given]

    def results(self, name="results.json"):
        return json.loads((self.folder / name).read_text())

    def load(self, *flags, code=0, **options):
        done = run(*self.arguments(*flags, **options))
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return self.results()

    def refused(self, *flags, **options):
        done = run(*self.arguments(*flags, **options))
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        return done.stderr

    def assert_adds_up(self, results, devices):
        counts = results["counts"]
        self.assertEqual(counts["arrivals"], devices)
        self.assertEqual(counts["accepted"] + counts["givenUp"] + counts["unfinished"], devices)
        for column in ("arrivals", "connects", "accepted", "published", "acknowledged"):
            self.assertEqual(sum(results["seconds"][column]), counts[column], column)
        self.assertEqual(sum(results["seconds"]["refused"]), sum(results["refusals"].values()))
        self.assertEqual(sum(results["seconds"]["errors"]), sum(results["errors"].values()))
        self.assertEqual(results["histograms"]["provision"]["count"], counts["accepted"])
        self.assertEqual(results["histograms"]["attempts"]["count"], counts["accepted"])

    def things(self):
        pages = self.iot.get_paginator("list_things").paginate()
        return [thing["thingName"] for page in pages for thing in page["things"]]


class Onboarding(LoadTool):
    def test_two_hundred_devices_are_provisioned_and_publish(self):  # P5.1: the first connection always fails
        results = self.load("--devices", 200, "--rate", 100, "--threads", 2, "--messages", 3, "--message-rate", 20)
        self.assert_adds_up(results, 200)
        counts = results["counts"]
        self.assertEqual(counts["accepted"], 200)
        self.assertEqual(counts["connects"], 400)
        self.assertEqual(counts["published"], 600)
        self.assertEqual(counts["acknowledged"], 600)
        self.assertEqual(results["errors"], {})
        self.assertEqual(results["refusals"], {"certificate_pending": 200})  # in the emulator's own words
        self.assertEqual(results["histograms"]["attempts"]["max"], 2)
        self.assertEqual(len(self.things()), 200)

    def test_it_speaks_tls_1_2_with_rsa_keys_and_hears_its_own_messages(self):
        results = self.load("--devices", 4, "--tls", "1.2", "--key-type", "rsa2048", "--messages", 1,
                            "--subscribe", "load/${clientId}", "--stay", "200ms")
        self.assert_adds_up(results, 4)
        counts = results["counts"]
        self.assertEqual((counts["accepted"], counts["acknowledged"], counts["received"]), (4, 4, 4))
        self.assertEqual(results["histograms"]["delivery"]["count"], 4)
        self.assertEqual(results["histograms"]["subscribe"]["count"], 4)

    def test_devices_whose_ca_nobody_knows_give_up(self):
        ca = Ca(self.folder, "stranger")
        results = self.load("--ca-cert", ca.certificate, "--ca-key", ca.key, "--devices", 5, "--max-attempts", 2,
                            setup=None)
        self.assert_adds_up(results, 5)
        self.assertEqual(results["counts"]["givenUp"], 5)
        self.assertEqual(results["counts"]["connects"], 10)
        self.assertEqual(self.things(), [])

    def test_a_jitr_handler_is_given_time(self):  # P4: the certificate waits until the handler has activated it
        ca = Ca(self.folder, "factory")
        register(self.iot, ca)
        self.iot.create_policy(policyName="all", policyDocument=allow("iot:*", "*"))
        tool = subprocess.Popen(
            self.arguments("--ca-cert", ca.certificate, "--ca-key", ca.key, "--devices", 3, setup=None),
            stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        waiting = []
        while len(waiting) < 3:
            self.assertLess(time.monotonic(), deadline)
            waiting = self.iot.list_certificates()["certificates"]
        for certificate in waiting:
            self.iot.attach_policy(policyName="all", target=certificate["certificateArn"])
            self.iot.update_certificate(certificateId=certificate["certificateId"], newStatus="ACTIVE")
        self.assertEqual(tool.wait(60), 0)
        results = self.results()
        self.assert_adds_up(results, 3)
        self.assertEqual(results["counts"]["accepted"], 3)
        self.assertGreaterEqual(results["histograms"]["attempts"]["min"], 2)

    def test_identities_are_kept_and_come_again(self):
        kept = self.folder / "kept"
        self.load("--devices", 5, "--save-identities", kept)
        results = self.load("--identities", kept, setup=None)
        self.assert_adds_up(results, 5)
        self.assertEqual(results["counts"]["connects"], 5)  # they are known by now
        self.assertEqual(len(self.things()), 5)

    def test_shards_are_together_the_one_plan(self):
        ca = Ca(self.folder, "factory")
        register(self.iot, ca, registrationConfig={
            "templateBody": json.dumps({
                "Parameters": {"AWS::IoT::Certificate::Id": {"Type": "String"},
                               "AWS::IoT::Certificate::SerialNumber": {"Type": "String"}},
                "Resources": {
                    "thing": {"Type": "AWS::IoT::Thing", "Properties": {
                        "ThingName": {"Ref": "AWS::IoT::Certificate::SerialNumber"}}},
                    "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {
                        "CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "ACTIVE"}},
                    "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyDocument": allow("iot:*", "*")}}}}),
            "roleArn": "arn:aws:iam::123456789012:role/JITPRole"})
        common = ("--ca-cert", ca.certificate, "--ca-key", ca.key, "--devices", 41, "--rate", 20, "--seed", 7,
                  "--backoff", "4s,1,4s,full")
        start = (datetime.now(timezone.utc) + timedelta(seconds=8)).strftime("%Y-%m-%dT%H:%M:%SZ")
        tools = [subprocess.Popen(self.arguments(
            *common, "--shard", f"{i}/2", "--start-at", start, "--serial-prefix", "fleet", setup=None, json=f"{i}.json"),
            stdout=subprocess.DEVNULL) for i in (1, 2)]
        self.assertEqual([tool.wait(90) for tool in tools], [0, 0])
        self.assert_adds_up(self.results("1.json"), 21)
        self.assert_adds_up(self.results("2.json"), 20)
        self.assertEqual(sorted(self.things()), [f"fleet-{i:06}" for i in range(41)])

        merged = self.folder / "merged.json"
        done = run(PROGRAM, "load", "merge", self.folder / "1.json", self.folder / "2.json", "--json", merged)
        self.assertEqual(done.returncode, 0, done.stderr)
        merged = self.results("merged.json")
        self.assert_adds_up(merged, 41)
        # The same plan and the same chances in one process: the waits are the same, the rest is the machine's mood.
        whole = self.load(*common, setup=None)
        self.assertEqual(merged["counts"], whole["counts"])
        for percent in (50, 90, 100):
            of_whole = percentile(whole["histograms"]["provision"], percent)
            self.assertAlmostEqual(percentile(merged["histograms"]["provision"], percent), of_whole,
                                   delta=of_whole * 0.1 + 100_000)


class Handler(LoadTool):
    flags = ("--jitr-command", "true")

    def test_how_long_the_users_code_takes_is_told(self):
        results = self.load("--devices", 3, "--max-attempts", 2, "--backoff", "2s,1,2s,none", setup="jitr")
        self.assert_adds_up(results, 3)
        self.assertEqual(results["counts"]["givenUp"], 3)
        # Those of the first connects; the later ones may still run.
        self.assertGreaterEqual(results["histograms"]["handler"]["count"], 3)
        self.assertTrue(any(value is not None for value in results["seconds"]["handlerP99"]))


class KnownDevices(LoadTool):
    def test_a_server_that_stands_still_for_two_seconds_shows(self):
        """No coordinated omission: what was meant during the stall is late by what was left of it."""
        tool = subprocess.Popen(self.arguments(
            "--profile", "steady", "--devices", 5, "--message-rate", 50, "--duration", "8s"), stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while self.daemon.http("GET", "/_iot/health").json()["connections"] < 5:
            self.assertLess(time.monotonic(), deadline)
            self.assertIsNone(tool.poll())
        time.sleep(1)
        self.daemon.process.send_signal(signal.SIGSTOP)
        try:
            time.sleep(2)
        finally:
            self.daemon.process.send_signal(signal.SIGCONT)
        self.assertEqual(tool.wait(60), 0)
        results = self.results()
        self.assert_adds_up(results, 5)
        self.assertEqual(results["errors"], {})
        publish = results["histograms"]["publish"]
        self.assertEqual(publish["count"], results["counts"]["published"])
        # Eight seconds of 50 messages a second were meant, and were sent.
        self.assertGreater(publish["count"], 5 * 50 * 8 * 0.8)
        self.assertGreater(publish["max"], 1_900_000)
        self.assertGreater(percentile(publish, 99), 1_500_000)
        # A closed loop would have seen five slow answers in two thousand: p90 would be that of any quiet second.
        self.assertGreater(percentile(publish, 90), 300_000)
        self.assertTrue(any(cpu is not None for cpu in results["seconds"]["cpu"]))

    def test_a_storm_brings_all_back(self):
        results = self.load("--profile", "reconnect-storm", "--devices", 20, "--storm-after", "2s", "--storms", 2,
                            "--storm-every", "2s", "--pid", self.daemon.process.pid)
        self.assert_adds_up(results, 20)
        self.assertEqual(results["counts"]["reconnects"], 40)
        self.assertEqual(results["histograms"]["reconnect"]["count"], 40)
        self.assertEqual(results["counts"]["disconnected"], 0)
        self.assertEqual(max(results["seconds"]["connections"]), 20)
        self.assertTrue(any(rss is not None for rss in results["seconds"]["rss"]))

    def test_churn_comes_and_goes(self):
        results = self.load("--profile", "churn", "--devices", 5, "--stay", "300ms", "--away", "200ms", "--duration", "4s")
        self.assert_adds_up(results, 5)
        self.assertEqual(results["counts"]["accepted"], 5)
        self.assertGreater(results["counts"]["reconnects"], 10)
        self.assertEqual(results["errors"], {})

    def test_a_signal_ends_it_with_what_was_seen(self):
        tool = subprocess.Popen(self.arguments("--profile", "steady", "--devices", 5, "--duration", "10m"),
                                stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while self.daemon.http("GET", "/_iot/health").json()["connections"] < 5:
            self.assertLess(time.monotonic(), deadline)
            self.assertIsNone(tool.poll())
        tool.send_signal(signal.SIGINT)
        self.assertEqual(tool.wait(20), 130)
        results = self.results()
        self.assert_adds_up(results, 5)
        self.assertTrue(results["interrupted"])
        self.eventually(lambda: self.daemon.http("GET", "/_iot/health").json()["connections"] == 0, "all have left")


class Gone(LoadTool):
    def test_a_server_that_goes_away_is_an_error_by_cause(self):
        kept = self.folder / "kept"
        self.load("--devices", 2, "--save-identities", kept)
        ca_file = self.daemon.server_ca
        port = self.daemon.mqtt_port
        self.daemon.stop()
        done = run(PROGRAM, "load", "--identities", kept, "--endpoint", f"localhost:{port}", "--ca-file", ca_file,
                   "--backoff", "none", "--max-attempts", 3, "--json", self.folder / "results.json")
        self.assertEqual(done.returncode, 0, done.stderr)
        results = self.results()
        self.assert_adds_up(results, 2)
        self.assertEqual(results["errors"], {"connection_refused": 6})
        self.assertEqual(results["counts"]["givenUp"], 2)


class Refusals(LoadTool):
    """What cannot be done is said in one sentence, before anything is done."""

    def test_wrong_usage(self):
        cases = (
            (("--profile", "fast"), "--profile: onboard, steady"),
            (("--rate", "0"), "--rate: a rate is"),
            (("--backoff", "1s,0"), "--backoff: a back-off is"),
            (("--shard", "3/2", "--start-at", "1"), "--shard: a shard is i/n"),
            (("--shard", "1/2"), "need one --start-at"),
            (("--start-at", "1"), "give a later --start-at"),
            (("--start-at", "soon"), "--start-at: a date such as"),
            (("--client-id", "one"), "would have the client id 'one'"),
            (("--client-id", "${name}"), "${name}; what is known here"),
            (("--subject", "/CN=${name}"), "${name}; what is known here"),
            (("--subject", "CN"), "subject"),
            (("--topic", "a/#"), "no topic to publish to"),
            (("--messages", "many"), "--messages: a number or 'endless'"),
            (("--messages", "endless", "--stay", "forever"), "need a --duration"),
            (("--tls", "1.1"), "--tls: 1.2, 1.3 or any"),
            (("--mqtt", "4"), "--mqtt: 3.1.1 or 5"),
            (("--key-type", "dsa"), "--key-type: ec-p256"),
            (("--keep-alive", "1s"), "--keep-alive: the service takes"),
            (("--endpoint", "192.0.2.1:8883"), "--setup is for an emulator on this machine"),
            (("--endpoint", "localhost:port"), "--endpoint: HOST or HOST:PORT"),
            (("--identities", "nowhere"), "leave out --ca-cert and --setup"),
            (("--ca-cert", "a.crt"), "leave out --ca-cert"),
            (("--insecure", "--ca-file", "x"), "--insecure judges no server"),
        )
        for flags, sentence in cases:
            with self.subTest(flags):
                self.assertIn(sentence, self.refused("--devices", 2, *flags))
        self.assertIn("where do the devices come from?", self.refused(setup=None))
        self.assertIn("holds no identity", self.refused("--identities", self.folder, setup=None))
        self.assertEqual(self.things(), [])

    def test_an_emulator_that_is_elsewhere_is_not_set_up(self):
        done = run(PROGRAM, "load", "--setup", "jitp", "--endpoint-api", "http://192.0.2.1:4566")
        self.assertEqual(done.returncode, 1)
        self.assertIn("is not on this machine", done.stderr)

    def test_an_emulator_that_others_can_reach_is_shown_its_token(self):
        daemon = Daemon("--host", "0.0.0.0")
        self.addCleanup(daemon.close)
        out = self.folder / "reached.json"
        load = [PROGRAM, "load", "--setup", "jitp", "--devices", "3", "--backoff", "300ms,2,2s,full", "--json", out,
                "--fail-if", "accepted<3"]
        without = run(*load, "--endpoint-api", daemon.endpoint)
        self.assertEqual(without.returncode, 1, without.stdout)
        self.assertIn("/_iot/server-ca.pem was answered with 401", without.stderr)
        self.assertIn("--ready-file FILE, or the token in IOTEMU_ADMIN_TOKEN", without.stderr)
        token = daemon.ready["adminToken"]
        for way in ((("--ready-file", daemon.ready_file), {}),
                    (("--endpoint-api", daemon.endpoint), {"IOTEMU_ADMIN_TOKEN": token})):
            with self.subTest(way[0]):
                done = run(*load, *way[0], env={**os.environ, **way[1]})
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertNotIn(token, out.read_text())
                self.assertEqual(list(json.loads(out.read_text())["refusals"]), ["certificate_pending"],
                                 "the words of /metrics")
        wrong = run(*load, "--endpoint-api", daemon.endpoint, env={**os.environ, "IOTEMU_ADMIN_TOKEN": "other"})
        self.assertIn("the token that was given is not the emulator's", wrong.stderr)

    def test_a_threshold_of_a_cause_that_there_is_not_is_refused_at_the_start(self):
        done = run(*self.arguments("--devices", 2, "--fail-if", "errors.timedout>0"))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("no load counts 'timedout' among its errors", done.stderr)
        self.assertIn("timed_out", done.stderr)
        self.assertEqual(self.things(), [])

    def test_a_server_whose_ca_is_not_trusted_is_not_talked_to(self):
        other = Ca(self.folder, "other")
        results = self.load("--devices", 2, "--ca-file", other.certificate, "--max-attempts", 1)
        self.assertEqual(results["errors"], {"server_certificate_rejected": 2})
        self.assertEqual(self.things(), [])


if __name__ == "__main__":
    unittest.main()
