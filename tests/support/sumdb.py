"""A checksum database that really signs, small enough for one tile (golang.org/x/mod/sumdb, c2sp.org/tlog-tiles)."""

import base64
import hashlib
import re

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class SumDB:
    """Up to 255 records; ``answer`` gives the body for a path below the database's URL, or None for 404."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._private = Ed25519PrivateKey.generate()
        public = b"\x01" + self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._id = hashlib.sha256(f"{name}\n".encode() + public).digest()[:4]
        self.key = f"{name}+{self._id.hex()}+{base64.b64encode(public).decode()}"
        self._records: list[tuple[str, bytes]] = []

    def add(self, module: str, version: str, zip_hash: str, mod_hash: str) -> None:
        """Record the hashes of MODULE at VERSION."""
        text = f"{module} {version} {zip_hash}\n{module} {version}/go.mod {mod_hash}\n"
        self._records.append((f"{module}@{version}", text.encode()))

    def answer(self, path: str) -> bytes | None:
        """Return the body for PATH (``/latest``, ``/lookup/…``, ``/tile/…``)."""
        if path == "/latest":
            return self._tree_head()
        if path.startswith("/lookup/"):
            wanted = re.sub("!([a-z])", lambda match: match[1].upper(), path.removeprefix("/lookup/"))
            for number, (name, text) in enumerate(self._records):
                if name == wanted:
                    return f"{number}\n".encode() + text + b"\n" + self._tree_head()
        if match := re.fullmatch(r"/tile/8/0/000(?:\.p/(\d+))?", path):
            hashes = [_leaf(text) for _, text in self._records]
            return b"".join(hashes[: int(match[1] or 256)])
        return None

    def _tree_head(self) -> bytes:
        root = base64.b64encode(_tree([_leaf(text) for _, text in self._records])).decode()
        text = f"go.sum database tree\n{len(self._records)}\n{root}\n"
        signature = base64.b64encode(self._id + self._private.sign(text.encode())).decode()
        return f"{text}\n— {self.name} {signature}\n".encode()


def _leaf(record: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + record).digest()


def _tree(hashes: list[bytes]) -> bytes:
    """Return the root of a Merkle tree (RFC 6962, 2.1)."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    half = 1 << ((len(hashes) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + _tree(hashes[:half]) + _tree(hashes[half:])).digest()
