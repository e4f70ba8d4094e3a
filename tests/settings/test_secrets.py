"""Secrets come from outside, and show nowhere. A57: several of them while rotating."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from connector.settings.channels import TwilioChannel
from connector.settings.kinds import KINDS
from connector.settings.secrets import KEYS
from connector.settings.section import Section
from tests.settings.given import CANARY, ENVIRON, RIGHT, Folder, channel, spoiled

LITERAL = "a secret may not stand in this file; write ${NAME} and set it in the environment"
DEFAULTED = (
    "a secret may not have a default; only a stand-in (base_url on this machine) may have one"
)
ROWS = [
    ('["${TWILIO_AUTH_TOKEN}"]', f'["{CANARY}"]', f"18:19: channels.sms-us.auth_tokens[0]: {LITERAL}"),
    ('["${TWILIO_AUTH_TOKEN}"]', CANARY, f"18:5: channels.sms-us.auth_tokens: {LITERAL}"),
    ('["${TWILIO_AUTH_TOKEN}"]', '["x${TWILIO_AUTH_TOKEN}"]',
     f"18:19: channels.sms-us.auth_tokens[0]: {LITERAL}"),
    ('["${TWILIO_AUTH_TOKEN}"]', "[12345678]", f"18:19: channels.sms-us.auth_tokens[0]: {LITERAL}"),
    ('"${ZENDESK_CLIENT_SECRET}"', CANARY, f"6:48: helpdesks.main.oauth.client_secret: {LITERAL}"),
    ("${ANTHROPIC_API_KEY}", CANARY, f"11:5: bots.support.api_key: {LITERAL}"),
    ("${ANTHROPIC_API_KEY}", f"${{NO:-{CANARY}}}", f"11:5: bots.support.api_key: {DEFAULTED}"),
    ("${ANTHROPIC_API_KEY}", f"${{NO:-{CANARY}}}\n    base_url: https://elsewhere.example",
     f"11:5: bots.support.api_key: {DEFAULTED}"),
    ("${ANTHROPIC_API_KEY}", "${NO}", "11:5: bots.support.api_key: the environment variable NO is not set "
     "(nor NO_FILE)"),
    ("${ANTHROPIC_API_KEY}", "${EMPTY}", "11:5: bots.support.api_key: the environment variable EMPTY is "
     "empty"),
    ("${ANTHROPIC_API_KEY}", "${NO", "11:5: bots.support.api_key: a reference is written ${NAME} or "
     "${NAME:-default}"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), ROWS)
def test_a_secret_in_the_file_is_refused(folder: Folder, old: str, new: str, expected: str) -> None:
    lines = folder.refusal(spoiled(old, new), EMPTY="")
    assert f"channels.yaml:{expected}" in lines
    assert CANARY not in "\n".join(lines)


def test_a_stand_in_on_this_machine_may_have_a_default(folder: Folder) -> None:
    text = spoiled("${ANTHROPIC_API_KEY}", "${NO:-any}\n    base_url: http://127.0.0.1:9004")
    assert folder.load(text).bots["support"].api_key.get_secret_value() == "any"


def test_secrets_do_not_show(folder: Folder) -> None:
    settings = folder.load(RIGHT, DATABASE_URL="unused")
    assert CANARY not in repr(settings) + str(settings) + settings.model_dump_json()
    database = spoiled("helpdesks:", "database: ${DATABASE_URL}\nhelpdesks:")
    url = f"postgresql://me:{CANARY}@db.example/connector"
    assert CANARY not in repr(folder.load(database, DATABASE_URL=url))


def test_a_literal_password_in_the_database_url(folder: Folder) -> None:
    text = f"database: postgresql://me:{CANARY}@db.example/x\n" + RIGHT
    assert folder.refusal(text) == [
        "channels.yaml:1:1: database: holds a password; write ${DATABASE_URL} and set it outside this file"
    ]


@pytest.mark.parametrize("name", sorted(ENVIRON))
def test_what_comes_from_the_environment_is_never_quoted(folder: Folder, name: str) -> None:
    """Every variable, put where it fits least."""
    for line in ("kind_: x", "quiet_period: ${V}", "on_unknown: ${V}", "mask: ['${V}']",
                 "ticket: {group: '${V}', tags: ['${V} b'], priority: '${V}'}",
                 "messages: {solved: '{{ ${V} }}', handoff: '{% ${V}'}", "hours: ${V}",
                 "hours: {timezone: '${V}', open: {mon: '${V}'}}", "base_url: ${V}"):  # fmt: skip
        text = (
            channel(line).replace("${" + name + "}", "${V}").replace("kind: claude", "kind: ${V}")
        )
        text = text.replace("helpdesk: main", "helpdesk: ${V}")
        with pytest.raises(Exception) as caught:  # noqa: PT011
            folder.load(text, V=CANARY)
        told = str(caught.value) + repr(caught.value) + repr(caught.value.__cause__)
        assert CANARY not in told
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_name_in_a_template_from_the_environment_is_not_quoted(folder: Folder) -> None:
    where = "channels.yaml:22:16: channels.sms-us.messages.solved: "
    expected = [where + "the template uses a name that there is not"]
    assert folder.refusal(channel("messages: {solved: '${V}'}"), V="{{ pin1234 }}") == expected


def test_a57_several_tokens_and_secrets_keep_their_order(folder: Folder) -> None:
    text = spoiled('["${TWILIO_AUTH_TOKEN}"]', '["${NEW}", "${OLD}"]')
    text = text.replace('["${ZENDESK_WEBHOOK_SECRET}"]', '["${NEW}", "${OLD}"]')
    settings = folder.load(text, NEW="new", OLD="old")
    sms = settings.channels["sms-us"]
    assert isinstance(sms, TwilioChannel)
    for found in (
        sms.auth_tokens,
        settings.helpdesks["main"].webhook_secrets,
    ):
        assert [one.get_secret_value() for one in found] == ["new", "old"]


def test_a57_at_least_one_of_them(folder: Folder) -> None:
    expected = ["channels.yaml:18:5: channels.sms-us.auth_tokens: needs at least 1"]
    assert folder.refusal(spoiled('["${TWILIO_AUTH_TOKEN}"]', "[]")) == expected


def test_a_secret_from_a_file(folder: Folder, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{CANARY}\n", encoding="utf-8")
    text = spoiled("${ANTHROPIC_API_KEY}", "${KEY:-unused}")
    key = folder.load(text, KEY_FILE=str(file)).bots["support"].api_key
    assert key.get_secret_value() == CANARY
    expected = (
        "channels.yaml:11:5: bots.support.api_key: the file that KEY_FILE names can't be read "
    )
    assert folder.refusal(text, KEY_FILE=f"{file}.no")[0].startswith(expected)


def _secret_keys(model: type[Section]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        for member in _members(field.annotation):
            if member is SecretStr:
                yield name
            elif isinstance(member, type) and issubclass(member, Section):
                yield from _secret_keys(member)


def _members(annotation: Any) -> Iterator[Any]:
    yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _members(inner)


# Of sections that are no kind.
UNUSED = {"password", "password_hash", "metrics_token", "to", "handoffs_to"}


def test_every_secret_of_a_model_is_known_as_one() -> None:
    found = {k for kinds in KINDS.values() for m in kinds.values() for k in _secret_keys(m)}
    assert found == KEYS - UNUSED
    assert found <= KEYS
