"""A million stored messages beside ten thousand: the same new messages through the whole pipeline.

    python -m bench.size [MESSAGES]

The two databases take turns in one run, so that what else the machine does meets both. The stored
conversations are copies of one that the pipeline made, with their long texts cut.
"""

from __future__ import annotations

import io
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from bench.table import Row, percentile, show
from connector import log
from connector.domain.ids import TicketId
from connector.domain.tickets import TicketStatus
from connector.storage import engine, schema
from connector.storage.tables import metadata
from tests.pipeline.rig import Rig

SMALL, LARGE = 10_000, 1_000_000
TEXTS = 40  # of the customer's, in the conversation that is copied; as many of the agent's
STRIDE = 10_000  # between the row numbers of two copies
AT_ONCE = 200
CUT = 200
ROUNDS, EACH = 20, 20
LONG = frozenset({"payload", "raw", "body", "state", "evidence"})
# Unique by themselves, not through the conversation's id.
OWN = frozenset({"address", "external_id", "theirs", "key"})


def filled(folder: Path, messages: int) -> Rig:
    """The pipeline on a database with so many messages, all of ended conversations."""
    file = folder / f"{messages}.db"
    db = engine.connect(f"sqlite:///{file}")
    schema.migrate(db)
    rig = Rig(db)
    _one_conversation(rig)
    driver = sqlite3.connect(file, isolation_level=None)
    driver.execute("PRAGMA synchronous=OFF")
    ours, made = driver.execute(
        "SELECT conversation_id, count(*) FROM messages GROUP BY conversation_id"
    ).fetchone()
    copies = messages // made
    for begin in range(1, copies + 1, AT_ONCE):
        _copy(driver, ours, begin, min(begin + AT_ONCE, copies + 1))
    driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    driver.execute("ANALYZE")
    driver.close()
    return rig


def _one_conversation(rig: Rig) -> None:
    rig.texts_in("I want to talk to a human please")
    rig.passes(2)
    ticket = TicketId("1")
    for number in range(TEXTS):
        rig.texts_in(f"Here is more of what I know, part {number}.")
        rig.desk.agent_says(ticket, f"Thank you for part {number}.")
        rig.webhook(ticket)
        rig.passes(2)
    rig.desk.tickets[ticket].status = TicketStatus.SOLVED
    rig.webhook(ticket)
    rig.passes(5)


def _copy(driver: sqlite3.Connection, ours: str, begin: int, end: int) -> None:
    driver.execute("BEGIN")
    for table in metadata.sorted_tables:
        names = [c.name for c in table.columns]
        if not {"conversation_id", "outbox_id"} & set(names) and table.name != "conversations":
            continue
        values = ", ".join(_copied(table.name, name) for name in names)
        where = "" if table.name == "attempts" else f"WHERE {_owner(table.name)} = :ours"
        driver.execute(
            "WITH RECURSIVE n(i) AS (SELECT :begin UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :end) "
            f"INSERT INTO {table.name} ({', '.join(names)}) "
            f"SELECT {values} FROM n, (SELECT * FROM {table.name} {where} {_first(table.name)})",
            {"ours": ours, "begin": begin, "end": end},
        )
    driver.execute("COMMIT")


def _owner(table: str) -> str:
    return "id" if table == "conversations" else "conversation_id"


def _first(table: str) -> str:
    """Attempts know only their call's number: those of the first conversation come first."""
    return f"WHERE outbox_id < {STRIDE}" if table == "attempts" else ""


def _copied(table: str, name: str) -> str:
    if (name == "id" and table in ("inbox", "outbox", "considered")) or name == "outbox_id":
        return f"{name} + i * {STRIDE}"
    if name in LONG:
        return f"substr({name}, 1, {CUT})"
    copied = f"replace({name}, :ours, printf('copy%016d', i))" if _is_id(name) else name
    return f"{copied} || '-' || i" if name in OWN else copied


def _is_id(name: str) -> bool:
    return name in ("id", "ours", "key") or name.endswith("_id")


def new_messages(rig: Rig, count: int) -> list[float]:
    """Seconds for each of them, from the webhook to the answer on the phone."""
    spent = []
    for _ in range(count):
        customer = f"+1404{rig.texts:07}"
        began = time.perf_counter()
        rig.texts_in("Where is my parcel?", customer)
        rig.passes(2)
        spent.append(time.perf_counter() - began)
        if not rig.phone(customer):
            raise RuntimeError("no answer came")
    return spent


def rows(large: int = LARGE, small: int = SMALL) -> list[Row]:
    log.set_up(stream=io.StringIO())
    with tempfile.TemporaryDirectory() as folder:
        rigs = {n: filled(Path(folder), n) for n in (small, large)}
        spent: dict[int, list[float]] = {n: [] for n in rigs}
        for number in range(-2, ROUNDS):
            # Who begins changes too.
            for size in sorted(rigs, reverse=number % 2 == 0):
                times = new_messages(rigs[size], EACH)
                spent[size] += times if number >= 0 else []
        sizes = {n: (Path(folder) / f"{n}.db").stat().st_size / 1e6 for n in rigs}
        for rig in rigs.values():
            rig.db.close()
    found = [
        Row(f"{n:,} messages stored ({sizes[n]:,.0f} MB), p50",
            f"{percentile(times, 50) * 1000:.1f} ms", "")
        for n, times in spent.items()
    ]  # fmt: skip
    latency = percentile(spent[small], 50) / percentile(spent[large], 50)
    late = percentile(spent[small], 99) / percentile(spent[large], 99)
    through = sum(spent[small]) / sum(spent[large])
    return [
        *found,
        Row("their latency, small to large, p50", f"{latency:.2f}", "≥ 0.85"),
        Row("their latency, small to large, p99", f"{late:.2f}", ""),
        Row("their throughput, large to small", f"{through:.2f}", "≥ 0.85"),
    ]


if __name__ == "__main__":
    print(show(rows(*(int(argument) for argument in sys.argv[1:2]))))
