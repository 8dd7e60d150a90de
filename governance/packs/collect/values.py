"""Sections 5 and 11 of a pack: the chain from value to evidence, readings that bind, tensions, and trends of indicators."""

from typing import Literal

from sqlalchemy.orm import Session

from governance.core.canonical import content_hash
from governance.indicators import chain
from governance.indicators import queries as indicator_reads
from governance.indicators import service as indicators
from governance.indicators.models import Indicator, Measurement
from governance.indicators.verdicts import Verdict
from governance.packs.content.blocks import RecordBlock, Row, Table, Trend, TrendLimit, TrendPoint
from governance.packs.content.labels import say
from governance.packs.content.system import Fact
from governance.systems.models import AiSystem
from governance.values import shared_queries as value_reads
from governance.values.models import Tension

_VALUES, _MONITORING = 5, 11
_SHAPES: dict[Verdict, Literal["met", "missing", "waived", "neutral"]] = {
    Verdict.PASS: "met",
    Verdict.FAIL: "missing",
    Verdict.WARN: "waived",
    Verdict.INCONCLUSIVE: "waived",
    Verdict.UNDEFINED: "neutral",
}


def blocks(session: Session, system: AiSystem, names: dict[int, str]) -> tuple[RecordBlock, ...]:
    """What the pack says about values and how they are measured."""
    found = [_readings(session, system), _chain(session, system)]
    found += [_tension(item) for item in value_reads.tensions_of(session, system)]
    found += [_indicator(item, names) for item in indicator_reads.of_system(session, system.id)]
    return tuple(block for block in found if block is not None)


def _readings(session: Session, system: AiSystem) -> RecordBlock | None:
    rows = tuple(
        Row(
            reference=bound.value.reference,
            cells=(
                bound.value.title,
                region or "everywhere",
                reading.reading if reading else "no interpretation: a gap",
                f"{reading.reference}, {reading.context}" if reading else "–",
            ),
        )
        for bound in value_reads.bound(session, system)
        for region, reading in bound.by_region
    )
    if not rows:
        return None
    columns = ("Value", "Where", "What it means there", "Binds as the nearest")
    table = Table(caption="Readings that bind", columns=columns, rows=rows, widths=(24, 12, 44, 20))
    return RecordBlock(section=_VALUES, title="Values this system keeps", tables=(table,))


def _chain(session: Session, system: AiSystem) -> RecordBlock | None:
    links = chain.of_system(session, system)
    if not links:
        return None
    rows = tuple(
        Row(
            cells=(
                f"{link.value.reference} {link.value.title}" if link.value else "–",
                f"{link.interpretation.reference} {link.interpretation.context}"
                if link.interpretation
                else "–",
                f"{link.norm.reference} {link.norm.title}" if link.norm else "–",
                f"{link.indicator.reference} {link.indicator.title}" if link.indicator else "–",
                _measured(link.measurement) if link.measurement else f"gap: {link.gap}",
                ", ".join(item.reference for item in link.evidence) or "–",
            )
        )
        for link in links
    )
    columns = ("Value", "Interpretation", "Norm", "Indicator", "Newest measurement", "Evidence")
    table = Table(caption="One line a chain", columns=columns, rows=rows, widths=(16, 17, 20, 18, 19, 10))
    return RecordBlock(section=_VALUES, title="From value to evidence", tables=(table,))


def _measured(row: Measurement) -> str:
    value = "undefined" if row.value is None else f"{row.value:.3g}"
    declared = ", declared" if row.declared else ""
    return f"{row.reference} {value}, {row.verdict.value}{declared}, to {row.period_to}"


def _tension(item: Tension) -> RecordBlock:
    facts = (
        ("Between", f"{item.first_value.title} and {item.second_value.title}"),
        ("How they pull", item.description),
        ("Positions", item.positions),
        (
            "Options",
            "; ".join([*item.options, *(f"{text} (crosses a red line)" for text in item.crossing_options)]),
        ),
        ("Decision", item.decision),
        ("Reasons", item.reasons),
        ("Dissent", item.dissent),
        ("Gave way", item.gave_way.title if item.gave_way else ""),
        ("Still measured by", item.still_measured_by),
        ("Review", item.review_on.isoformat() if item.review_on else ""),
    )
    return RecordBlock(
        section=_VALUES,
        title=f"Tension: {item.title}",
        reference=item.reference,
        state=say(item.state),
        facts=tuple(Fact(label=label, value=value) for label, value in facts if value),
        content_sha256=content_hash(item.signed_content()),
    )


def _indicator(item: Indicator, names: dict[int, str]) -> RecordBlock:
    formula, limit = indicators.formula_of(item), indicators.threshold_of(item)
    standing = [row for row in item.measurements if row.state in indicator_reads.STANDING]
    points = tuple(
        TrendPoint(
            on=row.period_to,
            value=row.value,
            low=row.interval_low,
            high=row.interval_high,
            verdict=_SHAPES[row.verdict],
        )
        for row in standing
        if row.value is not None
    )
    limits = tuple(
        TrendLimit(value=float(value), words=word)
        for value, word in ((limit.low, "at least"), (limit.high, "at most"))
        if value is not None
    )
    rows = tuple(
        Row(
            reference=row.reference,
            cells=(
                f"{row.period_from} to {row.period_to}",
                "undefined" if row.value is None else f"{row.value:.4g}",
                "–"
                if row.interval_low is None
                else f"{row.interval_low:.3g} to {row.interval_high or 0:.3g}",
                row.verdict.value
                + (", declared" if row.declared else "")
                + (", post-hoc" if row.post_hoc else ""),
                say(row.state),
                row.recorded_by,
            ),
        )
        for row in item.measurements
    )
    facts = (
        Fact(label="Formula", value=f"{formula.title}: {formula.says}"),
        Fact(
            label="Must be",
            value=f"{limit.words} ({formula.unit})" + (", key indicator" if item.is_key else ""),
        ),
        Fact(
            label="Measured",
            value=f"every {item.cadence_months} months by {names.get(item.owner_id or 0, 'nobody')}",
        ),
    )
    columns = ("Period", "Value", "95 % interval", "Verdict", "State", "Recorded by")
    table = Table(caption="Measurements", columns=columns, rows=rows, widths=(34, 9, 17, 14, 11, 15))
    trend = Trend(title=item.title, unit=formula.unit, points=points, limits=limits)
    return RecordBlock(
        section=_MONITORING,
        title=item.title,
        reference=item.reference,
        state=say(item.state),
        facts=facts,
        tables=(table,) if rows else (),
        trends=(trend,) if len(points) > 1 else (),
        content_sha256=content_hash(item.signed_content()),
    )
