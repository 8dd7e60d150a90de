"""The EU AI Act wizard and the own tier: answers in, classes out. Pure; config/eu_ai_act_wizard.yaml has the questions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel, ConfigDict

from governance.core.catalogs import Catalog, catalog, declared
from governance.core.errors import Refused

YES, NO, UNSURE = "yes", "no", "unsure"
TIERS = ("critical", "high", "moderate", "low")
# Highest first: the headline is the first of these that was collected.
PRECEDENCE = (
    "prohibited",
    "high_risk_annex_iii",
    "high_risk_annex_i_a",
    "high_risk_annex_i_b",
    "not_high_risk_by_filter",
    "transparency",
    "minimal",
    "out_of_scope",
)
# Where being unsure must lead to the stricter branch, "no" is the stricter answer.
_NO_IS_STRICTER = frozenset({"Q3", "Q7b", "Q10"})


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Question(_Frozen):
    """One question, the article it comes from, and the items it is about."""

    id: str
    ask: str
    article: str
    help: str = ""
    items: tuple[str, ...] = ()
    flags_if_yes: tuple[str, ...] = ()


class TierRule(_Frozen):
    """Which tier each fact gives; the highest counts."""

    eu_class: dict[str, str]
    autonomy: dict[str, str]
    residual: dict[str, str]
    impact_severity: dict[str, str]


class Wizard(_Frozen):
    """The whole file."""

    rule_version: str
    questions: tuple[Question, ...]
    duties_from: dict[str, str]
    tiers: TierRule

    def question(self, id: str) -> Question:
        """The question of this id. Raises KeyError."""
        return {item.id: item for item in self.questions}[id]


@cache
def _file() -> Catalog[Wizard]:
    return catalog("eu_ai_act_wizard.yaml", Wizard)


@declared
def wizard() -> Wizard:
    """The rules in force."""
    return _file().value


@dataclass(frozen=True)
class Outcome:
    """Headline class, all classes and flags collected, when duties begin, and whether an answer was unsure."""

    headline: str
    classes: tuple[str, ...]
    flags: tuple[str, ...]
    duties_from: str
    provisional: bool
    rule_version: str


def path(answers: Mapping[str, str]) -> tuple[str, ...]:
    """Ids of the questions that these answers lead through, in order; the last may be unanswered."""
    asked: list[str] = []
    high_risk = False

    def says(id: str) -> bool | None:
        """True for yes; None where the answer is missing, which ends the path here."""
        asked.append(id)
        answer = answers.get(id)
        if answer not in (YES, NO, UNSURE):
            return None
        return answer == YES or (answer == UNSURE and id not in _NO_IS_STRICTER)

    for id, going_on in (("Q1", True), ("Q2", True), ("Q3", False)):
        if says(id) is not going_on:
            return tuple(asked)
    gpai = says("Q5")
    if gpai is None or (gpai and says("Q5a") is None):
        return tuple(asked)
    if says("Q6") is not False:
        return tuple(asked)
    product = says("Q7")
    if product is None:
        return tuple(asked)
    if product:
        third_party = says("Q7a")
        if third_party is None or (third_party and says("Q7b") is None):
            return tuple(asked)
    listed = says("Q8")
    if listed is None:
        return tuple(asked)
    if listed:
        profiles = says("Q9")
        if profiles is None:
            return tuple(asked)
        filtered = None if profiles else says("Q10")
        if not profiles and filtered is None:
            return tuple(asked)
        high_risk = bool(profiles) or filtered is False
    for id in ("Q11", "Q12", "Q13", "Q14"):
        if says(id) is None:
            return tuple(asked)
    if high_risk:
        says("Q15")
    return tuple(asked)


def next_question(answers: Mapping[str, str]) -> Question | None:
    """The first question that these answers leave open, or None when they suffice."""
    open_ids = [id for id in path(answers) if answers.get(id) not in (YES, NO, UNSURE)]
    return wizard().question(open_ids[0]) if open_ids else None


def classify(answers: Mapping[str, str]) -> Outcome:
    """The outcome of complete answers (Regulation (EU) 2024/1689, Arts 2, 5, 6, 50, 51; Annexes I and III).

    Raises Refused naming the question that is still open.
    """
    still_open = next_question(answers)
    if still_open is not None:
        raise Refused(f"Question {still_open.id} is open: {still_open.ask}", field="answers")
    asked = path(answers)

    def holds(id: str) -> bool:
        if id not in asked:
            return False
        return answers[id] == YES or (answers[id] == UNSURE and id not in _NO_IS_STRICTER)

    classes = _classes(holds)
    flags = [flag for id in asked if holds(id) for flag in wizard().question(id).flags_if_yes]
    headline = next(name for name in PRECEDENCE if name in classes)
    return Outcome(
        headline=headline,
        classes=tuple(name for name in PRECEDENCE if name in classes),
        flags=tuple(dict.fromkeys(flags)),
        duties_from=wizard().duties_from.get(headline, ""),
        provisional=any(answers[id] == UNSURE for id in asked),
        rule_version=wizard().rule_version,
    )


def _classes(holds: Callable[[str], bool]) -> set[str]:
    if not holds("Q1") or not holds("Q2") or holds("Q3"):
        return {"out_of_scope"}
    if holds("Q6"):
        return {"prohibited"}
    classes = set()
    if holds("Q7") and holds("Q7a"):
        classes.add("high_risk_annex_i_b" if holds("Q7b") else "high_risk_annex_i_a")
    if holds("Q8"):
        classes.add("high_risk_annex_iii" if holds("Q9") or not holds("Q10") else "not_high_risk_by_filter")
    if any(holds(id) for id in ("Q11", "Q12", "Q13", "Q14")):
        classes.add("transparency")
    return classes or {"minimal"}


def tier(
    headline: str, *, autonomy: str | None = None, residual: str | None = None, impact_severity: int | None = None
) -> tuple[str, str]:
    """The own tier (critical, high, moderate or low) and which fact decided it: the highest of all rows counts."""
    rule = wizard().tiers
    rows = [(rule.eu_class[headline], f"EU class {headline}")]
    if autonomy is not None:
        rows.append((rule.autonomy[autonomy], f"autonomy {autonomy}"))
    if residual is not None:
        rows.append((rule.residual[residual], f"residual risk {residual}"))
    if impact_severity is not None:
        rows.append((rule.impact_severity[str(impact_severity)], f"impact severity {impact_severity}"))
    found, why = min(rows, key=lambda row: TIERS.index(row[0]))
    return found, why.replace("_", " ")
