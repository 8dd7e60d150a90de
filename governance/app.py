"""Builds the web application: blueprints in one visible list, extensions, validation of everything that can be wrong at start."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from flask import Blueprint, g, request
from flask_bootstrap import Bootstrap5
from flask_login import current_user
from jinja2 import FileSystemLoader

from governance import rooms
from governance.access import policy, verbs
from governance.core import catalogs, checks, paths
from governance.core.database import Database
from governance.core.settings import Settings
from governance.external_audits import door
from governance.systems.stages import lifecycle
from governance.trail.moments import Moments
from governance.web import errors, i18n, security, templating, then
from governance.web.application import Application
from governance.web.then import LookingBack

# The order is the order of the navigation.
BLUEPRINTS = (
    "governance.home",
    "governance.systems.views",
    "governance.systems.third_party_views",
    "governance.systems.gate_views",
    "governance.systems.classification_views",
    "governance.systems.tier_views",
    "governance.data_sets.views",
    "governance.systems.import_views",
    "governance.assessments.views",
    "governance.impacts.views",
    "governance.consultations.views",
    "governance.values.shared_views",
    "governance.consultations.participation_views",
    "governance.consultations.take_part_views",
    "governance.consultations.stakeholder_views",
    "governance.values.views",
    "governance.indicators.views",
    "governance.indicators.measuring_views",
    "governance.audits.views",
    "governance.programmes.views",
    "governance.external_audits.views",
    "governance.external_audits.request_views",
    "governance.external_audits.room_views",
    "governance.audits.calendar_views",
    "governance.audits.calendar_feed_views",
    "governance.audits.schedule_views",
    "governance.audits.planning_views",
    "governance.audits.sample_views",
    "governance.improvement.views",
    "governance.incidents.views",
    "governance.incidents.concern_views",
    "governance.signoffs.views",
    "governance.evidence.views",
    "governance.controls.views",
    "governance.controls.framework_views",
    "governance.controls.statement_views",
    "governance.controls.audit_views",
    "governance.packs.audit_views",
    "governance.packs.sheet_views",
    "governance.packs.bag_views",
    "governance.packs.views",
    "governance.packs.changes_views",
    "governance.jobs.views",
    "governance.jobs.past_views",
    "governance.trail.views",
    "governance.organisation.views",
    "governance.organisation.review_views",
    "governance.access.views",
    "governance.notifications.views",
    "governance.notifications.outbox_views",
    "governance.web.language_views",
)

# Doors for programs, without a CSRF token: they want a bearer token, or a signed one in the address, which no other site knows.
API_BLUEPRINTS = ("governance.indicators.api", "governance.notifications.unsubscribe_views")

# Groups with a heading and their pages.
NAVIGATION: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("", (("Home", "/"), ("My work", "/my-work"), ("Notifications", "/notifications"))),
    (
        "Register",
        (
            ("AI systems", "/systems"),
            ("Data sets", "/data-sets"),
            ("Third parties", "/third-parties"),
            ("Imports", "/imports"),
        ),
    ),
    (
        "Assess",
        (
            ("Risk assessments", "/risk-assessments"),
            ("Impact assessments", "/impact-assessments"),
            ("Consultations", "/consultations"),
            ("Stakeholders", "/stakeholders"),
            ("Affected groups", "/affected-groups"),
        ),
    ),
    (
        "Values",
        (
            ("Values", "/values"),
            ("Red lines", "/red-lines"),
            ("Indicators", "/indicators"),
            ("Tensions", "/tensions"),
        ),
    ),
    (
        "Audit",
        (
            ("Audit programmes", "/audit-programmes"),
            ("Coverage", "/audit-coverage"),
            ("Audits", "/audits"),
            ("Calendar", "/calendar"),
            ("Audit schedules", "/audit-schedules"),
            ("External audits", "/external-audits"),
            ("Auditors' requests", "/audit-requests"),
            ("Findings", "/findings"),
            ("Corrective actions", "/corrective-actions"),
            ("Incidents", "/incidents"),
            ("Concerns", "/concerns"),
        ),
    ),
    (
        "Prove",
        (
            ("Dry audit", "/dry-audit"),
            ("Readiness", "/readiness"),
            ("Controls", "/controls"),
            ("Frameworks", "/frameworks"),
            ("Statement of applicability", "/statements-of-applicability"),
            ("Evidence", "/evidence"),
            ("Sign-offs", "/sign-offs"),
            ("Evidence packs", "/packs"),
            ("Management-system packs", "/system-packs"),
            ("Audit packs", "/audit-packs"),
            ("Audit trail", "/trail"),
            ("As it was", "/as-of"),
            ("What changed", "/changes"),
        ),
    ),
    (
        "Organisation",
        (
            ("Policies", "/policies"),
            ("Objectives", "/objectives"),
            ("Competence", "/competence"),
            ("Management reviews", "/management-reviews"),
            ("People", "/people"),
            ("Tokens", "/tokens"),
            ("Outbox", "/outbox"),
            ("Webhooks", "/webhooks"),
        ),
    ),
)


# All that an external auditor has (governance/external_audits/door.py).
ROOM: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (("", (("Auditor's room", "/auditors-room"),)),)


# Pages that are not for everybody to read, with what one has to be allowed to do there.
_ONLY = {"/outbox": "notifications.send_again", "/webhooks": "webhooks.add"}


class StartError(Exception):
    """Configuration and program disagree; the message says where."""


def create_app(settings: Settings, database: Database | None = None) -> Application:
    """The application for these settings. Raises StartError, CatalogError or PolicyError instead of starting wrong."""
    rooms.open_all()
    validate()
    app = Application("governance.web", template_folder=None)
    app.settings = settings
    app.database = database or Database(settings.database_url)
    # An external auditor sees what is shared now, and no day on which more was.
    app.looking_back = LookingBack(Moments(settings.moments_dir), lambda actor: not door.is_external(actor))
    app.jinja_loader = FileSystemLoader(paths.templates_dir())
    app.config.update(BOOTSTRAP_SERVE_LOCAL=True)
    Bootstrap5(app)
    security.install(app)
    door.install(app)
    errors.install(app)
    templating.install(app)
    i18n.install(app)
    for blueprint in blueprints():
        app.register_blueprint(blueprint)
    for name in API_BLUEPRINTS:
        programs = import_module(name).blueprint
        app.register_blueprint(programs)
        app.extensions["csrf"].exempt(programs)
    app.context_processor(_page_context)
    return app


def blueprints() -> Iterator[Blueprint]:
    """The blueprints of all rooms."""
    for name in BLUEPRINTS:
        yield import_module(name).blueprint


def validate() -> None:
    """Check all configuration against the program."""
    catalogs.load_all()
    policy.validate(frozenset(verbs.verbs()))
    unknown = lifecycle().check_ids - {item.id for item in checks.every()}
    if unknown:
        raise StartError(
            f"config/lifecycle.yaml asks checks that no room declares: {', '.join(sorted(unknown))}."
        )


def _page_context() -> dict[str, Any]:
    actor = getattr(current_user, "actor", None)
    external = door.is_external(actor)
    navigation = ROOM if external else tuple((name, _allowed(actor, group)) for name, group in NAVIGATION)
    pages = [url for _, group in navigation for _, url in group]
    active = max((url for url in pages if _is_at(url)), key=len, default="")
    return {
        "navigation": navigation,
        "searchable": not external,
        "active": active,
        "actor": actor,
        "looking_back": then.shown(),
        "can": _can,
    }


def _can(action: str, record: Any = None) -> bool:
    # In the past nothing can be done, so no button says so; what one may read is asked as ever.
    if then.shown() is not None and action in verbs.verbs():
        return False
    return policy.may(g.get("actor") or getattr(current_user, "actor", None), action, record)


def _allowed(actor: Any, group: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name, url) for name, url in group if url not in _ONLY or policy.may(actor, _ONLY[url]))


def _is_at(url: str) -> bool:
    return request.path == url or (url != "/" and request.path.startswith(url + "/"))
