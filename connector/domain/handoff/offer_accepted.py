"""The bot offered a person in its last turn and the customer says yes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from connector.domain.handoff.base import (
    Considered,
    Evidence,
    HandoffPolicy,
    Trigger,
    Turn,
    evidence,
)
from connector.domain.handoff.normalise import Words, considered
from connector.domain.handoff.normalise import words as words_of
from connector.domain.handoff.phrases import Language

THRESHOLD = 0.5
_SHORT = 8  # words: a longer message that begins with yes has its own subject
_TAIL = 400  # characters of the bot's turn that are looked at
_LEANS = 4
_THUMBS = frozenset("👍👌✅🆗")
# A yes and a no that are understood, in at most 20 characters: what WhatsApp shows on a button.
ANSWERS = {
    "en": ("Yes, please", "No, thanks"),
    "es": ("Sí, por favor", "No, gracias"),
    "fr": ("Oui, volontiers", "Non, merci"),
    "de": ("Ja, bitte", "Nein, danke"),
    "pt": ("Sim, por favor", "Não, obrigado"),
    "it": ("Sì, grazie", "No, grazie"),
}
_NAMED = ("target", "trade", "somebody", "does", "calls", "action")  # what offers refer to
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")


def consider(turns: Sequence[Turn], policy: HandoffPolicy) -> Considered:
    """Look at the newest turn, the customer's, as an answer to the bot's last one."""
    answer = turns[-1]
    bot = next((t for t in reversed(turns) if t.role != "customer"), None)
    if bot is None or bot.role != "bot" or not offers(bot, policy):
        return Considered(Trigger.OFFER_ACCEPTED, False, 0.0, THRESHOLD)
    agreed, language = _agrees(answer.text, policy)
    if not agreed:
        return Considered(Trigger.OFFER_ACCEPTED, False, 0.2, THRESHOLD)
    yes = evidence(answer, "yes to the bot's offer of a person")
    proof = (Evidence((bot.id, answer.id), yes.quote, yes.detail),)
    return Considered(Trigger.OFFER_ACCEPTED, True, 0.9, THRESHOLD, proof, language=language)


def offers(bot: Turn, policy: HandoffPolicy) -> bool:
    """Whether the bot's turn ends in the offer: a yes answers the last question that was asked."""
    if bot.offers_person:
        return True
    question = _question(considered(bot.text)[-_TAIL:])
    return any(
        language["offer"].first(words, {k: language[k].spans(words) for k in _NAMED}) is not None
        for language, words in policy.phrases.read(question)
    )


def answers(language: str | None) -> tuple[str, ...]:
    """Yes and no, as one would say them to the offer; () where the language is not known."""
    return ANSWERS.get((language or "").lower().partition("-")[0], ())


def _question(text: str) -> str:
    """The last question, with the sentence before it if it leans on that ("Shall I?")."""
    sentences = _SENTENCE.findall(text)
    asked = [i for i, s in enumerate(sentences) if s.rstrip().endswith("?")]
    last = asked[-1] if asked else len(sentences) - 1
    if last < 0:
        return ""
    leans = last > 0 and len(sentences[last].split()) <= _LEANS
    return " ".join(sentences[last - leans : last + 1])


def _agrees(text: str, policy: HandoffPolicy) -> tuple[bool, str | None]:
    """Whether it is a yes, and in which language. A no in any language is none."""
    reading = policy.phrases.read(text)
    if any(_refuses(language, words) for language, words in reading):
        return False, None
    for language, words in reading:
        yes = language["yes"].first(words)
        if yes is not None and (yes.begin == 0 or len(words) <= _SHORT):
            return True, language.name
    return not words_of(text).words and not _THUMBS.isdisjoint(text[:_SHORT]), None


def _refuses(language: Language, words: Words) -> bool:
    """Whether there is a no that is no part of a yes, as it is in "why not"."""
    agreed = [(m.begin, m.end) for m in language["yes"].find(words)]
    return any(
        not any(begin <= no.begin and no.end <= end for begin, end in agreed)
        for no in language["no"].find(words)
    )
