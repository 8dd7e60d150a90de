"""Verbs on indicators and measurements: define, approve, revise, measure, verify, dispute, invalidate."""

from collections.abc import Mapping
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.core import clock
from governance.core.errors import Refused
from governance.core.records import Record, table_of
from governance.improvement import service as improvement
from governance.improvement.models import Finding, FindingState, Grade
from governance.improvement.schemas import RecordFinding
from governance.indicators import measuring, queries
from governance.indicators.catalogue import Formula, rules, threshold
from governance.indicators.formulas import Counts
from governance.indicators.measuring import Measured
from governance.indicators.models import Indicator, IndicatorState, Measurement, MeasurementState
from governance.indicators.schemas import (
    DefineIndicator,
    MeasureBins,
    MeasureGroups,
    MeasureNumber,
    MeasurePart,
    Period,
    ReviseIndicator,
    WithReason,
)
from governance.indicators.verdicts import Threshold, Verdict
from governance.signoffs import service as signoffs
from governance.systems.models import AiSystem, Status, Tier
from governance.values.models import Norm

POLICY = "indicator"
_COPIED = (
    "title", "norm_id", "formula", "reference_group", "favourable", "least_records", "cadence_months", "data_source", "is_key",
    "owner_id",
)  # fmt: skip


@verb("indicators.define")
def define(session: Session, system: AiSystem, data: DefineIndicator) -> Indicator:
    """Define how something is measured for a system; the threshold is approved before it counts."""
    formula = rules().indicators.get(data.formula)
    if formula is None:
        raise Refused("There is no such formula.", field="formula")
    if data.norm_id is not None and session.get(Norm, data.norm_id) is None:
        raise Refused("There is no such norm.", field="norm_id")
    values = data.model_dump()
    if not data.low and not data.high:
        values |= {"low": formula.low, "high": formula.high}
    _refuse_impossible(values["low"], values["high"])
    item = Indicator(**values, state=IndicatorState.DRAFT, system=system)
    session.add(item)
    session.flush()
    return item


def _refuse_impossible(low: str, high: str) -> None:
    if not low and not high:
        raise Refused("A threshold has a lower or an upper limit.", field="low")
    if low and high and Fraction(low) > Fraction(high):
        raise Refused("The upper limit lies below the lower one.", field="high")


@verb("indicators.submit")
def submit(session: Session, item: Indicator) -> Indicator:
    """Ask for approval of the threshold."""
    if item.state != IndicatorState.DRAFT:
        raise Refused(f"{item.reference} is {item.state.replace('_', ' ')}; only a draft is submitted.")
    item.state = IndicatorState.IN_REVIEW
    signoffs.request(session, item, POLICY)
    return item


@signoffs.when_complete(POLICY)
def _approved(session: Session, record: Record) -> None:
    assert isinstance(record, Indicator)
    record.state, record.effective_from = IndicatorState.ACTIVE, clock.today()
    previous = session.get(Indicator, record.previous_id) if record.previous_id else None
    if previous is not None and previous.state == IndicatorState.ACTIVE:
        previous.state = IndicatorState.SUPERSEDED
        previous.state_reason = f"{record.reference} was approved."


@signoffs.when_rejected(POLICY)
def _rejected(session: Session, record: Record) -> None:
    record.state = IndicatorState.DRAFT


@verb("indicators.revise")
def revise(session: Session, item: Indicator, data: ReviseIndicator) -> Indicator:
    """Draft a new revision with another threshold; old results keep the one they were judged by (INV-IND1)."""
    if item.state != IndicatorState.ACTIVE:
        raise Refused("Only an active indicator is revised.")
    _refuse_impossible(data.low, data.high)
    session.info["reason"] = data.reason
    copy = Indicator(
        **{name: getattr(item, name) for name in _COPIED},
        system=item.system,
        low=data.low,
        high=data.high,
        state=IndicatorState.DRAFT,
        revision=item.revision + 1,
        previous_id=item.id,
    )
    session.add(copy)
    session.flush()
    return copy


@verb("indicators.retire")
def retire(session: Session, item: Indicator, data: WithReason) -> Indicator:
    """Stop measuring, with the reason; results stay."""
    if item.state not in (IndicatorState.ACTIVE, IndicatorState.DRAFT):
        raise Refused(f"{item.reference} is {item.state.replace('_', ' ')} already.")
    session.info["reason"] = data.reason
    item.state, item.state_reason = IndicatorState.RETIRED, data.reason
    return item


def formula_of(item: Indicator) -> Formula:
    """The formula of an indicator."""
    return rules().indicators[item.formula]


def threshold_of(item: Indicator) -> Threshold:
    """The threshold of this revision, exactly."""
    return threshold(item.low, item.high)


@verb("indicators.measure")
def measure(
    session: Session,
    item: Indicator,
    data: MeasureGroups | MeasurePart | MeasureNumber | MeasureBins,
    *,
    dataset_hash: str = "",
) -> Measurement:
    """Record a measurement; value and verdict are computed here (INV-MEA1). The same run again changes nothing."""
    _refuse_other_shape(item, data)
    match data:
        case MeasureGroups():
            groups = {
                name: Counts(
                    row.n,
                    Fraction(row.n),
                    Fraction(row.selected),
                    None if row.positives is None else Fraction(row.positives),
                    None if row.tp is None else Fraction(row.tp),
                )
                for name, row in data.groups.items()
            }
            return measure_counts(session, item, data, groups, dataset_hash=dataset_hash)
        case MeasurePart():
            found = measuring.from_part(
                formula_of(item), data.part, data.whole, threshold_of(item), least=item.least_records
            )
        case MeasureBins():
            found = measuring.from_bins(data.expected, data.actual, threshold_of(item))
        case MeasureNumber():
            found = measuring.from_number(data.value, threshold_of(item))
    return _record(session, item, data, found, dataset_hash)


_SHAPES = {"groups": MeasureGroups, "part": MeasurePart, "bins": MeasureBins, "number": MeasureNumber}


def _refuse_other_shape(item: Indicator, data: Period) -> None:
    takes = formula_of(item).takes
    if not isinstance(data, _SHAPES[takes]):
        raise Refused(f"{item.reference} is measured by {takes}.")


@verb("indicators.measure_counts")
def measure_counts(
    session: Session, item: Indicator, data: Period, groups: Mapping[str, Counts], *, dataset_hash: str = ""
) -> Measurement:
    """Record a measurement from counts that the registry made itself of an uploaded table."""
    formula = formula_of(item)
    if formula.takes != "groups":
        raise Refused(f"{item.reference} is measured by {formula.takes}, not by groups.")
    if item.reference_group and item.reference_group not in groups:
        raise Refused(f"There is no group {item.reference_group}, which is the reference.", field="groups")
    found = measuring.from_groups(
        formula, groups, threshold_of(item), reference=item.reference_group, least=item.least_records
    )
    return _record(session, item, data, found, dataset_hash)


def _record(
    session: Session, item: Indicator, data: Period, found: Measured, dataset_hash: str
) -> Measurement:
    if item.state != IndicatorState.ACTIVE:
        raise Refused(
            f"{item.reference} is {item.state.replace('_', ' ')}; its threshold must be approved first.",
            fix=item.path,
        )
    if data.period_to > clock.today():
        raise Refused("The period ends in the future.", field="period_to")
    # One after another per indicator, so that a run sent twice at once is recorded once, and one failure opens one finding.
    indicators = table_of(Indicator)
    session.execute(select(indicators.c.id).where(indicators.c.id == item.id).with_for_update())
    if (known := queries.of_run(session, item, data.run_ref)) is not None:
        return known
    actor, current = actor_of(session), item.system.current_version
    row = Measurement(
        title=f"{item.title}, {data.period_from} to {data.period_to}",
        state=MeasurementState.RECORDED,
        owner_id=actor.person_id,
        indicator=item,
        system=item.system,
        version_id=current.id if current else None,
        **data.model_dump(include={"period_from", "period_to", "tool", "run_ref", "note"}),
        counts=found.counts,
        value=found.value,
        interval_low=found.low,
        interval_high=found.high,
        p_value=found.p_value,
        detail=found.detail,
        verdict=found.verdict,
        declared=formula_of(item).takes == "number",
        post_hoc=item.effective_from is None or item.effective_from > data.period_to,
        dataset_hash=dataset_hash,
        recorded_by=actor.name,
    )
    session.add(row)
    session.flush()
    if row.verdict is Verdict.FAIL:
        _act_on_failure(session, row)
    return row


def _act_on_failure(session: Session, row: Measurement) -> None:
    """Open a finding, unless one of this indicator is open, and put the system under reassessment (INV-MEA3)."""
    item, system = row.indicator, row.system
    tier = (system.tier or Tier.MODERATE).value
    if item.is_key and tier in rules().reassess and system.state in (Status.ACTIVE, Status.SUSPENDED):
        system.under_reassessment = f"{row.reference}: {item.title} failed"
    if _open_finding(session, item) is not None:
        return
    grade = (rules().on_fail.key if item.is_key else rules().on_fail.other)[tier]
    grade_reason = f"A {'key' if item.is_key else 'further'} indicator failed on a system of tier {tier}."
    finding = RecordFinding(
        title=f"{item.title} fails for {system.title}"[:300],
        grade=Grade(grade),
        grade_reason=grade_reason,
        criterion=f"{item.reference}: {item.title} must be {threshold_of(item).words}",
        evidence_statement=f"{row.reference}: {row.value:.4g}, {row.period_from} to {row.period_to}",
        gap="The threshold is not met, and chance does not explain it.",
        clauses=["9.1"],
    )
    improvement.record_finding(session, system, finding, source=row)


def _open_finding(session: Session, item: Indicator) -> Finding | None:
    mine = select(Measurement.id).where(Measurement.indicator_id == item.id)
    closed = (FindingState.CLOSED, FindingState.WITHDRAWN)
    statement = select(Finding).where(Finding.source_id.in_(mine), Finding.state.not_in(closed))
    return session.scalars(statement.limit(1)).first()


@verb("indicators.verify")
def verify(session: Session, row: Measurement) -> Measurement:
    """Confirm a measurement by a second person (SD-8)."""
    if row.state not in (MeasurementState.RECORDED, MeasurementState.DISPUTED):
        raise Refused(f"{row.reference} is {row.state} already.")
    if row.owner_id is not None and row.owner_id == actor_of(session).person_id:
        raise Refused("Who recorded a measurement does not verify it (SD-8).")
    row.state = MeasurementState.VERIFIED
    return row


@verb("indicators.dispute")
def dispute(session: Session, row: Measurement, data: WithReason) -> Measurement:
    """Doubt a measurement, with the reason; it stands for nothing until somebody verifies it."""
    if row.state not in queries.STANDING:
        raise Refused(f"{row.reference} is {row.state} already.")
    session.info["reason"] = data.reason
    row.state, row.state_reason = MeasurementState.DISPUTED, data.reason
    return row


@verb("indicators.invalidate")
def invalidate(session: Session, row: Measurement, data: WithReason) -> Measurement:
    """Take a wrong measurement out of account, with the reason; it stays on record (INV-MEA2)."""
    if row.state == MeasurementState.INVALIDATED:
        raise Refused(f"{row.reference} is invalidated already.")
    session.info["reason"] = data.reason
    row.state, row.state_reason = MeasurementState.INVALIDATED, data.reason
    return row
