"""Inputs about AI systems; labels and help stand here and are shown by form, API and import alike."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from governance.access.schemas import Command
from governance.systems.models import Answer, Autonomy, Oversight, Scope, Sourcing

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=400)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=2000)]


def _area(group: str, rows: int = 3, **extra: Any) -> dict[str, Any]:
    return {"widget": "textarea", "rows": rows, "group": group, **extra}


WHAT, WHO, OVERSIGHT, DATA, AIMS = (
    "What it is",
    "People",
    "Oversight",
    "Data and supply",
    "In the management system",
)
_TEXT = 20_000


class SystemDetails(Command):
    """What the register says about a system; everything but the name may come later, and the gates will ask for it."""

    title: Name = Field(title="Name", json_schema_extra={"group": WHAT})
    description: str = Field("", title="Description", max_length=_TEXT, json_schema_extra=_area(WHAT))
    intended_purpose: str = Field(
        "", title="Intended purpose", max_length=_TEXT,
        description="What it is for, for whom and in which setting (A.6.2.2, A.9.4).", json_schema_extra=_area(WHAT),
    )  # fmt: skip
    benefits: str = Field("", title="Expected benefits", max_length=_TEXT, json_schema_extra=_area(WHAT, 2))
    excluded_uses: str = Field(
        "", title="Excluded uses and foreseeable misuse", max_length=_TEXT,
        description="What it must not be used for, and how it might be all the same.", json_schema_extra=_area(WHAT),
    )  # fmt: skip
    outputs: str = Field("", title="Outputs", max_length=_TEXT, json_schema_extra=_area(WHAT, 2))
    techniques: list[str] = Field(default_factory=list, title="Techniques", json_schema_extra={"group": WHAT})
    organisation: str = Field("", title="Organisation", max_length=200, json_schema_extra={"group": WHO})
    unit: str = Field("", title="Organisation unit", max_length=400, json_schema_extra={"group": WHO})
    owner_id: int | None = Field(
        None, title="Accountable owner", description="Exactly one person answers for it (A.3.2).",
        json_schema_extra={"widget": "select", "group": WHO},
    )  # fmt: skip
    technical_owner_id: int | None = Field(
        None, title="Technical owner", json_schema_extra={"widget": "select", "group": WHO}
    )
    users: str = Field(
        "", title="Users", max_length=_TEXT, description="Who works with it.", json_schema_extra=_area(WHO, 2)
    )
    affected_groups: list[str] = Field(
        default_factory=list, title="Affected groups of people",
        description="One a line. Everybody whom it can help or harm, consulted or not (A.5.4).",
        json_schema_extra={"group": WHO},
    )  # fmt: skip
    regions: list[str] = Field(default_factory=list, title="Regions of use", json_schema_extra={"group": WHO})
    languages: list[str] = Field(default_factory=list, title="Languages", json_schema_extra={"group": WHO})
    sector: str = Field("", title="Sector", max_length=400, json_schema_extra={"group": WHO})
    autonomy: Autonomy | None = Field(
        None, title="Who decides", description="What the system does by itself decides about the tier.",
        json_schema_extra={"group": OVERSIGHT},
    )  # fmt: skip
    decision_effect: str = Field(
        "", title="Significance of its decisions", max_length=_TEXT, json_schema_extra=_area(OVERSIGHT, 2)
    )
    human_oversight: Oversight | None = Field(
        None, title="Human oversight", json_schema_extra={"group": OVERSIGHT}
    )
    fallback: str = Field("", title="Fallback", max_length=_TEXT, json_schema_extra=_area(OVERSIGHT, 2))
    appeal_route: str = Field(
        "", title="Appeal route", max_length=_TEXT, description="How a person affected can contest an outcome.",
        json_schema_extra=_area(OVERSIGHT, 2),
    )  # fmt: skip
    data_description: str = Field("", title="Data used", max_length=_TEXT, json_schema_extra=_area(DATA))
    data_provenance: str = Field(
        "", title="Provenance of the data", max_length=_TEXT, description="Where it comes from and by which right (A.7.5).",
        json_schema_extra=_area(DATA, 2),
    )  # fmt: skip
    personal_data: Answer = Field(Answer.UNKNOWN, title="Personal data", json_schema_extra={"group": DATA})
    special_category_data: Answer = Field(
        Answer.UNKNOWN, title="Special-category data", json_schema_extra={"group": DATA}
    )
    demographic_features: list[str] = Field(
        default_factory=list, title="Demographic features used", json_schema_extra={"group": DATA}
    )
    sourcing: Sourcing | None = Field(None, title="Sourcing", json_schema_extra={"group": DATA})
    interfaces: str = Field("", title="Interfaces", max_length=_TEXT, json_schema_extra=_area(DATA, 2))
    operational_since: str = Field(
        "", title="In operation since", max_length=40, json_schema_extra={"group": AIMS}
    )
    contact: str = Field("", title="Contact", max_length=400, json_schema_extra={"group": AIMS})
    org_roles: list[str] = Field(
        default_factory=list, title="Our roles", description="provider, producer, deployer, customer or partner; one a line.",
        json_schema_extra={"group": AIMS},
    )  # fmt: skip
    scope: Scope = Field(
        Scope.UNDECIDED, title="In the scope of the management system", description="Clause 4.3 asks for a decision.",
        json_schema_extra={"group": AIMS},
    )  # fmt: skip
    scope_reason: str = Field("", title="Why in or out", max_length=2000, json_schema_extra=_area(AIMS, 2))
    next_review_on: date | None = Field(None, title="Next review", json_schema_extra={"group": AIMS})
    external_ids: list[str] = Field(
        default_factory=list, title="Ids elsewhere", json_schema_extra={"group": AIMS}
    )


class RegisterSystem(SystemDetails):
    """Log a system; only its name is needed now."""


class EditSystem(SystemDetails):
    """Change what the register says; material changes mark what must be looked at again (INV-SYS5)."""

    version: int = Field(json_schema_extra={"widget": "hidden"})
    reason: str = Field("", title="Reason for the change", max_length=2000, json_schema_extra={"group": AIMS})


class AddVersion(Command):
    """A release or configuration of the system."""

    label: str = Field(title="Version", min_length=1, max_length=100)
    what_changed: str = Field(
        title="What changed", min_length=3, max_length=_TEXT, json_schema_extra={"widget": "textarea"}
    )
    material: bool = Field(
        False,
        title="Material change",
        description="Purpose, data, model, autonomy, region or supplier: assessments are due again.",
    )
    artefact_hash: str = Field("", title="Hash of the artefact", max_length=128)
    link: str = Field("", title="Model card or release", max_length=1000)
    released_on: date | None = Field(None, title="Released on")
    version: int = Field(json_schema_extra={"widget": "hidden"})


class AddSupplier(Command):
    """A third party and what it supplies to this system."""

    name: Name = Field(
        title="Third party", description="A known name is found again, however it is spelled in capitals."
    )
    supplies: str = Field("", title="Supplies", max_length=400)
    version: int = Field(json_schema_extra={"widget": "hidden"})


class Classify(Command):
    """The wizard's answers; the result is computed, never typed (INV-CLA1)."""

    answers: dict[str, str]
    reasons: str = Field("", title="Reasons", max_length=_TEXT, json_schema_extra={"widget": "textarea"})


class OverrideTier(Command):
    """A tier other than the computed one, with its reason, shown as an override (INV-SYS7)."""

    tier: str = Field(title="Tier")
    reason: Reason = Field(title="Reason", json_schema_extra={"widget": "textarea"})
    version: int = Field(json_schema_extra={"widget": "hidden"})


class AskWaiver(Command):
    """Ask to pass a gate without one required item, for a limited time."""

    check_id: str = Field(title="Item", json_schema_extra={"widget": "select"})
    reason: Reason = Field(title="Reason", json_schema_extra={"widget": "textarea"})
    compensating_measure: Reason = Field(
        title="Compensating measure", json_schema_extra={"widget": "textarea"}
    )
    expires_on: date = Field(title="Expires on", description="At most 90 days ahead.")


class RefuseGate(Command):
    """Decide against the gate."""

    reason: Reason = Field(title="Reason", json_schema_extra={"widget": "textarea"})
    version: int = Field(json_schema_extra={"widget": "hidden"})


class Suspend(Command):
    """Take a system out of operation until its cause is settled."""

    reason: Reason = Field(title="Reason", json_schema_extra={"widget": "textarea"})
    version: int = Field(json_schema_extra={"widget": "hidden"})
