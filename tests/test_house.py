"""The rules of the house that no linter knows: sizes, and what may be imported where."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# A migration is a list of tables, as long as they are.
FILES = [f for f in sorted((ROOT / "connector").rglob("*.py")) if "versions" not in f.parts]
STATIC = sorted((ROOT / "connector").rglob("*.js")) + sorted((ROOT / "connector").rglob("*.css"))
MOST_LINES, MOST_FUNCTION, MOST_NESTING = 300, 40, 3
NESTS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("file", FILES + STATIC, ids=names)
def test_a_file_stays_small(file: Path) -> None:
    assert len(file.read_text().splitlines()) < MOST_LINES


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body, the docstring left out: explaining is no fault."""
    first = (
        function.body[1] if ast.get_docstring(function) and function.body[1:] else function.body[0]
    )
    return (function.end_lineno or first.lineno) - first.lineno + 1


def depth(node: ast.AST, elif_of: ast.If | None = None) -> int:
    """How deep blocks stand in each other; an `elif` stands beside its `if`."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        beside = isinstance(node, ast.If) and node.orelse == [child] and isinstance(child, ast.If)
        own = int(isinstance(child, NESTS) and not beside)
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        deepest = max(deepest, own + depth(child))
    return deepest


@pytest.mark.parametrize("file", FILES, ids=names)
def test_functions_stay_short_and_flat(file: Path) -> None:
    long = [f"{f.name}: {length(f)} lines" for f in functions(file) if length(f) >= MOST_FUNCTION]
    deep = [f"{f.name}: {depth(f)} deep" for f in functions(file) if depth(f) > MOST_NESTING]
    assert long + deep == []


@pytest.mark.parametrize(
    "file",
    [f for f in FILES if "domain" in f.parts or f.name == "errors.py"],
    ids=names,
)
def test_the_domain_imports_the_standard_library_and_itself(file: Path) -> None:
    allowed = set(sys.stdlib_module_names)
    if "handoff" in file.parts:
        allowed.add("rapidfuzz")  # typo-tolerant matching
    if file.name == "text.py":
        allowed.add("regex")  # where a character ends: decision 33
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found = [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            found = [node.module or ""]
        else:
            continue
        for name in found:
            ours = name.startswith("connector.domain")
            assert ours or name.split(".")[0] in allowed, f"{names(file)} imports {name}"


def test_nothing_of_the_domain_reads_a_clock() -> None:
    for file in FILES:
        if "domain" in file.parts:
            text = file.read_text()
            for call in ("datetime.now(", "utcnow(", "time.time(", "monotonic(", "date.today("):
                assert call not in text, f"{names(file)} reads a clock"
