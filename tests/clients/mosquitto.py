"""mosquitto_pub and mosquitto_sub as devices."""
import queue
import subprocess
import threading

from daemon import run

LOST = "The connection was lost"


def connection(daemon, identity, client_id, tls=None):
    arguments = ["-h", daemon.ready["mqttHost"], "-p", daemon.mqtt_port, "--cafile", daemon.server_ca, "-i", client_id]
    if identity is not None:
        arguments += ["--cert", identity.certificate, "--key", identity.key]
    if tls is not None:
        arguments += ["--tls-version", tls]
    return [str(argument) for argument in arguments]


def publish(daemon, identity, client_id, topic, message="hello", *more, qos=1, tls=None):
    """One mosquitto_pub; its exit status is 0 exactly when the broker took the message."""
    return run("mosquitto_pub", *connection(daemon, identity, client_id, tls), "-t", topic, "-m", message, "-q", qos,
               *more)


class Subscriber:
    """A mosquitto_sub in the background. Use as a context: inside it, the subscription stands."""

    def __init__(self, daemon, identity, client_id, *filters, qos=1, more=()):
        self._command = ["mosquitto_sub", *connection(daemon, identity, client_id), "-q", str(qos), "-d", "-F",
                         "MESSAGE %r %q %t %p", *more]
        for topic_filter in filters:
            self._command += ["-t", topic_filter]
        self._lines = queue.Queue()
        self.seen = []

    def __enter__(self):
        self._process = subprocess.Popen(
            ["stdbuf", "-oL", *self._command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.wait_for("Subscribed (mid")
        return self

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            self._process.kill()  # between two attempts to connect it does not look at signals
            self._process.wait()
        self._reader.join()
        self._process.stdout.close()

    def kill(self):
        """Ends it without a word to the broker."""
        self._process.kill()

    def _read(self):
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def wait_for(self, beginning, seconds=20):
        """The next line that begins so; lines before it are kept in `seen`."""
        while True:
            try:
                line = self._lines.get(timeout=seconds)
            except queue.Empty:
                line = None
            if line is None:
                raise AssertionError(f"mosquitto_sub never said {beginning!r}; it said {self.seen}")
            self.seen.append(line)
            if line.startswith(beginning):
                return line

    def message(self):
        """The next message as (topic, payload)."""
        return self.message_with_flags()[2:]

    def message_with_flags(self):
        """The next message as (retain, qos, topic, payload)."""
        _, retain, qos, topic, payload = self.wait_for("MESSAGE ").split(" ", 4)
        return int(retain), int(qos), topic, payload
