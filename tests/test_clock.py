"""The clock is set while things are planned: nothing fires early, nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connector.clock import WatchedClock
from connector.storage.engine import Database
from connector.storage.shift import shift
from tests.pipeline.rig import Rig

HOUR = timedelta(hours=1)


class Machine:
    """A wall clock that can be set, and one that can't."""

    def __init__(self) -> None:
        self.wall, self.steady = 1_800_000_000.0, 500.0
        self.jumps: list[timedelta] = []
        self.clock = WatchedClock(self.jumps.append, lambda: self.wall, lambda: self.steady)

    def passes(self, seconds: float, drift: float = 0.0) -> datetime:
        self.wall += seconds + drift
        self.steady += seconds
        return self.clock()


def test_time_that_goes_by_and_drift_are_no_jump() -> None:
    machine = Machine()
    for _ in range(100):
        machine.passes(60, drift=0.5)
    assert machine.jumps == []
    assert machine.clock() == datetime.fromtimestamp(machine.wall, UTC)


@pytest.mark.parametrize("seconds", [3600.0, -3600.0, 2.5, -86400.0])
def test_a_jump_is_told_once_and_before_the_new_time_is(seconds: float) -> None:
    machine = Machine()
    machine.passes(10)
    machine.wall += seconds
    assert machine.clock() == datetime.fromtimestamp(machine.wall, UTC)
    machine.passes(10)
    assert [j.total_seconds() for j in machine.jumps] == [pytest.approx(seconds)]


@pytest.mark.parametrize("jump", [HOUR * 30, -HOUR * 30])
def test_timers_and_waiting_calls_move_along(db: Database, jump: timedelta) -> None:
    """The quiet period of a customer who has just written, and the wait for one who left."""
    rig = Rig(db)
    rig.texts_in("Where is it?")
    rig.drain()
    rig.at += jump
    assert db.write(lambda c: shift(c, jump)) >= 2
    rig.drain()
    assert rig.phone() == []  # still within the quiet period
    rig.passes(1.6)
    assert rig.phone() == ["<automated:-> re: Where is it?"]
    holder = db.read(lambda c: c.exec_driver_sql("SELECT holder FROM conversations").scalar())
    assert holder == "WithBot"
    rig.passes(25 * 3600)
    holder = db.read(lambda c: c.exec_driver_sql("SELECT holder FROM conversations").scalar())
    assert holder == "Ended"
