"""What a gate or an auditor asks about the register entry itself."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, exists, literal, or_, select
from sqlalchemy.orm import aliased

from governance.core.checks import check
from governance.core.records import Link, Record
from governance.evidence.models import Evidence, EvidenceKind, EvidenceState
from governance.evidence.service import LINK_ROLE
from governance.systems.classification import wizard
from governance.systems.models import (
    AiSystem,
    Answer,
    Classification,
    ClassificationState,
    EuClass,
    Scope,
    Sourcing,
    StageBasis,
    Status,
    SystemVersion,
    VersionState,
)
from governance.systems.supplier_models import SystemSupplier

_EDIT = "/systems/{reference}/edit"
_CLASSIFY = "/systems/{reference}/classify"


def failing(condition: ColumnElement[bool], detail: ColumnElement[str] | str = "") -> Select[Any]:
    """SELECT of the systems for which the condition holds, in the shape that checks return."""
    text = literal(detail) if isinstance(detail, str) else detail
    columns: Any = select(AiSystem.id, Record.reference, text.label("detail"))
    statement: Select[Any] = columns.select_from(AiSystem).where(condition)
    return statement


def _empty_list(column: Any) -> ColumnElement[bool]:
    return cast(column, String).in_(("[]", "null"))


@check(
    "systems.owner",
    clause="A.3.2",
    severity="critical",
    title="An accountable owner",
    fix=_EDIT + "#owner_id",
)
def no_owner(today: date) -> Select[Any]:
    """Nobody answers for the system (INV-SYS1)."""
    return failing(AiSystem.owner_id.is_(None))


@check(
    "systems.owner_accepted",
    clause="5.3, A.3.2",
    severity="major",
    title="The owner accepted",
    fix="/systems/{reference}",
)
def owner_has_not_accepted(today: date) -> Select[Any]:
    """The accountable owner of a registered system changed and the new one has not accepted (INV-SYS1)."""
    return failing(
        AiSystem.owner_id.is_not(None)
        & AiSystem.owner_accepted_at.is_(None)
        & AiSystem.state.in_((Status.REGISTERED, Status.ACTIVE, Status.SUSPENDED))
    )


@check(
    "systems.intended_purpose",
    clause="A.6.2.2, A.9.4",
    severity="major",
    title="An intended purpose",
    fix=_EDIT + "#intended_purpose",
)
def no_purpose(today: date) -> Select[Any]:
    """The register does not say what the system is for."""
    return failing(AiSystem.intended_purpose == "")


@check(
    "systems.excluded_uses",
    clause="A.9.4",
    severity="major",
    title="Excluded uses and misuse",
    fix=_EDIT + "#excluded_uses",
)
def no_excluded_uses(today: date) -> Select[Any]:
    """The register does not say what the system must not be used for."""
    return failing(AiSystem.excluded_uses == "")


@check(
    "systems.affected_groups",
    clause="A.5.4",
    severity="major",
    title="Affected groups of people",
    fix=_EDIT + "#affected_groups",
)
def no_affected_groups(today: date) -> Select[Any]:
    """No group of people affected is named."""
    return failing(_empty_list(AiSystem.affected_groups))


@check("systems.regions", clause="4.1", severity="minor", title="Regions of use", fix=_EDIT + "#regions")
def no_regions(today: date) -> Select[Any]:
    """No region of use is named, so nobody knows which law and which reading of values binds."""
    return failing(_empty_list(AiSystem.regions))


@check("systems.users", clause="A.9.2", severity="minor", title="Users", fix=_EDIT + "#users")
def no_users(today: date) -> Select[Any]:
    """The register does not say who works with it."""
    return failing(AiSystem.users == "")


@check(
    "systems.supplier_recorded",
    clause="A.10.3",
    severity="major",
    title="A third-party record",
    fix="/systems/{reference}/suppliers",
)
def no_supplier(today: date) -> Select[Any]:
    """The system is bought in, and no third party is recorded."""
    supplied = exists().where(SystemSupplier.system_id == AiSystem.id)
    return failing(AiSystem.sourcing.in_((Sourcing.SUPPLIER, Sourcing.MIXED)) & ~supplied)


@check(
    "systems.classification_run", clause="6.1.2", severity="major", title="A classification", fix=_CLASSIFY
)
def not_classified(today: date) -> Select[Any]:
    """The wizard was not run."""
    return failing(~exists(select(Classification.system_id).where(Classification.system_id == AiSystem.id)))


@check(
    "systems.classification_approved",
    clause="6.1.2",
    severity="major",
    title="An approved classification",
    fix=_CLASSIFY,
)
def classification_not_approved(today: date) -> Select[Any]:
    """No classification decision is approved and in force."""
    approved = select(Classification.system_id).where(
        Classification.system_id == AiSystem.id, Classification.state == ClassificationState.APPROVED
    )
    return failing(~exists(approved))


@check(
    "systems.not_prohibited",
    clause="EU AI Act Art. 5",
    severity="critical",
    title="Not a prohibited practice",
    fix=_CLASSIFY,
)
def prohibited(today: date) -> Select[Any]:
    """The classification says prohibited: only rejection or retirement is left (INV-SYS4)."""
    return failing(AiSystem.eu_class == EuClass.PROHIBITED)


@check(
    "systems.scope_decided",
    clause="4.3",
    severity="major",
    title="In or out of the AIMS scope",
    fix=_EDIT + "#scope",
)
def scope_undecided(today: date) -> Select[Any]:
    """Nobody decided whether the system is in the scope of the management system (INV-SCO1)."""
    return failing(AiSystem.scope == Scope.UNDECIDED)


@check(
    "systems.human_oversight",
    clause="A.9.2",
    severity="major",
    title="Human oversight designed",
    fix=_EDIT + "#human_oversight",
)
def no_oversight(today: date) -> Select[Any]:
    """The oversight mode or the fallback is missing."""
    return failing(AiSystem.human_oversight.is_(None) | (AiSystem.fallback == ""))


@check(
    "systems.version_frozen",
    clause="A.6.2.4",
    severity="major",
    title="A frozen version",
    fix="/systems/{reference}/versions",
)
def no_frozen_version(today: date) -> Select[Any]:
    """There is no current version, or it still changes, so tests and checks mean nothing fixed (INV-VER2)."""
    later = aliased(SystemVersion)
    newest = ~exists().where(
        later.system_id == SystemVersion.system_id,
        later.number > SystemVersion.number,
        later.state != VersionState.WITHDRAWN,
    )
    fixed = exists().where(
        SystemVersion.system_id == AiSystem.id,
        SystemVersion.state.in_((VersionState.FROZEN, VersionState.OPERATING)),
        newest,
    )
    return failing(~fixed)


@check(
    "systems.data_provenance",
    clause="A.7.5",
    severity="major",
    title="Provenance of the data",
    fix=_EDIT + "#data_provenance",
)
def no_provenance(today: date) -> Select[Any]:
    """The register does not say where the data comes from, or whether it is personal."""
    return failing((AiSystem.data_provenance == "") | (AiSystem.personal_data == Answer.UNKNOWN))


@check(
    "systems.next_review",
    clause="8.1",
    severity="minor",
    title="A date for the next review",
    fix=_EDIT + "#next_review_on",
)
def no_next_review(today: date) -> Select[Any]:
    """No next review is set, or it is past."""
    return failing(AiSystem.next_review_on.is_(None) | (AiSystem.next_review_on < today))


@check(
    "systems.declared_stage",
    clause="A.6.2.5",
    severity="major",
    title="A stage reached through gates",
    fix="/systems/{reference}/gates",
)
def stage_only_declared(today: date) -> Select[Any]:
    """The stage comes from an inventory; no gate shows that it was reached rightly."""
    return failing(AiSystem.stage_basis == StageBasis.DECLARED, "The stage is declared, not passed.")


@check(
    "systems.in_scope",
    clause="4.3",
    severity="major",
    title="In operation within the AIMS scope",
    fix=_EDIT + "#scope",
)
def outside_scope(today: date) -> Select[Any]:
    """The system is in operation and outside the scope of the management system."""
    return failing((AiSystem.state == Status.ACTIVE) & (AiSystem.scope == Scope.OUT_OF_SCOPE))


@check(
    "systems.classification_rules",
    clause="6.1.2, EU AI Act Art. 6",
    severity="major",
    title="Classified by the rules in force",
    fix=_CLASSIFY,
)
def classified_by_old_rules(today: date) -> Select[Any]:
    """The rules of the classification changed since the decision, or something material did: run it again."""
    old = exists(
        select(Classification.id).where(
            Classification.system_id == AiSystem.id,
            Classification.state.in_((ClassificationState.APPROVED, ClassificationState.TO_RECONFIRM)),
            or_(
                Classification.rule_version != wizard().rule_version,
                Classification.state == ClassificationState.TO_RECONFIRM,
            ),
        )
    )
    return failing(old)


@check(
    "systems.filter_documented",
    clause="EU AI Act Art. 6(4)",
    severity="critical",
    title="Why an Annex III system is not high-risk",
    fix=_CLASSIFY,
)
def filter_undocumented(today: date) -> Select[Any]:
    """The system was judged not high-risk by the filter of Art. 6(3) without a written reason (INV-CLA2)."""
    reasoned = exists(
        select(Classification.id).where(
            Classification.system_id == AiSystem.id,
            Classification.state == ClassificationState.APPROVED,
            Classification.headline == EuClass.NOT_HIGH_RISK_BY_FILTER,
            Classification.reasons != "",
        )
    )
    return failing((AiSystem.eu_class == EuClass.NOT_HIGH_RISK_BY_FILTER) & ~reasoned)


@check(
    "systems.filter_registered",
    clause="EU AI Act Art. 49(2)",
    severity="minor",
    title="Registration of an Annex III system judged not high-risk",
    fix="/evidence/new?for={reference}&kind=registration",
)
def filter_unregistered(today: date) -> Select[Any]:
    """Judged not high-risk by the filter, and no proof of registration is kept; whether it is due before 2027-12-02 is disputed."""
    proof = exists(
        select(Link.id)
        .join(Evidence, Evidence.id == Link.target_id)
        .where(Link.source_id == AiSystem.id, Link.role == LINK_ROLE)
        .where(Evidence.evidence_kind == EvidenceKind.REGISTRATION, Evidence.state == EvidenceState.APPROVED)
    )
    return failing((AiSystem.eu_class == EuClass.NOT_HIGH_RISK_BY_FILTER) & ~proof)
