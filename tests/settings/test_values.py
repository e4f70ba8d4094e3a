"""Interpolation, durations, openings and defaults."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from connector.settings.hours import Opening, parse_week
from connector.settings.interpolate import Interpolated, NotSet, fill
from connector.settings.values import format_duration, parse_duration
from tests.settings.given import RIGHT, Folder, channel, spoiled

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True)
PLAIN = st.text(st.characters(exclude_characters="$", exclude_categories=["Cs"]), max_size=20)


@given(name=NAMES, value=st.text(min_size=1, max_size=50), before=PLAIN, after=PLAIN)
def test_a_reference_becomes_its_value_and_nothing_more(
    name: str, value: str, before: str, after: str
) -> None:
    # The value may look like a reference itself: it is taken as it is.
    filled = fill(f"{before}${{{name}}}{after}", {name: value})
    assert filled == before + value + after
    assert isinstance(filled, Interpolated)
    assert filled.whole == (not before and not after)
    assert not filled.from_default


@given(name=NAMES, default=st.text(max_size=20).filter(lambda t: "}" not in t and "${" not in t))
def test_a_default_stands_in_for_what_is_not_set_or_empty(name: str, default: str) -> None:
    for environ in ({}, {name: ""}):
        filled = fill(f"${{{name}:-{default}}}", environ)
        assert filled == default
        assert isinstance(filled, Interpolated)
        assert filled.from_default
    with pytest.raises(NotSet, match=name):
        fill(f"${{{name}}}", {})


@given(text=PLAIN)
def test_a_text_without_references_stays(text: str) -> None:
    assert fill(text, {}) is text


@given(ms=st.integers(min_value=0, max_value=10**10))
def test_a_duration_is_read_back_as_it_was_written(ms: int) -> None:
    duration = timedelta(milliseconds=ms)
    assert parse_duration(format_duration(duration)) == duration


@given(st.text(max_size=8))
def test_any_text_is_a_duration_or_refused(text: str) -> None:
    try:
        assert parse_duration(text) >= timedelta(0)
    except PydanticCustomError as error:
        assert "must be" in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("300ms", 0.3), ("1.5s", 1.5), ("10m", 600), ("24h", 86400), ("7d", 604800), ("0s", 0)],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "5", "5 s", "-5s", "5S", "1h30m", "٣s", "5s\n", ".5s", 5, None]
)
def test_no_durations(text: object) -> None:
    with pytest.raises(PydanticCustomError):
        parse_duration(text)


def test_openings() -> None:
    week = parse_week({"fri-mon": "00:00-24:00", "wed": ("09:00-12:00", "13:00-15:00"), "tue": ()})
    assert list(week) == ["mon", "tue", "wed", "fri", "sat", "sun"]
    assert week["mon"] == (Opening(0, 1440),)
    assert week["wed"] == (Opening(540, 720), Opening(780, 900))
    assert week["tue"] == ()


def test_the_defaults_are_those_of_the_contract(folder: Folder) -> None:
    settings = folder.load(RIGHT)
    desk, sms = settings.helpdesks["main"], settings.channels["sms-us"]
    assert (settings.database, settings.runner) == ("sqlite:///var/connector.db", "local")
    assert settings.bots["support"].model == "claude-haiku-5-5"
    assert desk.poll_every == timedelta(seconds=60)
    assert (desk.hand_back_tag, desk.pause_tag, desk.resend_tag) == (
        "bot_resume", "bot_pause", "connector_resend",
    )  # fmt: skip
    assert sms.quiet_period == timedelta(seconds=1.5)
    assert (sms.grace_period, sms.waiting_notice) == (timedelta(minutes=10), timedelta(minutes=15))
    assert (sms.on_unknown, sms.mask, sms.csat.ask) == ("at_most_once", ("card_numbers",), False)
    assert sms.handoff.explicit_request is not None
    assert sms.handoff.explicit_request.languages == ("en", "es", "fr", "de", "pt", "it")
    assert sms.handoff.frustration is not None
    assert (sms.handoff.frustration.window, sms.handoff.frustration.at_least) == (3, 2)


def test_each_trigger_can_be_switched_off(folder: Folder) -> None:
    off = "explicit_request keywords frustration no_progress model bot_failure legal".split()
    line = "handoff: {" + ", ".join(f"{name}: false" for name in off) + "}"
    handoff = folder.load(channel(line)).channels["sms-us"].handoff
    assert [name for name in off if getattr(handoff, name)] == []
    again = folder.load(channel("handoff: {frustration: true}")).channels["sms-us"].handoff
    assert again.frustration is not None


def test_numbers_and_switches_may_come_from_the_environment(folder: Folder) -> None:
    text = channel(
        "limits: {messages_per_hour: '${N}', usd_per_day: '${USD}'}", "csat: {ask: '${ASK}'}"
    )
    found = folder.load(text, N="7", USD="2.5", ASK="true").channels["sms-us"]
    assert (found.limits.messages_per_hour, found.limits.usd_per_day) == (7, 2.5)
    assert found.csat.ask is True


def test_an_api_token_works_and_its_end_is_told(folder: Folder) -> None:
    text = spoiled(
        'oauth: {client_id: "${ZENDESK_CLIENT_ID}", client_secret: "${ZENDESK_CLIENT_SECRET}"}',
        'api_token: {email: a@example.com, token: "${ZENDESK_CLIENT_SECRET}"}',
    )
    (told,) = folder.load(text).ending
    assert str(told).replace(f"{folder.path}/", "") == (
        "channels.yaml:6:5: helpdesks.main.api_token: works until 2027-04-30: then Zendesk ends "
        "API tokens; sign in with 'oauth'"
    )
    assert not folder.load(RIGHT).ending


def test_a_refresh_token_is_a_secret_and_may_be_left_out(folder: Folder) -> None:
    secret = '"${ZENDESK_CLIENT_SECRET}"}'
    found = folder.load(spoiled(secret, secret[:-1] + ', refresh_token: "${R}"}'), R="r")
    oauth = found.helpdesks["main"].oauth
    assert oauth is not None
    assert oauth.refresh_token is not None
    assert oauth.refresh_token.get_secret_value() == "r"
    lines = folder.refusal(spoiled(secret, secret[:-1] + ", refresh_token: literal}"))
    assert any("refresh_token: a secret may not stand in this file" in line for line in lines)


@pytest.mark.parametrize("number", ["+15550100", "whatsapp:+15550100", "72345", "227"])
def test_a_number_may_be_a_short_code(folder: Folder, number: str) -> None:
    settings = folder.load(spoiled('"+15550100"', f'"{number}"'))
    assert settings.channels["sms-us"].own == {
        "account_sid": settings.channels["sms-us"].account_sid,  # type: ignore[union-attr]
        "number": number,
    }


@pytest.mark.parametrize("number", ["55", "0123", "123456789", "whatsapp:72345", "ACME"])
def test_what_nobody_can_write_to_is_no_number(folder: Folder, number: str) -> None:
    assert "must be a number" in folder.refusal(spoiled('"+15550100"', f'"{number}"'))[0]


def test_a_template_for_whatsapp(folder: Folder) -> None:
    sid, filled = "HX" + "a" * 32, '{"name": "Zoë", "1": "{{message.text}}"}'
    own = f"content_sid: {sid}\n    content_variables: {filled}"
    text = spoiled('number: "+15550100"', f'number: "whatsapp:+15550100"\n    {own}')
    found = folder.load(text).channels["sms-us"]
    assert found.kind == "twilio"
    assert (found.content_sid, dict(found.content_variables)) == (
        sid, {"name": "Zoë", "1": "{{message.text}}"},
    )  # fmt: skip
