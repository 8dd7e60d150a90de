"""What an imported inventory can fill in: the fields of an AI system, the topics of claims, and their
allowed words.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How the cell of a target is read."""

    LINE = "one line of text"
    TEXT = "text"
    CHOICE = "one word of a list"
    LIST = "list"
    CHOICES = "list of words of a list"
    DATE = "partial date"
    FLAG = "yes or no"


@dataclass(frozen=True)
class Target:
    """One field of an AI system: how it is read, its longest text in characters (each item, for lists), its
    words.
    """

    kind: Kind
    longest: int = 20_000
    words: tuple[str, ...] = ()


_LINE = Target(Kind.LINE, 500)
_TEXT = Target(Kind.TEXT)
_LIST = Target(Kind.LIST, 300)

STAGES = (
    "inception",
    "design_development",
    "verification_validation",
    "deployment",
    "operation_monitoring",
    "retirement",
)

TARGETS: dict[str, Target] = {
    "name": Target(Kind.LINE, 300),
    "description": _TEXT,
    "intended_purpose": _TEXT,
    "benefits": _TEXT,
    "excluded_uses": _TEXT,
    "outputs": _TEXT,
    "techniques": _LIST,
    "unit": Target(Kind.LINE, 300),
    "organisation": Target(Kind.LINE, 200),
    "sector": Target(Kind.LINE, 200),
    "regions": _LIST,
    "languages": _LIST,
    "users": _TEXT,
    "affected_groups": _LIST,
    "org_roles": Target(Kind.CHOICES, 20, ("provider", "producer", "deployer", "customer", "partner")),
    "sourcing": Target(Kind.CHOICE, 20, ("in_house", "supplier", "open_source", "mixed")),
    "human_oversight": Target(Kind.CHOICE, 20, ("in_the_loop", "on_the_loop", "over_the_loop", "none")),
    "autonomy": Target(
        Kind.CHOICE,
        40,
        ("acts_alone_legal_effect", "acts_alone_minor_effect", "human_decides", "advice_only"),
    ),
    "decision_effect": _TEXT,
    "fallback": _TEXT,
    "appeal_route": _TEXT,
    "data_description": _TEXT,
    "personal_data": Target(Kind.FLAG, 5, ("yes", "no")),
    "special_category_data": Target(Kind.FLAG, 5, ("yes", "no")),
    "demographic_features": _LIST,
    "data_provenance": _TEXT,
    "interfaces": _TEXT,
    "operational_since": Target(Kind.DATE, 40),
    "retired_on": Target(Kind.DATE, 40),
    "external_ids": _LIST,
    "contact": _LINE,
    "stage": Target(Kind.CHOICE, 40, STAGES),
    "declared_class": Target(Kind.LINE, 60),
    "declared_tier": Target(Kind.CHOICE, 10, ("critical", "high", "moderate", "low")),
    "version_label": Target(Kind.LINE, 100),
}

TOPICS = (
    "impact_assessment",
    "testing",
    "independent_review",
    "monitoring",
    "training",
    "fail_safe",
    "appeal",
    "consultation",
    "authorisation",
    "disparity_mitigation",
    "notice",
    "opt_out",
)

ANSWERS = ("yes", "in_progress", "no", "not_applicable", "waived", "unclear")

YES_WORDS = frozenset(["yes", "y", "true", "1", "x", "ja", "oui", "si", "sí", "sim", "tak", "igen"])
NO_WORDS = frozenset(["no", "n", "false", "0", "nee", "nein", "non", "não", "nie", "nem"])
