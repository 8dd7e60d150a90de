"""Indicators and measurements: thresholds keep their revision, values are computed here, failures have consequences."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from governance.core import checks, clock, records
from governance.core.errors import Forbidden, Refused
from governance.core.records import Record
from governance.improvement.models import Finding
from governance.indicators import measuring, queries, service
from governance.indicators.models import Indicator, Measurement
from governance.indicators.schemas import MeasureGroups, MeasureNumber, ReviseIndicator, WithReason
from governance.systems import service as systems
from governance.systems.models import AiSystem, Status
from governance.systems.schemas import AddVersion
from tests.house_fixtures import House
from tests.indicators import build
from tests.systems.build import requested, sign, state_of


def row_of(house: House, reference: str) -> Measurement:
    with house.reading() as session:
        row = records.get(session, Measurement, reference)
        session.expunge_all()
        return row


def findings(house: House) -> list[tuple[str, str]]:
    with house.reading() as session:
        return [
            (item.grade, item.state) for item in session.scalars(select(Finding).order_by(Record.reference))
        ]


def failing(house: House, check: str) -> list[str]:
    with house.reading() as session:
        return [row[1] for row in session.execute(checks.named(check).missing(clock.today()))]


def revise(house: House, indicator: str, low: str) -> str:
    with house.acting("asha") as session:
        item = records.get(session, Indicator, indicator)
        reference = service.revise(
            session, item, ReviseIndicator(low=low, high="", reason="Law changed", version=item.version)
        ).reference
    with house.acting("asha") as session:
        service.submit(session, records.get(session, Indicator, reference))
    sign(house, "olivia", requested(house, reference)["compliance_lead"])
    return reference


def test_inv_ind1_a_new_threshold_is_a_new_revision_and_old_results_keep_the_old_one(house: House) -> None:
    indicator = build.an_indicator(house)
    old = build.measure(house, indicator)
    new = revise(house, indicator, "0.99")
    assert (state_of(house, indicator), state_of(house, new)) == ("superseded", "active")
    assert row_of(house, old).detail["threshold"] == "at least 0.8" and row_of(house, old).verdict == "pass"
    with pytest.raises(Refused, match="approved first"):
        build.measure(house, indicator)
    with pytest.raises(Refused, match="cannot change"), house.acting("asha") as session:
        records.get(session, Indicator, new).low = "0.5"


def test_inv_ind2_a_threshold_set_after_the_period_marks_the_result(house: House) -> None:
    indicator = build.an_indicator(house)
    assert row_of(house, build.measure(house, indicator, days=1)).post_hoc
    assert not row_of(house, build.measure(house, indicator, days=0)).post_hoc


def test_inv_mea1_the_server_computes_and_can_compute_again(house: House) -> None:
    indicator = build.an_indicator(house)
    row = row_of(house, build.measure(house, indicator, build.UNFAIR))
    assert row.verdict == "fail" and row.value == pytest.approx(200 / 450)
    with house.reading() as session:
        item = records.get(session, Indicator, indicator)
        again = measuring.recomputed(service.formula_of(item), row.counts, service.threshold_of(item), "", 30)
    assert again is not None and (again.value, again.verdict, again.low) == (
        row.value,
        row.verdict,
        row.interval_low,
    )


def test_inv_mea2_a_measurement_is_never_edited_only_invalidated(house: House) -> None:
    reference = build.measure(house, build.an_indicator(house))
    with pytest.raises(Refused, match="Invalidate it"), house.acting("tess") as session:
        records.get(session, Measurement, reference).value = 1.0
    with house.acting("olivia") as session:
        row = records.get(session, Measurement, reference)
        service.invalidate(session, row, WithReason(reason="Wrong quarter", version=row.version))
    assert state_of(house, reference) == "invalidated"


def test_inv_mea3_a_failure_opens_one_finding_and_a_reassessment_in_the_same_transaction(
    house: House,
) -> None:
    indicator = build.an_indicator(house, is_key=True)
    with house.acting("olivia") as session:
        item = records.get(session, Indicator, indicator)
        records.get(session, AiSystem, item.system.reference).state = Status.ACTIVE
    build.measure(house, indicator, build.UNFAIR)
    build.measure(house, indicator, build.UNFAIR, run_ref="again")
    assert findings(house) == [("major", "issued")]
    with house.reading() as session:
        system = records.get(session, Indicator, indicator).system
        assert "failed" in system.under_reassessment
    assert failing(house, "indicators.breach_has_finding") == []


def test_a_further_indicator_of_a_low_tier_is_only_an_observation(house: House) -> None:
    build.measure(house, build.an_indicator(house, tier="low"), build.UNFAIR)
    assert findings(house) == [("observation", "issued")]


def test_inconclusive_opens_nothing_and_passes_nothing(house: House) -> None:
    indicator = build.an_indicator(house, is_key=True)
    few = {"a": {"n": 20, "selected": 10}, "b": {"n": 20, "selected": 10}}
    assert row_of(house, build.measure(house, indicator, few)).verdict == "inconclusive"
    assert findings(house) == [] and failing(house, "indicators.key_met") == ["SYS-0001"]
    build.measure(house, indicator)
    assert failing(house, "indicators.key_met") == []


def test_a_declared_number_never_passes_a_gate_for_a_high_tier(house: House) -> None:
    for tier, gaps in (("high", ["SYS-0001"]), ("low", ["SYS-0001"])):
        indicator = build.an_indicator(house, "time_to_stop", tier=tier, is_key=True)
        with house.acting("tess") as session:
            data = MeasureNumber.model_validate({**build.period(), "value": 2})
            row = service.measure(session, records.get(session, Indicator, indicator), data)
            assert row.declared and row.verdict == "pass"
        assert failing(house, "indicators.key_met") == gaps


def test_a_key_indicator_must_be_measured_and_within_its_rhythm(house: House) -> None:
    indicator = build.an_indicator(house, is_key=True)
    assert failing(house, "indicators.key_measured") == ["SYS-0001"]
    assert failing(house, "indicators.measured") == [indicator]
    build.measure(house, indicator)
    assert failing(house, "indicators.key_measured") == [] and failing(house, "indicators.measured") == []
    with clock.held_at(clock.now() + timedelta(days=100)):
        assert failing(house, "indicators.measured") == [indicator]


def test_an_indicator_without_a_norm_is_named(house: House) -> None:
    indicator = build.an_indicator(house)
    assert failing(house, "indicators.serves_a_norm") == [indicator]


def test_the_same_run_is_recorded_once(house: House) -> None:
    indicator = build.an_indicator(house)
    assert build.measure(house, indicator, run_ref="r1") == build.measure(
        house, indicator, build.UNFAIR, run_ref="r1"
    )


def test_two_deliveries_at_once_leave_one_measurement_and_one_finding(house: House) -> None:
    indicator, together = build.an_indicator(house), Barrier(2)

    def deliver(_: int) -> str:
        together.wait(5)
        with house.acting("tess") as session:
            item = records.get(session, Indicator, indicator)
            data = MeasureGroups.model_validate({**build.period(), "groups": build.UNFAIR, "run_ref": "r1"})
            return service.measure(session, item, data).reference

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(deliver, range(2))
    assert first == second and len(findings(house)) == 1


def test_sd8_who_recorded_does_not_verify(house: House) -> None:
    reference = build.measure(house, build.an_indicator(house), who="asha")
    with house.acting("asha") as session, pytest.raises(Refused, match="SD-8"):
        service.verify(session, records.get(session, Measurement, reference))
    with house.acting("prue") as session:
        service.verify(session, records.get(session, Measurement, reference))
    assert state_of(house, reference) == "verified"


def test_the_wrong_shape_and_a_future_period_are_refused(house: House) -> None:
    indicator = build.an_indicator(house, "human_override_rate")
    with pytest.raises(Refused, match="measured by part"):
        build.measure(house, indicator)
    with house.acting("tess") as session, pytest.raises(Refused, match="future"):
        data = MeasureNumber.model_validate({**build.period(-5), "value": 1})
        other = build.an_indicator(house, "time_to_stop", system="SYS-0001")
        service.measure(session, records.get(session, Indicator, other), data)


def test_a_viewer_may_not_measure(house: House) -> None:
    indicator = build.an_indicator(house)
    with pytest.raises(Forbidden, match="technical owner"):
        build.measure(house, indicator, who="victor")


def test_a_late_delivery_of_an_older_period_hides_no_failure(house: House) -> None:
    indicator = build.an_indicator(house, is_key=True)
    failed = build.measure(house, indicator, build.UNFAIR)
    build.measure(house, indicator, days=100)
    assert failing(house, "indicators.key_met") == ["SYS-0001"]
    with house.reading() as session:
        assert [row.reference for row in queries.out_of_bounds(session)] == [failed]


def test_a_warning_on_a_key_indicator_takes_a_signed_decision(house: House) -> None:
    indicator = build.an_indicator(house, "demographic_parity_difference", is_key=True)
    near = {"a": {"n": 60, "selected": 33}, "b": {"n": 60, "selected": 26}}
    assert row_of(house, build.measure(house, indicator, near)).verdict == "warn"
    assert failing(house, "indicators.key_met") == ["SYS-0001"] and findings(house) == []


def test_a_new_version_is_measured_anew(house: House) -> None:
    indicator = build.an_indicator(house, is_key=True)
    build.measure(house, indicator)
    assert failing(house, "indicators.key_measured") == []
    with house.acting("tess") as session:
        system = records.get(session, Indicator, indicator).system
        systems.add_version(
            session, system, AddVersion(label="99.0", what_changed="Another model", version=system.version)
        )
    assert failing(house, "indicators.key_measured") == ["SYS-0001"]
    build.measure(house, indicator)
    assert failing(house, "indicators.key_measured") == []


def test_a_doubted_measurement_stands_for_nothing_until_somebody_verifies_it(house: House) -> None:
    indicator = build.an_indicator(house, is_key=True)
    reference = build.measure(house, indicator)
    with house.acting("prue") as session:
        row = records.get(session, Measurement, reference)
        service.dispute(session, row, WithReason(reason="Two wards are missing", version=row.version))
    assert failing(house, "indicators.key_measured") == ["SYS-0001"]
    with house.acting("prue") as session:
        service.verify(session, records.get(session, Measurement, reference))
    assert failing(house, "indicators.key_measured") == []


def test_what_is_retired_is_measured_no_more(house: House) -> None:
    indicator = build.an_indicator(house)
    with house.acting("olivia") as session:
        item = records.get(session, Indicator, indicator)
        service.retire(session, item, WithReason(reason="The use has ended", version=item.version))
    with pytest.raises(Refused, match="is retired"):
        build.measure(house, indicator)
    assert failing(house, "indicators.measured") == []
