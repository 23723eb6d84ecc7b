"""The servers that are measured, each as a process of its own on the server's core, and the identities of the load."""
import ctypes
import http.client
import json
import os
import resource
import signal
import socket
import subprocess
import time
from pathlib import Path

# What a device may do: variables in every statement, so that each decision is taken for the one who asks.
ARN = "arn:aws:iot:us-east-1:123456789012:"
POLICY = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "iot:Connect", "Resource": ARN + "client/${iot:Connection.Thing.ThingName}",
     "Condition": {"Bool": {"iot:Connection.Thing.IsAttached": "true"}}},
    {"Effect": "Allow", "Action": "iot:Publish",
     "Resource": [ARN + "topic/bench/${iot:Connection.Thing.ThingName}/data", ARN + "topic/bench/all/data"]},
    {"Effect": "Allow", "Action": "iot:Subscribe", "Resource": ARN + "topicfilter/bench/*"},
    {"Effect": "Allow", "Action": "iot:Receive", "Resource": ARN + "topic/bench/*"}]}
JITP_TEMPLATE = {
    "Parameters": {"AWS::IoT::Certificate::CommonName": {"Type": "String"},
                   "AWS::IoT::Certificate::Id": {"Type": "String"}},
    "Resources": {
        "thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Ref": "AWS::IoT::Certificate::CommonName"}}},
        "certificate": {"Type": "AWS::IoT::Certificate",
                        "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "ACTIVE"}},
        "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "bench"}}}}


LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


class Failed(Exception):
    """A sentence for the person who runs the bench."""


class Place:
    """Where all this happens: the programs, the cores, a scratch folder."""

    def __init__(self, programs, emulator, folder, server_cores, load_cores):
        self.programs, self.emulator, self.folder = Path(programs), Path(emulator), Path(folder)
        self.server_cores, self.load_cores = server_cores, load_cores

    @staticmethod
    def prepare(cores):
        """What a child does before it runs: its core, many sockets, and no life after ours."""
        os.sched_setaffinity(0, cores)
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    def spawn(self, command, cores, log):
        with open(log, "ab") as out:
            return subprocess.Popen([str(part) for part in command], stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                                    preexec_fn=lambda: self.prepare(cores), start_new_session=True)

    def load(self, program, *arguments):
        """Runs one of our load programs on the load's core; gives its JSON."""
        command = [str(part) for part in (self.programs / program, *arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=900,
                              preexec_fn=lambda: self.prepare(self.load_cores))
        if done.returncode != 0:
            raise Failed(f"{' '.join(command)}\n{done.stderr.strip()}")
        return json.loads(done.stdout)

    def pki(self, *arguments):
        done = subprocess.run([str(self.emulator), "pki", *map(str, arguments), "--quiet"], capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(done.stderr.strip())


class Identities:
    """A CA and the device certificates below it, in a folder; more are made when more are asked for."""

    def __init__(self, place, name, rsa=False):
        self.place, self.name, self.rsa = place, name, ("--rsa",) if rsa else ()
        self.folder = place.folder / name
        self.count = self.used = self.batches = 0
        place.pki("ca", name, "--out", self.folder, *self.rsa)

    @property
    def ca(self):
        return self.folder / f"{self.name}.crt"

    def need(self, count):
        """At least so many; gives the load programs' arguments. By name, a batch follows the one before."""
        while self.count < count:
            batch = max(count - self.count, 1 if self.rsa else 500)
            self.place.pki("device", f"device-{self.batches:02}", "--ca", self.ca, "--out", self.folder, "--count", batch,
                           *self.rsa)
            self.count += batch
            self.batches += 1
        return ("--identities", self.folder, "--prefix", "device-")

    def fresh(self, count):
        """Some that were never handed out."""
        arguments = self.need(self.used + count)
        self.used += count
        return (*arguments, "--skip", self.used - count)

    def server(self):
        """A certificate for "localhost" of this CA; gives it and its key."""
        if not (self.folder / "localhost.crt").exists():
            self.place.pki("device", "localhost", "--ca", self.ca, "--out", self.folder, *self.rsa)
        return self.folder / "localhost.crt", self.folder / "localhost.key"


def free_port():
    with socket.socket() as any_socket:
        any_socket.bind(("127.0.0.1", 0))
        return any_socket.getsockname()[1]


class Server:
    """A running process. `port` speaks MQTT over TLS, `pid` is what is measured."""

    def __init__(self, place, command, cores):
        self.place = place
        self.log = place.folder / f"{self.name}.log"
        self.process = place.spawn(command, cores or place.server_cores, self.log)
        self.pid = self.process.pid

    def wait(self, ready):
        """Until `ready()` gives something."""
        deadline = time.monotonic() + 30
        while not (value := ready()):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.close()
                raise Failed(f"{self.name} did not start:\n{self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.005)
        return value

    def accepts(self, port):
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    def arguments(self):
        return ("--port", self.port, "--server-pid", self.pid)

    def resident_bytes(self):
        for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Rss:"):
                return int(line.split()[1]) * 1024
        raise Failed(f"the memory of {self.name} cannot be read")

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Mosquitto(Server):
    """Debian's, with mutual TLS, no access list, and nothing on disk."""

    name = "mosquitto"
    program = "/usr/sbin/mosquitto"

    def __init__(self, place, identities, cores=None):
        self.port = free_port()
        certificate, key = identities.server()
        file = place.folder / "mosquitto.conf"
        file.write_text("\n".join((
            f"listener {self.port} 127.0.0.1", f"cafile {identities.ca}", f"certfile {certificate}", f"keyfile {key}",
            "require_certificate true", "allow_anonymous true", "persistence false", "sys_interval 0",
            "max_queued_messages 100000", "max_inflight_messages 100", "set_tcp_nodelay true",
            *(("user root",) if os.geteuid() == 0 else ()))) + "\n")
        super().__init__(place, (self.program, "-c", file), cores)
        self.wait(lambda: self.accepts(self.port))

    def admit(self, identities, count):
        identities.need(count)


class Floor(Server):
    """bench/floor.cpp: OpenSSL and MQTT's framing, no broker."""

    name = "floor"

    def __init__(self, place, identities, cores=None):
        self.port = free_port()
        certificate, key = identities.server()
        super().__init__(place, (place.programs / "floor", "--cert", certificate, "--key", key, "--ca", identities.ca,
                                 "--port", self.port), cores)
        self.wait(lambda: self.accepts(self.port))

    def admit(self, identities, count):
        identities.need(count)


class Echo(Server):
    """The loopback alone."""

    name = "loopback"

    def __init__(self, place, cores=None):
        self.port = free_port()
        super().__init__(place, (place.programs / "floor", "--echo", "--port", self.port), cores)
        self.wait(lambda: self.accepts(self.port))


class Api:
    """The AWS API of an emulator, over one connection."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def call(self, method, target, body=None, headers=None):
        text = None if body is None else json.dumps(body)
        self.connection.request(method, target, body=text, headers={"Content-Type": "application/json", **(headers or {})})
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise Failed(f"{method} {target}: {answer.status} {content[:500]!r}")
        return json.loads(content) if content else {}


class Emulator(Server):
    """The daemon as users start it, every decision on: the CAs are registered, devices have a thing and a policy."""

    name = "emulator"

    def __init__(self, place, identities=None, cores=None, workers=1, flags=()):
        ready_file = place.folder / f"ready-{time.monotonic_ns()}.json"
        super().__init__(place, (place.emulator, "serve", "--api-port", 0, "--mqtt-port", 0, "--https-port", 0,
                                 "--workers", workers, "--ready-file", ready_file, *flags), cores)
        ready = json.loads(self.wait(lambda: ready_file.exists() and ready_file.read_text()))
        self.port = ready["mqttPort"]
        self.api_port = int(ready["apiEndpoint"].rsplit(":", 1)[1])
        self.api = Api(self.api_port)
        self.admitted = 0
        self.api.call("POST", "/policies/bench", {"policyDocument": json.dumps(POLICY)})
        if identities:
            self.register_ca(identities)

    def register_ca(self, identities, **more):
        code = self.api.call("GET", "/registrationcode")["registrationCode"]
        self.place.pki("verification-cert", "--ca", identities.ca, "--code", code, "--out", identities.folder, "--force")
        proof = identities.folder / f"{identities.name}-verification.crt"
        return self.api.call("POST", "/cacertificate?setAsActive=true&allowAutoRegistration=true", {
            "caCertificate": identities.ca.read_text(), "verificationCertificate": proof.read_text(), **more})

    def register_jitp_ca(self, identities):
        self.register_ca(identities, registrationConfig={
            "roleArn": "arn:aws:iam::123456789012:role/JITPRole", "templateBody": json.dumps(JITP_TEMPLATE)})

    def admit(self, identities, count):
        """Devices as they stand after onboarding."""
        if self.admitted < count:
            self.place.load("api_load", "register", "--port", self.api_port, *identities.need(count), "--skip",
                            self.admitted, "--total", count - self.admitted, "--connections", 8, "--ca", identities.ca,
                            "--policy", "bench")
            self.admitted = count
