"""One question of an internal audit per applicable control of the statement of applicability in force (9.2.1)."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from governance.audits import catalogue
from governance.audits.catalogue import Question
from governance.controls import queries
from governance.controls.frameworks import iso42001


@catalogue.further_questions
def of_applicable_controls(session: Session, of_systems: bool) -> Iterable[Question]:
    """Questions about the controls that apply; in an audit of systems only about those that each system answers."""
    statement = queries.in_force(session)
    if statement is None:
        return
    applicable = {item.control for item in statement.entries if item.applicable}
    for control in iso42001().controls:
        if control.id in applicable and (control.concerns_systems or not of_systems):
            yield Question(
                id=f"CTL-{control.id}",
                refs=(control.id,),
                question=f"{control.id} {control.title}: how is it carried out, and what shows that it works?",
                wanted=control.wanted,
                usual_grade="nc_minor",
            )
