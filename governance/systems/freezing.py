"""What other rooms ask before a version is frozen; they stand above the register, so they declare it here."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from governance.systems.models import SystemVersion

Question = Callable[[Session, SystemVersion], str]
_questions: list[Question] = []


def before_freeze(question: Question) -> Question:
    """Declare what a room asks of a version; it answers with why it must not be frozen, or an empty text."""
    _questions.append(question)
    return question


def objections(session: Session, version: SystemVersion) -> tuple[str, ...]:
    """Everything that stands against freezing this version."""
    return tuple(text for question in _questions if (text := question(session, version)))
