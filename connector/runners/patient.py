"""Procrastinate's way to Postgres, which here waits for a database that is gone instead of giving up.

As it is, a worker ends with the first query that finds no database, and a job whose end could not be
written down stays "doing" for good.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

import psycopg
from procrastinate import PsycopgConnector
from procrastinate.connector import Notify
from procrastinate.exceptions import ConnectorException
from psycopg_pool import AsyncConnectionPool

from connector import log

AGAIN_SECONDS = 0.5
T = TypeVar("T")
_log = log.get(__name__)


class PatientConnector(PsycopgConnector):
    def __init__(self, conninfo: str) -> None:
        super().__init__()
        self._conninfo = conninfo
        self._told = False
        self.heard_at = time.monotonic()  # when the database last answered

    async def open_async(self, pool: AsyncConnectionPool | None = None) -> None:
        made = AsyncConnectionPool(
            self._conninfo,
            min_size=2,
            max_size=4,
            open=False,
            timeout=3,
            reconnect_timeout=3,  # its pauses double: begun anew, they stay short
            check=AsyncConnectionPool.check_connection,
        )
        await made.open(wait=False)
        self._async_pool = made

    async def execute_query_async(self, query: Any, **arguments: Any) -> None:
        return await self._patiently(lambda: self._execute(query, arguments))

    async def execute_query_one_async(self, query: Any, **arguments: Any) -> dict[str, Any]:
        return await self._patiently(lambda: self._one(query, arguments))

    async def execute_query_all_async(self, query: Any, **arguments: Any) -> list[dict[str, Any]]:
        return await self._patiently(lambda: self._all(query, arguments))

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        await self._patiently(lambda: self._listen(on_notification, channels))

    async def _execute(self, query: Any, arguments: dict[str, Any]) -> None:
        try:
            await super().execute_query_async(query, **arguments)
        except ConnectorException as error:
            if not isinstance(error.__cause__, psycopg.errors.RaiseException):
                raise
            # This worker was silent for too long, and its job was given to another one.
            _log.warning("job_gone")

    async def _one(self, query: Any, arguments: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = await super().execute_query_one_async(query, **arguments)
        return found

    async def _all(self, query: Any, arguments: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await super().execute_query_all_async(query, **arguments)
        return found

    async def _listen(self, on_notification: Notify, channels: Iterable[str]) -> None:
        await super().listen_notify(on_notification, channels)

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                found = await work()
            except ConnectorException as error:
                if not isinstance(error.__cause__, psycopg.OperationalError):
                    raise
                self._tell("database_gone", type(error.__cause__).__name__)
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            self.heard_at = time.monotonic()
            self._tell("database_back", "")
            return found

    def _tell(self, what: str, error: str) -> None:
        gone = what == "database_gone"
        if gone != self._told:
            self._told = gone
            _log.warning(what, error=error)
