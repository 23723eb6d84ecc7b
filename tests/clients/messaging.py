"""mosquitto_pub and mosquitto_sub among themselves: MQTT 3.1.1 as AWS does it (M section 2), policies (P7)."""
import unittest

from daemon import Story, run
from identities import Identity
from mosquitto import LOST, Subscriber, connection, publish
from policies import allow, document, statement


class Messaging(Story):
    def setUp(self):
        super().setUp()
        self.iot.create_policy(policyName="all", policyDocument=allow("iot:*", "*"))
        self.anybody = self.device("anybody", "all")

    def device(self, name, policy):
        made = self.iot.create_keys_and_certificate(setAsActive=True)
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        certificate.write_text(made["certificatePem"])
        key.write_text(made["keyPair"]["PrivateKey"])
        self.iot.attach_policy(policyName=policy, target=made["certificateArn"])
        identity = Identity(certificate, key)
        identity.arn = made["certificateArn"]
        return identity

    def subscriber(self, *filters, identity=None, client_id="listener", **more):
        return Subscriber(self.daemon, identity or self.anybody, client_id, *filters, **more)

    def publish(self, topic, message="hello", *more, identity=None, client_id="speaker", **options):
        return publish(self.daemon, identity or self.anybody, client_id, topic, message, *more, **options)

    def last_refusal(self, client_id="speaker"):
        return [refusal for refusal in self.daemon.refusals() if refusal.get("clientId") == client_id][0]


class Delivery(Messaging):
    def test_a_message_arrives_at_the_lesser_qos(self):  # M3-23
        for published, granted in ((0, 0), (0, 1), (1, 0), (1, 1)):
            with self.subscriber("a/b", qos=granted) as listener:
                self.assertEqual(self.publish("a/b", "x", qos=published).returncode, 0)
                self.assertEqual(listener.message_with_flags(), (0, min(published, granted), "a/b", "x"))

    def test_a_hash_does_not_match_its_parent(self):  # M3-32
        with self.subscriber("a/#") as listener:
            for topic in ("a", "a/", "a/b", "a/b/c"):
                self.publish(topic, topic)
            self.assertEqual([listener.message()[0] for _ in range(3)], ["a/", "a/b", "a/b/c"])

    def test_a_plus_is_one_whole_level(self):  # M3-32, M3-33
        with self.subscriber("a/+/c") as listener:
            for topic in ("a/b/d", "a//c", "a/b/c", "A/b/c", "a/b/b/c"):
                self.publish(topic)
            self.assertEqual([listener.message()[0] for _ in range(2)], ["a//c", "a/b/c"])

    def test_overlapping_filters_give_one_copy(self):  # M3-35
        with self.subscriber("a/b", "a/+", "#") as listener:
            self.publish("a/b", "once")
            self.publish("end", "end")
            self.assertEqual(listener.message()[1], "once")
            self.assertEqual(listener.message()[1], "end")

    def test_a_publisher_hears_itself(self):  # M3-42
        done = run("mosquitto_rr", *connection(self.daemon, self.anybody, "echo"), "-t", "a/echo", "-e", "a/echo", "-m",
                   "me", "-W", "10", "-V", "mqttv311")
        self.assertEqual(done.stdout.strip(), "me", done.stderr)

    def test_retained_messages_come_for_the_exact_filter_only(self):  # M3-51 to M3-53
        self.publish("state/door", "open", "-r")
        with self.subscriber("state/door") as exact:
            self.assertEqual(exact.message_with_flags(), (1, 1, "state/door", "open"))
        with self.subscriber("state/+") as wild:
            self.publish("state/door", "live", "-r")
            self.assertEqual(wild.message_with_flags(), (0, 1, "state/door", "live"))
        self.publish("state/door", "", "-r")
        with self.subscriber("state/door") as exact:
            self.publish("state/door", "after")
            self.assertEqual(exact.message(), ("state/door", "after"))

    def test_a_persistent_session_keeps_what_it_missed(self):  # M3-46, M3-48
        keep = ("-c",)
        with self.subscriber("jobs/#", client_id="worker", more=keep):
            pass
        for number in range(3):
            self.publish(f"jobs/{number}", str(number))
        self.publish("jobs/lost", "qos 0 is never stored", qos=0)
        with self.subscriber("jobs/#", client_id="worker", more=keep) as worker:
            texts = [line.split(" ", 4)[4] for line in worker.seen if line.startswith("MESSAGE")]
            while len(texts) < 3:
                texts.append(worker.message()[1])
        self.assertEqual(sorted(texts), ["0", "1", "2"])

    def test_the_will_tells_of_a_connection_that_was_lost(self):  # M3-59
        with self.subscriber("wills/#") as listener:
            will = ("--will-topic", "wills/dying", "--will-payload", "gone", "--will-qos", "1")
            with self.subscriber("x", client_id="dying", more=will) as dying:
                dying.kill()
            self.assertEqual(listener.message(), ("wills/dying", "gone"))

    def test_the_newer_connection_of_a_client_id_wins(self):  # M3-14
        with self.subscriber("a/b", client_id="twin") as older:
            with self.subscriber("c/d", client_id="twin"):
                older.wait_for("Client twin sending CONNECT")


class Limits(Messaging):
    def test_a_message_too_large_ends_the_connection(self):  # M3-38
        for size, accepted in ((128 * 1024, True), (128 * 1024 + 1, False)):
            content = self.folder / "content"
            content.write_bytes(b"x" * size)
            done = run("mosquitto_pub", *connection(self.daemon, self.anybody, "speaker"), "-t", "a", "-q", "1", "-f",
                       content)
            self.assertEqual(done.returncode == 0, accepted, done.stderr)

    def test_topics_have_eight_levels_and_256_bytes(self):  # M3-37, M3-40
        for topic, accepted in (("a/b/c/d/e/f/g/h", True), ("a/b/c/d/e/f/g/h/i", False), ("x" * 256, True),
                                ("x" * 257, False)):
            self.assertEqual(self.publish(topic).returncode == 0, accepted, topic)

    def test_qos_2_is_not_supported(self):  # M3-20
        self.assertIn(LOST, self.publish("a/b", qos=2).stderr)

    def test_a_ninth_filter_is_too_many(self):  # M3-27
        filters = [argument for number in range(9) for argument in ("-t", f"f/{number}")]
        done = run("mosquitto_sub", *connection(self.daemon, self.anybody, "greedy"), *filters, "-E", "-W", "3")
        self.assertNotEqual(done.returncode, 0)
        with self.subscriber(*(f"f/{number}" for number in range(8))) as listener:
            self.publish("f/7", "eighth")
            self.assertEqual(listener.message(), ("f/7", "eighth"))

    def test_mqtt_5_is_refused_plainly(self):
        done = self.publish("a/b", "x", "-V", "mqttv5")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("unsupported protocol version", (done.stderr + done.stdout).lower())
        self.assertIn("Connection Refused: unacceptable protocol version".lower(),
                      self.publish("a/b", "x", "-V", "mqttv31").stderr.lower())


class Policies(Messaging):
    def restricted(self, *statements, name="restricted"):
        self.iot.create_policy(policyName=name, policyDocument=document(
            statement("Allow", "iot:Connect", "*"), *statements))
        return self.device(name, name)

    def test_a_forbidden_publish_is_cut_and_nobody_hears_it(self):  # P7.8, C.7 line 74, M3-39
        speaker = self.restricted(statement("Allow", "iot:Publish", "topic/mine/*"))
        with self.subscriber("#") as listener:
            for qos in (0, 1):
                self.publish("yours/x", "no", identity=speaker, qos=qos)
            self.assertIn(LOST, self.publish("yours/x", "no", identity=speaker).stderr)
            self.assertEqual(self.publish("mine/x", "yes", identity=speaker).returncode, 0)
            self.assertEqual(listener.message(), ("mine/x", "yes"))
        refusal = self.last_refusal()
        self.assertEqual(refusal["refusal"], "publish_denied")
        self.assertIn("topic/yours/x", refusal["cause"])
        self.assertIn("topic/mine/*", refusal["explanation"])

    def test_a_forbidden_subscribe_closes_without_suback(self):  # P7.8, C.7 line 74, M3-30
        listener = self.restricted(statement("Allow", "iot:Subscribe", "topicfilter/mine/#"))
        done = run("mosquitto_sub", *connection(self.daemon, listener, "listener"), "-t", "yours/#", "-d", "-W", "3")
        self.assertNotIn("SUBACK", done.stdout)
        self.assertEqual(self.last_refusal("listener")["refusal"], "subscribe_denied")
        # In a policy "#" and "+" are plain characters (P7.5).
        with self.subscriber("mine/#", identity=listener):
            pass
        done = run("mosquitto_sub", *connection(self.daemon, listener, "listener"), "-t", "mine/x", "-d", "-W", "3")
        self.assertNotIn("SUBACK", done.stdout)

    def test_receiving_is_a_right_of_its_own(self):  # P7.8, C.7 line 74, M3-34
        listener = self.restricted(statement("Allow", "iot:Subscribe", "*"),
                                   statement("Allow", "iot:Receive", "topic/open/*"))
        with self.subscriber("#", identity=listener) as connected:
            self.publish("secret/x", "no")
            self.publish("open/x", "yes")
            self.assertEqual(connected.message(), ("open/x", "yes"))

    def test_retaining_is_a_right_of_its_own(self):  # P7.4
        speaker = self.restricted(statement("Allow", "iot:Publish", "*"))
        self.assertEqual(self.publish("a/b", "x", identity=speaker).returncode, 0)
        self.assertIn(LOST, self.publish("a/b", "x", "-r", identity=speaker).stderr)

    def test_a_deny_wins(self):  # P7.3, C.7 line 77
        speaker = self.restricted(statement("Allow", "iot:Publish", "*"), statement("Deny", "iot:Publish", "topic/a/no"))
        self.assertEqual(self.publish("a/yes", identity=speaker).returncode, 0)
        self.assertIn(LOST, self.publish("a/no", identity=speaker).stderr)

    def test_variables_tie_topics_to_the_client(self):  # P7.5
        speaker = self.restricted(statement("Allow", "iot:Publish", "topic/${iot:ClientId}/up"))
        self.assertEqual(self.publish("one/up", identity=speaker, client_id="one").returncode, 0)
        self.assertIn(LOST, self.publish("one/up", identity=speaker, client_id="two").stderr)

    def test_thing_variables_need_the_thing(self):  # P7.6, C.7 line 73
        speaker = self.restricted(statement("Allow", "iot:Publish", "topic/${iot:Connection.Thing.ThingName}/up"))
        self.assertIn(LOST, self.publish("robot/up", identity=speaker, client_id="robot").stderr)
        self.iot.create_thing(thingName="robot")
        self.iot.attach_thing_principal(thingName="robot", principal=speaker.arn)
        self.assertEqual(self.publish("robot/up", identity=speaker, client_id="robot").returncode, 0)
        self.assertIn(LOST, self.publish("robot/up", identity=speaker, client_id="other").stderr)

    def test_a_new_default_version_acts_on_live_connections(self):  # C.7 line 75
        listener = self.restricted(statement("Allow", ["iot:Subscribe", "iot:Receive"], "*"))
        with self.subscriber("#", identity=listener) as connected:
            self.publish("a/b", "before")
            self.assertEqual(connected.message(), ("a/b", "before"))
            self.iot.create_policy_version(
                policyName="restricted", setAsDefault=True,
                policyDocument=document(statement("Allow", ["iot:Connect", "iot:Subscribe"], "*"),
                                        statement("Allow", "iot:Receive", "topic/still/*")))
            self.publish("a/b", "after")
            self.publish("still/x", "after")
            self.assertEqual(connected.message(), ("still/x", "after"))

    def test_reserved_topics_are_not_for_clients(self):  # M3-40, M3-44
        self.assertIn(LOST, self.publish("$aws/events/presence/connected/x", "{}").stderr)
        self.assertIn(LOST, self.publish("$mine/x", "{}").stderr)


class Presence(Messaging):
    def test_coming_and_going_is_told(self):  # LE-1 to LE-4
        with self.subscriber("$aws/events/presence/+/speaker") as listener:
            self.publish("a/b")
            topics = [listener.message()[0] for _ in range(2)]
        self.assertEqual(topics, ["$aws/events/presence/connected/speaker",
                                  "$aws/events/presence/disconnected/speaker"])

    def test_a_connect_that_a_policy_refuses_is_told(self):  # LE-7
        self.iot.create_policy(policyName="none", policyDocument=allow("iot:Publish", "*"))
        stranger = self.device("stranger", "none")
        with self.subscriber("$aws/events/presence/connect_failed/#") as listener:
            self.publish("a/b", identity=stranger, client_id="stranger")
            self.assertEqual(listener.message()[0], "$aws/events/presence/connect_failed/stranger")


if __name__ == "__main__":
    unittest.main()
