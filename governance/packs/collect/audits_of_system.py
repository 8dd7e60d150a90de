"""Section 16 of a system's pack: how each audit of the system was conducted, its team, samples and compensating reviews."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from governance.audits import sampling
from governance.audits.conduct_models import CompensatingReview, Sample
from governance.audits.models import Audit
from governance.packs.content.blocks import RecordBlock, Row, Table
from governance.packs.content.labels import say
from governance.packs.content.system import Fact
from governance.systems.models import AiSystem

SECTION = 16
Names = Mapping[int, str]


def blocks(system: AiSystem, held: Iterable[Audit], names: Names) -> tuple[RecordBlock, ...]:
    """One block an audit, newest first; an audit of several systems says so, and its answers only as numbers.

    Its own pack has the checklist; here it would stand in the pack of each of its systems.
    """
    return tuple(_block(item, system, names) for item in held)


def _block(item: Audit, system: AiSystem, names: Names) -> RecordBlock:
    tables = (_team(item, names), _reviews(item.reviews, names), *(_sample(row) for row in item.samples))
    return RecordBlock(
        section=SECTION,
        title=f"How {item.reference} was conducted",
        state=say(item.state),
        note=_about(item, system),
        facts=tuple(Fact(label=label, value=value) for label, value in _facts(item) if value),
        tables=tuple(table for table in tables if table.rows),
    )


def _about(item: Audit, system: AiSystem) -> str:
    """Whether it is about this system alone."""
    others = len(item.systems) - 1
    if item.system is not None or others < 1:
        return ""
    rule = "found by the rule of its schedule" if item.schedule and item.schedule.systems_where else "chosen"
    return (
        f"{item.reference} is about {others + 1} systems {rule}, {system.reference} among them: its answers are about "
        f"all of them together, and its findings name the system that they are on. Its own pack has every answer."
    )


def _facts(item: Audit) -> Iterator[tuple[str, str]]:
    verdicts = Counter(say(row.verdict) or "not answered" for row in item.answers)
    yield "Reason of its state", item.state_reason
    yield "Answers", ", ".join(f"{verdict} {count}" for verdict, count in sorted(verdicts.items()))
    skipped = [row.question_id for row in item.answers if say(row.verdict) == "not audited"]
    yield "Not looked at", ", ".join(skipped)
    yield "Days", f"{item.held_from} to {item.held_until}" if item.held_from else ""
    yield "Announced", f"{item.announced_at:%Y-%m-%d %H:%M} UTC" if item.announced_at else ""
    for sample in item.samples:
        population = (
            f"{sample.population_size} {say(sample.kind)}, population SHA-256 {sample.population_hash}"
        )
        again = f"sort the population by the SHA-256 of “{sample.seed}:reference” and take the first {len(sample.items)}"
        said = f"{sample.purpose}: {len(sample.items)} of {population}. To draw it again, {again}. {_redrawn(sample)}"
        yield f"Sample {sample.number}", said


def _redrawn(sample: Sample) -> str:
    drawn = [row["reference"] for row in sample.items]
    good = sampling.draw(sample.population, len(drawn), sample.seed) == drawn
    return (
        "Drawn again for this pack with the same result."
        if good
        else "Drawn again, it comes out different: a gap."
    )


def _team(item: Audit, names: Names) -> Table:
    rows = [
        Row(
            cells=(
                names.get(row.person_id, ""),
                say(row.role),
                row.statement,
                str(row.attested_at or "")[:10],
            )
        )
        for row in item.members
    ]
    if item.lead_auditor_id:
        started = str(item.started_at or "")[:10]
        leader = (names.get(item.lead_auditor_id, ""), "lead auditor", item.impartiality_statement, started)
        rows.insert(0, Row(cells=leader))
    return Table(
        caption="Team",
        columns=("Person", "Role", "Impartiality, as they state it", "On"),
        rows=tuple(rows),
        widths=(22, 16, 48, 14),
    )


def _reviews(reviews: list[CompensatingReview], names: Names) -> Table:
    return Table(
        caption="Compensating reviews",
        columns=("Who audits", "What speaks against it", "Why nevertheless", "Reviewer", "Result"),
        rows=tuple(
            Row(
                cells=(
                    names.get(row.person_id, ""),
                    row.objection,
                    row.reason,
                    names.get(row.reviewer_id, ""),
                    row.result or "not reviewed yet: a gap",
                )
            )
            for row in reviews
        ),
        widths=(16, 20, 22, 16, 26),
    )


def _sample(sample: Sample) -> Table:
    return Table(
        caption=f"Sample {sample.number}: what was drawn",
        columns=("Record", "Result", "Note"),
        rows=tuple(
            Row(
                cells=(
                    row["reference"],
                    "not looked at yet" if row["result"] == "open" else say(row["result"]),
                    row["note"],
                )
            )
            for row in sample.items
        ),
        widths=(24, 24, 52),
    )
