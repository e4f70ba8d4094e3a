"""Tickets as Zendesk's API tells them, in memory, and beside them the reference: what the phone must show.

The connector's reading (`comments.changes`) and deciding are real. The reference knows nothing of cursors
and flags: each comment bears the name of what it is, and a set remembers which ones were judged.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

from connector.domain import events as e
from connector.domain.conversation import Conversation
from connector.domain.decide import decide
from connector.domain.effects import AddComment, Effect, ReadTicket, SendText
from connector.domain.ids import ExternalId, TicketId
from connector.domain.media import MediaLimits
from connector.helpdesks.zendesk import comments
from connector.helpdesks.zendesk.client import Client
from connector.helpdesks.zendesk.config import ZendeskConfig
from tests.domain.decide.given import POLICY, REQUESTER, T0, TICKET, Story

AGENT, LIGHT, CORA, STRANGER, NOBODY, SYSTEM = 501, 502, 503, 504, 505, -1
ME = int(REQUESTER)
TARGET = TicketId("77")
USERS = [
    {"id": AGENT, "name": "Ana Gil", "role": "agent", "role_type": None},
    {"id": LIGHT, "name": "Lia", "role": "agent", "role_type": 1},
    {"id": CORA, "name": "Cora", "role": "end-user"},
    {"id": STRANGER, "name": "Sam", "role": "end-user"},
    {"id": ME, "name": "Customer", "role": "end-user"},
]
RULE = {"channel": "rule", "source": {"rel": "trigger"}}
MERGE = {"channel": "web", "source": {"rel": "merge"}}
MAIL = {"channel": "email", "source": {}}
OURS = {"custom": {"connector": {"key": "k"}}}
MISSING = object()
# What a comment is -> what is odd about its raw form, and whose name it is sent under if it is sent.
KINDS: dict[str, tuple[dict[str, Any], str]] = {
    "agent": ({}, "Ana"),
    "agent_mail": ({"via": MAIL}, "Ana"),
    "note": ({"public": False}, ""),
    "note_null": ({"public": None}, ""),
    "note_text": ({"public": "true"}, ""),
    "note_unsaid": ({"public": MISSING}, ""),
    "echo": ({"metadata": OURS}, ""),
    "requester": ({"author_id": ME}, ""),
    "requester_mail": ({"author_id": ME, "via": MAIL}, ""),
    "copied": ({"author_id": CORA, "via": MAIL}, "Cora"),
    "stranger": ({"author_id": STRANGER, "via": MAIL}, ""),
    "nobody": ({"author_id": NOBODY}, ""),
    "light": ({"author_id": LIGHT}, "Lia"),
    "rule": ({"author_id": SYSTEM, "via": RULE}, "-"),
    "rule_as_agent": ({"via": RULE}, "Ana"),
    "system": ({"author_id": SYSTEM}, ""),
    "merge": ({"via": MERGE}, ""),
    "call": ({"type": "VoiceComment"}, ""),
}
SIGN = "\u2587"
SHORT, USUAL = 7, 100  # comments a page
LIMITS = MediaLimits((("image/png", 1000),), files=2, total=1500)


def link(attachment: ExternalId, at: datetime) -> str:
    return f"https://c.example/media/{attachment}"


BASE = Story().with_agent().conversation


@dataclass
class Ticket:
    status: str = "open"
    comments: list[dict[str, Any]] = field(default_factory=list)
    copied: list[int] = field(default_factory=lambda: [CORA])


class Account:
    """What `Client` is to the connector, as far as reading goes. Lists may lag."""

    def __init__(self) -> None:
        self.tickets = {TICKET: Ticket(), TARGET: Ticket()}
        self.lagging: set[int] = set()
        self.page = USUAL

    def read(self, operation: str, path: str, read: Callable[[Any], Any], **query: str) -> Any:
        number, _, rest = path.removeprefix("tickets/").removesuffix(".json").partition("/")
        ticket = self.tickets[TicketId(number)]
        if not rest:
            facts = {"status": ticket.status, "tags": [], "requester_id": ME}
            return read({"ticket": facts | {"email_cc_ids": ticket.copied}})
        rows = sorted(self.shown(TicketId(number)), key=lambda c: (c["created_at"], c["id"]))[::-1]
        begin = int(query.get("page__after", "0"))
        more = len(rows) > begin + self.page
        meta = {"has_more": more, "after_cursor": str(begin + self.page)}
        page = [
            {k: v for k, v in c.items() if k[0] != "_"} for c in rows[begin : begin + self.page]
        ]
        return read({"comments": page, "users": USERS, "meta": meta})

    def shown(self, ticket: TicketId) -> list[dict[str, Any]]:
        return [c for c in self.tickets[ticket].comments if c["id"] not in self.lagging]


@dataclass
class World:
    seed: int
    account: Account = field(default_factory=Account)
    conversation: Conversation = BASE
    at: datetime = T0 + timedelta(minutes=10)
    orders: list[ReadTicket] = field(default_factory=list)
    phone: list[str] = field(default_factory=list)  # in words
    expected: list[str] = field(default_factory=list)
    judged: set[int] = field(default_factory=set)
    sent: dict[int, tuple[bool, int]] = field(default_factory=dict)
    taken_back: set[int] = field(default_factory=set)
    told: set[int] = field(default_factory=set)
    ids: int = 1000
    merged_at: datetime | None = None

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        flags = [self.random.random() < 0.3 for _ in range(3)]
        self.config = ZendeskConfig("main", "acme", automations=flags[0], light_agents=flags[1],
                                    ccs=flags[2])  # fmt: skip
        media = LIMITS if self.random.random() < 0.5 else None
        self.policy = replace(POLICY, media=lambda _: media, link=link)
        self.shows_media = media is not None
        # What is taken back is looked for among the newest hundred: that is one page.
        self.account.page = self.random.choice([SHORT, USUAL])

    # --- what people do

    def writes(self, kind: str, ticket: TicketId) -> None:
        if self.account.tickets[ticket].status == "closed":
            return
        self.ids += 1
        odd, _ = KINDS[kind]
        private = odd.get("public", True) is not True
        words = (
            f"{'canary' if private else kind} {self.ids} "
            + "👩‍👧 é naïve " * self.random.choice([0, 0, 1, 1, 1, 3, 3, 3, 3, 300])
        )
        files = [self._file(private) for _ in range(self.random.choice([0, 0, 0, 1, 4]))]
        raw = {
            "id": self.ids, "type": "Comment", "author_id": AGENT, "public": True,
            "html_body": f"<div><p>{words}</p></div>", "plain_body": words, "attachments": files,
            "created_at": self.at.isoformat(), "via": {"channel": "web", "source": {}},
            "metadata": {"system": {}, "custom": {}}, "_kind": kind, "_words": words,
        } | odd  # fmt: skip
        self.account.tickets[ticket].comments.append(
            {k: v for k, v in raw.items() if v is not MISSING}
        )
        if self.random.random() < 0.1:
            self.account.lagging.add(self.ids)

    def _file(self, private: bool) -> dict[str, Any]:
        self.ids += 1
        kind, size = self.random.choice([("image/png", 700), ("image/png", 9000), ("text/csv", 5)])
        return {"id": self.ids, "content_type": kind, "size": size, "inline": False,
                "file_name": f"{'canary' if private else 'file'}{self.ids}.x"}  # fmt: skip

    def takes_back(self, ticket: TicketId, *, private: bool) -> None:
        mine = [c for c in self.account.tickets[ticket].comments if c.get("_kind") == "agent"]
        if not mine or self.account.page == SHORT:
            return
        raw = self.random.choice(mine)
        if private:
            raw["public"] = False
            return
        word = f"{raw['id']}"
        for part in ("html_body", "plain_body", "_words"):
            raw[part] = raw[part].replace(word, SIGN * len(word))

    def merges(self) -> None:
        if self.merged_at is not None or self.account.tickets[TICKET].status == "closed":
            return
        # The old ticket is read once more at most: what it does not list then is not seen.
        self.account.lagging.clear()
        self.at += timedelta(seconds=2)
        self.merged_at = self.at
        to = {"channel": "web", "source": {"rel": "merge", "to": {"ticket_id": int(TARGET)}}}
        for ticket, via in ((TICKET, to), (TARGET, MERGE)):
            self.writes("merge", ticket)
            self.account.lagging.discard(self.ids)
            raw = next(c for c in reversed(self.account.tickets[ticket].comments)
                       if c["_kind"] == "merge")  # fmt: skip
            raw["via"] = via
        self.account.tickets[TICKET].status = "closed"
        self.at += timedelta(seconds=2)

    # --- what the connector does

    def happens(self, event: e.Event) -> None:
        decision = decide(self.conversation, event, self.policy)
        self.conversation = decision.conversation
        for effect in decision.effects:
            self._carry_out(effect)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case ReadTicket():
                self.orders.append(effect)
            case SendText():
                self.phone += effect.text.split() + [f"[{m.name}]" for m in effect.media]
                sent = ExternalId(f"SM{len(self.phone)}{effect.key}")
                self.happens(e.MessageSent(self.at, effect.message, sent))
            case AddComment():
                self._comment(effect)

    def _comment(self, order: AddComment) -> None:
        if ":taken_back:" in order.key:
            self.told.add(int(order.key.split(":")[3]))
        ticket = self.account.tickets[order.draft.ticket]
        if ticket.status == "closed":
            self.happens(e.CommentRefused(self.at, order.key, order.draft.ticket, "closed", "closed",
                                          order.message))  # fmt: skip
            return
        if order.draft.reopen:
            ticket.status = "open"
        self.writes("echo", order.draft.ticket)
        self.happens(e.CommentAdded(self.at, order.key, ExternalId(str(self.ids)), order.message))

    def reads(self) -> None:
        if not self.orders:
            return
        order = self.orders.pop(0)
        client = cast(Client, self.account)
        changes = comments.changes(client, self.config, order.ticket, order.cursor)
        self._judge(order.ticket)
        self.happens(e.TicketRead(self.at, changes))

    # --- what the reference says of a reading

    def _judge(self, ticket: TicketId) -> None:
        for raw in sorted(self.account.shown(ticket), key=lambda c: (c["created_at"], c["id"])):
            # A ticket that went into another one is no longer watched.
            if raw["id"] in self.sent and self.conversation.desk_of(ticket) is not None:
                self._taken_back(raw)
            if raw["id"] in self.judged:
                continue
            self.judged.add(raw["id"])
            written = datetime.fromisoformat(raw["created_at"])
            if ticket == TARGET and self.merged_at is not None and written <= self.merged_at:
                continue  # for somebody else
            if raw.get("public") is True and self._is_sent(raw["_kind"]):
                self._expect(raw)

    def _is_sent(self, kind: str) -> bool:
        return {
            "agent": True, "agent_mail": True, "copied": self.config.ccs,
            "light": self.config.light_agents, "rule": self.config.automations,
            "rule_as_agent": self.config.automations,
        }.get(kind, False)  # fmt: skip

    def _expect(self, raw: dict[str, Any]) -> None:
        name = KINDS[raw["_kind"]][1]
        prefix = [] if name == "-" else [f"{name}:"]
        self.sent[raw["id"]] = (True, raw["plain_body"].count(SIGN))
        shown = [f for f in raw["attachments"]
                 if self.shows_media and (f["content_type"], f["size"]) == ("image/png", 700)]  # fmt: skip
        links = [x for f in raw["attachments"] if f not in shown
                 for x in (f"{f['file_name']}:", f"https://c.example/media/{f['id']}")]  # fmt: skip
        self.expected += prefix + raw["_words"].split() + links
        self.expected += [f"[{f['file_name']}]" for f in shown]

    def _taken_back(self, raw: dict[str, Any]) -> None:
        now = (raw.get("public") is True, raw["plain_body"].count(SIGN))
        if now != self.sent[raw["id"]]:
            self.taken_back.add(raw["id"])
            self.sent[raw["id"]] = now
