"""A service of OpenRed that runs on a free port with a folder of its own, and is gone at the end of a `with`."""

import json
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import requests

START_SECS_MAX = 30
# Nobody is slowed down: refusals for being too fast would hide what is looked for.
LIMITS = {
    "directory": ["registers_per_node", "requests_per_node", "polls_per_node", "tokens_per_node", "routes_per_node"],
    "relay": ["deposits_per_mailbox", "calls_per_owner", "registers_per_prefix", "calls_per_key"],
}
GENEROUS = 100_000_000


class Service:
    """`openred directory` or `openred relay`."""

    def __init__(self, binary, name):
        self._binary, self.name = binary, name
        self._folder = tempfile.TemporaryDirectory(prefix=f"openred-{name}-")
        self.folder = Path(self._folder.name)
        self.url = f"http://127.0.0.1:{free_port()}"

    def __enter__(self):
        limits = [f"{limit} = {GENEROUS}" for limit in [*LIMITS[self.name], "calls_per_prefix", "calls"]]
        # The nodes of the hooks listen on loopback; a relay calls nobody.
        network = ["[network]", 'allow_private = "loopback"'] if self.name == "directory" else []
        server = ["[server]", f'public_url = "https://{self.name}.example"']
        config = self.folder / "service.toml"
        config.write_text("\n".join([*server, "[limits]", *limits, *network]), encoding="utf-8")
        self._log = open(self.folder / "log", "wb")
        arguments = ["--config", config, "--data", self.folder / "data", "--listen", self.url.removeprefix("http://")]
        command = [self._binary, self.name, *arguments]
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log)
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait(self):
        end = time.monotonic() + START_SECS_MAX
        while self._process.poll() is None and time.monotonic() < end:
            try:
                requests.get(self.url + "/.well-known/openred", timeout=5).raise_for_status()
                return
            except requests.ConnectionError:
                time.sleep(0.05)
        raise RuntimeError(f"openred {self.name} does not start:\n{(self.folder / 'log').read_text()}")

    def key(self):
        """An API key of a relay that has not started yet."""
        data = self.folder / "data"
        data.mkdir(mode=0o700)
        command = [self._binary, self.name, "key", "create", "contract", "--data", data, "--json"]
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["key"]

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        self._folder.cleanup()


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]
