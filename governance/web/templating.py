"""What templates may call: filters for dates, sizes and words, and our own drawings."""

from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

from flask import current_app
from markupsafe import Markup, escape

from governance.core import clock
from governance.core.hidden import visible
from governance.web import i18n
from governance.web.application import Application
from governance.web.forms import words

_WORDS = {
    "high_risk_annex_iii": "High-risk (Annex III)",
    "high_risk_annex_i_a": "High-risk (Annex I A)",
    "high_risk_annex_i_b": "High-risk (Annex I B)",
    "not_high_risk_by_filter": "Not high-risk by filter",
    "ai_system": "AI system",
    "design_development": "Design and development",
    "verification_validation": "Verification and validation",
    "operation_monitoring": "Operation and monitoring",
    "in_the_loop": "Human in the loop",
    "on_the_loop": "Human on the loop",
    "over_the_loop": "Human over the loop",
}


def install(app: Application) -> None:
    """Register the filters."""
    app.jinja_env.filters.update(
        words=spoken,
        day=day,
        moment=moment,
        ago=ago,
        bytes=size,
        short=short,
        svg=svg,
        shown=shown,
        typed=typed,
    )
    app.jinja_env.finalize = legible
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["today"] = clock.today


def english(value: object) -> str:
    """An enumeration's value or field name in English words; nothing as a dash."""
    text = str(getattr(value, "value", value) or "")
    return _WORDS.get(text, words(text)) if text else "–"


def spoken(value: object) -> str:
    """An enumeration's value or field name as people read it, in the reader's language."""
    return i18n.term(english(value))


def day(value: date | None) -> str:
    """A date in ISO order."""
    return value.isoformat()[:10] if value else "–"


def moment(value: datetime | None) -> str:
    """A moment in the installation's time zone, ISO order, to the minute, with the zone."""
    if value is None:
        return "–"
    zone = ZoneInfo(cast(Application, current_app).settings.zone)
    return value.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")


def ago(value: datetime | date | None) -> str:
    """How long ago, in the largest unit that fits."""
    if value is None:
        return "never"
    start = (
        value
        if isinstance(value, datetime)
        else datetime.combine(value, datetime.min.time(), clock.now().tzinfo)
    )
    days = (clock.now() - start).days
    if days < 0:
        return f"in {-days} days"
    if days == 0:
        return "today"
    return "yesterday" if days == 1 else f"{days} days ago"


def size(value: int) -> str:
    """Bytes in the unit people use."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value = value / 1000  # type: ignore[assignment]  # from here on a fraction
    return ""


def short(value: str) -> str:
    """The first twelve digits of a hash."""
    return value[:12]


def svg(drawing: str) -> Markup:
    """Our own drawing, which has escaped its texts itself."""
    return Markup(drawing)  # noqa: S704 - only core.charts output is given to it


def legible(value: object) -> object:
    """Last step of every expression on a page: characters that hide are shown by their code point, as in a pack.

    What is signed is bound letter by letter; who signs must see every letter.
    """
    return visible(value) if type(value) is str else value


def typed(value: object) -> Markup:
    """A text in a field, exactly as it was typed: what comes back from the field must be the same text."""
    return escape(value)


def shown(value: object) -> Markup:
    """Any stored value for reading: lists with commas, nothing as a dash, line breaks kept."""
    if value in (None, "", [], {}):
        return Markup("–")
    if isinstance(value, bool):
        return escape("yes" if value else "no")
    if isinstance(value, list):
        return escape(visible(", ".join(str(getattr(item, "value", item)) for item in value)))
    return escape(visible(str(getattr(value, "value", value))))
