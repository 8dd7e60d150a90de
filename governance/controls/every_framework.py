"""The frameworks that this registry knows, each with its requirements and the hash of its file."""

from dataclasses import dataclass

from governance.controls.eu_ai_act import ai_act, ai_act_hash
from governance.controls.frameworks import Requirement, iso42001, iso42001_hash
from governance.controls.nist import ai_rmf, ai_rmf_hash
from governance.core.errors import NotFound


@dataclass(frozen=True)
class KnownFramework:
    """A framework in force: its short name in addresses, its title, its requirements, the SHA-256 of its file."""

    key: str
    title: str
    requirements: tuple[Requirement, ...]
    hash: str

    @property
    def path(self) -> str:
        """Its page."""
        return f"/frameworks/{self.key}"


def every() -> tuple[KnownFramework, ...]:
    """All of them; ISO/IEC 42001 first, because the others are reached through it."""
    return (
        KnownFramework("iso42001", iso42001().standard, iso42001().requirements, iso42001_hash()),
        KnownFramework("nist-ai-rmf", ai_rmf().standard, ai_rmf().requirements, ai_rmf_hash()),
        KnownFramework("eu-ai-act", ai_act().standard, ai_act().requirements, ai_act_hash()),
    )


def named(key: str) -> KnownFramework:
    """The framework of this short name. Raises NotFound."""
    for item in every():
        if item.key == key:
            return item
    raise NotFound(f"There is no framework {key}.")
