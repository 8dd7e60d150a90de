"""`aims verify` of packs of any kind, alone and together; of a bag, what its own `verify.py` checks and the seal of each PDF."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import pikepdf
from pydantic import TypeAdapter

from governance.core import clock
from governance.core.canonical import sha256_hex
from governance.core.errors import Refused
from governance.packs.content.assurance import Checkpoint
from governance.packs.verify import standalone
from governance.packs.verify.pdf import Verification, certificate_sha256, drawn_said, stamp_said
from governance.packs.verify.pdf import checkpoint_of as checkpoint_of_pdf
from governance.packs.verify.results import CheckResult, KnownHead
from governance.packs.verify.signature import BrokenSealError, check_seal
from governance.packs.verify.standalone_proofs import Archive, CheckError
from governance.packs.verify.standalone_verify import CONSISTENCY, EVENTS, KEYS, Pack
from governance.packs.verify.standalone_verify import verify as checked
from governance.packs.verify.together import Proven, Statement, compare, proven
from governance.trail.notes import Verifier

_HEAD: Final[TypeAdapter[Checkpoint]] = TypeAdapter(Checkpoint)


class SealedPack(Pack):
    """A pack whose PDFs are looked into as well."""

    def checks(self) -> Iterator[tuple[str, Callable[[], str]]]:
        """All of the standalone program's, and ours."""
        yield from super().checks()
        yield "seals", self.check_seals
        yield "time stamp", self.check_stamp
        yield "verify.py", self.check_verifier

    def check_seals(self) -> str:
        """Each PDF carries the registry's seal over all of its bytes, by the certificate that signed the bag."""
        names = [name for name in self.files if name == "data/index.pdf" or name.startswith("data/systems/")]
        said = set()
        for name in names:
            try:
                seal = check_seal(self.read(name))
            except BrokenSealError as error:
                raise CheckError(f"{name}: {error}") from error
            if seal.certificate_sha256 != self.certificate_sha256:
                raise CheckError(f"{name} was sealed with another certificate than the bag.")
            said.add(drawn_said(seal))
        # What is stamped is the index: without this one from another day would date records that it never printed.
        with pikepdf.open(io.BytesIO(self.read("data/index.pdf"))) as index:
            printed = str(index.docinfo.get("/Keywords", ""))
        if not printed.endswith(f"registry.json sha256:{self.files['data/registry.json']}"):
            raise CheckError(
                "data/index.pdf was drawn of other records: it prints another hash than registry.json has."
            )
        sentence = f"{len(names)} PDFs carry a seal that covers all of their bytes and holds."
        return " ".join((sentence, *sorted(said))).rstrip()

    def check_stamp(self) -> str:
        """That of the index, which prints the hash of the records, and they name every other file's."""
        return stamp_said(check_seal(self.read("data/index.pdf")))

    def statement(self) -> Statement:
        """What the pack says of the trail, after all checks held."""
        said = self.registry["checkpoint"]
        with self.path.open("rb") as file:
            archive = Archive(file)
            own = archive.read(self.root + KEYS).decode().split() if KEYS in self.files else []
            heads = json.loads(archive.read(self.root + CONSISTENCY)) if CONSISTENCY in self.files else []
        head = _HEAD.validate_python(said)
        return Statement(
            name=self.registry["meta"]["reference"],
            made_at=head.made_at or clock.parse(self.registry["meta"]["as_of"]),
            head=head if head.keys else replace(head, keys=tuple(own)),
            earlier={item["tree_size"]: item["root_hash"] for item in heads},
            certificate_sha256=self.certificate_sha256,
            events=self.proven_events,
        )

    def proven_events(self) -> Iterator[Proven]:
        """The events of the bag, read again."""
        with self.path.open("rb") as file:
            lines = Archive(file).read(self.root + EVENTS).splitlines()
        return (proven(json.loads(line)) for line in lines)

    def check_verifier(self) -> str:
        """Whether the program in the bag is the one of this release; another release's is no fault."""
        if sha256_hex(self.read(standalone.NAME)) == sha256_hex(standalone.source()):
            return "It is the one of this release of AIMS Registry."
        return "It is that of another release of AIMS Registry than this; take the one of a release that you trust."


def is_bag(path: Path) -> bool:
    """Whether a file is to be checked as a management-system pack: it begins like a ZIP."""
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def verify_any(
    path: Path,
    *,
    trusted_certificate: bytes | None = None,
    checkpoint: KnownHead | None = None,
    checkpoint_keys: tuple[Verifier, ...] = (),
) -> list[CheckResult]:
    """Check a pack of one system (every check), or of the management system (up to the first that fails).

    `trusted_certificate` is the certificate that the organisation published (PEM or DER), `checkpoint` a tree head known
    from elsewhere, `checkpoint_keys` those who must have signed the pack's. Raises OSError when the file cannot be read at all.
    """
    return _checked(path, trusted_certificate, checkpoint, checkpoint_keys)[0]


def verify_together(
    paths: Sequence[Path],
    *,
    trusted_certificate: bytes | None = None,
    checkpoint: KnownHead | None = None,
    checkpoint_keys: tuple[Verifier, ...] = (),
    names: Sequence[str] = (),
) -> tuple[list[list[CheckResult]], list[CheckResult]]:
    """Check each pack as `verify_any` does, and then whether one trail is behind all of them: two lists.

    The second is empty for a single pack. A pack that fails by itself proves nothing about another one. `names` are what the
    reader calls the files, if not by their names. Raises OSError.
    """
    names = names or [path.name for path in paths]
    each = [_checked(path, trusted_certificate, checkpoint, checkpoint_keys) for path in paths]
    alone = [results for results, _ in each]
    if len(each) < 2:
        return alone, []
    between, found = [], []
    for name, (results, statement) in zip(names, each, strict=True):
        if not all(item.passed for item in results):
            between.append(CheckResult(name, True, "It fails by itself, so it is not compared.", True))
        elif statement is None:
            between.append(
                CheckResult(name, True, "It carries no tree head, so it cannot be compared.", True)
            )
        else:
            found.append(replace(statement, name=f"{statement.name} ({name})"))
    return alone, [*between, *compare(found, checkpoint_keys)]


def _checked(
    path: Path,
    trusted_certificate: bytes | None,
    checkpoint: KnownHead | None,
    checkpoint_keys: tuple[Verifier, ...],
) -> tuple[list[CheckResult], Statement | None]:
    if not is_bag(path):
        verification = Verification(path.read_bytes(), trusted_certificate, checkpoint, checkpoint_keys)
        results = verification.run()
        return results, verification.statement() if all(item.passed for item in results) else None
    known = (checkpoint.tree_size, checkpoint.root_hash) if checkpoint else None
    trusted = certificate_sha256(trusted_certificate) if trusted_certificate else ""
    pack = SealedPack(path, trusted, tuple(map(str, checkpoint_keys)), known)
    results = [CheckResult(*found) for found in checked(pack)]
    return results, pack.statement() if all(item.passed for item in results) else None


def checkpoint_of(path: Path) -> tuple[int, str]:
    """Tree size and root (hexadecimal) of the trail at the time of a pack of either kind. Raises Refused."""
    if not is_bag(path):
        return checkpoint_of_pdf(path)
    pack = Pack(path)
    for name, passed, detail in checked(pack):
        if not passed:
            raise Refused(f"{path.name} does not verify: {name}: {detail}")
    return pack.tree_size, pack.tree_root.hex()
