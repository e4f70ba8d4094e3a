"""What generated customers, bots and agents say, so that pages made of it can be read."""

from __future__ import annotations

from typing import NamedTuple

from connector.domain.handoff.base import Trigger


class Subject(NamedTuple):
    """A topic: two ways to ask, what the bot says to it, and what an agent answers."""

    asks: tuple[str, str]
    bot: str
    agent: str


SUBJECTS = {
    "late delivery": Subject(
        ("Hi, where is my parcel? It was due on Monday.", "My order has not come yet. When will it?"),
        "Order 4711 left our warehouse on Friday; it takes three to five days.",
        "Hello, I have found it: it is with you tomorrow.",
    ),
    "refund status": Subject(
        ("I sent the shoes back two weeks ago. Where is my money?", "When do I get my refund?"),
        "Refunds take five to ten working days once we have the parcel.",
        "The refund went out this morning. Banks take two more days to show it.",
    ),
    "wrong size": Subject(
        ("The jacket is too small. Can I swap it for an L?", "How do I change the size of an order?"),
        "You can send anything back within 30 days.",
        "Put the M into its bag with the label that I have just mailed. The L is on its way already.",
    ),
    "opening hours": Subject(
        ("Is the shop in Leeds open on Sunday?", "Until when are you open today?"),
        "Our shops have hours of their own; see the page of each.",
        "Leeds is open on Sundays from 11 to 5, and closed on bank holidays.",
    ),
    "gift card": Subject(
        ("My gift card says it is used up, but I never used it.", "Can I pay with two gift cards?"),
        "A gift card can be used in the last step of an order.",
        "Two cards can't be used at once. I have put both sums onto one: here is its number.",
    ),
    "password reset": Subject(
        ("The mail with the new password never comes.", "I can't get into my account any more."),
        "Choose “Forgotten password” on the sign-in page.",
        "Your provider had blocked our mails. I have sent you a link by text.",
    ),
    "size of the box": Subject(
        ("Does the box with the desk fit into a small car?", "How long is the box of the shelf?"),
        "You find the measures of an article on its page.",
        "It is 142 by 65 by 18 cm and weighs 31 kg: two people should carry it.",
    ),
    "warranty": Subject(
        ("The kettle stopped working after 14 months. Is that covered?", "How long is the warranty?"),
        "Our warranty is two years for most articles.",
        "It is covered until May. No need to send it: a new one is on its way to you.",
    ),
}  # fmt: skip
NAMES = ("Ada Moreau", "Ben Okafor", "Carla Weiss", "Dmitri Sokolov", "Eve Larsen", "Farid Haddad",
         "Grace Kim", "Hugo Brandt", "Ines Duarte", "Jo Walsh")  # fmt: skip
AGENTS = ("Ana Gil", "Tom Reyes", "Mia Novak")
WHICH = "You are writing with an automated assistant. Which order is it?"
# What a customer says right before the handoff, and why it counts.
PLEAS = {
    Trigger.EXPLICIT_REQUEST: ("Can I talk to a person, please?", "asks to reach a person"),
    Trigger.FRUSTRATION: ("This is ridiculous, I have told you twice now!", "3 of 4 messages"),
    Trigger.NO_PROGRESS: ("That is what you said before.", "said again in other words"),
    Trigger.LEGAL: ("Then you will hear from my lawyer.", "a lawyer"),
    Trigger.OFFER_ACCEPTED: ("Yes please", "accepts the offer of a person"),
    Trigger.BOT_FAILURE: ("Hello?", "no answer of the model, 3 times"),
}
HANDED = "I am getting a colleague for you. You get the answer here."
