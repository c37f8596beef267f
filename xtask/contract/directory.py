"""Good calls to a directory: registered nodes, their signatures and their tokens (docs/protocol.md, 3 and 5)."""

import os
import threading
import time
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

from relay import fill, shown
from wire import Node, b64, canonical, u64

NODES = 6
START_SECS_MAX = 20
TOKEN_RENEW_SECS = 300
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
REMOVE = 128


class Intake(BaseHTTPRequestHandler):
    """Takes every envelope that a directory forwards, and every grant."""

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = b'{"received":true}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def intake():
    """URL of a server on loopback that lives as long as this process."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Intake)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


class Directory:
    """The directory under test, with nodes that are registered in it."""

    def __init__(self, url):
        self.url = url
        self.id = bytes.fromhex(requests.get(url + "/.well-known/openred", timeout=10).json()["node_id"])
        now = int(time.time())
        api_url = intake()
        self.nodes = [Node(f"node_{n}", now, api_url, ["orf_intake"]) for n in range(NODES)]
        for node in self.nodes:
            body = self.registration(node, 7)
            requests.post(url + "/api/v3/nodes/register", json=body, timeout=10).raise_for_status()
        self.proofs, self._tokens = set(), {}
        self._turn = 0
        self._wait_for_tokens()

    def _wait_for_tokens(self):
        """An assertion counts as made a minute before it ends: a directory that has just begun refuses it for some seconds."""
        end = time.monotonic() + START_SECS_MAX
        while time.monotonic() < end:
            try:
                return self.token(self.nodes[0])
            except requests.HTTPError as refused:
                if refused.response.status_code != 503:
                    raise
            time.sleep(0.2)
        raise TimeoutError("the directory gives no token")

    def registration(self, node, flags):
        now = int(time.time())
        sig = node.key.sign("openred/register", self.id + node.desc_hash + bytes([flags]) + u64(now))
        return {"descriptor": b64(node.descriptor), "flags": flags, "time": now, "sig": b64(sig)}

    def assertion(self, node):
        now = int(time.time())
        claims = {"iss": node.id.hex(), "sub": node.id.hex(), "aud": self.id.hex(), "exp": now + 55}
        return node.key.jwt({**claims, "jti": os.urandom(16).hex()})

    def token(self, node, descriptor=None):
        given, at = self._tokens.get(node.id, (None, 0))
        if given is None or time.monotonic() - at > TOKEN_RENEW_SECS:
            form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
            form["client_assertion"] = self.assertion(node)
            if descriptor:
                form["descriptor"] = b64(descriptor)
            answer = requests.post(self.url + "/oauth/token", data=form, timeout=10)
            answer.raise_for_status()
            given, at = answer.json()["access_token"], time.monotonic()
            self._tokens[node.id] = (given, at)
        return given

    def link(self, document):
        """Schemathesis finds by itself what follows from what."""

    def prepare(self, case, kwargs):
        """Makes a call a good one as far as what was generated has the right form."""
        self._turn += 1
        node, other = self.nodes[self._turn % NODES], self.nodes[(self._turn + 1) % NODES]
        fill(case.path_parameters, id=other.id.hex())
        if case.path.endswith("/discover"):
            self._search(case, other)
        sent = case.body if isinstance(case.body, dict) else {}
        if case.path.endswith("/nodes/register"):
            node = self._registering(sent, node)
        elif case.path == "/api/v3/tokens/poll":
            self._poll(sent, node)
        elif case.path == "/api/v3/tokens/request-connection":
            self._request(sent, node, other)
        elif case.path == "/api/v1/messages/route":
            self._route(sent, node, other)
        elif case.path == "/oauth/token":
            self._ask_token(sent, node)
        if case.path.startswith("/api/v1/"):
            descriptor = node.descriptor if node not in self.nodes else None
            proof = "Bearer " + self.token(node, descriptor)
            kwargs["auth"] = lambda request: shown(request, proof, self.proofs)

    def _search(self, case, other):
        """One thing to look for of those that were generated, from the first page on."""
        fill(case.query, id=other.id.hex())
        if case.meta is not None and case.meta.generation.mode.is_positive:
            asked = [name for name in ("id", "name", "q", "recent") if name in case.query]
            for name in [*asked[:-1], "after"]:
                case.query.pop(name, None)

    def _registering(self, sent, node):
        """Somebody new is registered and removed again by generated flags, the others stay."""
        flags = sent.get("flags")
        if not natural(flags) or flags > 255:
            return node
        if flags & REMOVE:
            node = Node("passer_by", int(time.time()))
        if set(sent) == {"descriptor", "flags", "time", "sig"} and natural(sent["time"]):
            good = self.registration(node, flags)
            fill(sent, descriptor=good["descriptor"], sig=good["sig"])
            sent["time"] = good["time"]
        return node

    def _poll(self, sent, node):
        if not natural(sent.get("time")) or not natural(sent.get("wait")) or sent["wait"] > 25:
            return
        # To wait is tested elsewhere; here it would only take time.
        now, nonce, sent["wait"] = int(time.time()), os.urandom(16), 0
        sig = node.key.sign("openred/poll", self.id + node.id + nonce + u64(now) + b"\0")
        fill(sent, nonce=b64(nonce), sig=b64(sig))
        sent["from"], sent["time"] = known(sent.get("from"), node), now

    def _request(self, sent, node, other):
        if not natural(sent.get("time")):
            return
        now, grant_id = int(time.time()), os.urandom(16)
        sig = node.key.sign("openred/request", self.id + other.id + grant_id + u64(now))
        fill(sent, grant_id=b64(grant_id), sig=b64(sig), target=other.id.hex())
        sent["from"], sent["time"] = known(sent.get("from"), node), now

    def _route(self, sent, node, other):
        if set(sent) != {"version", "type", "from", "to", "timestamp", "payload", "signature"}:
            return
        if not all(isinstance(sent[end], dict) for end in ("from", "to")):
            return
        fill(sent["from"], node_id=node.id.hex())
        fill(sent["to"], node_id=other.id.hex())
        for end in ("from", "to"):
            if isinstance(sent[end].get("server_url"), str):
                sent[end]["server_url"] = ""
        if isinstance(sent["timestamp"], str) and isinstance(sent["type"], str) and isinstance(sent["payload"], dict):
            sent["timestamp"] = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            sent["type"], sent["payload"] = "heartbeat", {"active": True}
            unsigned = {name: value for name, value in sent.items() if name != "signature"}
            fill(sent, signature=b64(node.key.sign("openred/orf/1", canonical(unsigned))))

    def _ask_token(self, sent, node):
        if isinstance(sent.get("client_assertion"), str):
            sent["client_assertion"] = self.assertion(node)
        fill(sent, client_id=node.id.hex(), descriptor=b64(node.descriptor))
        if isinstance(sent.get("scope"), str):
            sent["scope"] = "register" if "descriptor" in sent else "read route"

    def answered(self, case, response):
        """Nothing is to be kept."""


def natural(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def known(generated, node):
    """The node's id where an id was generated, else what was generated."""
    return node.id.hex() if isinstance(generated, str) and len(generated) == 64 else generated
