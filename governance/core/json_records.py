"""JSON of any shape as flat records: nested objects become dotted names, lists stay JSON text in one cell."""

import json
import re
from collections.abc import Sequence
from typing import Final

from governance.core.errors import Refused

# JSON can spell what neither database nor UTF-8 takes: NUL and halves of a character.
_NO_TEXT: Final = re.compile("[\x00\ud800-\udfff]")


def json_records(text: str, path: str, most: int) -> tuple[tuple[str, ...], list[dict[str, str]]]:
    """Field names in the order of their first appearance, and the records of the list at a dotted `path`.

    Reads a JSON document, or one object per line. Without a path the list may be the document itself, its
    only list, or the values of an object of objects (their key becomes the field `key`). Raises Refused
    when there is no such list, when it has more than `most` records, or when a record is not an object.
    """
    headers: dict[str, None] = {}
    records: list[dict[str, str]] = []
    items = _items(_parse(text), path)
    if len(items) > most:
        raise Refused("The list has more than {n:,} records. Split it.", n=most)
    for number, item in enumerate(items, start=2):
        if not isinstance(item, dict):
            raise Refused("Record {n} of the JSON list is not an object with named fields.", n=number)
        record: dict[str, str] = {}
        _flatten(item, "", record)
        if found := _NO_TEXT.search("".join((*record, *record.values()))):
            raise Refused(
                "Record {n} of the JSON list holds {code}, which no text can hold.",
                n=number,
                code=f"U+{ord(found[0]):04X}",
            )
        headers.update(dict.fromkeys(record))
        records.append(record)
    if not headers:
        raise Refused("The JSON list is empty.")
    return tuple(headers), records


def _parse(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_keep_every_key)
    except RecursionError:
        raise Refused("The JSON is nested too deeply.") from None
    except json.JSONDecodeError as whole:
        try:
            return [
                json.loads(line, object_pairs_hook=_keep_every_key)
                for line in text.splitlines()
                if line.strip()
            ]
        except (json.JSONDecodeError, RecursionError):
            raise Refused(
                "The file is not JSON: {why} in line {line}.", why=whole.msg.lower(), line=whole.lineno
            ) from None


def _keep_every_key(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # A plain dict would drop the first of two equal keys without a word.
    kept: dict[str, object] = {}
    for key, value in pairs:
        name, count = key, 1
        while name in kept:
            count += 1
            name = f"{key}#{count}"
        kept[name] = value
    return kept


def _items(document: object, path: str) -> Sequence[object]:
    place = document
    for step in path.split(".") if path else ():
        if isinstance(place, dict) and step in place:
            place = place[step]
        elif isinstance(place, list) and step.isdigit() and int(step) < len(place):
            place = place[int(step)]
        else:
            found = ", ".join(list(place)[:20]) if isinstance(place, dict) else type(place).__name__
            raise Refused(
                "The JSON has nothing at {step!r} of the path {path!r}; there is: {found}.",
                step=step,
                path=path,
                found=found,
            )
    if isinstance(place, dict):
        return _items_of_object(place)
    if not isinstance(place, list):
        raise Refused("The JSON holds no list of records.")
    return place


def _items_of_object(place: dict[str, object]) -> Sequence[object]:
    lists = [value for value in place.values() if isinstance(value, list)]
    if place and all(isinstance(value, dict) for value in place.values()):
        return [{"key": key} | value for key, value in place.items() if isinstance(value, dict)]
    if len(lists) == 1:
        return lists[0]
    names = [key for key, value in place.items() if isinstance(value, list)]
    raise Refused(
        "The JSON is an object, not a list of records. Give the path of the list; candidates: {lists}.",
        lists=", ".join(names) or "none",
    )


def _flatten(value: dict[str, object], prefix: str, into: dict[str, str]) -> None:
    for key, child in value.items():
        name = f"{prefix}{key}"
        if isinstance(child, dict) and child:
            _flatten(child, f"{name}.", into)
        elif isinstance(child, list | dict):
            into[name] = json.dumps(child, ensure_ascii=False) if child else ""
        elif isinstance(child, str):
            into[name] = child
        else:
            into[name] = "" if child is None else json.dumps(child)
