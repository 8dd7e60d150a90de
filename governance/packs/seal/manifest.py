"""The manifest of a pack, and the pack hash: one number that stands for every embedded file.

The order matters, because the hash is printed on the pages and so cannot depend on them:

1. the snapshot is complete (evidence read, losses noted) → registry.json, trail.jsonl, checkpoint.txt;
2. manifest.json lists all embedded files but itself, with size and SHA-256, and the parameters of the pack;
3. pack hash = SHA-256 of manifest.json; it goes on the cover, into the footers and the document information;
4. the pages are drawn, the files embedded;
5. the signature over the finished PDF binds pages, manifest and files together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from governance.core.canonical import canonical, sha256_hex
from governance.packs.content.audit import AuditFile
from governance.packs.content.system_pack import SystemPack
from governance.packs.seal.attach import MANIFEST, EmbeddedFile

SCHEMA: Final = "aims-pack-manifest/1"


def manifest(
    pack: SystemPack | AuditFile, files: Sequence[EmbeddedFile], *, certificate_sha256: str = ""
) -> EmbeddedFile:
    """manifest.json as a file to embed: canonical JSON, so that its SHA-256 is the pack hash.

    `certificate_sha256` is the fingerprint of the certificate that will sign, so that a pack re-signed by
    somebody else no longer fits its own manifest.
    """
    head = pack.checkpoint
    content = {
        "schema": SCHEMA,
        "pack": {
            "reference": pack.meta.reference,
            "organisation": pack.meta.organisation,
            "subject": pack.identity.reference,
            "as_of": pack.meta.as_of,
            "status": pack.meta.status,
        },
        "snapshot_sha256": pack.sha256(),
        "certificate_sha256": certificate_sha256,
        "trail": {"tree_size": head.tree_size, "root_hash": head.root_hash} if head else None,
        "files": [
            {
                "name": file.name,
                "reference": file.reference,
                "relationship": file.relationship,
                "media_type": file.media_type,
                "size": len(file.data),
                "sha256": sha256_hex(file.data),
            }
            for file in sorted(files, key=lambda file: file.name)
        ],
    }
    return EmbeddedFile(
        MANIFEST, canonical(content), "application/json", "Data", "SHA-256 of every embedded file"
    )


def pack_hash(file: EmbeddedFile) -> str:
    """The pack hash of a manifest: 64 hexadecimal digits."""
    return sha256_hex(file.data)
