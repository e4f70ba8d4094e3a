"""The story, once: against a database of its own, with one death or one fault, and what came of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from sqlalchemy import Engine, create_engine, event, func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from connector.sandbox.stage import Stage
from connector.storage.tables import outbox
from tests.crash import promises
from tests.crash.calls import Calls, Kill
from tests.crash.process import ROOT, SANDBOX, Process, Zygote
from tests.crash.story import Story
from tests.scenarios.world import free_port

# Python 3.11 fails now and then when two threads compile at once, as the making of routes does.
_one_stage = threading.Lock()
SETTLE_SECONDS = 0.3
SWEEP_SECONDS = 0.5
PATIENCE = 3.0  # with a provider that is silent
# Log lines that say that the program itself was surprised.
MISHAPS = ("lane_step_failed", "request_failed", "event_parked", "sweep_failed")


@dataclass(frozen=True)
class Result:
    broken: list[str]
    lives: int
    calls: list[str]
    commits: int  # points at commits in the first life
    unknown: int  # texts of which nobody can tell whether they were sent
    killed: bool
    mishaps: list[str]  # what the connector did not expect, as it logged it


@dataclass(frozen=True)
class Where:
    """What all runs share. `postgres`: a server's URL, each run in a schema of its own."""

    zygote: Zygote
    folder: Path
    postgres: str | None = None

    def config(self) -> Path:
        """The sandbox's, without a quiet period."""
        shipped = (SANDBOX).read_text()
        here = ROOT / "config"
        told = shipped.replace("quiet_period: 1.5s", "quiet_period: 0s")
        told = told.replace("prompts/support.md", f"{here}/prompts/support.md")
        made = self.folder / "crash.yaml"
        made.write_text(told.replace("knowledge: knowledge/", f"knowledge: {here}/knowledge/"))
        return made

    @contextmanager
    def database(self) -> Iterator[str]:
        if self.postgres is None:
            with TemporaryDirectory(dir=self.folder) as folder:
                yield f"sqlite:///{folder}/connector.db"
            return
        name = f"connector_{uuid4().hex[:12]}"
        server = create_engine(self.postgres, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with server.connect() as connection:
            connection.execute(text(f"CREATE SCHEMA {name}"))
        own = make_url(self.postgres).update_query_dict({"options": f"-csearch_path={name}"})
        yield own.render_as_string(hide_password=False)
        with server.connect() as connection:
            connection.execute(text(f"DROP SCHEMA {name} CASCADE"))


def _of_one_moment(url: str) -> Engine:
    """Each transaction sees one moment: else what goes from the outbox to the inbox meanwhile is seen
    in neither, and the story looks over."""
    if make_url(url).get_backend_name() == "postgresql":
        return create_engine(url, poolclass=NullPool, isolation_level="REPEATABLE READ")
    made = create_engine(url, poolclass=NullPool)
    event.listen(made, "connect", lambda c, _: setattr(c, "isolation_level", None))
    event.listen(made, "begin", lambda c: c.exec_driver_sql("BEGIN"))
    return made


def run(
    where: Where,
    *,
    kill: Kill | None = None,
    commit: int | None = None,
    trouble: Callable[[Stage], AbstractContextManager[object]] = nullcontext,
    excused: promises.Excused = promises.NOTHING,
    rushed: bool = False,
) -> Result:
    """Tell the story, killing at a call or at the point `commit` of the database's."""
    port = free_port()
    with _one_stage:
        made = Stage(f"http://127.0.0.1:{port}")
    with where.database() as url, made as stage:
        count, log = where.folder / f"points-{port}", where.folder / f"log-{port}"
        first = {"points_file": str(count), "kill_at": commit}
        lives: list[Process] = []

        def start() -> Process:
            more = {} if lives or story.lives > 1 else first
            process = where.zygote.start(
                stage, url, port, where.config(), settle_after=SETTLE_SECONDS,
                sweep_seconds=SWEEP_SECONDS, patience=PATIENCE, log=str(log), **more,
            )  # fmt: skip
            lives.append(process)
            return process

        database = _of_one_moment(url)
        story = Story(stage, start, database, rushed)
        calls = Calls(stage, lambda: lives[-1].strike(), kill)
        calls.promises(promises.HANDOFF)
        try:
            with trouble(stage):
                found = _told(story, partial(promises.broken, story, calls, excused))
            with database.begin() as connection:
                lost = select(func.count()).where(outbox.c.state == "unknown")
                unknown = connection.execute(lost).scalar_one()
        finally:
            if story.process is not None:
                story.process.kill()
        points = int(count.read_text() or 0) if count.exists() else 0
        killed = calls.killed or (commit is not None and story.lives > 1)
        said = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        mishaps = [line for line in said if any(word in line for word in MISHAPS)]
        return Result(found, story.lives, calls.seen, points, unknown, killed, mishaps)


def _told(story: Story, check: Callable[[], list[str]]) -> list[str]:
    try:
        story.tell()
    except AssertionError as error:
        return [str(error), *check()]
    return check()
