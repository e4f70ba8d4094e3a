"""`connector doctor` looks at the addresses of ops.alerts: nobody is told, unless it is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from connector import bootstrap
from connector.cli.commands import main
from connector.settings import load
from connector.upkeep import Mark
from connector.watch.addresses import findings, understood
from tests.scenarios.world import ROOT, free_port
from tests.watch.sink import sink

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:apprise")
SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general"
TOKENS = ("s3cret-canary", "TIiajkdnlazkcOXrIdevi7FQ", "A1BRTD4JD", "ABCDEFGHIJ", "hunter2")


def configured(folder: Path, *addresses: str, agents: str = "") -> tuple[Path, dict[str, str]]:
    """The sandbox's configuration with these addresses, and the environment that they come from."""
    names = [f"ALERTS_{n}" for n in range(len(addresses))]
    to = ", ".join(f'"${{{name}}}"' for name in names)
    handoffs = ', handoffs_to: ["${AGENTS_URL}"]' if agents else ""
    text = (ROOT / "config/sandbox.yaml").read_text()
    text = text.replace("prompts/", f"{ROOT}/config/prompts/")
    text = text.replace("knowledge: knowledge", f"knowledge: {ROOT}/config/knowledge")
    file = folder / "channels.yaml"
    file.write_text(f"{text}\nops: {{alerts: {{to: [{to}]{handoffs}}}}}\n")
    return file, dict(zip(names, addresses, strict=True)) | {"AGENTS_URL": agents}


def test_what_is_said_of_each_and_nobody_is_told(tmp_path: Path) -> None:
    with sink() as here:
        nobody = f"json://robot:hunter2@127.0.0.1:{free_port()}/hook"
        file, environ = configured(
            tmp_path, here.address, nobody, "slak://nonsense", SLACK, agents=here.address
        )
        found = list(findings(load(file, environ), send=False))
        assert [(f.about, f.mark) for f in found] == [
            ("to 1", Mark.WELL), ("to 2", Mark.WRONG), ("to 3", Mark.WRONG), ("to 4", Mark.WELL),
            ("handoffs_to 1", Mark.WELL),
        ]  # fmt: skip
        assert f"127.0.0.1:{here.port} is reached" in found[0].found
        assert "refused" in found[1].found
        assert "no address that Apprise knows" in found[2].found
        assert "Slack" in found[3].found
        assert here.calls == 0
    assert not any(token in str(found) for token in TOKENS)


def test_a_test_message_goes_to_each_where_it_is_asked_for(tmp_path: Path) -> None:
    with sink() as ops, sink() as agents:
        agents.status = 403
        file, environ = configured(tmp_path, ops.address, agents=agents.address)
        took, refused = findings(load(file, environ), send=True)
        assert (took.mark, refused.mark) == (Mark.WELL, Mark.WRONG)
        assert ops.titles == ["connector: a test"]
        assert (ops.calls, agents.calls) == (1, 1)
    assert not any(token in str((took, refused)) for token in TOKENS)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("mailto://me:hunter2@gmail.com", ("smtp.gmail.com", 587)),
        ("jsons://robot:hunter2@hooks.example.com/x", ("hooks.example.com", 443)),
        ("json://hooks.example.com", ("hooks.example.com", 80)),
        (SLACK, None),
        ("pagerduty://A1BRTD4JD@ABCDEFGHIJ", None),  # what stands for the host is a token
    ],
)
def test_where_an_address_leads(address: str, place: tuple[str, int] | None) -> None:
    service = understood(address)
    assert service is not None
    assert service.place == place


def test_doctor_shows_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "accounts", lambda _: [])
    with sink() as here:
        file, environ = configured(tmp_path, here.address, "slak://nonsense")
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        looked = CliRunner().invoke(main, ["doctor", "--config", str(file)])
        assert looked.exit_code == 1
        assert "ops.alerts\n  ✓ to 1" in looked.output
        assert "✗ to 2" in looked.output
        assert here.calls == 0
        CliRunner().invoke(main, ["doctor", "--alerts", "--json", "--config", str(file)])
        assert here.titles == ["connector: a test"]
