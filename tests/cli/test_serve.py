"""`connector serve`: on which addresses it listens, and with what."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from connector.cli.commands import main
from connector.errors import StartError
from connector.web.ops.accounts import hash_of
from tests.web.ops_given import PASSWORD

CONFIG = Path(__file__).parents[2] / "config" / "sandbox.yaml"
AUTH = 'ops: {auth: {accounts: {ana: {password_hash: "${OPS_ANA_HASH}"}}}}\n'


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """What would have been listened with: a page of the dashboard, and one that is always there."""
    found: dict[str, int] = {}

    def listen(app: Flask, host: str, port: int) -> None:
        asks = app.test_client()
        asks.environ_base |= {"SERVER_PROTOCOL": "HTTP/1.1"}
        found.update({path: asks.get(path).status_code for path in ("/ops/", "/healthz")})
        raise StartError("that is enough")

    monkeypatch.setattr("connector.cli.serve.listen", listen)
    monkeypatch.setenv("SANDBOX_DATABASE", f"sqlite:///{tmp_path}/connector.db")
    monkeypatch.setenv("OPS_ANA_HASH", hash_of(PASSWORD))
    return found


def serve(config: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["serve", "--config", str(config), *words])


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "connector.example.com", ""])
def test_without_auth_a_public_address_is_refused_before_anything_starts(
    seen: dict[str, int], tmp_path: Path, host: str
) -> None:
    told = serve(CONFIG, "--host", host)
    assert told.exit_code == 1
    assert len(told.output.splitlines()) == 1
    for way in ("ops.auth", "oidc", "--no-dashboard", "127.0.0.1"):
        assert way in told.output
    assert seen == {}
    assert list(tmp_path.iterdir()) == []


def test_what_is_served_where(seen: dict[str, int], tmp_path: Path) -> None:
    config = tmp_path / "channels.yaml"
    text = CONFIG.read_text().replace("prompts/", f"{CONFIG.parent}/prompts/")
    config.write_text(text.replace("knowledge: ", f"knowledge: {CONFIG.parent}/") + AUTH)
    for file, words, status in (
        (CONFIG, (), 200),  # for this machine
        (CONFIG, ("--host", "0.0.0.0", "--no-dashboard"), 404),
        (config, ("--host", "0.0.0.0"), 303),  # to sign in
        (config, ("--no-dashboard",), 404),
    ):
        told = serve(file, *words)
        assert "that is enough" in told.output, told.output
        assert seen == {"/ops/": status, "/healthz": 200}, words
