"""OSCAL documents of a test, as bytes and as other people's programs read them: compliance-trestle, whose models are NIST's schemas."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trestle.core.base_model import OscalBaseModel
from trestle.core.validator_factory import validator_factory
from trestle.oscal.assessment_results import AssessmentResults
from trestle.oscal.component import ComponentDefinition
from trestle.oscal.poam import PlanOfActionAndMilestones

from governance.packs.bag.oscal.files import FOLDER, OscalFiles
from governance.packs.bag.oscal.words import NAMESPACE
from governance.packs.content.assurance import Audit, Finding
from governance.packs.content.blocks import RecordBlock
from governance.packs.content.system_pack import PackMeta, SystemPack

MODELS: dict[str, type[OscalBaseModel]] = {
    f"{FOLDER}/component-definition.json": ComponentDefinition,
    f"{FOLDER}/assessment-results.json": AssessmentResults,
    f"{FOLDER}/poam.json": PlanOfActionAndMilestones,
}
COMPONENTS, RESULTS, PLAN = MODELS
META = PackMeta(
    reference="MSP-0001",
    organisation="Test House",
    as_of=datetime(2026, 11, 20, 8, 0, tzinfo=UTC),
    generated_by="Olivia",
    software_version="0",
)


def documents(
    *parts: SystemPack,
    blocks: tuple[RecordBlock, ...] = (),
    audits: tuple[Audit, ...] = (),
    findings: tuple[Finding, ...] = (),
    meta: PackMeta = META,
) -> dict[str, bytes]:
    """The documents of a pack of these systems, by name."""
    with tempfile.TemporaryDirectory() as folder, OscalFiles(Path(folder), meta.organisation) as files:
        for part in parts:
            files.add(part)
        files.add_whole(meta.as_of.date(), blocks, audits, findings)
        return {name: b"".join(pieces) for name, pieces in files.files(meta)}


def read_by_trestle(made: dict[str, bytes], folder: Path) -> dict[str, OscalBaseModel]:
    """The documents as trestle reads them; its validators hold."""
    logging.getLogger("trestle").setLevel(logging.ERROR)
    found = {}
    for name, data in made.items():
        path = folder / Path(name).name
        path.write_bytes(data)
        model = MODELS[name].oscal_read(path)
        assert model is not None, name
        for validator in validator_factory.get_all():
            assert validator.model_is_valid(model, True), (name, validator.error_msg())
        found[name] = model
    return found


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every object inside a value."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from nodes(item)


def dangling(data: bytes) -> list[str]:
    """Identifiers and roles that a document refers to and does not have."""
    everything = list(nodes(json.loads(data)))
    there = {node["uuid"] for node in everything if "uuid" in node}
    roles = {item["id"] for node in everything for item in node.get("roles", ())}
    asked: list[str] = []
    for node in everything:
        asked += [value for key, value in node.items() if key.endswith("-uuid")]
        asked += [value for key in node if key.endswith("-uuids") for value in node[key]]
        asked += [node[key][1:] for key in ("href", "source") if str(node.get(key, "")).startswith("#")]
        if "role-id" in node and node["role-id"] not in roles:
            asked.append(node["role-id"])
    return [item for item in asked if item not in there]


def said(node: dict[str, Any]) -> dict[str, str]:
    """The registry's own properties of an object."""
    return {item["name"]: item["value"] for item in node.get("props", ()) if item["ns"] == NAMESPACE}
