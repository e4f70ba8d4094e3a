"""`python -m bench.production ...` is `connector ...` with what requirements.txt installs and no more.

Some libraries import others where they find them: beside the tests' tools the connector is larger.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType

from connector.__main__ import main

REQUIREMENTS = Path(__file__).parents[1] / "requirements.txt"


class NotInstalled(MetaPathFinder):
    def __init__(self) -> None:
        names = re.findall(
            r"^([A-Za-z0-9._-]+)(?:\[\S*\])?==", REQUIREMENTS.read_text(), re.MULTILINE
        )
        installed = {_plain(name) for name in [*names, "connector", "pip", "setuptools"]}
        self.missing = {
            module
            for module, owners in packages_distributions().items()
            if not {_plain(owner) for owner in owners} & installed
        }

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        if name.partition(".")[0] in self.missing:
            raise ModuleNotFoundError(name, name=name)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.meta_path.insert(0, NotInstalled())
    main()
