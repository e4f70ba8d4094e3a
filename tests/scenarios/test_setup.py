"""`connector setup` and `connector doctor` against the twins, over real HTTP (A56, A57, A59)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from click.testing import CliRunner, Result
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest

from connector import bootstrap
from connector.cli.commands import main
from connector.sandbox.faults import Fault
from connector.sandbox.stage import NUMBER, Stage
from connector.sandbox.twilio.lines import Lines
from connector.settings import load
from connector.web.server import listen
from tests.scenarios.world import PLEA, ROOT, World, free_port

SECRET_VARIABLE = "SANDBOX_ZENDESK_WEBHOOK_SECRET"
OLD_URL = "https://old.example.com/webhooks/helpdesks/main"


@dataclass
class Site:
    """An operator's machine, and accounts that nobody has set up yet."""

    stage: Stage
    port: int
    folder: Path
    config: Path
    patch: pytest.MonkeyPatch
    stops: list[Any] = field(default_factory=list)

    def run(self, *words: str) -> Result:
        told = CliRunner().invoke(main, list(words))
        assert told.exception is None or isinstance(told.exception, SystemExit), told.output
        assert "Traceback" not in told.output
        for secret in (self.stage._token, self.stage._client, self.stage._key):
            assert secret not in told.output
        return told

    def findings(self, *words: str) -> dict[str, dict[str, str]]:
        """By "account: what it is about"."""
        told = json.loads(self.run("doctor", "--json", *words).stdout)
        return {f"{f['account']}: {f['about']}": f for f in told["findings"]}

    def changes(self, *words: str) -> dict[str, str]:
        told = json.loads(self.run("setup", "--json", *words).stdout)
        return {f"{c['account']}: {c['about']}": c["result"] for c in told["changes"]}

    def set_up(self) -> None:
        """Set up, and put the secret where the configuration reads it."""
        told = self.run("setup")
        assert told.exit_code == 0, told.output
        found = re.search(rf"export {SECRET_VARIABLE}=(\S+)", told.output)
        assert found
        self.patch.setenv(SECRET_VARIABLE, found[1])

    def start(self) -> World:
        url = f"http://127.0.0.1:{self.port}"
        connector = bootstrap.build(load(self.config), settle_after=timedelta(seconds=1))
        listener = listen(connector.app, "127.0.0.1", self.port)
        connector.start()
        listener.start()
        self.stops += [lambda: connector.close(5), listener.stop]
        return World(self.stage, url)

    def stop(self) -> None:
        while self.stops:
            self.stops.pop()()

    @property
    def webhook(self) -> Any:
        (one,) = self.stage.zendesk.rules.webhooks.values()
        return one

    @property
    def trigger(self) -> dict[str, Any]:
        (one,) = self.stage.zendesk.rules.triggers.rows.values()
        return one

    def webhook_named(self, name: str) -> Any:
        found = self.stage.zendesk.rules.webhooks.values()
        return next(w for w in found if f"({name})" in w.facts["name"])

    def trigger_named(self, name: str) -> dict[str, Any]:
        found = self.stage.zendesk.rules.triggers.rows.values()
        return next(t for t in found if f"({name})" in t["title"])

    @property
    def line(self) -> dict[str, Any]:
        return self.stage.twilio.lines.numbers[NUMBER]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    port = free_port()
    config = tmp_path / "channels.yaml"
    text = (ROOT / "config" / "sandbox.yaml").read_text()
    text = text.replace(
        f"${{{SECRET_VARIABLE}:-sandbox-webhook-secret}}", f"${{{SECRET_VARIABLE}}}"
    )
    for name in ("prompts", "knowledge"):
        text = text.replace(f" {name}/", f" {ROOT}/config/{name}/")
    config.write_text(text)
    with Stage(f"http://127.0.0.1:{port}", bare=True) as stage:
        for name, value in stage.environ(f"sqlite:///{tmp_path}/connector.db").items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv(SECRET_VARIABLE)
        monkeypatch.setenv("CONNECTOR_CONFIG", str(config))
        made = Site(stage, port, tmp_path, config, monkeypatch)
        try:
            yield made
        finally:
            made.stop()


def test_a_new_account_works_after_setup_and_the_secret(site: Site) -> None:
    site.set_up()
    world = site.start()
    world.says(PLEA)
    ticket = world.ticket()
    world.rests()
    told = len([d for d in site.stage.zendesk.courier.deliveries if d.url])
    site.stage.zendesk.agent_replies(ticket, "Your parcel is on its way.").wait()
    world.until(lambda: any("on its way" in t for t in world.phone()), "the agent's answer")
    world.says("Thank you, and when?")
    world.until(
        lambda: any("and when?" in c for c in world.comments(ticket, public=True)), "mirror"
    )
    posted = [d for d in site.stage.zendesk.courier.deliveries if d.url]
    # Once for the agent's comment; never for what the connector wrote itself.
    assert (told, len(posted)) == (0, 1)
    found = site.findings()
    assert {f["mark"] for f in found.values()} == {"well"}, found


def test_twice_changes_nothing_the_second_time(site: Site) -> None:
    """A59"""
    rehearsed = site.run("setup", "--dry-run")
    assert "would be made" in rehearsed.output
    assert f"+ endpoint: http://127.0.0.1:{site.port}/webhooks/helpdesks/main" in rehearsed.output
    assert not site.stage.zendesk.rules.webhooks
    site.set_up()
    before = site.stage.zendesk.rules.triggers.rows, site.webhook.facts, dict(site.line)
    writes = [r for t in (site.stage.zendesk, site.stage.twilio) for r in t.requests]
    count = len([r for r in writes if r.method != "GET" and "oauth" not in r.path])
    again = site.run("setup")
    assert again.exit_code == 0
    assert again.output.splitlines()[-1] == "Nothing to change: all 7 are as they should be."
    assert "export" not in again.output
    assert before == (site.stage.zendesk.rules.triggers.rows, site.webhook.facts, site.line)
    writes = [r for t in (site.stage.zendesk, site.stage.twilio) for r in t.requests]
    assert count == len([r for r in writes if r.method != "GET" and "oauth" not in r.path])


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("path", ["webhooks", "triggers", "macros"])
def test_a_crash_in_the_middle_makes_no_second_one(site: Site, path: str, when: Any) -> None:
    """The connection is gone before or after it took effect, and the program with it."""
    site.stage.zendesk.faults.add(f"POST /api/v2/{path}*", Fault(reset=True, when=when))
    site.run("setup")
    site.set_up()
    assert len(site.stage.zendesk.rules.webhooks) == 1
    assert len(site.stage.zendesk.rules.triggers.rows) == 1
    assert len(site.stage.zendesk.rules.macros.rows) == 3
    assert set(site.changes().values()) == {"unchanged"}


def deleted_webhook(site: Site) -> None:
    site.stage.zendesk.rules.webhooks.clear()


def wrong_webhook_url(site: Site) -> None:
    site.webhook.facts["endpoint"] = OLD_URL


def inactive_webhook(site: Site) -> None:
    site.webhook.facts["status"] = "inactive"


def disabled_trigger(site: Site) -> None:
    site.trigger["active"] = False


def unguarded_trigger(site: Site) -> None:
    site.trigger["conditions"]["all"] = site.trigger["conditions"]["all"][:1]


def trigger_with_texts(site: Site) -> None:
    site.trigger["actions"][0]["value"][1] = '{"text": "{{ticket.latest_comment}}"}'


def wrong_number_url(site: Site) -> None:
    site.line["sms_url"] = "https://demo.twilio.com/welcome/sms/reply/"


def number_without_retries(site: Site) -> None:
    site.line["sms_url"] = site.line["sms_url"].partition("#")[0]


def number_with_an_application(site: Site) -> None:
    site.line["sms_application_sid"] = "AP" + "0" * 32


HELPDESK, CHANNEL = "helpdesk main", "channel sms"
WEBHOOK, TRIGGER, ADDRESS = (
    f"{HELPDESK}: webhook", f"{HELPDESK}: trigger", f"{CHANNEL}: number's address"
)  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "about", "said"),
    [
        (deleted_webhook, WEBHOOK, "is not there"),
        (wrong_webhook_url, WEBHOOK, "old.example.com"),
        (inactive_webhook, WEBHOOK, "status is inactive, not active"),
        (disabled_trigger, TRIGGER, "active is no, not yes"),
        (unguarded_trigger, TRIGGER, "current_via_id is_not 5"),
        (trigger_with_texts, TRIGGER, "latest_comment"),
        (wrong_number_url, ADDRESS, "demo.twilio.com"),
        (number_without_retries, ADDRESS, "#rc=3&rp=all"),
        (number_with_an_application, ADDRESS, "SmsApplicationSid"),
    ],
    ids=lambda given: getattr(given, "__name__", None),
)
def test_doctor_finds_it_and_fix_mends_it(site: Site, spoil: Any, about: str, said: str) -> None:
    """A59"""
    site.set_up()
    site.start()
    spoil(site)
    found = site.findings()
    assert found[about]["mark"] == "wrong"
    assert said in found[about]["found"]
    assert "setup" in found[about]["mend"]
    assert site.run("doctor").exit_code == 1
    mended = site.findings("--fix")
    assert mended[about]["mark"] == "well"
    assert "mended" in mended[about]["found"]
    if spoil is deleted_webhook:  # Zendesk gives a new webhook a new secret
        assert mended[f"{HELPDESK}: secret"]["mark"] == "wrong"
        site.stop()
        site.set_up()
        site.start()
    last = site.run("doctor")
    assert last.exit_code == 0, last.output
    assert re.fullmatch(r"\d+ checks: all is well\.", last.output.splitlines()[-1])


def test_doctor_finds_a_bad_secret(site: Site) -> None:
    """A59: and never shows either of them."""
    site.set_up()
    site.start()
    right = site.webhook.secret
    site.patch.setenv(SECRET_VARIABLE, "a-wrong-secret")
    found = site.findings()
    assert found[f"{HELPDESK}: secret"]["mark"] == "wrong"
    assert "401" in found[f"{HELPDESK}: round trip"]["found"]
    told = site.run("doctor").output
    assert right not in told
    assert "a-wrong-secret" not in told


def test_doctor_says_when_nothing_or_something_else_answers(site: Site) -> None:
    site.set_up()
    found = site.findings()
    for account in (HELPDESK, CHANNEL):
        assert "nothing answers" in found[f"{account}: round trip"]["found"]
    site.patch.setenv("SANDBOX_PUBLIC_URL", site.stage.anthropic.url)
    assert "something else answers" in site.findings()[f"{HELPDESK}: round trip"]["found"]


def test_doctor_finds_a_clock_that_is_off(site: Site) -> None:
    site.set_up()
    for minutes, mark in ((2, "care"), (20, "wrong")):
        date = format_datetime(datetime.now(UTC) + timedelta(minutes=minutes), usegmt=True)
        for twin in (site.stage.zendesk, site.stage.twilio):
            twin.faults.clear()
            twin.faults.add("GET *", Fault(headers={"Date": date}), None)
        found = site.findings()
        for account in (HELPDESK, CHANNEL):
            assert found[f"{account}: clock"]["mark"] == mark
            assert "behind" in found[f"{account}: clock"]["found"]


def test_doctor_finds_missing_scopes_and_roles(site: Site) -> None:
    site.set_up()
    site.stage.zendesk.scopes.discard("write")
    found = site.findings()[f"{HELPDESK}: scopes"]
    assert (found["mark"], found["found"]) == ("wrong", "the token lacks `write`")
    site.trigger["active"] = False
    failed = site.findings("--fix")[TRIGGER]
    assert failed["mark"] == "wrong"
    assert "may not do this" in failed["found"]
    site.stage.zendesk.scopes.add("write")
    site.stage.zendesk.api_user["role"] = "agent"
    found = site.findings()[f"{HELPDESK}: sign-in"]
    assert (found["mark"], "an agent" in found["found"]) == ("care", True)


def test_doctor_finds_little_room_and_rules_made_by_hand(site: Site) -> None:
    site.set_up()
    few = {"ratelimit-remaining": "30", "ratelimit-limit": "700"}
    site.stage.zendesk.faults.add("GET *", Fault(headers=few), None)
    action = {"field": "notification_webhook", "value": [site.webhook.id, "{}"]}
    rows = {"all": [{"field": "update_type", "operator": "is", "value": "Change"}], "any": []}
    by_hand = {"title": "By hand", "conditions": rows, "actions": [action]}
    site.stage.zendesk.rules.triggers.add(by_hand)
    found = site.findings()
    assert found[f"{HELPDESK}: rate limit"]["mark"] == "care"
    assert "30 of 700" in found[f"{HELPDESK}: rate limit"]["found"]
    guards = found[f"{HELPDESK}: loop guards"]
    assert (guards["mark"], guards["mend"]) == ("care", "delete it")
    assert "'By hand'" in guards["found"]


def test_every_check_reports_without_a_network_and_with_wrong_credentials(site: Site) -> None:
    site.set_up()
    all_of_them = set(site.findings())
    wrong = {"SANDBOX_ZENDESK_SECRET": "x1", "SANDBOX_TWILIO_TOKEN": "x2",
             "SANDBOX_ANTHROPIC_KEY": "x3", "SANDBOX_TELEGRAM_TOKEN": "1:another-one",
             "SANDBOX_INTERCOM_TOKEN": "x4"}  # fmt: skip
    for name, value in wrong.items():
        site.patch.setenv(name, value)
    found = site.findings()
    assert set(found) == all_of_them
    assert "OAuth client" in found[f"{HELPDESK}: sign-in"]["found"]
    assert "SID and token" in found[f"{CHANNEL}: sign-in"]["found"]
    assert "API key" in found["bot support: key and model"]["found"]
    assert "bot's token" in found["channel telegram: sign-in"]["found"]
    assert "access_token" in found["channel intercom: sign-in"]["mend"]
    gone = f"http://127.0.0.1:{free_port()}"
    for name in ("SANDBOX_ZENDESK_URL", "SANDBOX_TWILIO_URL", "SANDBOX_ANTHROPIC_URL",
                 "SANDBOX_TELEGRAM_URL", "SANDBOX_INTERCOM_URL"):  # fmt: skip
        site.patch.setenv(name, gone)
    found = site.findings()
    assert set(found) == all_of_them
    assert {f["mark"] for f in found.values()} == {"wrong"}
    told = site.run("setup")
    assert told.exit_code == 1
    assert told.output.count("could not be asked") == 8  # the pieces, and the secret
    assert told.output.splitlines()[-1] == "8 failed."


def test_the_secret_can_go_into_a_file_that_nobody_else_reads(site: Site) -> None:
    file = site.folder / "secret"
    told = site.run("setup", "--secret-file", str(file))
    assert told.exit_code == 0
    assert site.webhook.secret not in told.output
    assert file.read_text().strip() == site.webhook.secret
    assert file.stat().st_mode & 0o777 == 0o600
    site.patch.setenv(f"{SECRET_VARIABLE}_FILE", str(file))
    assert site.findings()[f"{HELPDESK}: secret"]["mark"] == "well"


def test_the_optional_field_is_made_once_and_its_id_told(site: Site) -> None:
    told = site.run("setup", "--fields")
    (number,) = site.stage.zendesk.rules.fields.rows
    assert f'fields: {{"{number}": "{{{{ handoff.trigger }}}}"}}' in told.output
    assert set(site.changes("--fields").values()) == {"unchanged"}


def test_a_secret_is_rotated_without_a_gap(site: Site) -> None:
    """A57: old and new are accepted during the overlap, for Zendesk and for Twilio."""
    site.set_up()
    old = site.webhook.secret
    text = site.config.read_text()
    text = text.replace(f'["${{{SECRET_VARIABLE}}}"]', f'["${{{SECRET_VARIABLE}}}", "${{OLD}}"]')
    text = text.replace("auth_tokens: [", 'auth_tokens: ["${NEW_TOKEN}", ')
    site.config.write_text(text)
    site.patch.setenv("OLD", old)
    site.patch.setenv(SECRET_VARIABLE, "the-next-secret-of-zendesk")
    site.patch.setenv("NEW_TOKEN", "the-next-token-of-twilio")
    twilio = site.stage.twilio
    world, before = site.start(), twilio.auth_token
    assert world.stage.twilio.customer_says("Old token", from_="+12025550148").wait() == 200
    twilio.auth_token = "the-next-token-of-twilio"
    world.says(PLEA)
    ticket = world.ticket()
    agent = site.stage.zendesk
    assert agent.agent_replies(ticket, "Signed with the old one").wait() == 200
    assert "number 2 of 2" in site.findings()[f"{HELPDESK}: secret"]["found"]
    site.webhook.secret = "the-next-secret-of-zendesk"
    assert agent.agent_replies(ticket, "Signed with the new one").wait() == 200
    assert "number 1 of 2" in site.findings()[f"{HELPDESK}: secret"]["found"]
    site.webhook.secret = "one that nobody configured"
    assert agent.agent_replies(ticket, "Signed with neither").wait() == 401
    twilio.auth_token = "one that nobody configured"
    assert twilio.customer_says("Neither", from_="+12025550148").wait() == 401
    twilio.auth_token = before


def test_a_running_connector_keeps_its_configuration(site: Site) -> None:
    """A56: what breaks the file is refused with its place, and changes nothing that runs."""
    site.set_up()
    world = site.start()
    site.config.write_text(site.config.read_text().replace("kind: twilio", "kind: twilo\n    -"))
    for command in ("check", "setup", "doctor"):
        words = [command, str(site.config)] if command == "check" else [command]
        told = CliRunner().invoke(main, words)
        assert told.exit_code == 1
        assert re.search(rf"{site.config}:\d+:\d+: ", told.output), told.output
    world.says("What is the weather on your side?")
    assert world.hears(1)


SERVICE = "MG" + "0" * 32


def several(site: Site) -> None:
    """A second helpdesk; a messaging service and a WhatsApp sender beside the number."""
    text = site.config.read_text()
    desk = re.search(r"(?ms)^  main:\n(.*?)(?=^\S)", text)
    channel = re.search(r"(?ms)^  sms:\n(.*?)(?=^  \S)", text)
    assert desk
    assert channel
    number = f'number: "{NUMBER}"'
    more = desk[1].replace(SECRET_VARIABLE, "SECOND_SECRET")
    text = text.replace(desk[0], f"{desk[0].rstrip()}\n  second:\n{more}")
    service = channel[1].replace(number, f"messaging_service: {SERVICE}")
    whatsapp = channel[1].replace(number, 'number: "whatsapp:+12025550100"')
    service = service.replace("helpdesk: main", "helpdesk: second")
    site.config.write_text(f"{text.rstrip()}\n  service:\n{service.rstrip()}\n  chat:\n{whatsapp}")
    row = Lines([], [SERVICE], "").services[SERVICE]
    site.stage.twilio.lines.services[SERVICE] = row | {"use_inbound_webhook_on_number": True}


def test_several_helpdesks_and_channels_each_get_their_own(site: Site) -> None:
    several(site)
    told = site.run("setup")
    assert told.exit_code == 0, told.output
    for name in (SECRET_VARIABLE, "SECOND_SECRET"):
        shown = re.search(rf"export {name}=(\S+)", told.output)
        assert shown
        site.patch.setenv(name, shown[1])
    root = f"http://127.0.0.1:{site.port}/webhooks"
    webhooks = site.stage.zendesk.rules.webhooks.values()
    assert {w.endpoint for w in webhooks} == {f"{root}/helpdesks/{n}" for n in ("main", "second")}
    row = site.stage.twilio.lines.services[SERVICE]
    assert row["inbound_request_url"] == f"{root}/channels/service#rc=3&rp=all"
    assert row["status_callback"] == f"{root}/channels/service/status#rc=3&rp=all"
    assert row["use_inbound_webhook_on_number"] is False
    assert set(site.changes().values()) == {"unchanged"}
    site.start()
    found = site.findings()
    assert {f["mark"] for f in found.values()} == {"well", "note"}, found
    by_hand = found["channel chat: address"]
    assert by_hand["mark"] == "note"
    assert f"{root}/channels/chat#rc=3&rp=all" in by_hand["mend"]


def test_a_secret_file_is_for_one_secret(site: Site) -> None:
    several(site)
    told = site.run("setup", "--secret-file", str(site.folder / "secret"))
    assert told.exit_code == 1
    assert "one at a time" in told.output


def test_a_number_that_the_account_does_not_have(site: Site) -> None:
    site.stage.twilio.lines.numbers.clear()
    site.run("setup")
    found = site.findings()[ADDRESS]
    assert (found["mark"], found["found"]) == (
        "wrong",
        f"this Twilio account has no number {NUMBER}",
    )


def asked(twin: Any, root: str) -> Iterator[tuple[MockRequest, Any]]:
    """What was written, as the description's validator wants it."""
    for seen in list(twin.requests):
        if seen.path.startswith(root) and seen.method != "GET":
            yield (
                MockRequest(
                    "http://127.0.0.1" if root == "/api/" else "https://api.twilio.com",
                    seen.method.lower(), seen.path, headers={"Authorization": "Bearer x"},
                    data=seen.body.encode(), content_type=seen.headers["Content-Type"],
                ),
                seen,
            )  # fmt: skip


@pytest.mark.vendor
def test_what_is_written_is_as_the_vendors_describe_it(site: Site, vendor: Path) -> None:
    """Macros are left out of the description that we have."""
    several(site)
    site.run("setup", "--fields")
    site.webhook_named("main").facts["status"] = "inactive"
    site.trigger_named("main")["active"] = False
    site.run("setup")
    raw = json.loads((vendor / "zendesk/zendesk_support.overlay.openapi.json").read_text())
    api, kinds = OpenAPI.from_dict(raw), set()
    for request, seen in asked(site.stage.zendesk, "/api/"):
        if "/macros" not in seen.path:
            api.validate_request(request)
            kinds.add((seen.method, seen.path.split("/")[3]))
    assert kinds == {("POST", "webhooks"), ("PATCH", "webhooks"), ("POST", "triggers"),
                     ("PUT", "triggers"), ("POST", "ticket_fields")}  # fmt: skip
    raw = json.loads((vendor / "twilio/twilio_api_v2010.messages.openapi.json").read_text())
    form = raw["paths"]["/2010-04-01/Accounts/{AccountSid}/IncomingPhoneNumbers/{Sid}.json"]["post"]
    raw = json.loads((vendor / "twilio/twilio_messaging_v1.services.openapi.json").read_text())
    service = raw["paths"]["/v1/Services/{Sid}"]["post"]
    for path, described in (("IncomingPhoneNumbers", form), ("/v1/Services", service)):
        (seen,) = [r for r in site.stage.twilio.requests if r.method == "POST" and path in r.path]
        schema = described["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
        assert set(parse_qs(seen.body, keep_blank_values=True)) <= set(schema["properties"])
