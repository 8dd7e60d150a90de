"""Which versions of a framework file this registry has seen, and what changed from one to the next."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.controls.frameworks import Requirement, iso42001, iso42001_hash
from governance.controls.models import FrameworkVersion
from governance.core import clock
from governance.core.canonical import content_hash

ISO42001 = "iso42001"


def note(session: Session) -> FrameworkVersion:
    """Keep the version in force if it was not seen before; returns it."""
    digest = iso42001_hash()
    known = select(FrameworkVersion).where(
        FrameworkVersion.framework == ISO42001, FrameworkVersion.content_hash == digest
    )
    found = session.scalars(known).first()
    if found is None:
        found = FrameworkVersion(
            framework=ISO42001,
            content_hash=digest,
            seen_at=clock.now(),
            requirements=_digests(requirements()),
        )
        session.add(found)
        session.flush()
    return found


def requirements() -> tuple[Requirement, ...]:
    """Clauses and controls in force."""
    return (*iso42001().clauses, *iso42001().controls)


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


def versions(session: Session) -> list[FrameworkVersion]:
    """Every version seen, newest first."""
    statement = select(FrameworkVersion).where(FrameworkVersion.framework == ISO42001)
    return list(session.scalars(statement.order_by(FrameworkVersion.id.desc())))


def change(before: dict[str, str], after: dict[str, str]) -> Change:
    """What changed from one version's requirements (id → hash) to another's."""
    return Change(
        tuple(sorted(after.keys() - before.keys())),
        tuple(sorted(before.keys() - after.keys())),
        tuple(sorted(name for name in before.keys() & after.keys() if before[name] != after[name])),
    )


def since(session: Session, digest: str) -> Change | None:
    """What changed since the version of this hash; None if it was never seen here."""
    found = next((item for item in versions(session) if item.content_hash == digest), None)
    return None if found is None else change(found.requirements, _digests(requirements()))
