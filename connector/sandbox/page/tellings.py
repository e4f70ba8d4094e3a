"""How each fact is told: its sign, whose doing it was, and its words. A literal that one can read.

A wording is used when the fact has all the fields that it names; `{=word}` marks a fixed word.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Telling:
    icon: str
    tone: str
    wordings: tuple[str, ...]  # the first that the fact has the fields for


def _tell(icon: str, tone: str, *wordings: str) -> Telling:
    return Telling(icon, tone, wordings)


UNKNOWN = _tell("dot", "plain")

# "name:kind" is preferred to "name" for a fact that has a kind.
TELLINGS: Mapping[str, Telling] = {
    "webhook_stored:CustomerMessaged": _tell(
        "phone", "customer", "The customer wrote; {=stored} before it was acknowledged"
    ),
    "webhook_stored:ReceiptArrived": _tell("inbox", "plain", "{channel} reported on a delivery"),
    "webhook_stored": _tell("inbox", "plain", "Webhook from {channel} stored, then acknowledged"),
    "webhook_repeated": _tell("undo", "plain", "The same webhook again: {=nothing} is done twice"),
    "webhook_skipped": _tell(
        "inbox", "plain", "Nothing to do in a webhook: {why}", "Webhook with nothing to do"
    ),
    "presence_failed": _tell("inbox", "plain", "{channel} did not show that somebody is writing"),
    "webhook_refused": _tell(
        "shield", "bad", "Webhook refused: {error}, {status}", "Webhook refused"
    ),
    "helpdesk_webhook": _tell("inbox", "agent", "Zendesk says that ticket {tickets} has changed"),
    "message_received": _tell("inbox", "plain", "Took up the customer's message"),
    "consent_changed": _tell("shield", "customer", "The customer texted {word}"),
    "bot_asked": _tell("spark", "bot", "Asked the bot for an answer"),
    "bot_answered": _tell("spark", "bot", "The bot has written an answer"),
    "bot_failed": _tell("alert", "bad", "The bot failed: {reason}", "The bot failed"),
    "draft_discarded": _tell(
        "undo", "plain", "Threw away the bot's draft: the customer had written {=again}"
    ),
    "triggers_considered": _tell(
        "scales", "plain", "Should a person take over? {fired}", "Looked for reasons to hand over"
    ),
    "handoff_decided": _tell(
        "handoff", "trigger", "Handing over to a person: {trigger}", "Handing over to a person"
    ),
    "summary_asked": _tell("note", "handoff", "Asked for a summary for the agent"),
    "summary_ready": _tell("note", "handoff", "The summary for the agent is ready"),
    "summary_failed": _tell("note", "bad", "No summary; the ticket is opened without it"),
    "ticket_asked": _tell("ticket", "handoff", "Opening a ticket"),
    "ticket_opened": _tell(
        "ticket", "agent", "Opened ticket {ticket} with summary and transcript", "Opened a ticket"
    ),
    "ticket_refused": _tell("alert", "bad", "Zendesk refused the ticket: {code}"),
    "ticket_gone": _tell("alert", "bad", "Ticket {ticket} is gone: {reason}"),
    "ticket_merged": _tell("ticket", "agent", "Ticket {ticket} was merged: it is now {into}"),
    "tags_removed": _tell("ticket", "agent", "Obeyed a tag on ticket {ticket} and took it off"),
    "tags_refused": _tell("alert", "bad", "Zendesk would not take a tag off: {code}"),
    "holder_shown": _tell(
        "flag", "agent", "Showed in the channel's own inbox who has the customer"
    ),
    "survey_answered": _tell("flag", "customer", "The customer's rating: {score} of 5"),
    "comment_added": _tell("ticket", "agent", "Put a comment into the ticket"),
    "comment_refused": _tell("alert", "bad", "Zendesk refused a comment: {code}"),
    "comment_mirrored": _tell("ticket", "customer", "Put the customer's message into the ticket"),
    "comment_sent": _tell("send", "agent", "Texted the agent's public reply to the customer"),
    "note_kept_private": _tell(
        "lock",
        "note",
        "Internal note on ticket {ticket} stays {=inside}: nothing sent",
        "Internal note stays {=inside}: nothing sent",
    ),
    "message_queued": _tell("send", "plain", "A text by {author} is on its way to the phone"),
    "message_sent": _tell("send", "plain", "Sent a text to the customer's phone"),
    "delivery_changed": _tell("check", "plain", "The text by {author} is {delivery}"),
    "delivery_failed": _tell(
        "alert", "bad", "The customer did not get it: error {code}", "The customer did not get it"
    ),
    "delivery_unknown": _tell("alert", "bad", "Nobody can tell whether the text was sent"),
    "attempt_failed": _tell(
        "alert",
        "bad",
        "{provider} answered {status} ({call}), next attempt at {retry_at}",
        "{provider} failed ({call}, {error}), next attempt at {retry_at}",
        "{provider} failed ({error}), next attempt at {retry_at}",
        "{provider} failed ({error})",
        "A call failed",
    ),
    "call_refused": _tell("alert", "bad", "Refused for good: {call}", "Refused for good"),
    "call_buried": _tell("alert", "bad", "Given up after {attempts} attempts: {call}"),
    "holder_changed": _tell(
        "handoff", "handoff", "The conversation is now {holder}", "The conversation moved on"
    ),
    "episode_ended": _tell("flag", "good", "Episode ended: {outcome}", "Episode ended"),
}

_TRIGGERS: Mapping[str, str] = {
    "explicit_request": "the customer asked for a person",
    "offer_accepted": "the customer accepted the offer of a person",
    "legal": "a legal threat",
    "safety": "somebody may be in danger",
    "no_progress": "no progress",
    "frustration": "the customer is frustrated",
    "model": "the bot asked for it",
    "bot_failure": "the bot failed",
    "keywords": "one of your keywords",
    "operator": "an operator decided it",
}
# Values as one would say them; every other one is said as it is.
WORDS: Mapping[str, Mapping[str, str]] = {
    "trigger": _TRIGGERS,
    "fired": _TRIGGERS,
    "holder": {
        "bot": "with the bot",
        "handing_over": "being handed over",
        "agent": "with an agent",
        "ended": "over",
    },
    "author": {"bot": "the bot", "agent": "the agent", "connector": "the connector"},
    "provider": {
        "twilio": "Twilio",
        "zendesk": "Zendesk",
        "anthropic": "Anthropic",
        "telegram": "Telegram",
        "intercom": "Intercom",
        "whatsapp_cloud": "WhatsApp",
        "messenger": "Messenger",
    },
    "outcome": {},
    "call": {},
    "reason": {},
}
# The holder under the names of the connector's own types.
HOLDERS: Mapping[str, str] = {
    "WithBot": "bot",
    "HandingOff": "handing_over",
    "WithAgent": "agent",
    "Solved": "agent",  # a real reply still goes to them
    "Ended": "ended",
}
