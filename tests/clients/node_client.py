"""Device clients of Node.js (tests/clients/node): a story gets settings and says what happened."""
import json
from pathlib import Path

from daemon import run

FOLDER = Path(__file__).resolve().parent / "node"


def tell(daemon, story, **settings):
    """Runs node/`story`.js against `daemon` to its end; gives its events, in order."""
    assert (FOLDER / "node_modules/.installed").exists(), "the device clients are not installed: run scripts/setup test"
    settings = {"host": daemon.ready["mqttHost"], "port": daemon.mqtt_port, **settings}
    done = run("/usr/bin/node", FOLDER / f"{story}.js", json.dumps(settings))
    assert done.returncode == 0, f"{story}: {done.stdout[-4000:]}\n{done.stderr}\n{daemon.log()[-8000:]}"
    return [json.loads(line) for line in done.stdout.splitlines()]
