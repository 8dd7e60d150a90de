"""Indicators against published worked examples, against Fairlearn, and against what must hold for any counts."""

import warnings
from fractions import Fraction
from math import comb, log
from time import perf_counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from governance.indicators import formulas, statistics
from governance.indicators.formulas import Counts
from governance.indicators.verdicts import Threshold, Verdict, judge

FOUR_FIFTHS = Threshold(low=Fraction(4, 5))
TENTH = Threshold(high=Fraction(1, 10))


def selected(n: int, chosen: int) -> Counts:
    return Counts(n, Fraction(n), Fraction(chosen))


def labelled(tp: int, fp: int, fn: int, tn: int) -> Counts:
    n = tp + fp + fn + tn
    return Counts(n, Fraction(n), Fraction(tp + fp), Fraction(tp + fn), Fraction(tp))


def tallied(truth: list[int], guess: list[int], group: list[str]) -> dict[str, Counts]:
    found = {}
    for name in sorted(set(group)):
        pairs = [(t, g) for t, g, where in zip(truth, guess, group, strict=True) if where == name]
        found[name] = labelled(*(pairs.count(pair) for pair in ((1, 1), (0, 1), (1, 0), (0, 0))))
    return found


def test_the_uniform_guidelines_example() -> None:
    """44 FR 11996 (1979), questions and answers: rates of 60, 45, 48 and 51 per cent; 0.80 is not below four fifths."""
    groups = {
        "White": selected(100, 60),
        "American Indian": selected(100, 45),
        "Hispanic": selected(100, 48),
        "Black": selected(100, 51),
    }
    result = formulas.disparate_impact_ratio(groups)
    assert (result.value, result.between) == (Fraction(3, 4), ("White", "American Indian"))
    for name, ratio, meets in (
        ("American Indian", Fraction(3, 4), False),
        ("Hispanic", Fraction(4, 5), True),
        ("Black", Fraction(17, 20), True),
    ):
        pair = formulas.disparate_impact_ratio({"White": groups["White"], name: groups[name]}, "White")
        assert pair.value == ratio and FOUR_FIFTHS.holds(ratio) is meets


def test_the_eeoc_example() -> None:
    """EEOC technical assistance (2023): 48 of 80 against 12 of 40 is a ratio of one half."""
    groups = {"White": selected(80, 48), "Black": selected(40, 12)}
    assert formulas.disparate_impact_ratio(groups).value == Fraction(1, 2)
    assert formulas.demographic_parity_difference(groups).value == Fraction(3, 10)
    assert judge(formulas.disparate_impact_ratio(groups), FOUR_FIFTHS) is Verdict.FAIL


TRUTH = [0, 1, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1]
GUESS = [0, 0, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0]
GROUP = ["b", "b", "a", "b", "b", "c", "c", "c", "a", "a", "c", "a", "b", "c", "c", "b", "c", "c"]


def test_the_fairlearn_user_guide() -> None:
    """Fairlearn user guide, common fairness metrics: difference 0.25, ratio 2/3, equalized odds 1."""
    groups = tallied(TRUTH, GUESS, GROUP)
    assert formulas.demographic_parity_difference(groups).value == Fraction(1, 4)
    assert formulas.disparate_impact_ratio(groups).value == Fraction(2, 3)
    assert formulas.equalized_odds_difference(groups).value == 1
    assert {name: group.rate("tpr") for name, group in groups.items()} == {
        "a": Fraction(1, 2),
        "b": Fraction(3, 5),
        "c": Fraction(2, 5),
    }


def test_the_adult_extract_flips_with_the_favourable_outcome() -> None:
    """UCI Adult as shipped with AIF360 for R, 32,541 records: which outcome people want must be chosen."""
    rich = {"Male": selected(21779, 6660), "Female": selected(10762, 1177)}
    poor = {name: selected(int(group.n), int(group.n - group.selected)) for name, group in rich.items()}
    assert float(formulas.disparate_impact_ratio(rich, "Male").value or 0) == pytest.approx(
        0.35764090144781463, abs=1e-15
    )
    assert float(formulas.disparate_impact_ratio(poor, "Male").value or 0) == pytest.approx(
        1.2829626031058636, abs=1e-15
    )
    assert float(formulas.disparate_impact_ratio(poor).value or 0) == pytest.approx(
        0.7794459461087542, abs=1e-15
    )


def test_the_twenty_records_of_aif360_are_too_few_for_a_verdict() -> None:
    """AIF360 for R, tests of the classification metric: equal opportunity -0.5, average odds -0.0754."""
    groups = {"privileged": labelled(1, 2, 1, 7), "unprivileged": labelled(0, 4, 2, 3)}
    assert formulas.disparate_impact_ratio(groups, "privileged").value == Fraction(44, 27)
    assert formulas.equal_opportunity_difference(groups).value == Fraction(1, 2)
    average = formulas.average_odds_difference(groups, "privileged")
    assert float(average.value or 0) == pytest.approx(-0.07539682539682539)
    assert judge(formulas.disparate_impact_ratio(groups), FOUR_FIFTHS) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    "pair", [(3, 5, 15, 20), (3, 5, 60, 80), (3, 10, 15, 40), (7, 10, 35, 40), (6, 10, 60, 80)]
)
def test_four_fifths_are_four_fifths(pair: tuple[int, int, int, int]) -> None:
    """Exactly 4/5 in integers lies below 0.8 in binary floating point."""
    a, n, b, m = pair
    result = formulas.disparate_impact_ratio({"a": selected(n, a), "b": selected(m, b)})
    assert result.value == Fraction(4, 5) and FOUR_FIFTHS.holds(result.value)


CELLS = st.integers(0, 400)
GROUPS = st.dictionaries(st.sampled_from("abcd"), st.builds(labelled, CELLS, CELLS, CELLS, CELLS), min_size=2)


# The first example pays for the import of Fairlearn, and a busy machine for all of them.


@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 1), st.sampled_from("abc")), min_size=6, max_size=120
    )
)
def test_fairlearn_finds_the_same(rows: list[tuple[int, int, str]]) -> None:
    from fairlearn import metrics

    truth, guess, group = ([row[place] for row in rows] for place in range(3))
    groups = tallied(truth, guess, group)
    assume(
        len(groups) > 1
        and all(item.rate("tpr") is not None and item.rate("fpr") is not None for item in groups.values())
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        named = {"sensitive_features": group}
        expected = {
            formulas.demographic_parity_difference: metrics.demographic_parity_difference(
                truth, guess, **named
            ),
            formulas.equalized_odds_difference: metrics.equalized_odds_difference(truth, guess, **named),
            formulas.equal_opportunity_difference: metrics.equal_opportunity_difference(
                truth, guess, **named
            ),
        }
        ratio = metrics.demographic_parity_ratio(truth, guess, **named)
    for formula, value in expected.items():
        assert float(formula(groups).value or 0) == pytest.approx(value)
    ours = formulas.disparate_impact_ratio(groups).value
    # Nobody selected anywhere: Fairlearn says nan, we say undefined; neither is 0 or 1.
    assert (ours is None and ratio != ratio) or float(ours or 0) == pytest.approx(ratio)


@given(GROUPS)
def test_values_stay_in_their_range_and_undefined_is_neither_zero_nor_one(groups: dict[str, Counts]) -> None:
    for name, formula in formulas.GROUP_FORMULAS.items():
        result = formula(groups, min(groups), 30)
        if result.value is None:
            assert judge(result, TENTH) is Verdict.UNDEFINED
        elif name != "disparate_impact_ratio":
            assert -1 <= result.value <= 1
        if result.interval is not None:
            assert result.interval[0] <= result.interval[1]


@given(GROUPS)
def test_the_order_of_groups_does_not_matter(groups: dict[str, Counts]) -> None:
    backwards = dict(reversed(list(groups.items())))
    for formula in formulas.GROUP_FORMULAS.values():
        assert formula(groups, "", 30).value == formula(backwards, "", 30).value


@given(GROUPS)
def test_a_group_that_is_too_small_never_lets_a_value_pass_or_fail(groups: dict[str, Counts]) -> None:
    tiny = {**groups, "tiny": labelled(2, 3, 4, 5)}
    for formula, limit in (
        (formulas.disparate_impact_ratio, FOUR_FIFTHS),
        (formulas.equalized_odds_difference, TENTH),
    ):
        assert judge(formula(tiny, "", 30), limit) in (Verdict.INCONCLUSIVE, Verdict.UNDEFINED)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_rate_and_stays_between_zero_and_one(pair: tuple[int, int]) -> None:
    part, whole = pair
    low, high = statistics.wilson(part, whole)
    assert 0 <= low <= part / whole + 1e-12 and part / whole - 1e-12 <= high <= 1


def test_intervals_against_published_ones() -> None:
    """Newcombe (1998), tables I and II: 81 of 263 by the score method; 56/70 against 48/80 by method 10."""
    assert statistics.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert statistics.difference(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert statistics.poisson_upper(0) == pytest.approx(2.9957, abs=1e-3)
    assert statistics.p_value(3, 4, 1, 4) == pytest.approx(0.4857, abs=1e-4)


def test_certainty_decides_between_warn_and_fail() -> None:
    near = {"a": selected(60, 33), "b": selected(60, 26)}
    far = {"a": selected(600, 330), "b": selected(600, 200)}
    assert judge(formulas.demographic_parity_difference(near), TENTH) is Verdict.WARN
    assert judge(formulas.demographic_parity_difference(far), TENTH) is Verdict.FAIL
    alike = {"a": selected(600, 330), "b": selected(600, 320)}
    assert judge(formulas.demographic_parity_difference(alike), TENTH) is Verdict.PASS


def test_no_violation_in_too_few_probes_proves_nothing() -> None:
    """Rule of three: without a violation the bound is 3/n, so 1 % takes 300 probes (Hanley, Lippman-Hand 1983)."""
    one_per_cent = Threshold(high=Fraction(1, 100))
    assert judge(formulas.violation_bound(0, 299), one_per_cent) is Verdict.INCONCLUSIVE
    assert judge(formulas.violation_bound(0, 300), one_per_cent) is Verdict.PASS
    assert judge(formulas.violation_bound(5, 300), one_per_cent) is Verdict.FAIL


def test_drift_is_zero_without_and_undefined_with_an_empty_bin() -> None:
    assert formulas.population_stability({"a": 50, "b": 50}, {"a": 500, "b": 500}).value == 0
    assert formulas.population_stability({"a": 50, "b": 50}, {"a": 500}).value is None
    moved = formulas.population_stability({"a": 50, "b": 50}, {"a": 80, "b": 20})
    assert float(moved.value or 0) == pytest.approx(0.3 * log(1.6) - 0.3 * log(0.4))


def test_a_rate_without_a_whole_is_undefined() -> None:
    assert judge(formulas.plain_rate(0, 0), TENTH) is Verdict.UNDEFINED
    assert judge(formulas.incident_rate(0, 0), TENTH) is Verdict.UNDEFINED


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_fisher_is_the_sum_over_tables_that_are_as_rare(n: int, m: int, data: st.DataObject) -> None:
    """Against the definition in whole numbers (Fisher 1935)."""
    a, b = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    successes = a + b
    expected = [group * part / (n + m) for group in (n, m) for part in (successes, n + m - successes)]
    assume(min(expected) < 5)
    weights = [
        comb(n, k) * comb(m, successes - k) for k in range(max(0, successes - m), min(n, successes) + 1)
    ]
    seen = comb(n, a) * comb(m, b)
    exact = Fraction(sum(weight for weight in weights if weight <= seen), sum(weights))
    assert statistics.p_value(a, n, b, m) == pytest.approx(float(exact), rel=1e-6)


def test_large_counts_take_no_time() -> None:
    """A handful of people beside half a million, and counts as large as a form takes, are answered at once."""
    begun = perf_counter()
    assert statistics.p_value(0, 6, 250_000, 500_000) == pytest.approx(2 / 64, rel=1e-3)
    assert 0 <= statistics.p_value(2, 4, 5 * 10**11, 10**12) <= 1
    assert statistics.poisson_upper(10**12) > 10**12
    assert perf_counter() - begun < 1


def test_the_two_poisson_bounds_meet() -> None:
    """Exact to 1,000 events (Garwood 1936), then the approximation of Wilson and Hilferty (1931)."""
    exact, approximate = statistics.poisson_upper(1000), statistics.poisson_upper(1001)
    assert 1 < approximate - exact < 1.05


def test_a_group_too_small_for_one_rate_leaves_equalized_odds_open() -> None:
    """Many sick and hardly any healthy: the true-positive rates are known, the false-positive rates are not."""
    groups = {"a": labelled(500, 1, 100, 2), "b": labelled(480, 1, 120, 2)}
    result = formulas.equalized_odds_difference(groups)
    assert result.too_small == ("a", "b") and judge(result, TENTH) is Verdict.INCONCLUSIVE
    average = formulas.average_odds_difference(groups, "a")
    assert judge(average, Threshold(Fraction(-1, 10), Fraction(1, 10))) is Verdict.INCONCLUSIVE
