"""How a cell of an inventory becomes a claim: an answer with its wording, recorded as declared and never a
proof.
"""

from dataclasses import dataclass

from governance.systems.import_cells import fold, list_items, paragraphs
from governance.systems.import_targets import NO_WORDS, YES_WORDS
from governance.systems.mapped_words import Origin, Place, Reading, Words
from governance.systems.mapping import ClaimRule

_CLAIM_WORDS = {
    **dict.fromkeys(YES_WORDS, "yes"),
    **dict.fromkeys(NO_WORDS, "no"),
    **dict.fromkeys(
        (
            "in progress",
            "planned",
            "planned or in progress",
            "ongoing",
            "started",
            "in voorbereiding",
            "en cours",
        ),
        "in_progress",
    ),
    **dict.fromkeys(("n a", "na", "not applicable", "n v t", "nvt", "sans objet"), "not_applicable"),
    **dict.fromkeys(("waived", "waiver"), "waived"),
}


@dataclass(frozen=True)
class Claim:
    """What an inventory says was done: an answer, the words it used, the methods it lists. Never a proof."""

    topic: str
    answer: str
    wording: str
    column: str
    methods: tuple[str, ...] = ()


class ClaimReader:
    """Reads one claim from each record; a wording that the mapping does not know is `unclear`, and
    reported.
    """

    def __init__(
        self, topic: str, rule: ClaimRule, place: Place, columns: tuple[str, ...], silent: frozenset[str]
    ) -> None:
        self.topic = topic
        self.rule = rule
        self.origin = Origin(rule, place, columns, frozenset())
        self.words = Words(rule, frozenset())
        self.silent = silent
        self.methods = {fold(word): name or word for word, name in (rule.methods or {}).items()}
        self.quoted = [p for name in rule.wording if (p := place(name)) is not None]
        self.separators = None if rule.split in (None, ("auto",)) else rule.split

    def read(self, reading: Reading) -> Claim | None:
        """The claim of this record, or None when the inventory says nothing about the topic."""
        if self.rule.constant is not None:
            return Claim(self.topic, str(self.rule.constant), "", "")
        text, column = self.origin.text(reading.cells)
        if not text.strip() and not self.rule.default:
            return None
        wording = [paragraphs(text), *(paragraphs(reading.cells[place]) for place in self.quoted)]
        quoted = "\n".join(dict.fromkeys(part for part in wording if part))
        if not text.strip():
            return Claim(self.topic, str(self.rule.default), quoted, column)
        if self.rule.methods is None:
            answer = self._answer(text, column, reading)
            return Claim(self.topic, answer, quoted, column) if answer else None
        items = list_items(text, self.separators)
        if not items:
            return None
        return self._listed(items, quoted, column, reading)

    def _answer(self, text: str, column: str, reading: Reading) -> str | None:
        found = self.words.look_up(text)
        if found is None or isinstance(found, str):
            return found
        folded = fold(text)
        if folded in _CLAIM_WORDS:
            return _CLAIM_WORDS[folded]
        if folded in self.silent:
            return "unclear"
        if self.rule.otherwise:
            return self.rule.otherwise
        reading.report(column, text, "the mapping has no answer for this wording", "unclear")
        return "unclear"

    def _listed(self, items: list[str], wording: str, column: str, reading: Reading) -> Claim | None:
        methods: list[str] = []
        answers: list[str] = []
        for item in items:
            if name := self.methods.get(fold(item)):
                methods.append(name)
                answers.append("yes")
            elif answer := self._answer(item, column, reading):
                answers.append(answer)
        # The weakest statement of a list decides: one item "in progress" means that the whole is not
        # finished.
        for answer in ("waived", "in_progress", "yes", "unclear", "no", "not_applicable"):
            if answer in answers:
                return Claim(self.topic, answer, wording, column, tuple(dict.fromkeys(methods)))
        return None
