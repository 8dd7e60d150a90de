"""The checks of a management-system pack and their command line: the second half of the `verify.py` in every pack."""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from governance.packs.verify.standalone_proofs import (
    Archive,
    CheckError,
    check_signature,
    demand,
    ed25519_holds,
    is_consistent,
    is_included,
    one_line,
)

HOW = """Check a management-system pack of AIMS Registry with Python's standard library alone:

    python3 -I -S verify.py PACK.zip

One line is printed per check; the program ends with 1 at the first that fails. It uses no network, no database and no
part of AIMS Registry. Not checked here: the seal inside each PDF (`aims verify` does, and so does any PDF reader), and
whose certificate it is: compare the fingerprint that is printed with the one that the organisation publishes, or give
it with --certificate. Who does not trust the copy in the pack takes the program from a release of AIMS Registry.
"""
SIGNATURE = "tagmanifest-sha256.txt.p7s"
TAG_MANIFEST, MANIFEST = "tagmanifest-sha256.txt", "manifest-sha256.txt"
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
EVENTS, CHECKPOINT = "data/trail/events.jsonl", "data/trail/checkpoint.txt"
CONSISTENCY, KEYS = "data/trail/consistency.json", "data/trail/keys.txt"


class Pack:
    """A pack opened for checking; the checks run in the order of `checks`, and later ones rest on earlier ones."""

    def __init__(
        self,
        path: Path,
        certificate: str = "",
        keys: tuple[str, ...] = (),
        known: tuple[int, str] | None = None,
    ) -> None:
        """`certificate` is the SHA-256 of the certificate that the reader trusts, `keys` the verifier lines of those who
        must have signed the tree head, `known` a tree head (size, root in hexadecimal) that the reader kept.
        """
        self.path, self.keys, self.known = path, keys, known
        self.trusted = certificate.lower().replace(":", "")
        self.file = path.open("rb")
        self.archive: Archive
        self.tree_size, self.tree_root = 0, b""
        self.root = self.certificate_sha256 = ""
        self.files: dict[str, str] = {}
        self.registry: dict[str, Any] = {}

    def checks(self) -> Iterator[tuple[str, Callable[[], str]]]:
        """Each check with its name; calling it gives what was found in a sentence, or raises CheckError."""
        yield "archive", self.check_archive
        yield "bag", self.check_bag
        yield "tag manifest", self.check_tags
        yield "signature", self.check_signature
        yield "manifest", self.check_manifest
        yield "files", self.check_files
        yield "registry.json", self.check_registry
        yield "events", self.check_events
        yield "checkpoint", self.check_checkpoint
        yield "consistency", self.check_consistency

    def read(self, name: str) -> bytes:
        """A file of the bag by its name in it."""
        return self.archive.read(self.root + name)

    def names(self) -> list[str]:
        """Every file of the bag."""
        return [name[len(self.root) :] for name in self.archive.places]

    def check_archive(self) -> str:
        """Every byte of the ZIP is a file's, or the one that must stand there."""
        self.archive = Archive(self.file)
        return f"{len(self.archive.places)} files, every byte of the ZIP accounted for."

    def check_bag(self) -> str:
        """One folder, which is a bag (RFC 8493, 2.1.1 and 4)."""
        roots = {name.partition("/")[0] + "/" for name in self.archive.places}
        demand(len(roots) == 1, "The archive does not hold exactly one bag.")
        self.root = roots.pop()
        demand(self.read("bagit.txt") == BAGIT, "bagit.txt does not declare BagIt 1.0 in UTF-8.")
        parts = [part for name in self.names() for part in name.split("/")]
        demand(not {"", ".", ".."} & set(parts), "A name leads out of the bag.")
        return f"BagIt 1.0 in the folder {self.root[:-1]}."

    def listed(self, manifest: str) -> dict[str, str]:
        """Name → SHA-256 of a manifest (RFC 8493, 2.1.3)."""
        found: dict[str, str] = {}
        for line in self.read(manifest).decode("utf-8").splitlines():
            digest, _, name = line.partition("  ")
            name = name.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
            demand(
                len(digest) == 64 and name and name not in found,
                f"{manifest} has a line that is none: {line}",
            )
            found[name] = digest
        return found

    def check_tags(self) -> str:
        """Every file beside the data is listed, but the list and its signature, and has its hash."""
        listed = self.listed(TAG_MANIFEST)
        there = {name for name in self.names() if not name.startswith("data/")} - {TAG_MANIFEST, SIGNATURE}
        demand(there == set(listed), f"Listed or there, but not both: {sorted(there ^ set(listed))}")
        for name, digest in listed.items():
            demand(self.archive.sha256(self.root + name) == digest, f"{name} does not have its SHA-256.")
        return f"{len(listed)} tag files have their SHA-256."

    def check_signature(self) -> str:
        """The tag manifest is signed; by it the manifest, and by that everything."""
        certificate = check_signature(self.read(SIGNATURE), self.read(TAG_MANIFEST))
        self.archive.sha256(self.root + SIGNATURE)
        self.certificate_sha256 = hashlib.sha256(certificate).hexdigest()
        if not self.trusted:
            return f"Holds. Certificate SHA-256 {self.certificate_sha256}: compare it with the published one."
        demand(
            self.trusted == self.certificate_sha256,
            f"Signed by {self.certificate_sha256}, not by whom you trust.",
        )
        return f"Holds, by the certificate that you trust: SHA-256 {self.certificate_sha256}."

    def check_manifest(self) -> str:
        """The manifest and the data name the same files."""
        self.files = self.listed(MANIFEST)
        there = {name for name in self.names() if name.startswith("data/")}
        demand(there == set(self.files), f"Listed or there, but not both: {sorted(there ^ set(self.files))}")
        size = sum(self.archive.places[self.root + name][1] for name in there)
        oxum = f"Payload-Oxum: {size}.{len(there)}"
        demand(
            oxum in self.read("bag-info.txt").decode().splitlines(), "bag-info.txt counts the data otherwise."
        )
        return f"{len(there)} files, {size} bytes, complete."

    def check_files(self) -> str:
        """Each file has its hash."""
        for name, digest in self.files.items():
            demand(self.archive.sha256(self.root + name) == digest, f"{name} does not have its SHA-256.")
        return f"{len(self.files)} files have their SHA-256."

    def check_registry(self) -> str:
        """The records name the same systems and evidence files as the bag, with the same hashes."""
        self.registry = json.loads(self.read("data/registry.json"))
        for folder, key in (("data/systems/", "systems"), ("data/evidence/", "evidence")):
            named = {item["file"]: item["file_sha256"] for item in self.registry[key] if item["file"]}
            there = {name: digest for name, digest in self.files.items() if name.startswith(folder)}
            demand(
                named == there,
                f"Its {key} and the folder {folder} differ: {sorted(set(named) ^ set(there))[:5]}",
            )
        lost = len(self.registry["unreadable"])
        gaps = (
            f"{lost} evidence files could not be read and are named as gaps."
            if lost
            else "No evidence file is lost."
        )
        return f"{len(self.registry['systems'])} systems, {len(self.registry['evidence'])} evidence files. {gaps}"

    def check_events(self) -> str:
        """Each event hashes to its leaf, and each leaf leads to the tree head."""
        lines = self.read(CHECKPOINT).decode("utf-8").split("\n")
        size, root = int(lines[1]), base64.b64decode(lines[2], validate=True)
        self.tree_size, self.tree_root = size, root
        seen: set[int] = set()
        withheld = 0
        for line in self.read(EVENTS).splitlines():
            event = json.loads(line)
            leaf, number = bytes.fromhex(event["leaf_hash"]), event["sequence"]
            if event["leaf"] is None:
                withheld += 1
            else:
                digest = hashlib.sha256(b"\0" + event["leaf"].encode()).digest()
                demand(digest == leaf, f"Event {number} does not have the hash beside it.")
            proof = [bytes.fromhex(item) for item in event["inclusion_proof"]]
            demand(
                is_included(leaf, event["index"], size, proof, root), f"Event {number} is not in the tree."
            )
            demand(event["index"] not in seen, f"Event {number} is there twice.")
            seen.add(event["index"])
        return f"{len(seen)} events are proven to be in the trail; the text of {withheld} is withheld."

    def check_checkpoint(self) -> str:
        """The tree head is that of the records, and signed by whom the keys name, or by whom the reader trusts."""
        size, root = self.tree_size, self.tree_root
        said = self.registry["checkpoint"]
        demand(
            (said["tree_size"], said["root_hash"]) == (size, root.hex()),
            "The records name another tree head.",
        )
        own = self.read(KEYS).decode().splitlines() if KEYS in self.files else []
        signers = note_signers(self.read(CHECKPOINT).decode("utf-8"), [*(self.keys or own)])
        missing = {key.partition("+")[0] for key in self.keys} - set(signers)
        demand(not missing, f"It is not signed by {', '.join(sorted(missing))}.")
        by = f"signed by {', '.join(signers)}" if signers else "its signature is the bag's"
        return f"{size} events, root {root.hex()}; {by}."

    def check_consistency(self) -> str:
        """Earlier tree heads are the beginning of this one (RFC 9162, 2.1.4)."""
        size, root = self.tree_size, self.tree_root
        earlier = json.loads(self.read(CONSISTENCY)) if CONSISTENCY in self.files else []
        heads = {item["tree_size"]: item["root_hash"] for item in earlier}
        for item in earlier:
            proof = [bytes.fromhex(node) for node in item["proof"]]
            old = item["tree_size"]
            holds = is_consistent(old, size, bytes.fromhex(item["root_hash"]), root, proof)
            demand(holds, f"The tree of {old} events is not the beginning of this one.")
        if self.known:
            heads[size] = root.hex()
            demand(
                self.known[0] in heads,
                f"There is no proof for a tree of {self.known[0]} events; ask for one.",
            )
            demand(
                heads[self.known[0]] == self.known[1].lower(),
                "The trail is not the one behind your tree head.",
            )
        return f"{len(earlier)} earlier tree heads are the beginning of this one."


def note_signers(note: str, keys: list[str]) -> list[str]:
    """The names of the known keys that signed a note (C2SP signed-note). Raises CheckError if a known one did not."""
    text, _, signatures = note.partition("\n\n")
    known = {}
    for key in keys:
        name, _, rest = key.strip().partition("+")
        material = base64.b64decode(rest.partition("+")[2], validate=True)
        known[name, hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]] = material
    found = []
    for line in signatures.splitlines():
        name, _, encoded = line.removeprefix("\u2014 ").rpartition(" ")
        signed = base64.b64decode(encoded, validate=True)
        material = known.get((name, signed[:4]), b"")
        if material:
            message, signature = f"{text}\n".encode(), signed[4:]
            if material[:1] == b"\4":
                # A witness signs the time with it (C2SP tlog-cosignature).
                seconds, signature = int.from_bytes(signature[:8], "big"), signature[8:]
                message = f"cosignature/v1\ntime {seconds}\n".encode() + message
            holds = ed25519_holds(material[1:], message, signature)
            demand(holds, f"The tree head's signature by {name} does not hold.")
            found.append(name)
    return found


def verify(pack: Pack) -> Iterator[tuple[str, bool, str]]:
    """Run the checks of a pack: (name, whether it holds, what was found), up to the first that fails."""
    with pack.file:
        for name, check in pack.checks():
            try:
                yield name, True, check()
            except CheckError as error:
                yield name, False, str(error)
                return
            except Exception as error:  # noqa: BLE001 - a damaged file can break a parser in any way
                yield name, False, f"Cannot be read: {str(error) or type(error).__name__}"
                return


def main() -> int:
    """Check the pack that the command line names; 1 if anything fails."""
    parser = argparse.ArgumentParser(description=HOW, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", type=Path, help="the ZIP file")
    parser.add_argument("--certificate", default="", help="SHA-256 of the certificate that must have signed")
    parser.add_argument(
        "--key", action="append", default=[], help="verifier line of who must have signed the tree head"
    )
    parser.add_argument("--checkpoint", default="", help="SIZE:ROOT of a tree head that you kept")
    given = parser.parse_args()
    size, _, root = given.checkpoint.partition(":")
    known = (int(size), root) if given.checkpoint else None
    passed = True
    for name, passed, detail in verify(Pack(given.pack, given.certificate, tuple(given.key), known)):
        print(f"  {'ok  ' if passed else 'FAIL'}  {name}: {one_line(detail)}")
    print("Verified." if passed else "NOT VERIFIED: do not rely on this pack.")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
