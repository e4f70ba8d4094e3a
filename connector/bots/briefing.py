"""What a model is told before the conversation: the fixed prefix, then what varies.

The prefix is the same for every conversation of a bot, byte for byte, so that the provider's cache
holds it. Nothing that varies may stand before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from anthropic.types import TextBlockParam

from connector.bots.config import Article, ClaudeConfig
from connector.bots.dialogue import indented, left_out, newest
from connector.bots.plain import attribute, enclosed, language, quoted
from connector.domain.turns import BotRequest, Line, SummaryRequest

TRANSCRIPT_LINES = 200
TRANSCRIPT_CHARACTERS = 40_000
LESSON_CHARACTERS = 4_000
NO_ARTICLES = "(There are no articles. Nothing about this business is known to you.)"

_PROMPTS = Path(__file__).parent / "prompts"


def prompt(name: str) -> str:
    return (_PROMPTS / f"{name}.md").read_text(encoding="utf-8").strip()


def prefix(config: ClaudeConfig) -> tuple[TextBlockParam, ...]:
    """Our rules, the operator's instructions, the knowledge; to be cached as far as its end."""
    texts = [prompt("rules")]
    instructions = enclosed(config.instructions)
    if instructions:
        texts.append(f"<instructions>\n{instructions}\n</instructions>")
    texts.append(_knowledge(config.knowledge))
    return _cached(texts)


def summary_prefix() -> tuple[TextBlockParam, ...]:
    return _cached([prompt("summary")])


def context(request: BotRequest) -> tuple[TextBlockParam, ...]:
    """What is known of this conversation alone, if anything."""
    rows = []
    tag = language(request.language)
    if tag:
        rows.append(f"So far the customer has written in the language {tag}.")
    lesson = quoted(request.lesson[:LESSON_CHARACTERS])
    if lesson:
        rows.append(
            "A human colleague settled an earlier matter with this customer. Take it as known, "
            f"and don't ask again for what it says:\n<resolved>\n{lesson}\n</resolved>"
        )
    if not rows:
        return ()
    text = "\n".join(["<context>", *rows, "</context>"])
    return (TextBlockParam(type="text", text=text),)


def transcript(request: SummaryRequest) -> str:
    """The numbered lines, and why the conversation is handed over."""
    lines = newest(request.lines, TRANSCRIPT_LINES, TRANSCRIPT_CHARACTERS)
    missing = len(request.lines) - len(lines)
    rows = [f"({left_out(missing)})"] if missing else []
    rows += [_numbered(line) for line in lines]
    handoff = f"<trigger>{quoted(request.trigger)}</trigger>"
    if request.quote.strip():
        handoff += f"\n<quote>{quoted(request.quote)}</quote>"
    body = "\n".join(["<transcript>", *rows, "</transcript>"])
    return f"{body}\n<handoff>\n{handoff}\n</handoff>"


def _numbered(line: Line) -> str:
    return f"[{line.number}] {line.speaker} {line.at:%Y-%m-%d %H:%M:%S} UTC: {indented(line)}"


def _knowledge(articles: Iterable[Article]) -> str:
    # In order of their paths: a folder's listing may come in another order after a restart.
    found = "\n".join(_article(each) for each in sorted(articles, key=lambda each: each.path))
    return f"<knowledge>\n{found or NO_ARTICLES}\n</knowledge>"


def _article(article: Article) -> str:
    head = f'<article title="{attribute(article.title)}" path="{attribute(article.path)}">'
    return f"{head}\n{enclosed(article.text)}\n</article>"


def _cached(texts: list[str]) -> tuple[TextBlockParam, ...]:
    *before, last = texts
    return (
        *(TextBlockParam(type="text", text=text) for text in before),
        TextBlockParam(type="text", text=last, cache_control={"type": "ephemeral"}),
    )
