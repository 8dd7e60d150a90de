"""Values of the demonstration: what fairness means in Hesse and in Bavaria, how it is measured, and what pulls against it."""

from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import select

from governance.consultations.models import Consultation
from governance.core import records
from governance.demo_people import Tale, together
from governance.demo_story import Story
from governance.indicators import service as indicators
from governance.indicators.models import Indicator
from governance.indicators.schemas import DefineIndicator, GroupCounts, MeasureGroups, MeasurePart
from governance.systems.models import AiSystem
from governance.values import shared, tensions
from governance.values.models import Interpretation, Tension, Value
from governance.values.schemas import DecideTension, Interpret, OpenTension, SetNorm

_ADOPTED = ("V02", "V03", "V07", "V10")
_KEPT = "RL-04, RL-05 and RL-08 and the General Equal Treatment Act were looked at; none is weakened."


def tell_values(story: Story, today: date) -> Tale[None]:
    """Adopt four values, interpret fairness for three places, measure it for the sepsis warning, decide one tension."""
    yield today - timedelta(days=330)
    values = {code: _adopt(story, code) for code in _ADOPTED}
    consultation = _consultation(story)
    hesse = _interpret(
        story, values["V02"], "Health care in the European Union", region="European Union", sector="Health care",
        reading="A warning comes as often and as early for every group whose illness is the same; differences are explained by illness, not by data.",
        legal_refs=["Charter of Fundamental Rights, Art. 21"], why_not_consulted="The law of the place says it; patients are heard per system",
    )  # fmt: skip
    bavaria = _interpret(
        story, values["V02"], "Health care in Bavaria", region="Bavaria", sector="Health care",
        reading="As in the European Union, and rural hospitals with fewer measurements count as a group of their own.",
        legal_refs=["Bavarian Hospital Act"], consultation=consultation,
    )  # fmt: skip
    _interpret(
        story, values["V07"], "Hospitals", sector="Health care",
        reading="A missed illness weighs more than a false alarm; the threshold is set with clinicians.", why_not_consulted="Professional standard",
    )  # fmt: skip
    _interpret(
        story, values["V10"], "All uses", reading="A named person answers for each system and can overrule and stop it at any time.",
        why_not_consulted="Stands in the AI policy",
    )  # fmt: skip
    norm = _norm(story, hesse, "Sensitivity differs by at most ten points between groups")
    _norm(story, bavaria, "Rural hospitals are reported as a group of their own")
    override = _norm_of(story, values["V10"], "Overruling is neither never nor always")
    yield today - timedelta(days=205)
    for code in _ADOPTED:
        with story.acting("owen") as session:
            shared.claim(
                session,
                records.get(session, AiSystem, "SYS-0001"),
                records.get(session, Value, values[code]),
            )
    gap = _indicator(
        story, "Sensitivity gap between groups", "equal_opportunity_difference", norm, is_key=True
    )
    rate = _indicator(story, "Overruled warnings", "human_override_rate", override)
    yield from together(_measure_a_year(story, today, gap, rate), _tensions(story, today, values))


def _adopt(story: Story, code: str) -> str:
    with story.acting("olivia") as session:
        value = shared.take_up(session, code, story.id("prue"))
        reference = value.reference
        shared.ask_adoption(session, value)
    story.sign_all(reference, eve="top_management")
    return reference


def _consultation(story: Story) -> str:
    with story.acting("olivia") as session:
        return session.scalars(select(Consultation.reference).order_by(Consultation.reference)).first() or ""


def _interpret(story: Story, value: str, title: str, **details: Any) -> str:
    with story.acting("asha") as session:
        data = Interpret.model_validate({"title": title, "red_lines_kept": _KEPT, **details})
        item = shared.interpret(session, records.get(session, Value, value), data)
        reference = item.reference
        shared.submit_interpretation(session, item)
    story.sign_all(reference, prue="value_steward", olivia="compliance_reviewer")
    return reference


def _norm(story: Story, interpretation: str, title: str) -> int:
    with story.acting("asha") as session:
        return shared.set_norm(
            session, records.get(session, Interpretation, interpretation), SetNorm(title=title)
        ).id


def _norm_of(story: Story, value: str, title: str) -> int:
    with story.acting("asha") as session:
        item = records.get(session, Value, value)
        reading = next(row for row in item.interpretations if row.state == "approved")
        return shared.set_norm(session, reading, SetNorm(title=title)).id


def _indicator(story: Story, title: str, formula: str, norm: int, *, is_key: bool = False) -> str:
    with story.acting("asha") as session:
        data = DefineIndicator(
            title=title,
            formula=formula,
            norm_id=norm,
            favourable="a warning",
            cadence_months=3,
            data_source="Outcome review of intensive care",
            is_key=is_key,
            owner_id=story.id("tess"),
        )
        item = indicators.define(session, records.get(session, AiSystem, "SYS-0001"), data)
        reference = item.reference
        indicators.submit(session, item)
    story.sign_all(reference, olivia="compliance_lead")
    return reference


_QUARTERS = ((0.86, 0.81), (0.87, 0.83), (0.88, 0.84))


def _measure_a_year(story: Story, today: date, gap: str, rate: str) -> Tale[None]:
    for number, (women, men) in enumerate(_QUARTERS):
        end = today - relativedelta(months=3 * (len(_QUARTERS) - 1 - number)) - timedelta(days=20)
        period = {"period_from": end - timedelta(days=89), "period_to": end, "tool": "outcome review 3.1"}
        groups = {
            "women": GroupCounts(n=1900, selected=420, positives=400, tp=round(400 * women)),
            "men": GroupCounts(n=2100, selected=480, positives=450, tp=round(450 * men)),
        }
        if number == 1:
            groups["not stated"] = GroupCounts(n=21, selected=5, positives=4, tp=3)
        overruled = (62, 71, 168)[number]
        yield end + timedelta(days=2)
        with story.acting("tess") as session:
            item = records.get(session, Indicator, gap)
            row = indicators.measure(
                session, item, MeasureGroups(**period, groups=groups, run_ref=f"q{number + 1}")
            )
            made = row.reference
            other = records.get(session, Indicator, rate)
            indicators.measure(session, other, MeasurePart(**period, part=overruled, whole=700))
        with story.acting("prue") as session:
            found = records.find(session, made)
            assert found is not None
            indicators.verify(session, found)  # type: ignore[arg-type]  # the reference is a measurement's


def _tensions(story: Story, today: date, values: dict[str, str]) -> Tale[None]:
    with story.acting("olivia") as session:
        ids = {code: records.get(session, Value, reference).id for code, reference in values.items()}
    yield today - timedelta(days=120)
    reference = _open(
        story, "SYS-0001", "Fairness needs what privacy would leave out", ids["V02"], ids["V03"],
        "To see whether warnings are as good for every group, skin tone must be known; patients do not expect it to be recorded.",
        ["Ask for it and keep it apart, with a deletion date", "Estimate from the postcode", "Do not test by skin tone"],
    )  # fmt: skip
    with story.acting("asha") as session:
        item = tensions.deliberate(session, records.get(session, Tension, reference))
        data = DecideTension(
            decision=item.options[0],
            reasons="Voluntary, told at admission, seen by two people only; an estimate would be wrong for those it matters to most.",
            dissent="The data-protection officer would rather not test at all for another year.",
            gave_way_id=ids["V03"],
            still_measured_by="Requests to delete, answered in time (rights_request_timeliness)",
            review_on=today + timedelta(days=245),
            version=item.version,
        )
        tensions.decide_tension(session, item, data)
    story.sign_all(reference, owen="system_owner", olivia="compliance_reviewer")
    yield today - timedelta(days=20)
    _open(
        story, "SYS-0002", "A person always looks, or the urgent image first", ids["V10"], ids["V07"],
        "Waiting for a radiologist costs minutes that some patients do not have.",
        ["A radiologist confirms every reordering", "Reordering at once, confirmed within ten minutes"],
    )  # fmt: skip


def _open(
    story: Story, system: str, title: str, first: int, second: int, description: str, options: list[str]
) -> str:
    with story.acting("asha") as session:
        data = OpenTension(
            title=title,
            first_value_id=first,
            second_value_id=second,
            description=description,
            positions="Patients' council: ask us. Data protection: leave it out. Clinicians: we must know.",
            options=options,
            crossing_options=["Sort people by inferred origin"] if system == "SYS-0001" else [],
        )
        return tensions.open_tension(session, records.get(session, AiSystem, system), data).reference
