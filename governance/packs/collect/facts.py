"""Facts for sections without a table of their own: the documents that speak to them, and a suspension."""

from collections import defaultdict
from collections.abc import Iterable

from governance.packs.content.assurance import EvidenceItem
from governance.packs.content.system import Fact, SectionFacts
from governance.systems.models import AiSystem

# Which section a kind of document answers; kinds that are not here stand in the evidence index alone.
_SECTION_OF = {
    "consultation material": 8,
    "requirements spec": 10,
    "design record": 10,
    "test plan": 10,
    "test report": 10,
    "rehearsal": 11,
    "monitoring plan": 11,
    "retirement plan": 11,
    "overseer training": 12,
    "user information": 13,
    "model card": 13,
    "supplier document": 14,
    "incident plan": 15,
}
_REPLACED = ("rejected", "superseded")


def facts(system: AiSystem, documents: Iterable[EvidenceItem]) -> tuple[SectionFacts, ...]:
    """Per section the documents that evidence it, with state and validity, and why a system is suspended."""
    found: dict[int, list[Fact]] = defaultdict(list)
    if system.suspended_because:
        found[15].append(Fact(label="Suspended", value=system.suspended_because, reference=system.reference))
    for item in documents:
        if item.kind in _SECTION_OF and item.state not in _REPLACED:
            found[_SECTION_OF[item.kind]].append(_document(item))
    return tuple(SectionFacts(section=number, facts=tuple(found[number])) for number in sorted(found))


def _document(item: EvidenceItem) -> Fact:
    until = f", valid until {item.valid_until}" if item.valid_until else ""
    return Fact(
        label=item.kind.capitalize(), value=f"{item.title}, {item.state}{until}", reference=item.reference
    )
