"""`python -m connector.settings.schema --check | --write`: keeps config/schema.json as it should be."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from connector.settings.json_schema import json_schema

FILE = Path(__file__).parents[2] / "config" / "schema.json"


def text() -> str:
    """The file's content, the same every time."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


@click.command()
@click.option("--write", "write", flag_value=True, default=None, help="Write the file.")
@click.option("--check", "write", flag_value=False, help="Exit with 1 if the file is behind.")
@click.argument("file", type=click.Path(path_type=Path), default=FILE)
def main(write: bool | None, file: Path) -> None:
    """The JSON Schema of the configuration; FILE is config/schema.json unless named."""
    if write is None:
        raise click.UsageError("say --check or --write")
    if write:
        file.write_text(text(), encoding="utf-8")
    elif not file.is_file() or file.read_text(encoding="utf-8") != text():
        click.echo(f"{file} is behind the settings; write it with `make schema`", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
