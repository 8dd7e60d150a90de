"""Which versions of a framework file this registry has seen, and what changed from one to the next."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.controls import every_framework
from governance.controls.every_framework import KnownFramework
from governance.controls.frameworks import Requirement
from governance.controls.models import FrameworkVersion
from governance.core import clock
from governance.core.canonical import content_hash

ISO42001 = "iso42001"


def note(session: Session) -> None:
    """Keep the version in force of each framework if it was not seen before."""
    for framework in every_framework.every():
        known = select(FrameworkVersion.id).where(
            FrameworkVersion.framework == framework.key, FrameworkVersion.content_hash == framework.hash
        )
        if session.scalars(known).first() is None:
            seen = FrameworkVersion(
                framework=framework.key,
                content_hash=framework.hash,
                seen_at=clock.now(),
                requirements=_digests(framework.requirements),
            )
            session.add(seen)
    session.flush()


def _digests(items: tuple[Requirement, ...]) -> dict[str, str]:
    return {item.id: content_hash(item.model_dump()) for item in items}


@dataclass(frozen=True)
class Change:
    """What changed between two versions: requirements added, dropped, and worded or mapped otherwise."""

    added: tuple[str, ...]
    dropped: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        """Whether the versions say the same."""
        return not (self.added or self.dropped or self.changed)


def versions(session: Session, framework: str = ISO42001) -> list[FrameworkVersion]:
    """Every version seen of a framework, newest first."""
    statement = select(FrameworkVersion).where(FrameworkVersion.framework == framework)
    return list(session.scalars(statement.order_by(FrameworkVersion.id.desc())))


def change(before: dict[str, str], after: dict[str, str]) -> Change:
    """What changed from one version's requirements (id → hash) to another's."""
    return Change(
        tuple(sorted(after.keys() - before.keys())),
        tuple(sorted(before.keys() - after.keys())),
        tuple(sorted(name for name in before.keys() & after.keys() if before[name] != after[name])),
    )


def since(session: Session, digest: str) -> Change | None:
    """What changed in ISO/IEC 42001 since the version of this hash; None if it was never seen here."""
    found = next((item for item in versions(session) if item.content_hash == digest), None)
    if found is None:
        return None
    return change(found.requirements, _digests(every_framework.named(ISO42001).requirements))


def last_change(session: Session, framework: KnownFramework) -> Change | None:
    """What changed from the version seen before the one in force; None if there is none before."""
    before = [item for item in versions(session, framework.key) if item.content_hash != framework.hash]
    return change(before[0].requirements, _digests(framework.requirements)) if before else None
