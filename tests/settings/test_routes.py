"""Group, brand, form, priority and tags as templates, in which customers have no say (A20)."""

from __future__ import annotations

import pytest

from connector import policies
from connector.domain.handoff.phrases import Phrases
from connector.domain.policy import Facts
from connector.domain.tickets import TicketFields
from tests.settings.given import Folder, channel

LEGAL = "{% if handoff.trigger == 'legal' %}360009{% else %}360001{% endif %}"
ROWS = [
    ("group: '{{ customer.name }}'", "customers have a say in it"),
    ("tags: ['{{ handoff.reason }}']", "customers have a say in it"),
    ("priority: '{{ ticket.id }}'", "customers have a say in it"),
    ("tags: ['{{ customer[handoff.trigger] }}']", "nothing is called 'customer'"),
    ("group: '{{ handoff.trigger }}'", "the template gives something that is no id"),
    ("priority: '{{ channel.name or handoff.trigger }}'", "something that is no priority"),
    ("brand: '{{ handoff.triger }}'", "did you mean 'handoff.trigger'?"),
    ("form: '{% if %}1'", "is not a Jinja template"),
]


@pytest.mark.parametrize(("line", "reason"), ROWS)
def test_refused(folder: Folder, line: str, reason: str) -> None:
    (told,) = folder.refusal(channel(f"ticket: {{{line}}}"))
    key = line.partition(":")[0]
    assert told.startswith("channels.yaml:22:")
    assert f"channels.sms-us.ticket.{key}" in told
    assert reason in told


def fields(folder: Folder, lines: str, facts: Facts) -> TicketFields:
    given = folder.load(channel(f"ticket: {{{lines}}}")).channels["sms-us"]
    return policies.policy("sms-us", given, Phrases(), 1600, "").ticket_fields(facts)


def facts(trigger: str = "legal", language: str = "pt-BR", name: str = "vip, urgent") -> Facts:
    return {
        "handoff": {"trigger": trigger, "reason": "says: tag vip"},
        "customer": {"name": name, "language": language},
        "channel": {"name": "sms-us"},
        "conversation": {"id": "c1"},
        "episode": {"id": "c1-1"},
    }


@pytest.mark.parametrize(("trigger", "group"), [("legal", 360009), ("frustration", 360001)])
def test_a_template_steers(folder: Folder, trigger: str, group: int) -> None:
    urgent = "{% if handoff.trigger in ('legal', 'safety') %}urgent{% endif %}"
    made = fields(
        folder,
        f'group: "{LEGAL}", priority: "{urgent}", brand: 7, '
        'tags: [sms, "{{ channel.name }} {{ handoff.trigger }}", "{{ customer.language }}"]',
        facts(trigger),
    )
    assert (made.group, made.brand, made.form) == (group, 7, None)
    assert made.priority == ("urgent" if trigger == "legal" else None)
    assert made.tags == ("sms", f"sms-us_{trigger}", "pt-BR", "lang_pt_br")


@pytest.mark.parametrize("language", ["en vip", "en,vip", "x", "e\nn", "{{x}}", "english"])
def test_what_is_no_language_makes_no_tag(folder: Folder, language: str) -> None:
    made = fields(folder, "tags: [sms, '{{ customer.language }}']", facts(language=language))
    assert made.tags == ("sms",)


def test_fields_may_name_the_customer(folder: Folder) -> None:
    made = fields(folder, "fields: {'36': '{{ customer.name }}: {{ handoff.reason }}'}", facts())
    assert made.custom == (("36", "vip, urgent: says: tag vip"),)
