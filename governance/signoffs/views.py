"""Pages of signing: what waits for me, the ledger, one sign-off with exactly what is signed."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from governance.core import records
from governance.core.canonical import content_hash
from governance.signoffs import queries, service
from governance.signoffs.models import SignOff, SignOffState
from governance.signoffs.routes import describe, may_fill
from governance.signoffs.schemas import Reject, Sign, Withdraw
from governance.web.application import done
from governance.web.forms import Form
from governance.web.security import client_address

blueprint = Blueprint("signoffs", __name__)


@blueprint.route("/sign-offs")
def ledger() -> ResponseReturnValue:
    """Waiting for me, then the ledger by state."""
    state = request.args.get("state", "")
    return render_template(
        "signoffs/ledger.html",
        waiting=queries.waiting_for(g.session, g.actor),
        items=queries.ledger(g.session, state=state),
        state=state,
        states=list(SignOffState),
        holds=queries.holds,
    )


def _last_signed(item: SignOff) -> dict[str, Any] | None:
    earlier = select(SignOff).where(
        SignOff.subject_id == item.subject_id,
        SignOff.policy == item.policy,
        SignOff.content.is_not(None),
        SignOff.id != item.id,
    )
    found = g.session.scalars(earlier.order_by(SignOff.id.desc())).first()
    return found.content if found else None


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """(field, before, after) of what differs between two signed contents."""
    names = sorted(before.keys() | after.keys())
    return [
        (name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    ]


@blueprint.route("/sign-offs/<reference>", methods=["GET", "POST"])
def record(reference: str) -> ResponseReturnValue:
    """One sign-off: the statement, the content, what changed since the last signature; sign here."""
    item = records.get(g.session, SignOff, reference)
    present = content_hash(item.subject.content_signed_under(item.policy))
    form = Form(Sign, request.form if request.method == "POST" else None, initial={"content_hash": present})
    if form.valid and done(form, lambda: service.sign(g.session, item, form.value, address=client_address())):
        flash(f"Signed: {item.statement}", "success")
        return redirect(item.subject.path, 303)
    return _show(item, form, Form(Reject), 422 if form.errors else 200)


def _show(item: SignOff, form: Form[Sign], refusal: Form[Reject], status: int) -> ResponseReturnValue:
    content = item.subject.content_signed_under(item.policy)
    last = item.content if item.state == SignOffState.STALE else _last_signed(item)
    page = render_template(
        "signoffs/record.html",
        item=item,
        form=form,
        refusal=refusal,
        withdrawal=Form(Withdraw),
        statement=item.statement or service.statement(item),
        content=content,
        present=content_hash(content),
        changes=differences(last, content) if last else [],
        why_not=may_fill(g.session, g.actor, item) if item.state == SignOffState.REQUESTED else "",
        who=describe(item.slot),
        others=queries.current_round(g.session, item.subject, item.policy),
        holds=queries.holds,
    )
    return page, status


@blueprint.route("/sign-offs/<reference>/refuse", methods=["POST"])
def refuse(reference: str) -> ResponseReturnValue:
    """Refuse to sign, with the reason."""
    item = records.get(g.session, SignOff, reference)
    form = Form(Reject, request.form)
    if form.valid and done(form, lambda: service.reject(g.session, item, form.value)):
        flash("You refused to sign; the reason is kept with the record.", "warning")
        return redirect(item.subject.path, 303)
    empty = Form(Sign, initial={"content_hash": content_hash(item.subject.content_signed_under(item.policy))})
    return _show(item, empty, form, 422)


@blueprint.route("/sign-offs/<reference>/withdraw", methods=["POST"])
def withdraw(reference: str) -> ResponseReturnValue:
    """Take back one's own signature."""
    item = records.get(g.session, SignOff, reference)
    form = Form(Withdraw, request.form)
    if form.valid:
        service.withdraw(g.session, item, form.value)
        flash("Your signature is withdrawn.", "warning")
    return redirect(item.path, 303)
