"""The one secret that does not exist before `connector setup` has run: the webhook's.

Zendesk makes it when the webhook is made, so `setup` and `doctor` start without it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from connector.settings.load import load
from connector.settings.model import Settings
from connector.settings.tree import Reader, Tree

_NAME = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-[^}]*)?\}")
NOT_YET = "there is no secret yet"


@dataclass(frozen=True)
class Pending:
    settings: Settings
    names: Mapping[str, tuple[str, ...]]  # helpdesk -> the variables that its secrets come from


def load_pending(path: Path, environ: Mapping[str, str]) -> Pending:
    """As `load`, but the webhooks' secrets may be missing. Raise ConfigError."""
    names = _names(Reader(path).read())
    wanted = {name for each in names.values() for name in each}
    missing = {n: NOT_YET for n in wanted if not environ.get(n) and not _file(n, environ)}
    return Pending(load(path, {**environ, **missing}), names)


def _file(name: str, environ: Mapping[str, str]) -> bool:
    """Is there something in the file that NAME_FILE names? One can't be read: `load` says so."""
    file = environ.get(f"{name}_FILE", "")
    return bool(file) and Path(file).exists()


def _names(tree: Tree) -> dict[str, tuple[str, ...]]:
    helpdesks = tree.below("helpdesks")
    found = {}
    for name, helpdesk in ((helpdesks.section if helpdesks else None) or {}).items():
        secrets = helpdesk.below("webhook_secrets")
        texts = [str(leaf.value) for leaf in secrets.walk()] if secrets else []
        found[name] = tuple(m[1] for text in texts if (m := _NAME.fullmatch(text)))
    return found
