"""Writing an inventory's rows into the register: new systems with their parts, and changes that leave manual edits alone."""

from collections.abc import Mapping as Pairs
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.systems import import_compare, material_change
from governance.systems.import_compare import PlannedRow
from governance.systems.import_models import DeclaredClaim, ImportRun, RowOutcome, SourceRow
from governance.systems.mapped_rows import MappedRow
from governance.systems.mapping import Mapping
from governance.systems.models import (
    AiSystem,
    Answer,
    Stage,
    StageBasis,
    Status,
    SystemVersion,
    VersionState,
)
from governance.systems.supplier_models import Supplier, SupplierState, SystemSupplier

_ANSWERS = ("personal_data", "special_category_data")
_AS_DECLARED = "As declared by the inventory"
_NOT_STATED = "not_stated"


class Writer:
    """Writes one portion of rows in one transaction; third parties and claims are looked up once for all of them."""

    def __init__(
        self, session: Session, run: ImportRun, mapping: Mapping, planned: Sequence[PlannedRow]
    ) -> None:
        self._session = session
        self._run = run
        self._mapping = mapping
        self._mapping_hash = mapping.content_hash()
        self._suppliers = _suppliers(session, [item.row for item in planned])
        changed = [
            item.known.system_id for item in planned if item.known and item.outcome is RowOutcome.CHANGED
        ]
        self._claims: dict[int, dict[str, DeclaredClaim]] = {}
        for claim in session.scalars(select(DeclaredClaim).where(DeclaredClaim.system_id.in_(changed))):
            self._claims.setdefault(claim.system_id, {})[claim.topic] = claim

    def create(self, row: MappedRow) -> AiSystem:
        """A new system: a draft without owner and scope; what the inventory says about its stage is declared."""
        values = _typed(import_compare.columns(import_compare.mapped(row)))
        system = AiSystem(**values, state=Status.DRAFT)
        if stage := row.values.get("stage"):
            system.stage, system.stage_basis = Stage(str(stage)), StageBasis.DECLARED
        self._session.add(system)
        self._add_version(system, row, number=1)
        for supplier in self._named(row):
            system.supplied.append(SystemSupplier(supplier=supplier))
        for topic, (answer, wording, methods) in _claims(row).items():
            self._add_claim(system, row, topic, answer, wording, methods)
        origin = {"source": self._mapping.source_name, "natural_key": row.key}
        self._session.add(SourceRow(system=system, **origin, **self._source(row)))
        return system

    def update(self, source: SourceRow, row: MappedRow) -> None:
        """Bring what changed in the inventory to the system, and keep the row as it came."""
        system, before = source.system, source.mapped
        values = import_compare.change(system, before, row).values
        for name, value in _typed(values).items():
            setattr(system, name, value)
        material = [name for name in material_change.FIELDS if name in values]
        if material:
            changed = ", ".join(name.replace("_", " ") for name in material)
            reason = f"Changed by {self._run.reference}: {changed}"
            material_change.announce(self._session, system, reason)
        if stage := import_compare.declared_stage(system, before, row):
            system.stage, system.stage_basis = Stage(stage), StageBasis.DECLARED
        self._change_version(system, before, row)
        self._change_claims(system, row)
        self._change_suppliers(system, before, row)
        for name, value in self._source(row).items():
            setattr(source, name, value)

    def _source(self, row: MappedRow) -> dict[str, Any]:
        return {
            "import_id": self._run.id,
            "record_number": row.record,
            "row_hash": row.content_hash,
            "mapping_hash": self._mapping_hash,
            "raw": dict(row.raw),
            "mapped": import_compare.mapped(row),
            "problems": [{key: str(value) for key, value in asdict(item).items()} for item in row.problems],
        }

    def _add_version(self, system: AiSystem, row: MappedRow, number: int) -> None:
        if label := str(row.values.get("version_label") or "")[:100]:
            draft = SystemVersion(
                number=number, label=label, state=VersionState.DRAFT, what_changed=_AS_DECLARED
            )
            system.versions.append(draft)

    def _change_version(self, system: AiSystem, before: Pairs[str, Any], row: MappedRow) -> None:
        label = row.values.get("version_label")
        if label == before.get("version_label") or any(item.label == label for item in system.versions):
            return
        self._add_version(system, row, max((item.number for item in system.versions), default=0) + 1)
        system.touch()

    def _add_claim(
        self, system: AiSystem, row: MappedRow, topic: str, answer: str, wording: str, methods: Sequence[str]
    ) -> None:
        claim = DeclaredClaim(system=system, topic=topic, state="declared", title=_claim_title(topic, answer))
        claim.answer, claim.wording, claim.methods = answer, wording, list(methods)
        claim.source = f"{self._mapping.name}, record {row.record}"
        self._session.add(claim)

    def _change_claims(self, system: AiSystem, row: MappedRow) -> None:
        there, stated = self._claims.get(system.id, {}), _claims(row)
        for topic, (answer, wording, methods) in stated.items():
            if topic in there:
                self._restate(there[topic], row, answer, wording, list(methods))
            else:
                self._add_claim(system, row, topic, answer, wording, methods)
        for topic in there.keys() - stated.keys():
            self._restate(there[topic], row, _NOT_STATED, "", [])

    def _restate(
        self, claim: DeclaredClaim, row: MappedRow, answer: str, wording: str, methods: list[str]
    ) -> None:
        if (claim.answer, claim.wording, claim.methods) == (answer, wording, methods):
            return
        claim.answer, claim.wording, claim.methods = answer, wording, methods
        claim.title = _claim_title(claim.topic, answer)
        claim.source = f"{self._mapping.name}, record {row.record}"

    def _change_suppliers(self, system: AiSystem, before: Pairs[str, Any], row: MappedRow) -> None:
        was, now = set(map(_name_key, before.get("suppliers", ()))), set(map(_name_key, row.suppliers))
        there = {item.supplier.name_key: item for item in system.supplied}
        added = [key for key in now - was if key not in there]
        # Somebody who wrote down what is supplied made the entry the registry's own.
        gone = [there[key] for key in was - now if key in there and not there[key].supplies]
        for supplier in self._named(row, among=added):
            system.supplied.append(SystemSupplier(supplier=supplier))
        for item in gone:
            self._session.delete(item)
        if added or gone:
            system.touch()

    def _named(self, row: MappedRow, among: Sequence[str] | None = None) -> list[Supplier]:
        names = {_name_key(name): _clean(name) for name in row.suppliers}
        found = []
        for key, name in names.items():
            if among is None or key in among:
                if key not in self._suppliers:
                    made = Supplier(title=name, name_key=key, state=SupplierState.CANDIDATE)
                    self._session.add(made)
                    self._suppliers[key] = made
                found.append(self._suppliers[key])
        return found


def _suppliers(session: Session, rows: Sequence[MappedRow]) -> dict[str, Supplier]:
    keys = {_name_key(name) for row in rows for name in row.suppliers}
    statement = select(Supplier).where(Supplier.name_key.in_(keys))
    return {item.name_key: item for item in session.scalars(statement)}


def _clean(name: str) -> str:
    return " ".join(name.split())[:200]


def _name_key(name: str) -> str:
    return _clean(name).casefold()[:200]


def _typed(values: Pairs[str, Any]) -> dict[str, Any]:
    return {name: Answer(value) if name in _ANSWERS else value for name, value in values.items()}


def _claims(row: MappedRow) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    found = {claim.topic: (claim.answer, claim.wording, tuple(claim.methods)) for claim in row.claims}
    if tier := row.values.get("declared_tier"):
        found["risk_tier"] = (str(tier), str(row.values.get("declared_class", "")), ())
    return found


def _claim_title(topic: str, answer: str) -> str:
    return f"Declared {topic.replace('_', ' ')}: {answer.replace('_', ' ')}"
