"""Packs that earlier releases sealed verify for ever: fields are added to a schema, and none is taken away or demanded."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from governance.core.canonical import canonical
from governance.packs.content import audit, system_pack
from governance.packs.content.system_pack import SystemPack
from governance.packs.draw.system import render
from governance.packs.seal.attach import Attachment
from governance.packs.seal.seal import Sealer, seal
from governance.packs.verify.pdf import verify
from governance.packs.verify.reading import lost_in_reading
from tests.packs.sample import sample

PUBLISHED = Path(__file__).parent / "published"
REREAD = json.loads(sample().to_json())


def without_optional_fields(value: Any) -> Any:
    """The value as a release wrote it that knew none of the fields that may be left out and are."""
    if dataclasses.is_dataclass(value):
        return {
            field.name: without_optional_fields(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.name == "schema" or getattr(value, field.name) != field.default
        }
    return [without_optional_fields(item) for item in value] if isinstance(value, tuple) else value


class Early(SystemPack):
    """A pack of a release with fewer fields."""

    def to_json(self) -> bytes:
        return canonical(without_optional_fields(self))


class Strange(SystemPack):
    """A pack with a field that no release knows."""

    def to_json(self) -> bytes:
        content = json.loads(super().to_json())
        content["identity"]["mood"] = "sunny"
        return canonical(content)


def results(
    kind: type[SystemPack], attachments: list[Attachment], sealer: Sealer, path: Path
) -> dict[str, str]:
    pack = sample()
    other = kind(**{field.name: getattr(pack, field.name) for field in dataclasses.fields(pack)})
    drawn = render(other, attachments, certificate_sha256=sealer.certificate_sha256)
    path.write_bytes(seal(drawn.pdf, sealer))
    return {result.name: result.detail for result in verify(path) if not result.passed}


def test_a_pack_that_lacks_the_newer_fields_verifies(
    attachments: list[Attachment], sealer: Sealer, tmp_path: Path
) -> None:
    less, whole = json.loads(canonical(without_optional_fields(sample()))), json.loads(sample().to_json())
    assert len(list(leaves(less))) < len(list(leaves(whole))) - 100
    assert results(Early, attachments, sealer, tmp_path / "early.pdf") == {}


def test_a_field_that_nobody_knows_is_named(
    attachments: list[Attachment], sealer: Sealer, tmp_path: Path
) -> None:
    found = results(Strange, attachments, sealer, tmp_path / "strange.pdf")
    assert list(found) == ["registry.json"] and "at identity.mood" in found["registry.json"]


def leaves(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, inside in pairs:
            yield from leaves(inside, (*place, name))
    else:
        yield place


def test_no_value_is_lost_in_reading_without_being_named() -> None:
    """Each value of the sample changed, one at a time: the comparison names its place."""
    whole = json.loads(sample().to_json())
    places = list(leaves(whole))
    for place in places:
        at = whole
        for step in place[:-1]:
            at = at[step]
        kept, at[place[-1]] = at[place[-1]], "something else"
        found = lost_in_reading(whole, REREAD)
        at[place[-1]] = kept
        said = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).lstrip(".")
        assert found == said
    assert lost_in_reading(whole, REREAD) == "" and len(places) > 1_000


@pytest.mark.parametrize(
    ("name", "schema"), [("aims-system-pack-1", system_pack.json_schema), ("aims-audit-pack-1", audit.json_schema)]
)  # fmt: skip
def test_the_schema_only_ever_grew_since_it_was_first_published(name: str, schema: Any) -> None:
    """Every type and field of the first release is still there, and nothing is demanded that it did not write."""
    first, now = json.loads((PUBLISHED / f"{name}.json").read_text()), json.loads(schema())
    for kind, old in {"": first, **first["$defs"]}.items():
        new = {"": now, **now["$defs"]}[kind]
        assert set(old.get("properties", {})) <= set(new.get("properties", {})), kind
        assert set(new.get("required", [])) <= set(old.get("required", [])), kind
