"""`aims verify` of a management-system pack: what its own `verify.py` checks, and the seal inside each PDF."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from governance.core.canonical import sha256_hex
from governance.core.errors import Refused
from governance.packs.verify import standalone
from governance.packs.verify.pdf import CheckResult, KnownHead, certificate_sha256
from governance.packs.verify.pdf import checkpoint_of as checkpoint_of_pdf
from governance.packs.verify.pdf import verify as verify_pdf
from governance.packs.verify.signature import BrokenSealError, check_seal
from governance.packs.verify.standalone_proofs import CheckError
from governance.packs.verify.standalone_verify import Pack
from governance.packs.verify.standalone_verify import verify as checked
from governance.trail.notes import Verifier


class SealedPack(Pack):
    """A pack whose PDFs are looked into as well."""

    def checks(self) -> Iterator[tuple[str, Callable[[], str]]]:
        """All of the standalone program's, and ours."""
        yield from super().checks()
        yield "seals", self.check_seals
        yield "verify.py", self.check_verifier

    def check_seals(self) -> str:
        """Each PDF carries the registry's seal over all of its bytes, by the certificate that signed the bag."""
        names = [name for name in self.files if name == "data/index.pdf" or name.startswith("data/systems/")]
        for name in names:
            try:
                seal = check_seal(self.read(name))
            except BrokenSealError as error:
                raise CheckError(f"{name}: {error}") from error
            if seal.certificate_sha256 != self.certificate_sha256:
                raise CheckError(f"{name} was sealed with another certificate than the bag.")
        return f"{len(names)} PDFs carry a seal that covers all of their bytes and holds."

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
    if not is_bag(path):
        return verify_pdf(
            path,
            trusted_certificate=trusted_certificate,
            checkpoint=checkpoint,
            checkpoint_keys=checkpoint_keys,
        )
    known = (checkpoint.tree_size, checkpoint.root_hash) if checkpoint else None
    trusted = certificate_sha256(trusted_certificate) if trusted_certificate else ""
    return [
        CheckResult(*found)
        for found in checked(SealedPack(path, trusted, tuple(map(str, checkpoint_keys)), known))
    ]


def checkpoint_of(path: Path) -> tuple[int, str]:
    """Tree size and root (hexadecimal) of the trail at the time of a pack of either kind. Raises Refused."""
    if not is_bag(path):
        return checkpoint_of_pdf(path)
    pack = Pack(path)
    for name, passed, detail in checked(pack):
        if not passed:
            raise Refused(f"{path.name} does not verify: {name}: {detail}")
    return pack.tree_size, pack.tree_root.hex()
