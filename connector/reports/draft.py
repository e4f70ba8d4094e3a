"""A knowledge article, drafted from what agents answered: to be read and shortened by a person."""

from __future__ import annotations

from collections.abc import Sequence

UNKNOWN = "What is not answered yet"


def article(topic: str, answered: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Markdown, as the bot's other articles. `answered`: a question and its answers, the best first."""
    title = topic[:1].upper() + topic[1:] or UNKNOWN
    questions = list(dict.fromkeys(_line(question) for question, _ in answered if question.strip()))
    answers = list(dict.fromkeys("\n\n".join(_text(a) for a in said) for _, said in answered))
    answers = [each for each in answers if each.strip()]
    parts = [f"# {title}"]
    if questions:
        parts.append("Customers ask:\n\n" + "\n".join(f"- {each}" for each in questions))
    for number, each in enumerate(answers, 1):
        heading = "## Answer" if len(answers) == 1 else f"## Answer {number}"
        parts.append(f"{heading}\n\n{each}")
    if not answers:
        parts.append("## Answer\n\nNo agent has answered this yet.")
    return "\n\n".join(parts) + "\n"


def _line(text: str) -> str:
    return " ".join(text.split())


def _text(text: str) -> str:
    """A line that begins like a heading would begin another section."""
    lines = (line.strip() for line in text.strip().splitlines())
    return "\n".join(f"\\{line}" if line.startswith("#") else line for line in lines)
