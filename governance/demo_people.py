"""The people of the demonstration: a hospital group. Their password is public, so they exist in demonstrations only."""

from dataclasses import dataclass

PASSWORD = "demonstration only"  # noqa: S105 - printed on purpose
ORGANISATION = "Sankt Elin Hospitals"


@dataclass(frozen=True)
class Player:
    """A person of the demonstration."""

    key: str
    name: str
    position: str
    unit: str
    roles: tuple[str, ...]

    @property
    def email(self) -> str:
        """Address to sign in with."""
        return f"{self.key}@demo.example"


PLAYERS = (
    Player("max", "Max Weber", "IT administrator", "IT", ("administrator",)),
    Player(
        "olivia", "Olivia Brandt", "AI compliance officer", "Quality and Compliance", ("compliance_officer",)
    ),
    Player("owen", "Dr Owen Hartmann", "Head of intensive care", "Intensive Care", ("system_owner",)),
    Player("rana", "Dr Rana Yılmaz", "Head of radiology", "Radiology", ("system_owner",)),
    Player("tess", "Tess Lindqvist", "Lead data scientist", "Data and Analytics", ("system_owner",)),
    Player("asha", "Asha Iyer", "Risk assessor", "Quality and Compliance", ("assessor",)),
    Player("prue", "Prof Prue Okafor", "Patient safety lead", "Patient Safety", ("approver",)),
    Player("ada", "Ada Novak", "Internal auditor", "Internal Audit", ("auditor",)),
    Player("eve", "Prof Eve Martin", "Medical director", "Board", ("executive",)),
    Player("victor", "Victor Lang", "Works council", "Works Council", ("viewer",)),
    Player("xena", "Xena Rossi", "Certification body", "External", ("external_auditor",)),
)

ADVOCATE = "Patients' ombudsperson and council"


def advocates(tier: str | None) -> tuple[str, ...]:
    """Who speaks for people where the tier asks for an independent advocate."""
    return (ADVOCATE,) if tier == "critical" else ()
