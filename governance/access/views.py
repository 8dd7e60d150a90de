"""Pages of signing in and out, of one's own password, and of people."""

from typing import cast

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user

from governance.access import passwords, queries, service
from governance.access.models import Person
from governance.access.policy import policy
from governance.access.schemas import AddPerson, ChangeLine, ChangeRoles, ChoosePassword, Leave, SignIn
from governance.core.errors import DomainError
from governance.web.application import Application, done, form_page
from governance.web.forms import Form
from governance.web.security import SignedInPerson, client_address, local_target

blueprint = Blueprint("access", __name__)


def _app() -> Application:
    return cast(Application, current_app)


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """Sign in with address and password; tries are counted and slowed down."""
    if current_user.is_authenticated:
        return redirect(url_for("home.home"))
    form = Form(SignIn, request.form if request.method == "POST" else None)
    if request.method == "POST" and form.valid:
        try:
            return _open(form.value)
        except DomainError as error:
            form.add_error("", error.message)
            return render_template("access/sign_in.html", form=form), error.status
    return render_template("access/sign_in.html", form=form), 422 if form.errors else 200


def _open(data: SignIn) -> ResponseReturnValue:
    # In transactions of its own: a failed try must be kept although the page refuses.
    database, address = _app().database, client_address()
    with database.transaction(readonly=True) as reading:
        service.refuse_guessing(reading, data.email, address)
        person = queries.by_email(reading, data.email)
        active = person is not None and person.is_active
    right = passwords.matches(
        person.password_hash if person and active else "", data.password.get_secret_value()
    )
    with database.transaction() as writing:
        service.record_attempt(writing, data.email, address, succeeded=right)
        opened = None
        if right and person is not None:
            found = queries.person(writing, person.id)
            opened = service.open_session(writing, found, _app().settings.session_hours)
    if opened is None:
        raise service.WrongCredentials("Address or password is wrong.")
    # A new session from here on, so that one planted before signing in is worth nothing.
    session.clear()
    login_user(SignedInPerson(opened.token, opened.actor, opened.must_change_password))
    return redirect(local_target(request.args.get("next"), url_for("home.home")), 303)


@blueprint.route("/sign-out", methods=["POST"])
def sign_out() -> ResponseReturnValue:
    """End the session on the server too."""
    service.close_session(g.session, current_user.get_id())
    logout_user()
    session.clear()
    return redirect(url_for("access.sign_in"), 303)


@blueprint.route("/password", methods=["GET", "POST"])
def choose_password() -> ResponseReturnValue:
    """Choose one's own password."""
    form = Form(ChoosePassword, request.form if request.method == "POST" else None)
    if request.method == "POST" and form.valid:
        service.choose_password(g.session, form.value)
        flash("Your password is changed.", "success")
        return redirect(url_for("home.home"), 303)
    return render_template("access/password.html", form=form), 422 if form.errors else 200


@blueprint.route("/people")
def people() -> ResponseReturnValue:
    """Everybody and their roles."""
    return render_template("access/people.html", people=queries.people(g.session), roles=policy().value.roles)


@blueprint.route("/people/new", methods=["GET", "POST"])
def add_person() -> ResponseReturnValue:
    """Add a person; their one-time password is shown once."""
    form = Form(
        AddPerson, request.form if request.method == "POST" else None, choices={"roles": _role_choices()}
    )
    if request.method == "POST" and form.valid:
        person = service.add_person(g.session, form.value)
        one_time = service.reset_password(g.session, person)
        return render_template("access/one_time_password.html", person=person, one_time=one_time)
    return render_template("access/edit.html", form=form, title="Add a person"), 422 if form.errors else 200


@blueprint.route("/people/<int:person_id>", methods=["GET", "POST"])
def person(person_id: int) -> ResponseReturnValue:
    """One person: roles, and their history."""
    found = queries.person(g.session, person_id)
    initial = {"roles": sorted(found.roles), "version": found.version}
    form = Form(
        ChangeRoles,
        request.form if request.method == "POST" else None,
        initial=initial,
        choices={"roles": _role_choices()},
    )
    if request.method == "POST" and form.valid:
        service.change_roles(g.session, found, form.value)
        flash(f"{found.name} holds these roles now.", "success")
        return redirect(url_for("access.person", person_id=person_id), 303)
    leave = Form(Leave, None, initial={"version": found.version})
    return render_template(
        "access/person.html", person=found, form=form, leave=leave, superior=_superior(found)
    ), 422 if form.errors else 200


@blueprint.route("/people/<int:person_id>/line", methods=["GET", "POST"])
def change_line(person_id: int) -> ResponseReturnValue:
    """Whom a person reports to."""
    found = queries.person(g.session, person_id)
    form = Form(
        ChangeLine,
        request.form if request.method == "POST" else None,
        initial={"reports_to_id": found.reports_to_id, "version": found.version},
        choices={"reports_to_id": queries.choices(g.session)},
    )
    back = url_for("access.person", person_id=person_id)
    if form.valid and done(form, lambda: service.change_line(g.session, found, form.value)):
        return redirect(back, 303)
    return form_page("Whom they report to", form, back, found.name)


@blueprint.route("/people/<int:person_id>/leave", methods=["POST"])
def leave(person_id: int) -> ResponseReturnValue:
    """Record that a person leaves."""
    found = queries.person(g.session, person_id)
    form = Form(Leave, request.form)
    if form.valid:
        service.leave(g.session, found, form.value)
        flash(f"{found.name} can no longer sign in.", "success")
        return redirect(url_for("access.person", person_id=person_id), 303)
    roles = Form(
        ChangeRoles,
        None,
        initial={"roles": sorted(found.roles), "version": found.version},
        choices={"roles": _role_choices()},
    )
    page = render_template(
        "access/person.html", person=found, form=roles, leave=form, superior=_superior(found)
    )
    return page, 422


def _superior(found: Person) -> str:
    return queries.person(g.session, found.reports_to_id).name if found.reports_to_id else ""


@blueprint.route("/people/<int:person_id>/reset-password", methods=["POST"])
def reset_password(person_id: int) -> ResponseReturnValue:
    """Give a one-time password, shown once."""
    found = queries.person(g.session, person_id)
    one_time = service.reset_password(g.session, found)
    return render_template("access/one_time_password.html", person=found, one_time=one_time)


def _role_choices() -> list[tuple[str, str]]:
    return [
        (name, f"{name.replace('_', ' ').capitalize()}: {about}")
        for name, about in policy().value.roles.items()
    ]
