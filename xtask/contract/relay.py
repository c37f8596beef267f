"""Good calls to a relay: mailboxes made beforehand, owners' signatures, depositors' MACs (docs/protocol.md, 16)."""

import hmac
import os
import struct
import time

import requests
from schemathesis.transport.serialization import Binary

from wire import Key, b64, sha256, u64, unb64

MAILBOXES = 6
CONTENT_BYTES = 1024


class Mailbox:
    """A mailbox and who owns it."""

    def __init__(self, relay):
        self.key = Key()
        body = {"address": "", "public_key": b64(self.key.public), "connection_info": {}}
        auth = Owner(relay.id, self.key, relay.proofs)
        made = requests.post(relay.url + "/api/v1/peer/register", json=body, auth=auth, timeout=10)
        made.raise_for_status()
        made = made.json()
        self.address, self.queue_id, self.cap = made["address"], made["queue_id"], unb64(made["cap"])

    def mac(self, *parts):
        return hmac.digest(self.cap, b"".join((unb64(self.address), *parts)), "sha256")[:16]


class Owner:
    """Signs a call by a fetch key, over what is really sent; `proofs` gets what it has made."""

    def __init__(self, relay_id, key, proofs):
        self._relay_id, self._key, self._proofs = relay_id, key, proofs

    def __call__(self, request):
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        call = sha256(f"{request.method} {request.path_url} ".encode(), sha256(body))
        now, nonce = u64(int(time.time())), os.urandom(16)
        sig = self._key.sign("openred/relay", self._relay_id + nonce + now + call)
        return shown(request, "OpenRed " + b64(now + nonce + sig), self._proofs)


def shown(request, proof, proofs):
    """The request with a proof, which is one of those that were made."""
    request.headers["Authorization"] = proof
    proofs.add(proof)
    return request


class Relay:
    """The relay under test, with its mailboxes."""

    def __init__(self, url):
        self.url = url
        self.id = bytes.fromhex(requests.get(url + "/.well-known/openred", timeout=10).json()["node_id"])
        self.proofs = set()
        self.service_key = os.environ["OPENRED_CONTRACT_KEY"]
        self.mailboxes = [Mailbox(self) for _ in range(MAILBOXES)]
        self._turn = 0
        self._revoking = None

    def _mailbox(self):
        self._turn += 1
        return self.mailboxes[self._turn % MAILBOXES]

    def link(self, document):
        """What a mailbox that was made is good for, so that generated calls follow it through its life."""
        made = document["paths"]["/api/v1/peer/register"]["post"]["responses"]["201"]
        queue_id = {"queue_id": "$response.body#/queue_id"}
        made["links"] = {of: {"operationId": of, "parameters": queue_id} for of in ("fetch", "ack", "revoke", "delete")}

    def prepare(self, case, kwargs):
        """Makes a call a good one as far as what was generated has the right form."""
        mailbox = self._mailbox()
        call = (case.method.upper(), case.path)
        if "/queues/" in case.path:
            self._as_owner(case, kwargs, Mailbox(self) if case.method.upper() == "DELETE" else mailbox)
        elif call == ("POST", "/api/v1/peer/register"):
            if isinstance(case.body, dict) and "public_key" in case.body:
                fill(case.body, public_key=b64(mailbox.key.public))
                if case.body.get("address"):
                    fill(case.body, address=mailbox.address)
            kwargs["auth"] = Owner(self.id, mailbox.key, self.proofs)
        elif call == ("POST", "/api/v1/message/relay"):
            self._deposit(case, kwargs, mailbox)
        elif call == ("POST", "/api/v1/message/batch") and binary(case.body):
            case.body = batch(mailbox)
        elif call == ("GET", "/api/v1/peers/discover"):
            fill(case.query, address=mailbox.address)
            if self._turn % 3 == 0:
                case.headers["X-API-Key"] = self.service_key
                self.proofs.add(self.service_key)
            else:
                now = u64(int(time.time()))
                kwargs["auth"] = self._depositor(mailbox.mac(now) + now)

    def _as_owner(self, case, kwargs, mailbox):
        fill(case.path_parameters, queue_id=mailbox.queue_id)
        kwargs["auth"] = Owner(self.id, mailbox.key, self.proofs)
        self._revoking = mailbox if case.path.endswith("/revoke") else None

    def _deposit(self, case, kwargs, mailbox):
        content = os.urandom(CONTENT_BYTES)
        if isinstance(case.body, dict):
            fill(case.body, to_address=mailbox.address, encrypted_content=b64(content))
            client_id = case.body.get("client_id")
            if isinstance(client_id, str) and len(client_id) == 22 and client_id.isascii():
                fill(case.body, client_id=b64(client_id := os.urandom(16)))
                kwargs["auth"] = self._depositor(mailbox.mac(client_id, sha256(content)))
                return
        kwargs["auth"] = self._depositor(os.urandom(16))

    def _depositor(self, proof):
        return lambda request: shown(request, "OpenRed-Cap " + b64(proof), self.proofs)

    def answered(self, case, response):
        """Keeps the capability that a revocation has made."""
        if self._revoking and case.path.endswith("/revoke") and response.status_code == 200:
            self._revoking.cap = unb64(response.json()["cap"])
        self._revoking = None


def binary(body):
    """Whether a body of bytes was generated."""
    return isinstance(body, (bytes, Binary))


def batch(mailbox):
    """A body of two deposits."""
    deposits = b""
    for _ in range(2):
        client_id, content = os.urandom(16), os.urandom(CONTENT_BYTES)
        mac = mailbox.mac(client_id, sha256(content))
        deposits += unb64(mailbox.address) + client_id + mac + struct.pack(">I", len(content)) + content
    return deposits


def fill(members, **known):
    """Puts what is known in the place of a text that was generated; what is no text stays wrong."""
    for name, value in known.items():
        if isinstance(members, dict) and fits(members.get(name), value):
            members[name] = value


def fits(generated, known):
    """Whether what was generated has the form of what is known, so that a wrong form stays wrong."""
    if not isinstance(generated, str) or not generated.isascii():
        return False
    if len(known) > 86:
        return generated.replace("-", "a").replace("_", "a").isalnum()
    return len(generated) == len(known)
