"""A56: bad YAML is refused with file, line, column, key and reason; everything at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.settings import ConfigError, load
from connector.settings.channel_kinds import CHANNEL_KINDS
from tests.settings.given import RIGHT, Folder, channel, spoiled

DURATION = "must be a duration such as 300ms, 1.5s, 10m, 24h or 7d"

KINDS = ", ".join(CHANNEL_KINDS)

CHANNEL_ROWS = [
    ("quiet_perod: 2s", "22:5: channels.sms-us.quiet_perod: unknown key; did you mean 'quiet_period'?"),
    ("quiet_period: 1.5", f"22:5: channels.sms-us.quiet_period: {DURATION}"),
    ("quiet_period: 2 s", f"22:5: channels.sms-us.quiet_period: {DURATION}"),
    ("quiet_period: 61s", "22:5: channels.sms-us.quiet_period: must be from 0s to 60s"),
    ("quiet_period:", "22:5: channels.sms-us.quiet_period: has no value; give it one, or remove the key"),
    ("ticket: {form: '3'}", "22:14: channels.sms-us.ticket.form: must be a whole number, without quotes"),
    ("ticket: {group: true}", "22:14: channels.sms-us.ticket.group: must be a whole number, without quotes"),
    ("ticket: {group: 0}", "22:14: channels.sms-us.ticket.group: must be more than 0"),
    ("ticket: {priority: hihg}", "22:14: channels.sms-us.ticket.priority: must be one of low, normal, "
     "high, urgent; did you mean 'high'?"),
    ("ticket: {tags: [a, b c]}", "22:24: channels.sms-us.ticket.tags[1]: must be one word without spaces "
     "or commas"),
    ("ticket: {tags: sms}", "22:14: channels.sms-us.ticket.tags: must be a list"),
    ("ticket: {fields: {tier: x}}", "22:23: channels.sms-us.ticket.fields.tier: must be the number of a "
     "ticket field"),
    ("ticket: {fields: {'36': '{{ handoff.triger }}'}}", "22:23: channels.sms-us.ticket.fields.36: nothing "
     "is called 'handoff.triger' in templates; did you mean 'handoff.trigger'?"),
    ("ticket: normal", "22:5: channels.sms-us.ticket: must be a section with keys and values"),
    ("handoff: {legal: 'no'}", "22:15: channels.sms-us.handoff.legal: must be true or false, without quotes"),
    ("handoff: {frustration: {window: 2, at_least: 3}}", "22:40: channels.sms-us.handoff.frustration."
     "at_least: must be at most 'window' (2)"),
    ("handoff: {frustration: {windw: 2}}", "22:29: channels.sms-us.handoff.frustration.windw: unknown key; "
     "did you mean 'window'?"),
    ("handoff: {keywords: [1]}", "22:26: channels.sms-us.handoff.keywords[0]: must be a text; put it in "
     "quotes"),
    ("handoff: {keywords: true}", "22:15: channels.sms-us.handoff.keywords: must be a list"),
    ("handoff: {explicit_request: {languages: [english]}}", "22:46: channels.sms-us.handoff."
     "explicit_request.languages[0]: must be a language such as en or pt-BR"),
    ("messages: {solved: '{{ next_openning }}'}", "22:16: channels.sms-us.messages.solved: nothing is "
     "called 'next_openning' in templates; did you mean 'next_opening'?"),
    ("messages: {solved: {en: '{{ 1 / 0 }}'}}", "22:25: channels.sms-us.messages.solved.en: can't be "
     "filled in (ZeroDivisionError)"),
    ("messages: {solved: ''}", "22:16: channels.sms-us.messages.solved: is empty"),
    ("messages: {solved: " + "x" * 1601 + "}", "22:16: channels.sms-us.messages.solved: is longer than "
     "1600 characters"),
    ("hours: {timezone: America/NewYork, open: {mon: '09:00-18:00'}}", "22:13: channels.sms-us.hours."
     "timezone: there is no such time zone; did you mean 'America/New_York'?"),
    ("hours: {timezone: UTC, open: {mon-fry: '09:00-18:00'}}", "22:35: channels.sms-us.hours.open.mon-fry: "
     "'mon-fry' is neither a day nor days such as mon-fri; did you mean 'fri'?"),
    ("hours: {timezone: UTC, open: {mon: '9-18'}}", '22:35: channels.sms-us.hours.open.mon: must be times '
     'such as "09:00-18:00", or a list of them'),
    ("hours: {timezone: UTC, open: {mon: '22:00-02:00'}}", "22:35: channels.sms-us.hours.open.mon: closes "
     "before it opens; write the part after midnight there"),
    ("hours: {timezone: UTC, open: {mon-tue: [], tue: []}}", "22:48: channels.sms-us.hours.open.tue: 'tue' "
     "is covered twice"),
    ("mask: [iban]", "22:12: channels.sms-us.mask[0]: must be one of card_numbers, national_ids, emails"),
    ("mask: [emails, {name: x, pattern: '(?<=a)b'}]", "22:30: channels.sms-us.mask[1].pattern: is no "
     "pattern of RE2 (invalid perl operator: (?<=); RE2 knows no look-around and no back references"),
    ("mask: [{name: x, pattern: 'a*'}]", "22:22: channels.sms-us.mask[0].pattern: fits nothing at all, "
     "and so everything; it must need a character"),
    ("mask: [{name: x}]", "22:12: channels.sms-us.mask[0].pattern: is missing"),
    ("mask: [{name: y, nam: x, pattern: b}]", "22:22: channels.sms-us.mask[0].nam: unknown key"),
    ("limits: {usd_per_day: -1}", "22:14: channels.sms-us.limits.usd_per_day: must be more than 0"),
    ("on_unknown: at_most_onec", "22:5: channels.sms-us.on_unknown: must be one of at_most_once, "
     "at_least_once; did you mean 'at_most_once'?"),
    ("messaging_service: MG" + "1" * 32, "22:5: channels.sms-us.messaging_service: stands beside 'number'; "
     "keep one of them"),
    ("content_sid: HX1", "22:5: channels.sms-us.content_sid: must be HX and 32 hexadecimal digits"),
    ('content_variables: {"1": "Hello"}', "22:5: channels.sms-us.content_variables: one of them must hold "
     "{{ message.text }}"),
    ("segments_per_second: 0", "22:5: channels.sms-us.segments_per_second: must be at least 1"),
    ("base_url: http://twilio.example", "22:5: channels.sms-us.base_url: must begin with https:// (http:// "
     "only for this machine)"),
    ("base_url: http://127.0.0.1:9/v1", "22:5: channels.sms-us.base_url: must be the root of the provider; "
     "leave out the path, such as /v1"),
    ("bot: support", "22:5: channels.sms-us.bot: is given twice (first in line 20)"),
]  # fmt: skip

OTHER_ROWS = [
    ("helpdesk: main", "helpdesk: mian", "21:5: channels.sms-us.helpdesk: no helpdesk called 'mian'; did "
     "you mean 'main'?"),
    ("bot: support", "bot: 7", "20:5: channels.sms-us.bot: must be a text; put it in quotes"),
    ("    bot: support\n", "", "15:3: channels.sms-us.bot: is missing"),
    ('number: "+15550100"', "number: +15550100", "19:5: channels.sms-us.number: must be a text; put it in "
     "quotes"),
    ('number: "+15550100"', 'number: "555-0100"', '19:5: channels.sms-us.number: must be a number such as '
     '"+15550100" or "whatsapp:+15550100"'),
    ('    number: "+15550100"\n', "", "15:3: channels.sms-us: needs 'number' or 'messaging_service'"),
    ("kind: twilio", "kind: twillio", "16:5: channels.sms-us.kind: no kind called 'twillio'; did you mean "
     "'twilio'?"),
    ("    kind: twilio\n", "", "15:3: channels.sms-us.kind: is missing; available: " + KINDS),
    ("  sms-us:", "  sms us:", "15:3: channels.sms us: a name is made of letters, digits, - and _; it "
     "becomes a part of URLs"),
    ("subdomain: acme", "subdomain: acme.zendesk.com", "5:5: helpdesks.main.subdomain: must be lower-case "
     "letters, digits and -; only what stands before .zendesk.com"),
    ("subdomain: acme", 'subdomain: acme\n    api_token: {email: a@b.c, token: "${ANTHROPIC_API_KEY}"}',
     "6:5: helpdesks.main.api_token: stands beside 'oauth'; keep one of them"),
    ("subdomain: acme", "subdomain: acme\n    poll_every: 1s", "6:5: helpdesks.main.poll_every: must be "
     "from 10s to 1h"),
    ("instructions: support.md", "instructions: no.md", "12:5: bots.support.instructions: there is no such "
     "file; paths are relative to the YAML file"),
    ("knowledge: knowledge/", "knowledge: nowhere/", "13:5: bots.support.knowledge: there is no such file; "
     "paths are relative to the YAML file"),
    ("public_url: ${PUBLIC_URL}", "public_url: http://shop.example", "1:1: public_url: must begin with "
     "https:// (http:// only for this machine)"),
    ("public_url: ${PUBLIC_URL}", "public_url: ${PUBLIC_URL}\nruner: local", "2:1: runer: unknown key; did "
     "you mean 'runner'?"),
    ("public_url: ${PUBLIC_URL}", "public_url: ${PUBLIC_URL}\ndefault: {}", "2:1: default: unknown key; did "
     "you mean 'defaults'?"),
    ("public_url: ${PUBLIC_URL}", "public_url: ${PUBLIC_URL}\nrunner: procrastinate", "2:1: runner: "
 "'procrastinate' needs Postgres, and 'database' is an SQLite file; set database to postgresql://..., "
     "or runner to local"),
    ("public_url: ${PUBLIC_URL}", "public_url: ${PUBLIC_URL}\nrunner: many", "2:1: runner: must be one of "
     "local, procrastinate"),
    ("public_url: ${PUBLIC_URL}", "public_url: ${PUBLIC_URL}\nops: {auth: {}}", "2:7: ops.auth: needs "
     "'accounts' or 'oidc'"),
    ("public_url: ${PUBLIC_URL}", "public_url: ${PUBLIC_URL}\nops: {auth: {oidc: {issuer: "
     "'https://id.example', client_id: x, client_secret: '${ZENDESK_CLIENT_SECRET}'}}}",
     "2:14: ops.auth.oidc: lets nobody in; name roles in 'operators' or 'viewers'"),
    ("public_url: ${PUBLIC_URL}", "public_url: ${PUBLIC_URL}\nops: {auth: {oidc: {issuer: "
     "'http://id.example', client_id: x, client_secret: '${ZENDESK_CLIENT_SECRET}', viewers: [a]}}}",
     "2:21: ops.auth.oidc.issuer: must begin with https:// (http:// only for this machine)"),
    ("public_url: ${PUBLIC_URL}", "public_url: ${PUBLIC_URL}\nops: {auth: {oidc: {issuer: "
     "'https://id.example', client_id: x, client_secret: abc, viewers: [a]}}}",
     "2:65: ops.auth.oidc.client_secret: a secret may not stand in this file; write ${NAME} and set it "
     "in the environment"),
    ("public_url: ${PUBLIC_URL}", "public_url: ${PUBLIC_URL}\nops: {auth: {accounts: {ana: "
     "{password_hash: secret}}}}", "2:31: ops.auth.accounts.ana.password_hash: a secret may not stand "
     "in this file; write ${NAME} and set it in the environment"),
    ("public_url: ${PUBLIC_URL}", "public_url: ${PUBLIC_URL}\nops: {auth: {accounts: {ana: "
     "{password_hash: '${ZENDESK_CLIENT_SECRET}'}}}}", "2:31: ops.auth.accounts.ana.password_hash: is no "
     "argon2id hash; `connector password` makes one"),
    ("public_url: ${PUBLIC_URL}", "public_url: ${PUBLIC_URL}\nops: {timezone: Mars}", "2:7: ops.timezone: "
     "there is no such time zone; write it as in America/New_York"),
    ("public_url: ${PUBLIC_URL}", "public_url: ${PUBLIC_URL}\ndatabase: mysql://x", "2:1: database: must "
     "begin with sqlite:/// or postgresql://"),
    ("public_url: ${PUBLIC_URL}", "public_url: ${PUBLIC_URL}\ndefaults: {quiet_period: 2}",
     f"2:12: defaults.quiet_period: {DURATION}"),
    ("public_url: ${PUBLIC_URL}\n", "", "1:1: public_url: is missing"),
    ("public_url: ${PUBLIC_URL}", "public_url: ${PUBLIC_URL}\n\truns: x", "2:1: a tab; YAML is indented "
     "with spaces"),
    ("helpdesk: main", "helpdesk: *main", "21:15: an alias that is not defined; quote a text that begins "
     "with *"),
    ("helpdesk: main", "<<: {a: b}\n    helpdesk: main", "21:5: channels.sms-us.<<: merge keys are not "
     "read; use 'defaults' for channels"),
    ("helpdesk: main", "helpdesk: [main", "22:1: broken YAML: expected ',' or ']', but got '<stream end>'"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), CHANNEL_ROWS)
def test_a56_a_channel_is_refused_with_its_position(
    folder: Folder, line: str, expected: str
) -> None:
    assert folder.refusal(channel(line)) == [f"channels.yaml:{expected}"]


@pytest.mark.parametrize(("old", "new", "expected"), OTHER_ROWS)
def test_a56_the_file_is_refused_with_its_position(
    folder: Folder, old: str, new: str, expected: str
) -> None:
    assert folder.refusal(spoiled(old, new)) == [f"channels.yaml:{expected}"]


def test_a56_everything_is_told_at_once_and_in_order(folder: Folder) -> None:
    text = channel("quiet_period: 2", "mask: [iban]")
    text = text.replace("subdomain: acme", "subdomain: A").replace("helpdesk: main", "helpdesk: x")
    text = text.replace("${ANTHROPIC_API_KEY}", "${NOWHERE}") + "extra: 1\n"
    lines = folder.refusal(text)
    assert [line.split(":")[1] for line in lines] == ["5", "11", "21", "22", "23", "24"]


def test_a56_what_was_loaded_stays_when_the_file_goes_bad(folder: Folder) -> None:
    running = folder.load(RIGHT)
    before = running.model_dump()
    folder.refusal("channels: [")
    assert running.model_dump() == before
    with pytest.raises(ValueError, match="frozen"):
        setattr(running, "public_url", "https://other.example")  # noqa: B010


def test_two_channels_with_the_same_number(folder: Folder) -> None:
    second = RIGHT[RIGHT.index("  sms-us:") :].replace("sms-us", "again")
    expected = "channels.yaml:26:5: channels.again.number: belongs to channel 'sms-us' already"
    assert folder.refusal(RIGHT + second) == [expected]


def test_the_channel_wins_over_the_defaults_key_by_key(folder: Folder) -> None:
    defaults = "defaults: {quiet_period: 9s, ticket: {priority: low, tags: [all]}}\n"
    found = folder.load(defaults + channel("ticket: {tags: [sms]}")).channels["sms-us"]
    assert found.quiet_period.total_seconds() == 9
    assert (found.ticket.priority, found.ticket.tags) == ("low", ("sms",))


FILE_ROWS = [
    (b"", "1:1: the file is empty"),
    (b"# nothing\n", "1:1: the file is empty"),
    (b"- a\n", "1:1: expected keys and values, such as 'public_url: ...'"),
    (b"a: b\nc: \xff\n", "2:4: is not UTF-8; save the file as UTF-8"),
    (b"a: b\nc: \x07\n", "2:4: a control character that YAML does not allow"),
    (b"a: b\n---\nc: d\n", "2:1: a second document begins here; remove the line with ---"),
]


@pytest.mark.parametrize(("content", "expected"), FILE_ROWS)
def test_a56_a_file_that_is_no_configuration(tmp_path: Path, content: bytes, expected: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    assert str(caught.value) == f"{file}:{expected}"


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nope\.yaml:1:1: there is no such file"):
        load(tmp_path / "nope.yaml", {})
    with pytest.raises(ConfigError, match=r":1:1: is a folder"):
        load(tmp_path, {})


def test_a_section_within_itself_ends(folder: Folder) -> None:
    lines = folder.refusal("channels: &a\n  b: *a\n")
    assert any("nested too deeply" in line for line in lines)


def test_problems_as_facts(folder: Folder) -> None:
    with pytest.raises(ConfigError) as caught:
        folder.load(spoiled("helpdesk: main", "helpdesk: mian"))
    assert caught.value.problems[0].as_dict() == {
        "file": str(folder.file), "line": 21, "column": 5, "path": "channels.sms-us.helpdesk",
        "reason": "no helpdesk called 'mian'", "hint": "did you mean 'main'?",
    }  # fmt: skip
