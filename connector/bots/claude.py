"""A bot on Anthropic's Messages API: one call a turn, one for the summary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import anthropic
from anthropic.types import MessageParam, TextBlockParam

from connector.bots import briefing, client, dialogue, failures, inspection, schema
from connector.bots.config import ClaudeConfig
from connector.bots.plain import clean, language, restored, topic
from connector.domain.text import shorten
from connector.domain.turns import (
    BotDecision,
    BotRequest,
    BotTurn,
    Line,
    Point,
    Summary,
    SummaryRequest,
    Usage,
)
from connector.upkeep import Check, Site

ANSWER, SUMMARISE = "answer", "summarise"
ANSWER_TOKENS = 2048  # far more than a text message: a model that thinks first needs room
SUMMARY_TOKENS = 1536
MARKS_BYTES = 8192  # of what stands around texts in a prompt, and of the shape of the answer
SUBJECT_CHARACTERS = 80
POINT_CHARACTERS = 500
UNCLEAR = "not clear from the conversation"
_CUT_OFF = frozenset({"max_tokens", "model_context_window_exceeded"})


class Claude:
    """Safe to use from several threads at once."""

    def __init__(self, config: ClaudeConfig) -> None:
        self._config = config
        self._client = client.connect(config)
        self._prefix = briefing.prefix(config)
        self._summary_prefix = briefing.summary_prefix()
        self._fixed = MARKS_BYTES + _bytes(*(block["text"] for block in self._prefix))
        self._fixed_summary = MARKS_BYTES + _bytes(*(b["text"] for b in self._summary_prefix))

    def close(self) -> None:
        self._client.close()

    def checks(self, site: Site) -> Sequence[Check]:
        return inspection.checks(self._client, self._config)

    def answer(self, request: BotRequest) -> BotTurn:
        """One model call. Raise Transient (worth repeating) or Rejected (refusal, bad key)."""
        text, used = self._ask(
            ANSWER,
            system=(*self._prefix, *briefing.context(request)),
            messages=dialogue.messages(request),
            shape=schema.TURN,
            max_tokens=ANSWER_TOKENS,
        )
        said = schema.read(schema.Turn, text)
        if said is None:
            raise failures.charged(failures.malformed(ANSWER), used)
        turn = _turn(said, used)
        if not turn.reply and _leaves_unanswered(turn):
            raise failures.charged(failures.malformed(ANSWER), used)
        return turn

    def summarise(self, request: SummaryRequest) -> Summary:
        """One model call. Raise Transient or Rejected."""
        text, used = self._ask(
            SUMMARISE,
            system=self._summary_prefix,
            messages=[{"role": "user", "content": briefing.transcript(request)}],
            shape=schema.SUMMARY,
            max_tokens=SUMMARY_TOKENS,
            timeout=self._config.summary_timeout,
        )
        said = schema.read(schema.Points, text)
        subject = shorten(restored(said.subject), SUBJECT_CHARACTERS) if said else ""
        if said is None or not subject:
            raise failures.charged(failures.malformed(SUMMARISE), used)
        known = {line.number for line in request.lines}
        wants, tried, why = (
            _point(each, known) for each in (said.wants, said.tried, said.why_human)
        )
        return Summary(subject, wants, tried, why, used, topic(said.topic))

    def most(self, request: BotRequest | SummaryRequest) -> Usage:
        """No call for this takes more: no tokenizer makes more tokens of a text than it has bytes."""
        if isinstance(request, BotRequest):
            own = _bytes(request.lesson) + sum(
                _weight(x) for x in (*request.lines, *request.earlier)
            )
            return Usage(input=self._fixed + own, output=ANSWER_TOKENS)
        own = sum(_weight(x) for x in request.lines)
        return Usage(input=self._fixed_summary + own, output=SUMMARY_TOKENS)

    def _ask(
        self,
        operation: str,
        *,
        system: Iterable[TextBlockParam],
        messages: list[MessageParam],
        shape: dict[str, Any],
        max_tokens: int,
        timeout: timedelta | None = None,
    ) -> tuple[str, Usage]:
        try:
            raw = self._client.messages.with_raw_response.create(
                model=self._config.model,
                max_tokens=max_tokens,
                system=list(system),
                messages=messages,
                output_config={"format": {"type": "json_schema", "schema": shape}},
                timeout=client.limit(timeout or self._config.timeout),
            )
        except anthropic.APIError as error:
            raise failures.translate(error, operation, datetime.now(UTC)) from None
        # Read in our own shape: the SDK lets anything through that is not what it expects.
        answer = schema.read(schema.Answer, raw.read())
        if answer is None:
            raise failures.malformed(operation)
        if answer.stop_reason == "refusal":
            raise failures.charged(failures.refused(operation), answer.used)
        if answer.stop_reason in _CUT_OFF:
            cut = failures.transient(answer.stop_reason or "", operation)
            raise failures.charged(cut, answer.used)
        return answer.text, answer.used


def _bytes(*texts: str) -> int:
    return sum(len(text.encode(errors="replace")) for text in texts)


def _weight(line: Line) -> int:
    """Bytes of a line as a prompt has it, at most: with its marks and its time."""
    return 2 * _bytes(line.text, line.note) + 200


def _turn(said: schema.Turn, used: Usage) -> BotTurn:
    return BotTurn(
        reply=restored(said.reply),
        decision=said.decision,
        trigger="" if said.trigger == "none" else said.trigger,
        reason=clean(said.reason),
        quote=restored(said.quote),
        language=language(said.language),
        offers_person=said.offers_person,
        usage=used,
    )


def _leaves_unanswered(turn: BotTurn) -> bool:
    """A handoff without a reason may not be granted: then the customer would hear nothing."""
    asks = turn.decision is BotDecision.HAND_OFF and turn.reason
    return not asks and turn.decision is not BotDecision.RESOLVED


def _point(said: schema.Cited, known: set[int]) -> Point:
    """What no message says is not passed on as a fact."""
    cited = tuple(dict.fromkeys(number for number in said.messages if number in known))
    text = shorten(restored(said.text), POINT_CHARACTERS)
    return Point(text, cited) if cited and text else Point(UNCLEAR, ())
