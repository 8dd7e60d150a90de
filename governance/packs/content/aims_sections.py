"""The nineteen sections of the index of a management-system pack, with the clause or question that each answers."""

from __future__ import annotations

from typing import Final

from governance.packs.content.system_sections import Section

AIMS_SECTIONS: Final = (
    Section(1, "Guide for the auditor", "What is in scope, and where does an audit begin?"),
    Section(2, "Documented information by clause, and gaps", "Stage 1: what is there, and what is missing?"),
    Section(
        3,
        "Context, parties, obligations",
        "Clauses 4.1 and 4.2.",
        "issues, interested parties and obligations as records of their own",
    ),
    Section(4, "Leadership", "Clauses 5 and 6.2: policies and objectives."),
    Section(5, "Risk and impact method", "Clauses 6.1.1 to 6.1.4: by which criteria?"),
    Section(6, "Statement of applicability", "Clause 6.1.3: which controls, and why?"),
    Section(7, "AI systems", "The population to sample from; each has its PDF in data/systems."),
    Section(8, "Risk and impact overview", "Clauses 8.2 to 8.4: what remains?"),
    Section(9, "Support", "Clause 7: who is competent, and until when?"),
    Section(10, "Red lines", "A.2, A.5: are the lines checked, and do they hold?"),
    Section(11, "Operation", "Clause 8.1: did decisions come before stages?"),
    Section(12, "Performance", "Clause 9.1."),
    Section(13, "Internal audit", "Clause 9.2: the programme and its results."),
    Section(14, "Management review", "Clause 9.3."),
    Section(15, "Improvement", "Clause 10."),
    Section(16, "Incidents and concerns", "A.3.3, A.8.3, A.8.4."),
    Section(17, "Framework cross-map", "What the same records answer of other frameworks."),
    Section(18, "Evidence", "Which files are in the bag, and which could not be read?"),
    Section(19, "Integrity", "Can the system of record be trusted?"),
)
