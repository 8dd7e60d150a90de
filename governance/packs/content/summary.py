"""What a board member reads first, counted from the snapshot: gaps, findings, red lines, signatures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date
from typing import Final

from governance.packs.content.assurance import Finding, RedLineCheck, Risk, RiskAssessment
from governance.packs.content.system_pack import AreaReadiness, NextDate, SystemPack

AGES: Final = ((30, "up to 30 days"), (90, "31 to 90 days"), (180, "91 to 180 days"), (None, "over 180 days"))
LEVELS: Final = ("critical", "high", "medium", "low")
_CLOSED: Final = ("closed", "withdrawn", "cancelled")


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of the summary page and of the cover; all are counts of records."""

    areas: tuple[AreaReadiness, ...]
    met: int
    missing: int
    waived: int
    expired: int
    untraced: int
    findings_by_age: tuple[tuple[str, int, int], ...]
    open_findings: tuple[Finding, ...]
    red_lines: tuple[tuple[str, int], ...]
    signatures: tuple[tuple[str, int], ...]
    risk_levels: tuple[tuple[str, int, int], ...]
    next_dates: tuple[NextDate, ...]
    overdue: int
    sentences: tuple[str, ...]

    @property
    def required(self) -> int:
        """How many items the checks asked for."""
        return self.met + self.missing + self.waived


def summarise(pack: SystemPack) -> Summary:
    """Count what the summary page shows, as of the cut-off date."""
    areas = pack.areas or areas_from_controls(pack)
    today = pack.meta.as_of.astimezone(UTC).date()
    open_findings = tuple(finding for finding in pack.findings if finding.state.lower() not in _CLOSED)
    dates = tuple(sorted(pack.next_dates, key=lambda date: (date.on, date.reference)))
    signatures = _tally((sign_off.state for sign_off in pack.sign_offs), ("valid", "stale", "withdrawn"))
    red_lines = _tally(
        (red_line_state(check) for check in pack.red_lines), ("passed", "out of date", "breached")
    )
    overdue = sum(date.state == "overdue" for date in dates)
    return Summary(
        areas=areas,
        met=sum(area.met for area in areas),
        missing=sum(area.missing for area in areas),
        waived=sum(area.waived for area in areas),
        expired=sum(item.state.lower() == "expired" for item in pack.evidence),
        untraced=sum(bool(trace.gap) for trace in pack.controls),
        findings_by_age=findings_by_age(open_findings, today),
        open_findings=open_findings,
        red_lines=red_lines,
        signatures=signatures,
        risk_levels=risk_levels(current_risks(pack)),
        next_dates=dates,
        overdue=overdue,
        sentences=_sentences(pack, open_findings, dict(red_lines), dict(signatures), overdue),
    )


def areas_from_controls(pack: SystemPack) -> tuple[AreaReadiness, ...]:
    """Readiness by control group, when no check reported by area."""
    met = Counter(trace.group for trace in pack.controls if not trace.gap)
    missing = Counter(trace.group for trace in pack.controls if trace.gap)
    groups = dict.fromkeys(trace.group for trace in pack.controls)
    return tuple(AreaReadiness(area=group, met=met[group], missing=missing[group]) for group in groups)


def findings_by_age(findings: Iterable[Finding], today: date) -> tuple[tuple[str, int, int], ...]:
    """Open findings as (age, major, other); a finding without a date counts as the youngest."""
    counts: Counter[tuple[str, bool]] = Counter()
    for finding in findings:
        days = (today - finding.raised_on).days if finding.raised_on else 0
        age = next(label for limit, label in AGES if limit is None or days <= limit)
        counts[age, finding.grade.lower().startswith("major")] += 1
    return tuple((label, counts[label, True], counts[label, False]) for _, label in AGES)


def red_line_state(check: RedLineCheck) -> str:
    """A result together with its date: a passed check that has run out is no longer a pass."""
    return "out of date" if check.result == "passed" and not check.in_date else check.result


def current_assessment(pack: SystemPack) -> RiskAssessment | None:
    """The assessment in force: approved before in review before draft, the highest revision of those."""
    order = {"approved": 2, "in review": 1}
    usable = [item for item in pack.assessments if item.risks or item.state.lower() != "superseded"]
    return max(usable, key=lambda item: (order.get(item.state.lower(), 0), item.revision), default=None)


def current_risks(pack: SystemPack) -> tuple[Risk, ...]:
    """The risks of the assessment in force."""
    assessment = current_assessment(pack)
    return assessment.risks if assessment else ()


def risk_levels(risks: Iterable[Risk]) -> tuple[tuple[str, int, int], ...]:
    """(level, before, after treatment), highest first; without a residual rating the inherent one stays."""
    rated = [(risk.inherent, risk.residual or risk.inherent) for risk in risks]
    before = Counter(score.level for score, _ in rated if score)
    after = Counter(score.level for _, score in rated if score)
    return tuple((level, before[level], after[level]) for level in LEVELS)


def _tally(words: Iterable[str], always: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    counts = Counter(words)
    return tuple((word, counts[word]) for word in dict.fromkeys((*always, *sorted(counts))))


def _sentences(
    pack: SystemPack,
    open_findings: tuple[Finding, ...],
    red_lines: dict[str, int],
    signatures: dict[str, int],
    overdue: int,
) -> tuple[str, ...]:
    """The state of affairs in whole sentences, for those who do not read charts."""
    critical = sum(gap.severity.lower() == "critical" for gap in pack.gaps)
    gaps = f"{plural(len(pack.gaps), 'item')} missing or expired"
    sentences = [f"{gaps}, {critical or 'none'} of them critical." if pack.gaps else f"{gaps}."]
    majors = sum(finding.grade.lower().startswith("major") for finding in open_findings)
    sentences.append(f"{plural(len(open_findings), 'open finding')}, {majors} of them major.")
    breached = red_lines.get("breached", 0)
    attested = f"{red_lines.get('passed', 0)} of {len(pack.red_lines)} attested and in date."
    sentences.append(f"{plural(breached, 'red line')} breached; {attested}")
    sentences.append(
        f"{plural(signatures.get('valid', 0), 'signature')} valid, {signatures.get('stale', 0)} stale."
    )
    sentences.append(f"{plural(overdue, 'date')} overdue.")
    if bare := sum(bool(trace.gap) for trace in pack.controls):
        sentences.append(f"{bare} of {plural(len(pack.controls), 'control')} have no record yet (section 3).")
    if pack.claims:
        sentences.append(f"{plural(len(pack.claims), 'claim')} only declared by an imported inventory.")
    return tuple(sentences)


def plural(count: int, noun: str) -> str:
    """A count with its noun: "1 item", "3 items", "no items"."""
    return f"{count or 'No'} {noun}{'' if count == 1 else 's'}"
