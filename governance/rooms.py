"""Imports every room once, so that tables, verbs, checks and jobs are complete wherever the program starts."""

from importlib import import_module
from importlib.util import find_spec

ROOMS = (
    "core", "trail", "access", "jobs", "notifications", "evidence", "signoffs", "organisation", "systems", "improvement", "data_sets",
    "incidents", "consultations", "values", "indicators", "assessments", "impacts", "audits", "external_audits", "controls", "programmes", "packs",
)  # fmt: skip
_TABLES = (
    "models",
    "calendar_models",
    "conduct_models",
    "import_models",
    "participation_models",
)
_DOORS = (
    "service",
    "sharing",
    "requests",
    "actions",
    "team",
    "planning",
    "samples",
    "drafts",
    "audit_questions",
    "shared",
    "tensions",
    "tokens",
    "concerns",
    "reviews",
    "review_inputs",
    "third_parties",
    "third_party_checks",
    "tiers",
    "lifecycle",
    "imports",
    "queries",
    "checks",
    "duties",
    "reminders",
    "jobs",
    "import_jobs",
    "stakeholders",
    "participation",
    "decisions",
    "calendar_feeds",
    "audit_service",
)


def load_tables() -> None:
    """Import every table of every room."""
    _import(_TABLES)


def open_all() -> None:
    """Import the doors of every room that declare something by being imported: tables, verbs, checks, jobs."""
    import_module("governance.core.search")
    import_module("governance.trail.capture")
    load_tables()
    _import(_DOORS)


def _import(doors: tuple[str, ...]) -> None:
    for room in ROOMS:
        for door in doors:
            name = f"governance.{room}.{door}"
            if find_spec(name) is not None:
                import_module(name)
