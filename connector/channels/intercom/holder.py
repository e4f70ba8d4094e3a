"""Intercom's own inbox: it shows there who has the customer.

A customer's reply opens a conversation again by itself, whether it was closed or snoozed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector import log
from connector.channels.intercom.api import PROVIDER, Api
from connector.channels.intercom.config import IntercomConfig
from connector.channels.intercom.parts import key
from connector.domain.effects import Who
from connector.domain.ids import TicketId
from connector.errors import Rejected, Transient, Uncertain

SHOW, NOTE = "show_holder", "note_holder"
NOBODY = "0"

_log = log.get(__name__)


class Inbox:
    def __init__(self, config: IntercomConfig, api: Api) -> None:
        self._config, self._api = config, api

    def show(self, thread: str, who: Who, ticket: TicketId | None) -> None:
        """Raise Transient, or Rejected: also where our token has no right to it."""
        for fields in self._changes(who):
            self._change(key(thread), fields)
        if who is Who.PERSON and ticket is not None:
            self._note(key(thread), f"A person has taken over in the helpdesk (ticket {ticket}).")

    def _changes(self, who: Who) -> list[dict[str, Any]]:
        config = self._config
        given = [
            ("team", config.assign_to_team), ("admin", config.assign_to_admin),
        ]  # fmt: skip
        assigned = [(kind, to) for kind, to in given if to is not None]
        match who:
            case Who.PERSON:
                changes = [_assignment(kind, to) for kind, to in assigned]
                if config.snooze_for is not None:
                    until = int((config.now() + config.snooze_for).timestamp())
                    changes.append({"message_type": "snoozed", "snoozed_until": until})
                return changes
            case Who.BOT:
                changes = [_assignment(kind, NOBODY) for kind, _ in assigned]
                return changes + ([{"message_type": "open"}] if config.snooze_for else [])
            case Who.DONE:
                return (
                    [{"message_type": "close", "type": "admin"}] if config.close_when_solved else []
                )

    def _change(self, thread: str, fields: Mapping[str, Any]) -> None:
        told = {**fields, "admin_id": self._config.admin_id}
        try:
            self._api.post(SHOW, f"/conversations/{thread}/parts", told, repeatable=True)
        except Transient as error:
            if error.status not in (401, 403):
                raise
            # Customers must not wait for a right that only the inbox needs.
            raise Rejected(error.reason, meaning="our token may not change conversations",
                           provider=PROVIDER, operation=SHOW, status=error.status,
                           code=error.code) from error  # fmt: skip

    def _note(self, thread: str, text: str) -> None:
        told = {"message_type": "note", "type": "admin", "admin_id": self._config.admin_id}
        try:
            self._api.post(NOTE, f"/conversations/{thread}/reply", {**told, "body": text})
        except Uncertain as error:
            # It may stand there: twice would be worse than not at all.
            _log.info("note_uncertain", provider=PROVIDER, status=error.status)


def _assignment(kind: str, to: str) -> dict[str, Any]:
    return {"message_type": "assignment", "type": kind, "assignee_id": to}
