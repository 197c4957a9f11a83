"""The trail of an audit as a file in which every line carries the hash of the line before, and a command to check it.

    Path("trail.jsonl").write_bytes(trail_file(desk))
    verify(lines_of(Path("trail.jsonl").read_bytes())).sentence

    $ python -m synth_audit_env.server.web.audit_trail trail.jsonl
    trail.jsonl: The trail is whole: 24 actions; closing hash 3f1c…

JSON Lines: a `header` that names the episode, an `action` line each, and an `end` with their number. `previous` is the
SHA-256 of the bytes of the line before without its line break, and of the header 64 zeros. So a line that is changed,
removed, put in or cut off shows. What does not show is a file that somebody has made anew from end to end: against
that, keep the closing hash elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synth_audit_env.server.web.desk import Desk

FORMAT = "synth-audit-trail-1"
NOTHING = "0" * 64
"""What the first line has for the hash of the line before."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a trail."""

    holds: bool
    sentence: str
    line: int | None = None
    """The first line that does not fit, from 1; None where all do."""


def trail_file(desk: Desk) -> bytes:
    """The trail so far, as a file. Raises DeskError where no audit has begun."""
    return b"".join(line + b"\n" for line in trail_lines(desk))


def trail_lines(desk: Desk) -> Iterator[bytes]:
    """The same by lines, without line breaks."""
    previous = NOTHING
    for fields in _told(desk):
        line = _line({**fields, "previous": previous})
        yield line
        previous = hash_of(line)


def _line(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def closing_hash(desk: Desk) -> str:
    """Of the last line: it stands for the whole file."""
    *_, last = trail_lines(desk)
    return hash_of(last)


def hash_of(line: bytes) -> str:
    """SHA-256 of a line without its line break, in hexadecimal."""
    return hashlib.sha256(line).hexdigest()


def _told(desk: Desk) -> Iterator[dict[str, Any]]:
    record = desk.record()
    yield {
        "kind": "header",
        "format": FORMAT,
        "task": desk.task_id,
        "split": desk.split,
        "seed": desk.seed,
        **desk.made_of,
        "episode_id": desk.episode_id,
        "version": record.version,
        "note": "Synthetic data, not for clinical use.",
    }
    for entry in desk.trail:
        yield {
            "kind": "action",
            "number": entry.number,
            "offset_s": round(entry.offset_s, 3),
            "action": entry.action.model_dump(mode="json", exclude_defaults=True),
            "feedback": entry.feedback,
            "error": entry.error,
            "cost": entry.cost,
            "reward": entry.reward,
            "done": entry.turn.observation.done,
        }
    # Nothing more: no later line carries the hash of this one, so that `verify` has to know it to the last byte.
    yield {"kind": "end", "count": len(desk.trail)}


def lines_of(data: bytes) -> list[bytes]:
    """The lines of a file, the line break at its end aside."""
    return data.removesuffix(b"\n").split(b"\n") if data else []


def verify(lines: Iterable[bytes]) -> Verdict:
    """See whether a trail is as it was written.

    Args:
        lines: Without their line breaks.
    """
    given = list(lines)
    if not given:
        return Verdict(False, "The trail is empty: not even its header is there.", 1)
    read: list[dict[str, Any]] = []
    for number, line in enumerate(given, start=1):
        fields = _fields(line)
        if fields is None:
            return _broken(number, f"Line {number} is no line of an audit trail: it was changed.")
        read.append(fields)
        wrong = _place(read) or (_unlinked(given, number) if _before(given, number) != fields["previous"] else None)
        if wrong is not None:
            return wrong
    if read[-1]["kind"] != "end":
        return _broken(len(read), f"The trail breaks off after line {len(read)}: its end was cut off.")
    count = len(read) - 2
    if given[-1] != _line({"kind": "end", "count": count, "previous": read[-1]["previous"]}):
        return _broken(len(read), f"Line {len(read)} was changed: it does not close {count} actions as it should.")
    told = f"{count} action{'' if count == 1 else 's'}{'' if read[-2].get('done') else ', not to the end of the audit'}"
    return Verdict(True, f"The trail is whole: {told}; closing hash {hash_of(given[-1])}.")


def _fields(line: bytes) -> dict[str, Any] | None:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or not isinstance(fields.get("previous"), str):
        return None
    return fields if fields.get("kind") in ("header", "action", "end") else None


def _place(read: Sequence[dict[str, Any]]) -> Verdict | None:
    """Whether the newest line may be where it is, by its kind and its number."""
    number, fields = len(read), read[-1]
    if number == 1:
        known = fields["kind"] == "header" and fields.get("format") == FORMAT
        return None if known else _broken(1, "Line 1 is not the header of an audit trail: it was removed or changed.")
    if read[-2]["kind"] == "end":
        return _broken(number, f"Line {number} was put in after the end of the trail.")
    if fields["kind"] == "header":
        return _broken(number, f"Line {number} was put in: it is a second header.")
    # An end closes as many actions as there are lines before it, but for the header; an action has the next number.
    due, has = (number - 2, fields.get("count")) if fields["kind"] == "end" else (number - 1, fields.get("number"))
    if isinstance(has, int) and has > due:
        return _broken(number, f"Line {number} does not follow the line before it: one was removed or moved.")
    if isinstance(has, int) and has < due:
        return _broken(number, f"Line {number} does not follow the line before it: one was put in or moved.")
    return None if has == due else _broken(number, f"Line {number} was changed: it has no number.")


def _before(given: Sequence[bytes], number: int) -> str:
    """The hash that a line has to carry."""
    return NOTHING if number == 1 else hash_of(given[number - 2])


def _unlinked(given: Sequence[bytes], number: int) -> Verdict:
    """Which line to blame where one does not carry the hash of the line before: that one, or itself.

    Itself, if the next line does not go with it either. After the last line there is none to ask.
    """
    if number == len(given) > 1:
        told = f"Line {number - 1} or line {number} was changed: the one has not the hash that the other carries."
        return _broken(number - 1, told)
    following = _fields(given[number]) if number < len(given) else None
    itself = number == 1 or (following is not None and following["previous"] != hash_of(given[number - 1]))
    blamed = number if itself else number - 1
    return _broken(blamed, f"Line {blamed} was changed: the hashes of the lines beside it do not fit.")


def _broken(line: int, sentence: str) -> Verdict:
    return Verdict(False, sentence, line)


def main(arguments: Sequence[str]) -> int:
    """Say whether a file is a whole trail. Returns the exit status: 0 when it is."""
    if len(arguments) != 1:
        print("usage: python -m synth_audit_env.server.web.audit_trail FILE")
        return 1
    path = Path(arguments[0])
    try:
        verdict = verify(lines_of(path.read_bytes()))
    except OSError as problem:
        print(f"{path}: the file cannot be read ({problem.strerror}).")
        return 1
    print(f"{path}: {verdict.sentence}")
    return 0 if verdict.holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
