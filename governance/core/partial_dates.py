"""Dates as people write them in inventories, read into partial dates: a day, a month, a year, a span, or a
refusal.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

Precision = Literal[
    "day", "month", "quarter", "season", "year", "range", "before", "after", "fiscal quarter", "fiscal year",
    "not applicable",
]  # fmt: skip
Order = Literal["month_first", "day_first", "unknown"]


@dataclass(frozen=True)
class PartialDate:
    """What is known of a date.

    `text` follows EDTF (ISO 8601-2): `2024-10-01`, `2024-07`, `2020`, `2015/2022`, `../2021`, `2020/..`,
    `2020~`; fiscal quarters and years keep their own notation (`Q4FY25`), because fiscal years differ
    between countries. `note` is filled when the reading needed an assumption that a person should see.
    """

    text: str
    precision: Precision
    note: str = ""


class UnreadableDateError(ValueError):
    """The text is not a date that can be read without guessing; the message says why."""


NOT_APPLICABLE = PartialDate("", "not applicable")

# fmt: off
_NON_DATES = frozenset({
    "n/a", "na", "n.a", "not applicable", "none", "null", "nil", "-", "--", "–", "—", "?", "tbd", "t.b.d",
    "tba", "to be determined", "unknown", "not available", "not yet", "not yet available", "not reported",
    "n.v.t", "nvt", "onbekend", "k.a", "s.o", "s/o",
})
# fmt: on

_MONTH_NAMES = (
    "january jan januari januar janvier enero",
    "february feb februari februar février fevrier febrero",
    "march mar maart märz maerz mars marzo mrt",
    "april apr avril abril avr",
    "may mei mai mayo",
    "june jun juni juin junio",
    "july jul juli juillet julio",
    "august aug augustus août aout agosto",
    "september sep sept septembre septiembre",
    "october oct oktober okt octobre octubre",
    "november nov novembre noviembre",
    "december dec dezember dez décembre decembre diciembre",
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()}
_SEASONS = {"spring": 21, "summer": 22, "autumn": 23, "fall": 23, "winter": 24}

_M = r"(?P<mon>[a-zà-ÿ]{3,10})\.?"
_Y = r"(?P<y>(?:19|20)\d\d)"
_TIME = re.compile(
    r"[ t]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?\s*(?:am|pm|a\.m\.|p\.m\.)?\s*(?:z|utc|gmt|[+-]\d\d:?\d\d)?$",
    re.IGNORECASE,
)
_ISO_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
_ISO_MONTH = re.compile(r"((?:19|20)\d\d)[-/.](\d{1,2})")
_SLASHED = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})")
_MONTH_YEAR = re.compile(r"(\d{1,2})\s*[-/.]\s*((?:19|20)\d\d)")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DAY_NAME_YEAR = re.compile(
    rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|\.)?[-\s]+(?:of\s+|de\s+)?{_M}[-,\s]+(?:de\s+)?{_Y}"
)
_NAME_DAY_YEAR = re.compile(rf"{_M}[-\s]+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?[-\s]+{_Y}")
_NAME_YEAR = re.compile(rf"{_M}[-,/\s]*(?:of\s+|de\s+)?{_Y}")
_YEAR_NAME = re.compile(rf"{_Y}[-,/\s]+{_M}")
_NAME_SHORT_YEAR = re.compile(rf"{_M}[-/\s]+['’]?(?P<yy>\d\d)")
_SHORT_YEAR_NAME = re.compile(rf"(?P<yy>\d\d)[-/\s]+{_M}")
_FISCAL_QUARTER = re.compile(
    r"(?:q([1-4])[\s,/-]*(?:of\s+)?fy\s*'?((?:20)?\d\d)|fy\s*'?((?:20)?\d\d)[\s,/-]*q([1-4]))"
)
_FISCAL_YEAR = re.compile(r"(?:fy|fiscal year)\s*'?((?:20)?\d\d)(?:\s*[-/]\s*((?:20)?\d\d))?")
_QUARTER = re.compile(rf"(?:q([1-4])[\s,/-]*(?:of\s+)?{_Y}|(?P<y2>(?:19|20)\d\d)[\s,/-]*q([1-4]))")
_SEASON = re.compile(rf"(?P<s>spring|summer|autumn|fall|winter)(?:\s+of)?[\s,]+{_Y}")
_BEFORE = re.compile(r"(?:pre|before|prior to|until|up to|earlier than|vóór|voor)[\s-]+(.+)")
_AFTER = re.compile(r"(?:since|from|after|post|as of|starting|vanaf|sinds)[\s-]+(.+)")
_OPEN_END = re.compile(r"(.+?)\s*(?:-|–|—|to|/)\s*(?:present|now|current|ongoing|today|heden)|(.+?)\s*\+")
_ABOUT = re.compile(
    r"(?:circa|ca\.?|c\.|about|around|approx\.?|approximately|~|early|mid|late|est\.?|estimated)[\s-]*(.+)"
)
_RANGE = re.compile(r"(.+?)(?:\s+(?:-|–|—|to|through|until|tot|bis)\s+|\s*[–—]\s*|\s*/\s*)(.+)")
_YEAR_RANGE = re.compile(r"((?:19|20)\d\d)\s*[-–—/]\s*((?:19|20)\d\d)")
_SERIAL = re.compile(r"[2-6]\d{4}(?:\.0+)?")
_SPREADSHEET_EPOCH = date(1899, 12, 30)


@lru_cache(maxsize=4096)
def parse(raw: str, order: Order = "unknown") -> PartialDate:
    """Read one cell.

    `order` says which number comes first in dates such as 3/4/2024. When it is "unknown" and both readings
    are possible only the year is taken, with a note. Raises UnreadableDateError for what would have to be
    guessed.
    """
    text = " ".join(raw.replace("\xa0", " ").split()).strip(" .,;").casefold()
    if not text or text in _NON_DATES or text.startswith(("n/a", "not applicable")):
        return NOT_APPLICABLE
    found = _single(_TIME.sub("", text).strip(), order) or _span(text, order)
    if found is None:
        raise UnreadableDateError("it is not in any known form of a date")
    return found


def _single(text: str, order: Order) -> PartialDate | None:
    return _numeric(text, order) or _named(text) or _period(text)


def _numeric(text: str, order: Order) -> PartialDate | None:
    if m := _ISO_DAY.fullmatch(text) or _COMPACT.fullmatch(text):
        return _day(int(m[1]), int(m[2]), int(m[3]))
    if m := _SLASHED.fullmatch(text):
        return _slashed(int(m[1]), int(m[3]), m[4], "day_first" if m[2] == "." else order)
    if m := _ISO_MONTH.fullmatch(text):
        return _month(int(m[1]), int(m[2]))
    if m := _MONTH_YEAR.fullmatch(text):
        return _month(int(m[2]), int(m[1]))
    if _YEAR.fullmatch(text):
        return PartialDate(text, "year")
    if _SERIAL.fullmatch(text):
        day = _SPREADSHEET_EPOCH + timedelta(days=int(float(text)))
        return PartialDate(day.isoformat(), "day", f"read as the spreadsheet day number {text}")
    return None


def _slashed(first: int, second: int, year_text: str, order: Order) -> PartialDate:
    year = int(year_text) if len(year_text) == 4 else _century(int(year_text))
    if year == 1905 and order != "day_first":
        # A year typed into a date cell: spreadsheets count 2024 days from 1900 and show 7/16/1905.
        serial = (date(1905, first, second) - _SPREADSHEET_EPOCH).days if first <= 12 else 0
        if 1950 <= serial <= 2100:
            return PartialDate(
                str(serial), "year", f"a spreadsheet turned the year {serial} into a day of 1905"
            )
    note = ""
    if order == "unknown" and first <= 12 and second <= 12 and first != second:
        return PartialDate(
            str(year), "year", "day and month cannot be told apart; set the order of dates in the mapping"
        )
    day_first = order == "day_first" or (order == "unknown" and first > 12)
    day, month = (first, second) if day_first else (second, first)
    if month > 12 >= day:
        day, month = month, day
        note = "the order of day and month differs from the other dates"
    read = _day(year, month, day)
    return PartialDate(read.text, read.precision, note)


def _named(text: str) -> PartialDate | None:
    if (m := _DAY_NAME_YEAR.fullmatch(text) or _NAME_DAY_YEAR.fullmatch(text)) and (
        month := _MONTHS.get(m["mon"])
    ):
        return _day(int(m["y"]), month, int(m["d"]))
    if (m := _NAME_YEAR.fullmatch(text) or _YEAR_NAME.fullmatch(text)) and (month := _MONTHS.get(m["mon"])):
        return _month(int(m["y"]), month)
    # "Jan-17" and "17-Jan" without a year are what spreadsheets make of a month and a year, not of a day.
    if (m := _NAME_SHORT_YEAR.fullmatch(text) or _SHORT_YEAR_NAME.fullmatch(text)) and (
        month := _MONTHS.get(m["mon"])
    ):
        return _month(_century(int(m["yy"])), month)
    return None


def _period(text: str) -> PartialDate | None:
    if m := _FISCAL_QUARTER.fullmatch(text):
        return PartialDate(f"Q{m[1] or m[4]}FY{(m[2] or m[3])[-2:]}", "fiscal quarter")
    if m := _FISCAL_YEAR.fullmatch(text):
        end = f"/FY{m[2][-2:]}" if m[2] else ""
        return PartialDate(f"FY{m[1][-2:]}{end}", "fiscal year")
    if m := _QUARTER.fullmatch(text):
        quarter, year = int(m[1] or m[4]), m["y"] or m["y2"]
        return PartialDate(f"{year}-{quarter * 3 - 2:02d}/{year}-{quarter * 3:02d}", "quarter")
    if m := _SEASON.fullmatch(text):
        return PartialDate(f"{m['y']}-{_SEASONS[m['s']]}", "season")
    return None


def _span(text: str, order: Order) -> PartialDate | None:
    if m := _YEAR_RANGE.fullmatch(text):
        return _range(PartialDate(m[1], "year"), PartialDate(m[2], "year"))
    if (m := _BEFORE.fullmatch(text)) and (end := _single(m[1], order)):
        return PartialDate(f"../{end.text}", "before", end.note) if _plain(end) else None
    if m := _OPEN_END.fullmatch(text):
        start = _single((m[1] or m[2]).removeprefix("since ").removeprefix("from "), order)
        return PartialDate(f"{start.text}/..", "after", start.note) if start and _plain(start) else None
    if (m := _ABOUT.fullmatch(text)) and (about := _single(m[1], order)):
        return PartialDate(f"{about.text}~", about.precision, about.note) if _plain(about) else None
    if (m := _AFTER.fullmatch(text)) and (start := _single(m[1], order)):
        return PartialDate(f"{start.text}/..", "after", start.note) if _plain(start) else None
    if m := _RANGE.fullmatch(text.removeprefix("from ")):
        first, last = _single(m[1], order), _single(m[2], order)
        if first and last and _plain(first) and _plain(last):
            return _range(first, last)
    return None


def _plain(value: PartialDate) -> bool:
    return value.precision in ("day", "month", "year", "season")


def _range(first: PartialDate, last: PartialDate) -> PartialDate:
    if last.text < first.text[: len(last.text)]:
        raise UnreadableDateError(f"the span ends ({last.text}) before it begins ({first.text})")
    return PartialDate(f"{first.text}/{last.text}", "range", first.note or last.note)


def _century(two_digits: int) -> int:
    # POSIX strptime rule for %y: 69-99 are of the last century.
    return 2000 + two_digits if two_digits <= 68 else 1900 + two_digits


def _month(year: int, month: int) -> PartialDate:
    if not 1 <= month <= 12:
        raise UnreadableDateError(f"there is no month {month}")
    return PartialDate(f"{year}-{month:02d}", "month")


def _day(year: int, month: int, day: int) -> PartialDate:
    if not 1 <= month <= 12:
        raise UnreadableDateError(f"there is no month {month}")
    if not 1900 <= year <= 2100:
        raise UnreadableDateError(f"the year {year} is out of reach")
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        raise UnreadableDateError(f"{calendar.month_name[month]} {year} has no day {day}")
    return PartialDate(f"{year}-{month:02d}-{day:02d}", "day")
