"""The people of every test and of no other place: always the same, each with one role."""

from dataclasses import dataclass

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Part:
    """One person of the cast."""

    name: str
    email: str
    roles: tuple[str, ...]
    position: str


CAST = {
    "max": Part("Max Admin", "max@example.org", ("administrator",), "Administrator"),
    "olivia": Part("Olivia Officer", "olivia@example.org", ("compliance_officer",), "Compliance officer"),
    "owen": Part("Owen Owner", "owen@example.org", ("system_owner",), "Head of emergency care"),
    "tess": Part("Tess Tech", "tess@example.org", ("system_owner",), "Data science lead"),
    "asha": Part("Asha Assessor", "asha@example.org", ("assessor",), "Risk assessor"),
    "prue": Part("Prue Approver", "prue@example.org", ("approver",), "Quality lead"),
    "ada": Part("Ada Auditor", "ada@example.org", ("auditor",), "Internal auditor"),
    "eve": Part("Eve Executive", "eve@example.org", ("executive",), "Medical director"),
    "victor": Part("Victor Viewer", "victor@example.org", ("viewer",), "Trainee"),
    "xena": Part("Xena External", "xena@example.org", ("external_auditor",), "Certification body"),
}
