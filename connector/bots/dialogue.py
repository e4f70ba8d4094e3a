"""Lines -> the alternating messages that a model reads.

Only what a customer wrote, and our own notices, ever stand in the role "user". All texts are kept
from looking like our marks, so a customer can't speak as a colleague or as the connector.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from anthropic.types import MessageParam

from connector.bots.plain import COLLEAGUE, NOT_DELIVERED, NOTICE, quoted
from connector.domain.turns import BotRequest, Line

LINES = 60
CHARACTERS = 24_000
EARLIER_LINES = 20
EARLIER_CHARACTERS = 6_000
LINE_CHARACTERS = 4_000

BEGUN = f"{NOTICE} The conversation begins with a message to the customer."
NOTHING_NEW = f"{NOTICE} The customer has written nothing new."
WAITING = f"{NOTICE} The customer still waits for an answer to:"
EMPTY = "[empty message]"
USER, ASSISTANT = "user", "assistant"
_SPEAKERS = {"customer": "customer", "bot": "you", "agent": "human colleague"}


def messages(request: BotRequest) -> list[MessageParam]:
    """Begins and ends with the user, who alternates with the assistant; bounded."""
    lines = newest(request.lines, LINES, CHARACTERS)
    told: list[tuple[str, str]] = []
    if request.earlier:
        told.append((USER, _earlier(request.earlier)))
    if len(lines) < len(request.lines):
        told.append((USER, f"{NOTICE} {left_out(len(request.lines) - len(lines))}"))
    if not told and (not lines or lines[0].speaker != "customer"):
        told.append((USER, BEGUN))
    told += [_said(line) for line in lines]
    told += [(USER, notice) for notice in _closing(lines, request.answered)]
    found: list[MessageParam] = []
    for role, parts in groupby(told, key=lambda each: each[0]):
        content = "\n".join(text for _, text in parts)
        if role == USER:
            found.append({"role": "user", "content": content})
        else:
            found.append({"role": "assistant", "content": content})
    return found


def newest(lines: Sequence[Line], count: int, characters: int) -> tuple[Line, ...]:
    """The last lines that fit, in order; a line counts as long as it is shown."""
    kept: list[Line] = []
    room = characters
    for line in reversed(lines[-count:]):
        room -= min(len(line.text), LINE_CHARACTERS)
        if room < 0:
            break
        kept.append(line)
    return tuple(reversed(kept))


def left_out(count: int) -> str:
    return f"{count} earlier message{'' if count == 1 else 's'} left out here."


def body(line: Line) -> str:
    """The line's text, bounded and with what became of it."""
    text = line.text
    if len(text) > LINE_CHARACTERS:
        text = f"{text[:LINE_CHARACTERS]} … (cut, {len(text)} characters)"
    text = quoted(text) or EMPTY
    return f"{text} {NOT_DELIVERED} {quoted(line.note)}]" if line.note else text


def _said(line: Line) -> tuple[str, str]:
    match line.speaker:
        case "customer":
            return USER, body(line)
        case "bot":
            return ASSISTANT, body(line)
        case "agent":
            return ASSISTANT, f"{COLLEAGUE} {body(line)}"
        case _:
            return ASSISTANT, f"{NOTICE} {body(line)}"


def _earlier(lines: Sequence[Line]) -> str:
    kept = newest(lines, EARLIER_LINES, EARLIER_CHARACTERS)
    rows = [f"{_SPEAKERS.get(line.speaker, 'automatic notice')}: {indented(line)}" for line in kept]
    if len(kept) < len(lines):
        rows.insert(0, left_out(len(lines) - len(kept)))
    return "\n".join(["<earlier>", *rows, "</earlier>"])


def indented(line: Line) -> str:
    """Further lines of a text are indented, so that none of them can pass for a new message."""
    return body(line).replace("\n", "\n    ")


def _closing(lines: Sequence[Line], answered: int) -> Iterable[str]:
    """What the model would miss: texts that stand before a later message of ours, unanswered."""
    waiting = [body(line) for line in _overtaken(lines, answered)]
    if waiting:
        yield "\n".join((WAITING, *waiting))
    elif lines and lines[-1].speaker != "customer":
        yield NOTHING_NEW


def _overtaken(lines: Sequence[Line], answered: int) -> list[Line]:
    last = _after_last(lines, {"bot", "agent", "connector"})
    if answered:
        asked = [each for each in lines[:last] if each.number > answered]
    elif last == len(lines):  # a notice went out after them, no answer yet
        asked = list(lines[_after_last(lines, {"bot", "agent"}) :])
    else:
        asked = []
    return [line for line in asked if line.speaker == "customer"]


def _after_last(lines: Sequence[Line], speakers: set[str]) -> int:
    found = (at for at in range(len(lines), 0, -1) if lines[at - 1].speaker in speakers)
    return next(found, 0)
