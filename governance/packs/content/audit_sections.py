"""The ten sections of the pack of one audit: number, title, and the question that each answers (ISO 19011, 6.5.1)."""

from __future__ import annotations

from typing import Final

from governance.packs.content.system_sections import Section

AUDIT_SECTIONS: Final = (
    Section(1, "Programme, dates and distribution", "Why was it held, when is the next, and who got the report?"),
    Section(2, "Objectives, criteria, scope, method", "What was audited, against what, and how?"),
    Section(3, "Team, competence, independence", "Who audited, can they do it, and may they?"),
    Section(4, "Plan and what was done", "Did it go as planned, and what was not looked at?"),
    Section(5, "Checklist with answers, and samples", "What was asked, seen and drawn?"),
    Section(6, "Findings", "What does not conform, and on what grounds?"),
    Section(7, "Conclusion", "What does the audit say as a whole?"),
    Section(8, "Follow-up", "What was corrected, why had it come about, and does the correction work?"),
    Section(9, "Responses and disagreements", "What do those say who were audited?"),
    Section(10, "Signatures, evidence, audit trail", "Who answers for it, and was anything tampered with?"),
)  # fmt: skip
