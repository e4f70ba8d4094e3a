"""What one process needs that has its database to itself; `fleet` is for many."""

from __future__ import annotations

from connector.errors import SchemaMismatch, StartError, StorageError, StorageUnavailable
from connector.storage import lock, schema, sign_ins
from connector.storage.engine import Database, connect


def database(url: str) -> tuple[Database, lock.Lock]:
    """Open, held by this process alone, and migrated."""
    lock.make_folder(url)
    db = connect(url)
    try:
        held = lock.acquire(db, url)
    except BaseException:
        db.close()
        raise
    try:
        schema.migrate(db)
        db.write(sign_ins.release_all)
    except StorageUnavailable as error:
        held.release()
        db.close()
        raise StartError(f"the database can't be used: {error.__cause__ or error}") from None
    except BaseException:
        held.release()
        db.close()
        raise
    return db, held


def readiness(db: Database) -> dict[str, str]:
    try:
        found = db.read(schema.current)
        schema.check(found)
    except SchemaMismatch as error:
        return {"database": "", "schema": str(error)}
    except StorageError as error:
        return {"database": str(error), "schema": "unknown"}
    behind = "" if found == schema.ours() else f"at {found}, needs {schema.ours()}"
    return {"database": "", "schema": behind}
