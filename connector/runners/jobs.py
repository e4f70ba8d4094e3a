"""A lane's jobs in Procrastinate's tables: at most one for now, one for later and one that runs.

Each has the lane's lock, so that one at a time runs. Procrastinate lets no job pass another one of the
same lock that was there before, even if that is due tomorrow: what is for now has a higher priority.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from typing import Any

import psycopg
from procrastinate import App, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued

from connector.domain.ids import ConversationId
from connector.domain.lanes import Lane

QUEUE = TASK = "lanes"
NOW, LATER = 1, 0  # priorities

# Gives a connection in a transaction that is committed when the work returns.
Transaction = Callable[[Callable[["psycopg.Connection[Any]"], Any]], Any]

_WAITING = """
    SELECT scheduled_at FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo'
"""
_SOONER = """
    UPDATE procrastinate_jobs SET scheduled_at = %s
    WHERE queueing_lock = %s AND status = 'todo' AND scheduled_at > %s
"""
_TAKE = "DELETE FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo' RETURNING id"
_FOR_NOW = """
    SELECT args FROM procrastinate_jobs
    WHERE status = 'todo' AND queue_name = %s AND priority = %s
"""
# A worker that has been silent, or that signed off with the job in its hands.
_LEFT = """
    DELETE FROM procrastinate_jobs j
    WHERE j.status = 'doing' AND j.queue_name = %s AND NOT EXISTS (
        SELECT 1 FROM procrastinate_workers w
        WHERE w.id = j.worker_id AND w.last_heartbeat >= now() - make_interval(secs => %s)
    )
    RETURNING args
"""
_HELD = """
    SELECT id FROM procrastinate_jobs
    WHERE status = 'doing' AND queue_name = %s AND worker_id = ANY(%s)
"""
_DROP = "DELETE FROM procrastinate_jobs WHERE status = 'doing' AND id = ANY(%s) RETURNING args"


class Jobs:
    def __init__(self, within: Transaction) -> None:
        self._within = within
        self._app = App(connector=SyncPsycopgConnector())  # never opened: we bring the connection

    def put(self, lane: Lane, at: datetime | None) -> None:
        """See to it that the lane is run from now on, or at `at`, at the latest."""
        # Somebody was faster: its job was not taken before we looked, so it sees what we stored.
        with suppress(AlreadyEnqueued):
            self._within(lambda connection: self._put(connection, lane, at))

    def _put(self, connection: psycopg.Connection[Any], lane: Lane, at: datetime | None) -> None:
        key = name(lane) if at is None else f"{name(lane)} later"
        there = connection.execute(_WAITING, (key,)).fetchone()
        if there and (at is None or there[0] <= at):
            return
        if there and connection.execute(_SOONER, (at, key, at)).rowcount:
            return
        self._app.configure_task(
            TASK,
            queue=QUEUE,
            lock=name(lane),
            queueing_lock=key,
            priority=NOW if at is None else LATER,
            schedule_at=at,
            connection=connection,
        ).defer(conversation=lane.conversation, direction=lane.name)

    def take(self, lane: Lane) -> bool:
        """Take over the job that waits for the end of this lane's run; whether there was one."""
        found = self._within(lambda c: c.execute(_TAKE, (name(lane),)).fetchone())
        return found is not None

    def for_now(self) -> set[Lane]:
        """The lanes that wait for a worker."""
        return set(self._lanes(_FOR_NOW, QUEUE, NOW))

    def left(self, seconds: float) -> list[Lane]:
        """Give up the jobs of workers that have not been heard of for so long.

        They are deleted, not set to run again: should such a worker come back and report one as
        done, that must not be the job that another one runs.
        """
        return self._lanes(_LEFT, QUEUE, seconds)

    def held(self, workers: Collection[int]) -> set[int]:
        """The jobs that these workers run, as the database has it."""
        found = self._within(lambda c: c.execute(_HELD, (QUEUE, list(workers))).fetchall())
        return {row[0] for row in found}

    def drop(self, jobs: Collection[int]) -> list[Lane]:
        return self._lanes(_DROP, list(jobs))

    def _lanes(self, statement: Any, *values: object) -> list[Lane]:
        found = self._within(lambda c: c.execute(statement, values).fetchall())
        return [lane(**row[0]) for row in found]


def name(lane: Lane) -> str:
    return f"{lane.conversation} {lane.name}"


def lane(conversation: str, direction: str) -> Lane:
    """From a job's arguments."""
    return Lane(ConversationId(conversation), direction)
