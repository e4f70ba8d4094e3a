"""`make bench`: every figure, as one table; goals beside them, judged by nobody but the reader."""

from __future__ import annotations

import os
import platform

from bench import handoff, reading, serving, texts
from bench.table import show


def main() -> None:
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, SQLite, synchronous=FULL\n")
    print(show([*serving.rows(), *reading.rows(), *texts.rows()]))
    print()
    handoff.main()


if __name__ == "__main__":
    main()
