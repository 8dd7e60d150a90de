"""Inputs about evidence packs."""

from datetime import date
from typing import Literal

from pydantic import Field

from governance.access.schemas import Command


class RequestPack(Command):
    """Ask for a pack, as of now or as of the end of an earlier day."""

    purpose: str = Field(
        "",
        title="Purpose and recipient",
        max_length=300,
        description="Printed on the cover, for instance: stage 2 audit, certification body.",
    )
    confidentiality: Literal["public", "internal", "confidential"] = Field(
        "confidential", title="Confidentiality"
    )
    as_of: date | None = Field(
        None,
        title="As of the end of",
        description="Blank for now. Earlier days are rebuilt from the audit trail (UTC).",
    )


class RequestSystemPack(RequestPack):
    """Ask for the evidence pack of one AI system, and for what changed around it since an earlier day."""

    since: date | None = Field(
        None,
        title="With what changed since the end of",
        description="For instance the day of the last audit; section 18 then says what is other.",
    )


class RequestManagementSystemPack(RequestPack):
    """Ask for the pack of the management system: all systems, or those of a list as it is filtered."""


class RequestAuditPack(RequestPack):
    """Ask for the pack of one audit, as of now or as of the end of an earlier day."""
