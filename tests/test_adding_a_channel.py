"""docs/ADDING_A_CHANNEL.md is followed to the letter in a copy; and every kind has what it asks for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from connector.channels.registry import CHANNELS
from connector.settings.channel_kinds import CHANNEL_KINDS
from connector.settings.channels import Channel

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "docs" / "ADDING_A_CHANNEL.md"
FILE = re.compile(r"^```\w+ title=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROW = re.compile(r'^```\w+ insert=(\S+) before="([^\n]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
CONFIG = """
  loft:
    kind: pigeon
    loft: berlin
    key: ${LOFT_KEY}
    bot: support
    helpdesk: main
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project after somebody did what the guide says."""
    made = tmp_path_factory.mktemp("copy")
    ignored = shutil.ignore_patterns("__pycache__", "crash", "browser")
    for folder in ("connector", "tests", "config"):
        shutil.copytree(ROOT / folder, made / folder, ignore=ignored)
    shutil.copytree(ROOT / "tests" / "crash", made / "tests" / "crash")
    shutil.copy(ROOT / "pyproject.toml", made)
    guide = GUIDE.read_text()
    for name, content in FILE.findall(guide):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(content)
    (made / "connector" / "channels" / "pigeon" / "__init__.py").touch()
    for name, before, rows in ROW.findall(guide):
        text = (made / name).read_text()
        at = re.search(f"^{re.escape(before)}", text, re.MULTILINE)
        assert at is not None, f"{name} has no line that begins with {before}"
        (made / name).write_text(text[: at.start()] + rows + text[at.start() :])
    return made


def run(copy: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(copy), "LOFT_KEY": "any"}
    environ = {name: v for name, v in environ.items() if not name.startswith("PYTEST")}
    asked = [sys.executable, *words]
    return subprocess.run(asked, cwd=copy, env=environ, capture_output=True, text=True, timeout=120)


def test_the_contract_suite_covers_a_new_kind_without_another_line(copy: Path) -> None:
    suite = ("tests/contracts/test_inbound.py", "tests/contracts/test_outbound.py")
    told = run(
        copy, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "-k", "pigeon", *suite
    )
    assert told.returncode == 0, told.stdout[-3000:]
    passed = re.search(r"(\d+) passed", told.stdout)
    assert passed is not None
    assert int(passed[1]) >= 30


def test_check_knows_the_new_kind(copy: Path) -> None:
    file = copy / "config" / "own.yaml"
    file.write_text((ROOT / "config" / "sandbox.yaml").read_text() + CONFIG)
    told = run(copy, "-m", "connector", "check", str(file))
    assert told.returncode == 0, told.stdout + told.stderr
    file.write_text(file.read_text().replace("loft: berlin", "loftt: berlin"))
    told = run(copy, "-m", "connector", "check", str(file))
    assert "did you mean 'loft'?" in told.stdout + told.stderr


def test_the_registry_and_the_settings_name_the_same_kinds() -> None:
    assert set(CHANNELS) == set(CHANNEL_KINDS)


@pytest.mark.parametrize("kind", CHANNELS)
def test_every_kind_has_a_readme_that_names_its_settings(kind: str) -> None:
    told = (ROOT / "connector" / "channels" / kind / "README.md").read_text()
    own = set(CHANNEL_KINDS[kind].model_fields) - set(Channel.model_fields)
    assert f"`kind: {kind}`" in told
    assert [key for key in own if f"`{key}`" not in told] == []


@pytest.mark.parametrize("kind", CHANNELS)
def test_the_readme_and_the_example_mention_every_kind(kind: str) -> None:
    assert f"`{kind}`" in (ROOT / "README.md").read_text()
    assert f"kind: {kind}" in (ROOT / "config" / "channels.example.yaml").read_text()
