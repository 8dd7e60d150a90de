"""config/improvement.yaml: grades with their days, what counts as a repeat, and how a root cause is found."""

import re
from datetime import date, timedelta
from functools import cache

from pydantic import BaseModel, ConfigDict, model_validator

from governance.core.catalogs import Catalog, catalog, declared

GRADES = ("major", "minor", "observation", "opportunity")
_SHORT = 5


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GradeRule(_Frozen):
    """What a grade means, and within how many days what is done about it."""

    say: str
    nonconformity: bool
    contain_within_days: int
    plan_within_days: int
    implement_within_days: int
    close_within_days: int
    effect_after_days: int

    @model_validator(mode="after")
    def _one_after_the_other(self) -> "GradeRule":
        steps = [
            self.contain_within_days,
            self.plan_within_days,
            self.implement_within_days,
            self.close_within_days,
        ]
        if steps != sorted(steps):
            raise ValueError("contain, plan, implement and close follow each other")
        if self.implement_within_days + self.effect_after_days > self.close_within_days:
            raise ValueError("the effect is checked before the finding is to be closed")
        return self


class RepeatRule(_Frozen):
    """Which earlier findings are repeated, and how much graver the repeat is."""

    within_months: int
    grades_higher: int


class RootCauseRule(_Frozen):
    """Methods and classes of causes, and what is never the last why."""

    methods: tuple[str, ...]
    classes: tuple[str, ...]
    never_last: tuple[str, ...]


class ImprovementRules(_Frozen):
    """The whole file."""

    grades: dict[str, GradeRule]
    repeats: RepeatRule
    root_cause: RootCauseRule

    @model_validator(mode="after")
    def _names_every_grade(self) -> "ImprovementRules":
        if tuple(self.grades) != GRADES:
            raise ValueError(f"grades are {', '.join(GRADES)}, the gravest first")
        return self

    def grade_of_repeat(self, earlier: str) -> str:
        """The lowest grade that a repeat of a finding of this grade may have."""
        return GRADES[max(GRADES.index(earlier) - self.repeats.grades_higher, 0)]

    def blames(self, cause: str) -> bool:
        """Whether a cause only blames: it is one of the phrases, or little more than one."""
        plain = " ".join(re.findall(r"[\w'’]+", cause.casefold()))
        return len(plain.split()) <= _SHORT and any(phrase in plain for phrase in self.root_cause.never_last)


@cache
def _file() -> Catalog[ImprovementRules]:
    return catalog("improvement.yaml", ImprovementRules)


@declared
def rules() -> ImprovementRules:
    """The rules in force."""
    return _file().value


def rules_hash() -> str:
    """SHA-256 of the rules in force, which each finding keeps."""
    return _file().hash


def is_graver(grade: str, than: str) -> bool:
    """Whether a grade is graver than another."""
    return GRADES.index(grade) < GRADES.index(than)


def due(issued: date, grade: str, step: str) -> date:
    """The day by which `contain`, `plan`, `implement` or `close` is due for a finding issued on a day."""
    return issued + timedelta(days=int(getattr(rules().grades[grade], f"{step}_within_days")))
