"""The EU AI Act wizard and the own tier: answers in, classes out. Pure; config/eu_ai_act_wizard.yaml has the questions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from governance.core.catalogs import Catalog, catalog, declared
from governance.core.errors import Refused

YES, NO, UNSURE = "yes", "no", "unsure"
END = "end"
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


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Item(_Frozen):
    """One practice, use or condition that a question is about; `applies_from` if later than the rest."""

    id: str
    text: str
    applies_from: str = ""

    def __str__(self) -> str:
        return f"({self.id}) {self.text}"


class Question(_Frozen):
    """One question: where it comes from in the Act, what yes and no lead to, and what they say about the system."""

    id: str
    ask: str
    article: str
    help: str = ""
    items: tuple[Item, ...] = ()
    per_item: bool = False
    if_yes: str
    if_no: str
    class_if_yes: str = ""
    class_if_no: str = ""
    flags_if_yes: tuple[str, ...] = ()
    unsure_counts_as: Literal["yes", "no"] = "yes"
    ask_if_class: str = ""

    def item_key(self, item: Item) -> str:
        """Under which key the answer about one item stands, for example `Q8-4`."""
        return f"{self.id}-{item.id}"


class TierRule(_Frozen):
    """Which tier each fact gives; the highest counts."""

    eu_class: dict[str, str]
    flags: dict[str, str]
    autonomy: dict[str, str]
    residual: dict[str, str]
    impact_severity: dict[str, str]


class Wizard(_Frozen):
    """The whole file."""

    rule_version: str
    questions: tuple[Question, ...]
    duties_from: dict[str, str]
    tiers: TierRule

    @model_validator(mode="after")
    def _leads_somewhere(self) -> "Wizard":
        ids = [item.id for item in self.questions]
        for position, item in enumerate(self.questions):
            later = {END, *ids[position + 1 :]}
            # Forwards only, so that every walk ends.
            if astray := {item.if_yes, item.if_no} - later:
                raise ValueError(
                    f"{item.id} leads to {', '.join(sorted(astray))}, which does not come after it"
                )
            if unknown := {item.class_if_yes, item.class_if_no, item.ask_if_class} - {"", *PRECEDENCE}:
                raise ValueError(f"{item.id} names the unknown class {', '.join(sorted(unknown))}")
        if len(set(ids)) < len(ids):
            raise ValueError("two questions have the same id")
        if set(self.tiers.eu_class) != set(PRECEDENCE):
            raise ValueError(f"tiers.eu_class names each of {', '.join(PRECEDENCE)} once")
        rows = (row for rule in self.tiers.model_dump().values() for row in rule.values())
        if strange := set(rows) - set(TIERS):
            raise ValueError(f"tiers names {', '.join(sorted(strange))}; a tier is one of {', '.join(TIERS)}")
        return self

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


@dataclass(frozen=True)
class _Step:
    question: Question
    answer: str

    @property
    def holds(self) -> bool:
        return (self.question.unsure_counts_as if self.answer == UNSURE else self.answer) == YES

    @property
    def found(self) -> str:
        return self.question.class_if_yes if self.holds else self.question.class_if_no


def settled(answers: Mapping[str, str]) -> dict[str, str]:
    """Answers with each question that is asked item by item (`Q8-4`) answered as a whole too.

    Yes if any item is yes, else unsure if any is; no only if every item is no, because silence about a prohibited
    practice is no answer. Where the question was also answered as a whole, the stricter of both counts.
    """
    whole = dict(answers)
    for question in wizard().questions:
        if not question.per_item:
            continue
        given = [answers.get(question.item_key(item)) for item in question.items]
        heard = {answer for answer in given if answer in (YES, UNSURE)} | {answers.get(question.id)}
        if all(answer == NO for answer in given):
            heard.add(NO)
        if strictest := next((answer for answer in (YES, UNSURE, NO) if answer in heard), None):
            whole[question.id] = strictest
    return whole


def _walk(answers: Mapping[str, str]) -> Iterator[_Step]:
    """The questions these answers lead through; the last has an empty answer if it is open."""
    found: set[str] = set()
    id = wizard().questions[0].id
    while id != END:
        question = wizard().question(id)
        if question.ask_if_class and question.ask_if_class not in found:
            id = question.if_no
            continue
        answer = answers.get(id, "")
        step = _Step(question, answer if answer in (YES, NO, UNSURE) else "")
        yield step
        if not step.answer:
            return
        found.add(step.found)
        id = question.if_yes if step.holds else question.if_no


@dataclass(frozen=True)
class Conclusion:
    """One question on the way, how it was answered, and what followed from it."""

    question: Question
    answer: str
    counted_as: str
    eu_class: str
    flags: tuple[str, ...]


def conclusions(answers: Mapping[str, str]) -> tuple[Conclusion, ...]:
    """The way that these answers took through the questions, with what each step said about the system."""
    return tuple(
        Conclusion(
            step.question,
            step.answer,
            YES if step.holds else NO,
            step.found,
            step.question.flags_if_yes if step.holds else (),
        )
        for step in _walk(settled(answers))
        if step.answer
    )


def path(answers: Mapping[str, str]) -> tuple[str, ...]:
    """Ids of the questions that these answers lead through, in order; the last may be unanswered."""
    return tuple(step.question.id for step in _walk(settled(answers)))


def next_question(answers: Mapping[str, str]) -> Question | None:
    """The first question that these answers leave open, or None when they suffice."""
    return next((step.question for step in _walk(settled(answers)) if not step.answer), None)


def classify(answers: Mapping[str, str]) -> Outcome:
    """The outcome of complete answers (Regulation (EU) 2024/1689, Arts 2, 5, 6, 50, 51; Annexes I and III).

    Answers are yes, no or unsure by question id (`Q8`) or item (`Q8-4`); those off the path do not count. Raises
    Refused naming the question that is still open.
    """
    steps = tuple(_walk(settled(answers)))
    if not steps[-1].answer:
        still_open = steps[-1].question
        raise Refused(f"Question {still_open.id} is open: {still_open.ask}", field="answers")
    found = {step.found for step in steps} - {""} or {"minimal"}
    headline = next(name for name in PRECEDENCE if name in found)
    flags = [flag for step in steps if step.holds for flag in step.question.flags_if_yes]
    return Outcome(
        headline=headline,
        classes=tuple(name for name in PRECEDENCE if name in found),
        flags=tuple(dict.fromkeys(flags)),
        duties_from=_duties_from(headline, steps, answers),
        provisional=any(step.answer == UNSURE for step in steps),
        rule_version=wizard().rule_version,
    )


def _duties_from(headline: str, steps: tuple[_Step, ...], answers: Mapping[str, str]) -> str:
    """The day duties of the class begin; a prohibition added later begins later, unless an older one applies too."""
    general = wizard().duties_from.get(headline, "")
    decisive = [step.question for step in steps if step.found == headline]
    named = [
        item.applies_from or general
        for question in decisive
        for item in question.items
        if answers.get(question.item_key(item)) in (YES, UNSURE)
    ]
    return min(named, default=general)


def tier(
    headline: str,
    *,
    flags: tuple[str, ...] = (),
    autonomy: str | None = None,
    residual: str | None = None,
    impact_severity: int | None = None,
) -> tuple[str, str]:
    """The own tier (critical, high, moderate or low) and which fact decided it: the highest of all rows counts.

    None means that a fact is not known yet. Raises KeyError for a fact the catalogue does not know.
    """
    rule = wizard().tiers
    rows = [(rule.eu_class[headline], f"EU class {headline}")]
    rows += [(rule.flags[flag], f"EU duty {flag}") for flag in flags if flag in rule.flags]
    if autonomy is not None:
        rows.append((rule.autonomy[autonomy], f"autonomy {autonomy}"))
    if residual is not None:
        rows.append((rule.residual[residual], f"residual risk {residual}"))
    if impact_severity is not None:
        rows.append((rule.impact_severity[str(impact_severity)], f"impact severity {impact_severity}"))
    found, why = min(rows, key=lambda row: TIERS.index(row[0]))
    return found, why.replace("_", " ")
