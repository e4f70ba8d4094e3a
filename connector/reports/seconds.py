"""Time between two columns, counted where the rows are: to read thousands of times costs more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Float
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class _Seconds(FunctionElement[float]):
    type = Float()
    inherit_cache = True


def seconds(begun: ColumnElement[datetime], end: ColumnElement[datetime]) -> ColumnElement[float]:
    """NULL where one of them is not known; negative where a clock was set back."""
    return _Seconds(begun, end)


@compiles(_Seconds, "sqlite")
def _sqlite(element: _Seconds, compiler: Any, **how: Any) -> str:
    begun, end = (compiler.process(each, **how) for each in element.clauses)
    # A day's fraction is exact to a tenth of a millisecond.
    return f"round((julianday({end}) - julianday({begun})) * 86400.0, 3)"


@compiles(_Seconds)
def _postgres(element: _Seconds, compiler: Any, **how: Any) -> str:
    begun, end = (compiler.process(each, **how) for each in element.clauses)
    return f"CAST(EXTRACT(EPOCH FROM ({end} - {begun})) AS DOUBLE PRECISION)"
