"""The OSCAL documents of a pack: fed with one system after the other, and written at the end in pieces.

Memory does not grow with the systems: what waits stands in a temporary file. The same records as of the same moment give
the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from governance.core.canonical import instant
from governance.packs.bag.oscal import assessment, components, milestones
from governance.packs.bag.oscal.stream import Kept, written
from governance.packs.bag.oscal.words import (
    INDEX,
    NAMESPACE,
    OSCAL,
    Node,
    Source,
    line,
    party,
    prop,
    props,
    resource,
    subject,
)
from governance.packs.bag.oscal.words import roles as roles_of
from governance.packs.bag.oscal.words import title as title_of
from governance.packs.content.assurance import Audit, Finding
from governance.packs.content.blocks import RecordBlock
from governance.packs.content.system_pack import PackMeta, SystemPack

FOLDER: Final = "data/oscal"
_COMPONENTS, _RESULTS, _PLAN = "component-definition", "assessment-results", "poam"
_ROLES: Final = {
    _COMPONENTS: ("control-owner", "system-owner", "technical-owner"),
    _RESULTS: (assessment.LEAD,),
    _PLAN: (milestones.OWNER, milestones.VERIFIER),
}
_TITLES: Final = {
    _COMPONENTS: "Statement of applicability and AI systems",
    _RESULTS: "Results of internal audits",
    _PLAN: "Plan of action for open findings",
}
_REMARKS: Final = (
    f"Made from the records of an AIMS Registry. A property in the namespace {NAMESPACE} with the name `record` says which "
    "record something comes from. Days without a time of day stand as midnight UTC."
)


class OscalFiles:
    """Collects while systems pass; use as a context manager around the whole."""

    def __init__(self, folder: Path, organisation: str) -> None:
        self.source = Source(organisation)
        self._kept = Kept(folder / "oscal.db")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kept.close()

    def add(self, part: SystemPack) -> None:
        """One system, with its audits and findings."""
        source, me = self.source, part.identity
        self._kept.put("component", me.reference, components.of_system(source, part))
        self._people(_COMPONENTS, me.owner, me.technical_owner)
        name = f"{me.reference} {me.name}"
        about = (source.id("system", me.reference), line(name))
        component = prop("component", source.id("component", me.reference))
        place = resource(
            about[0],
            name,
            f"../systems/{me.reference}.pdf",
            props=[*props(record=me.reference), component],
        )
        self._assurance(part.meta.as_of.date(), part.audits, part.findings, about, place)

    def add_whole(
        self,
        today: date,
        blocks: tuple[RecordBlock, ...],
        audits: tuple[Audit, ...],
        findings: tuple[Finding, ...],
    ) -> None:
        """The management system: the statement of applicability among the index's blocks, and audits and findings of no one system."""
        source = self.source
        found = (item for item in blocks if item.section == components.STATEMENT_SECTION)
        block = next(found, None)
        # Sorts before every system.
        self._kept.put("component", "", components.of_statement(source, block))
        if block:
            self._people(_COMPONENTS, *components.people_of_statement(block))
        about = (source.id("system", ""), "The AI management system")
        place = resource(about[0], about[1], INDEX, props=[prop("component", source.system)])
        self._assurance(today, audits, findings, about, place)

    def _assurance(
        self,
        today: date,
        audits: tuple[Audit, ...],
        findings: tuple[Finding, ...],
        about: tuple[str, str],
        place: Node,
    ) -> None:
        source, kept = self.source, self._kept
        reported = {item.reference for item in audits if item.state in assessment.REPORTED}
        for audit in audits:
            if audit.reference in reported:
                kept.put("result", audit.reference, assessment.result(source, audit))
                kept.put("checklist", "", assessment.checklist(source, audit), audit.reference)
                kept.put("audited", about[0], subject(*about), audit.reference)
                kept.put(f"resource {_RESULTS}", about[0], place)
                self._people(_RESULTS, audit.lead_auditor)
        for finding in findings:
            homes = [(_RESULTS, finding.audit)] if finding.audit in reported else []
            if milestones.is_open(finding):
                homes.append((_PLAN, ""))
                kept.put("item", finding.reference, milestones.item(source, finding))
                kept.put("risk", finding.reference, milestones.risk(source, finding))
                for action in finding.actions:
                    self._people(_PLAN, action.owner, action.verified_by)
            for document, parent in homes:
                seen = assessment.observed(source, finding, about, today)
                kept.put(f"observation {document}", finding.reference, seen, parent)
                if assessment.is_nonconformity(finding):
                    kept.put(
                        f"finding {document}", finding.reference, assessment.found(source, finding), parent
                    )
                kept.put(f"resource {document}", about[0], place)

    def _people(self, document: str, *names: str) -> None:
        for name in names:
            if name:
                self._kept.put(f"party {document}", line(name), party(self.source, name))

    def files(self, meta: PackMeta) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The names and contents of the documents; OSCAL knows no empty ones, so that without an audit or an open finding there is none."""
        made: list[tuple[str, bool, Callable[[PackMeta], Node]]] = [
            (_COMPONENTS, True, self._components),
            (_RESULTS, self._kept.has("result"), self._results),
            (_PLAN, self._kept.has("item"), self._plan),
        ]
        for name, is_there, document in made:
            if is_there:
                yield f"{FOLDER}/{name}.json", written(document(meta))

    def _components(self, meta: PackMeta) -> Node:
        body = self._head(_COMPONENTS, meta)
        body["components"] = self._kept.rows("component")
        body["back-matter"] = {"resources": [components.standard(self.source)]}
        return {_COMPONENTS: body}

    def _results(self, meta: PackMeta) -> Node:
        index = self._index()
        body = self._head(_RESULTS, meta)
        body["import-ap"] = {
            "href": f"#{index['uuid']}",
            "remarks": "The audit programme stands in section 13 of the index.",
        }
        body["results"] = self._each_result()
        body["back-matter"] = {"resources": self._resources(_RESULTS, index)}
        return {_RESULTS: body}

    def _each_result(self) -> Iterator[Node]:
        for reference, made in self._kept.objects("result"):
            made["observations"] = self._observations(reference)
            if self._kept.has(f"finding {_RESULTS}", reference):
                made["findings"] = self._kept.rows(f"finding {_RESULTS}", reference)
            yield made

    def _observations(self, audit: str) -> Iterator[object]:
        """The checklist as a whole, about every system of the audit that is in the pack, and what was seen of each finding."""
        for _, made in self._kept.objects("checklist", audit):
            yield {**made, "subjects": self._kept.rows("audited", audit)}
        yield from self._kept.rows(f"observation {_RESULTS}", audit)

    def _plan(self, meta: PackMeta) -> Node:
        body = self._head(_PLAN, meta)
        body["system-id"] = {"identifier-type": "https://ietf.org/rfc/rfc4122", "id": self.source.system}
        body["observations"] = self._kept.rows(f"observation {_PLAN}")
        body["risks"] = self._kept.rows("risk")
        body["poam-items"] = self._kept.rows("item")
        if self._kept.has(f"finding {_PLAN}"):
            body["findings"] = self._kept.rows(f"finding {_PLAN}")
        body["back-matter"] = {"resources": self._resources(_PLAN, self._index())}
        return {"plan-of-action-and-milestones": body}

    def _index(self) -> Node:
        return resource(self.source.id("index", ""), "Index of the evidence pack", INDEX)

    def _resources(self, document: str, first: Node) -> Iterator[object]:
        yield first
        yield from self._kept.rows(f"resource {document}")

    def _head(self, document: str, meta: PackMeta) -> Node:
        when = instant(meta.as_of)
        return {
            "uuid": self.source.id(document, f"{meta.reference}/{when}"),
            "metadata": {
                "title": title_of(f"{_TITLES[document]}: {meta.organisation}"),
                "last-modified": when,
                "version": line(meta.reference),
                "oscal-version": OSCAL,
                "props": props(
                    record=meta.reference,
                    software=f"AIMS Registry {meta.software_version}",
                    status=meta.status,
                ),
                "roles": roles_of(_ROLES[document]),
                "parties": self._parties(document, meta),
                "remarks": _REMARKS,
            },
        }

    def _parties(self, document: str, meta: PackMeta) -> Iterator[object]:
        name = line(meta.organisation)
        yield {"uuid": self.source.id("organisation", ""), "type": "organization", "name": name}
        yield from self._kept.rows(f"party {document}")
