"""Pages for participants without an account: the form behind a link, the receipt, what became of it, and withdrawing.

They act as the public, also in the browser of somebody who is signed in, so that nobody's name gets near an answer.
"""

from typing import cast

from flask import Blueprint, current_app, g, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from governance.access.service import TooManyTries
from governance.consultations import participation, throttle
from governance.consultations.participation_models import Contribution, Invitation
from governance.consultations.participation_schemas import LONGEST_ANSWER, ShowReceipt, TakePart
from governance.consultations.states import HEARD
from governance.core import clock
from governance.core.settings import secret
from governance.web.application import Application, attempt
from governance.web.forms import Form
from governance.web.security import client_address

blueprint = Blueprint("take_part", __name__)


def _count(link: str) -> None:
    """Count what was sent; raises TooManyTries."""
    salt, today = secret(cast(Application, current_app).settings, "throttle-salt"), clock.today()
    throttle.count(
        g.session,
        throttle.daily_key(salt, today, "address", client_address()),
        throttle.daily_key(salt, today, "link", link),
    )


@blueprint.route("/take-part/<token>", methods=["GET", "POST"])
def answer(token: str) -> ResponseReturnValue:
    """The form behind a link; after it was sent, the receipt code, which is shown once."""
    item = participation.invitation_of(g.session, token)
    if reason := participation.closed_because(g.session, item):
        return render_template("take_part/closed.html", item=item, reason=reason), 410
    form = Form(TakePart, request.form if request.method == "POST" else None)
    if request.method == "POST":
        _count(token)
        if form.valid and (
            sent := attempt(form, lambda: participation.take_part(g.session, item, form.value))
        ):
            return render_template("take_part/sent.html", item=item, number=sent[0].number, code=sent[1])
    return _form(token, item, form)


def _form(token: str, item: Invitation, form: Form[TakePart]) -> ResponseReturnValue:
    if form.errors:
        # A refusal ends the transaction that the invitation was read in.
        item = participation.invitation_of(g.session, token)
    page = render_template(
        "take_part/form.html",
        item=item,
        consultation=item.consultation,
        form=form,
        typed=request.form if request.method == "POST" else MultiDict(),
        longest=LONGEST_ANSWER,
        may_be_called=item.consultation.anonymity in participation.NAMED,
    )
    return page, 422 if form.errors else 200


@blueprint.route("/take-part", methods=["GET", "POST"])
def result() -> ResponseReturnValue:
    """What became of a contribution, by its receipt code."""
    form = Form(ShowReceipt, request.form if request.method == "POST" else None)
    if request.method == "POST":
        _count("receipt")
        if form.valid:
            if (item := participation.by_receipt(g.session, form.value.code)) is not None:
                return _result(item, form.value.code)
            form.add_error(
                "code", "There is no contribution with this code. Look at it again, letter by letter."
            )
    return render_template("take_part/receipt.html", form=form), 422 if form.errors else 200


@blueprint.route("/take-part/withdraw", methods=["POST"])
def withdraw() -> ResponseReturnValue:
    """Erase what one said."""
    form = Form(ShowReceipt, request.form)
    _count("receipt")
    item = participation.by_receipt(g.session, form.value.code) if form.valid else None
    if item is None:
        if form.valid:
            form.add_error("code", "There is no contribution with this code.")
        return render_template("take_part/receipt.html", form=form), 422
    participation.withdraw(g.session, item)
    return _result(item, form.value.code)


def _result(item: Contribution, code: str) -> ResponseReturnValue:
    return render_template(
        "take_part/result.html",
        item=item,
        consultation=item.consultation,
        code=code,
        answered=item.consultation.state in HEARD,
    )


@blueprint.errorhandler(TooManyTries)
def _slow_down(error: TooManyTries) -> ResponseReturnValue:
    return render_template("take_part/closed.html", item=None, reason=error.message), error.status
