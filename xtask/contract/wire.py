"""Bytes that travel: base64url, signatures, the little MessagePack of descriptors, JWTs (docs/protocol.md, 1 and 2).

Knows no service and no call.
"""

import base64
import hashlib
import json
import os
import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def u64(number):
    return struct.pack(">Q", number)


def canonical(value):
    """RFC 8785 of values without floats whose names are ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Key:
    """An Ed25519 key that signs under labels."""

    def __init__(self):
        self._private = Ed25519PrivateKey.generate()
        self.public = self._private.public_key().public_bytes_raw()

    def sign(self, label, message):
        label = label.encode()
        return self._private.sign(bytes([len(label)]) + label + message)

    def jwt(self, claims):
        text = b64(canonical({"alg": "EdDSA", "typ": "JWT"})) + "." + b64(canonical(claims))
        return text + "." + b64(self._private.sign(text.encode()))


def pack(value):
    """MessagePack of lists, unsigned integers, bytes, text and None, in their shortest forms."""
    if value is None:
        return b"\xc0"
    if isinstance(value, int):
        return _pack_int(value)
    if isinstance(value, bytes):
        return _head(len(value), None, None, b"\xc4", b"\xc5") + value
    if isinstance(value, str):
        text = value.encode()
        return _head(len(text), 0xA0, 32, b"\xd9", b"\xda") + text
    return _head(len(value), 0x90, 16, None, b"\xdc") + b"".join(map(pack, value))


def _pack_int(value):
    if value < 128:
        return bytes([value])
    for mark, form, bits in ((b"\xcc", ">B", 8), (b"\xcd", ">H", 16), (b"\xce", ">I", 32), (b"\xcf", ">Q", 64)):
        if value < 1 << bits:
            return mark + struct.pack(form, value)
    raise ValueError(value)


def _head(length, fixed, fixed_below, byte, short):
    if fixed is not None and length < fixed_below:
        return bytes([fixed | length])
    if byte is not None and length < 256:
        return byte + bytes([length])
    return short + struct.pack(">H", length)


class Node:
    """A node with an identity log of one entry and a descriptor that is good for 20 days."""

    def __init__(self, username, now, api_url=None, capabilities=()):
        root, self.key = Key(), Key()
        self.id = sha256(root.public)
        inception = pack([1, root.public, self.key.public, sha256(os.urandom(32)), now])
        entry = pack([inception] + [key.sign("openred/log", inception) for key in (root, self.key)])
        x25519 = X25519PrivateKey.generate().public_key().public_bytes_raw()
        box = [1, sha256(x25519)[:8], x25519]
        inner = pack(
            [1, self.id, [entry], 0, now * 1000, b"\1" * 8, now, now + 20 * 86_400, username, username.title()]
            + [x25519, box, box, None, api_url, [], None, None, sorted(capabilities), [3]]
        )
        self.descriptor = pack([inner, self.key.sign("openred/descriptor", inner)])
        self.desc_hash = sha256(inner)
