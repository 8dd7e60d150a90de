"""The twenty sections of a system pack: number, title, and the auditor's question that each answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Section:
    """A section with the question that it answers; `not_kept` completes "This registry does not yet keep
    …".
    """

    number: int
    title: str
    question: str
    not_kept: str = ""

    @property
    def anchor(self) -> str:
        """The name that links inside the PDF use."""
        return f"section-{self.number}"


SECTIONS: Final = (
    Section(1, "Identity and status", "What is it, who answers for it, is it in scope?"),
    Section(2, "Summary and gaps", "Where should I look first?"),
    Section(3, "Control trace matrix", "Show me a control for this system."),
    Section(4, "Life-cycle gates", "Did approval come before go-live?"),
    Section(5, "Values, norms, indicators", "Are values explicit, traceable, verified?"),
    Section(6, "Risk file", "Who accepted what remains?"),
    Section(7, "Impact assessment", "Were effects on people and society considered?"),
    Section(8, "Stakeholder consultations", "Who was heard, and what changed?"),
    Section(
        9,
        "Data",
        "Are the data sets known, permitted and fit for the purpose (A.7)?",
    ),
    Section(
        10,
        "Verification and validation",
        "Was it tested against limits set before?",
        "test plans and test reports as records of their own",
    ),
    Section(
        11,
        "Operation and monitoring",
        "Is it still under control?",
        "monitoring plans and change requests as records of their own",
    ),
    Section(
        12,
        "Human oversight and competence",
        "Is oversight real?",
        "training records, override rates and stop drills",
    ),
    Section(
        13,
        "Transparency and information",
        "What were users and people affected told (A.8)?",
        "communications, disclosures and legal obligations",
    ),
    Section(
        14, "Suppliers and responsibilities", "Who supplies what, and who answers for which part (A.10)?"
    ),
    Section(
        15,
        "Incidents, concerns, complaints, appeals",
        "What went wrong, and who was told?",
        "complaints and appeals as records of their own; concerns heard in consultations are in section 8",
    ),
    Section(16, "Audits, findings, corrective action", "Does it learn?"),
    Section(17, "Sign-off ledger", "Do approvals hold?"),
    Section(18, "Version and change history", "Which version did what, when?"),
    Section(19, "Evidence index and manifest", "Can I rely on the files?"),
    Section(20, "Audit trail extract", "Was anything tampered with?"),
)
