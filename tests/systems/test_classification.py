"""The wizard gives what its decision table says, for every combination of answers (INV-CLA1, INV-G6)."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from governance.core.errors import Refused
from governance.systems import classification as rules
from governance.systems.models import EuClass, Tier

# What these show is a rule, not a speed: a busy machine must not fail them.

ASKED = (
    "Q1", "Q2", "Q3", "Q5", "Q5a", "Q6", "Q7", "Q7a", "Q7b", "Q8", "Q9", "Q10", "Q11", "Q12", "Q13", "Q14", "Q15",
)  # fmt: skip
# Written from the Act, not from the catalogue: where the doubtful case must count as no to be the stricter one.
NO_IS_STRICTER = {"Q3", "Q7b", "Q10"}


def strictly(answers):
    return {
        id: answer if answer != "unsure" else "no" if id in NO_IS_STRICTER else "yes"
        for id, answer in answers.items()
    }


def decision_table(answers):
    """The classes by the decision table, an oracle that knows nothing of a walk through questions."""
    yes = {id for id, answer in strictly(answers).items() if answer == "yes"}
    if "Q1" not in yes or "Q2" not in yes or "Q3" in yes:
        return {"out_of_scope"}
    if "Q6" in yes:
        return {"prohibited"}
    found = set()
    if {"Q7", "Q7a"} <= yes:
        found.add("high_risk_annex_i_b" if "Q7b" in yes else "high_risk_annex_i_a")
    if "Q8" in yes:
        found.add("high_risk_annex_iii" if "Q9" in yes or "Q10" not in yes else "not_high_risk_by_filter")
    if yes & {"Q11", "Q12", "Q13", "Q14"}:
        found.add("transparency")
    return found or {"minimal"}


def agree(answers):
    outcome = rules.classify(answers)
    assert set(outcome.classes) == decision_table(answers), answers
    assert outcome.headline == min(outcome.classes, key=rules.PRECEDENCE.index)
    return outcome


every_answer = st.fixed_dictionaries({id: st.sampled_from(["yes", "no", "unsure"]) for id in ASKED})


def test_every_combination_of_yes_and_no_that_decides_equals_the_decision_table():
    deciding = [id for id in ASKED if id not in ("Q5a", "Q12", "Q13", "Q14", "Q15")]
    rest = {"Q5a": "no", "Q12": "no", "Q13": "no", "Q14": "no", "Q15": "no"}
    for combination in product(("yes", "no"), repeat=len(deciding)):
        agree(rest | dict(zip(deciding, combination, strict=True)))


def test_every_combination_of_transparency_duties_sets_its_flags():
    base = dict.fromkeys(ASKED, "no") | {"Q1": "yes", "Q2": "yes"}
    for combination in product(("yes", "no"), repeat=4):
        answers = base | dict(zip(("Q11", "Q12", "Q13", "Q14"), combination, strict=True))
        wanted = tuple(f"art50_{number}" for number, answer in enumerate(combination, 1) if answer == "yes")
        assert agree(answers).flags == wanted


@given(every_answer)
def test_any_answers_equal_the_decision_table_and_doubt_on_the_path_is_provisional(answers):
    outcome = agree(answers)
    assert outcome.provisional == any(answers[id] == "unsure" for id in rules.path(answers))


@given(every_answer)
def test_doubt_never_gives_a_milder_tier_than_certainty(answers):
    severity = rules.TIERS.index
    doubtful = severity(rules.tier(rules.classify(answers).headline)[0])
    open_ones = [id for id in ASKED if answers[id] == "unsure" and id not in ("Q1", "Q2")][:6]
    for combination in product(("yes", "no"), repeat=len(open_ones)):
        certain = answers | dict(zip(open_ones, combination, strict=True))
        assert doubtful <= severity(rules.tier(rules.classify(certain).headline)[0])


@given(every_answer, st.sets(st.sampled_from(ASKED)))
def test_questions_come_one_by_one_until_they_suffice(answers, unrelated):
    given_so_far = {}
    while (question := rules.next_question(given_so_far)) is not None:
        assert question.id not in given_so_far
        with pytest.raises(Refused, match=f"Question {question.id} is open"):
            rules.classify(given_so_far)
        given_so_far[question.id] = answers[question.id]
    assert rules.classify(given_so_far) == rules.classify(answers)
    off_the_path = {id: answers[id] for id in unrelated if id not in given_so_far}
    assert rules.classify(off_the_path | given_so_far) == rules.classify(answers)


def test_the_fundamental_rights_question_is_for_annex_iii_only():
    base = dict.fromkeys(ASKED, "no") | {"Q1": "yes", "Q2": "yes", "Q15": "yes"}
    assert "Q15" not in rules.path(base)
    assert rules.classify(base).flags == ()
    annex_iii = base | {"Q8": "yes", "Q9": "yes"}
    assert rules.classify(annex_iii).flags == ("fria",)
    assert rules.classify(annex_iii).duties_from == "2027-12-02"


def test_a_system_can_be_high_risk_by_both_annexes_at_once():
    answers = dict.fromkeys(ASKED, "no") | {
        "Q1": "yes", "Q2": "yes", "Q7": "yes", "Q7a": "yes", "Q8": "yes", "Q9": "yes", "Q11": "yes",
    }  # fmt: skip
    outcome = rules.classify(answers)
    assert outcome.classes == ("high_risk_annex_iii", "high_risk_annex_i_a", "transparency")


def test_one_item_is_enough_and_all_must_be_denied():
    before = {"Q1": "yes", "Q2": "yes", "Q3": "no", "Q5": "no"}
    practices = rules.wizard().question("Q6")
    keys = [practices.item_key(item) for item in practices.items]
    assert len(keys) == 10
    all_but_one = before | dict.fromkeys(keys[1:], "no")
    assert rules.next_question(all_but_one).id == "Q6"
    assert rules.next_question(all_but_one | {keys[0]: "no"}).id == "Q7"
    assert rules.classify(all_but_one | {keys[0]: "yes"}).headline == "prohibited"
    doubtful = rules.classify(all_but_one | {keys[0]: "unsure"})
    assert (doubtful.headline, doubtful.provisional) == ("prohibited", True)
    # A "no" to the whole does not hush up an item that applies.
    assert rules.classify(before | {"Q6": "no", keys[4]: "yes"}).headline == "prohibited"
    assert rules.classify(before | {"Q6": "yes"} | dict.fromkeys(keys, "no")).headline == "prohibited"


def test_a_prohibition_added_later_applies_later_unless_an_older_one_does_too():
    before = {"Q1": "yes", "Q2": "yes", "Q3": "no", "Q5": "no"}
    assert rules.classify(before | {"Q6-ba": "yes"}).duties_from == "2026-12-02"
    assert rules.classify(before | {"Q6-ba": "yes", "Q6-f": "yes"}).duties_from == "2025-02-02"
    assert rules.classify(before | {"Q6": "yes"}).duties_from == "2025-02-02"


def test_every_class_and_tier_of_the_catalogue_is_one_the_register_can_hold():
    assert set(rules.PRECEDENCE) == {item.value for item in EuClass}
    assert set(rules.TIERS) == {item.value for item in Tier}


facts = st.fixed_dictionaries(
    {},
    optional={
        "autonomy": st.sampled_from(sorted(rules.wizard().tiers.autonomy)),
        "residual": st.sampled_from(["low", "medium", "high", "critical"]),
        "impact_severity": st.integers(1, 5),
        "flags": st.sampled_from([(), ("gpai_systemic",), ("art50_1", "fria")]),
    },
)


@given(st.sampled_from(rules.PRECEDENCE), facts)
def test_the_tier_is_the_highest_that_any_fact_gives(headline, known):
    found, why = rules.tier(headline, **known)
    rows = [rules.tier(headline)[0]]
    rows += [rules.tier("minimal", **{name: value})[0] for name, value in known.items()]
    assert found == min(rows, key=rules.TIERS.index)
    assert why


def test_a_model_with_systemic_risk_is_high_even_if_its_class_is_minimal():
    assert rules.tier("minimal", flags=("gpai_model", "gpai_systemic")) == ("high", "EU duty gpai systemic")


def test_a_system_that_acts_alone_on_rights_is_critical_whatever_the_act_says():
    assert rules.tier("out_of_scope", autonomy="acts_alone_legal_effect")[0] == "critical"


def _changed(change):
    data = rules.wizard().model_dump()
    change(data)
    return data


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda data: data["questions"][5].update(if_no="Q1"),
            "Q6 leads to Q1, which does not come after it",
        ),
        (lambda data: data["questions"][0].update(if_yes="Q99"), "Q1 leads to Q99"),
        (lambda data: data["questions"][0].update(class_if_no="harmless"), "unknown class harmless"),
        (lambda data: data["tiers"]["residual"].update(high="severe"), "a tier is one of critical, high"),
        (lambda data: data["tiers"]["eu_class"].pop("minimal"), "names each of"),
    ],
)
def test_a_catalogue_that_leads_nowhere_is_refused(change, says):
    with pytest.raises(ValidationError, match=says):
        rules.Wizard.model_validate(_changed(change))
