"""Stand-ins for the twins that the page is shown over, with a whole story to play."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connector.sandbox.page.sources import (
    App,
    Comment,
    Direction,
    Fact,
    FaultOrder,
    PhoneMessage,
    RefusedError,
    Sources,
    Ticket,
    TicketStatus,
)

ANA = "+12025550147"
BO = "+12025550182"
ZOE = "chat:7000001"
SUMMARY = """<h3>Summary</h3><ol><li><b>Wants:</b> to know where the parcel for order 4711 is</li>
<li><b>Tried:</b> the bot explained tracking</li><li><b>Why a person:</b> asked for one</li></ol>
<details><summary>Transcript, 4 messages</summary>
<p><b>Customer</b> Where is my parcel?</p></details>
"""


class Versions:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._version = 0

    @property
    def version(self) -> int:
        return self._version

    def wait(self, since: int, timeout: float) -> int:
        with self._changed:
            self._changed.wait_for(lambda: self._version > since, timeout)
            return self._version

    def bump(self) -> None:
        with self._changed:
            self._version += 1
            self._changed.notify_all()


class Story:
    """The phone, desk, faults and facts of one sandbox, told from outside by a test."""

    def __init__(self) -> None:
        self.changes = Versions()
        self.conversations: dict[str, list[PhoneMessage]] = {ANA: [], BO: [], ZOE: []}
        self.typing: dict[str, datetime] = {}
        self.tapped: list[str] = []
        self.desk: dict[int, Ticket] = {}
        self.told: list[Fact] = []
        self.orders: list[FaultOrder] = []
        self.clock = datetime.now(UTC) - timedelta(minutes=4)
        self.sources = Sources(self, self, self, self, self.changes)

    def apps(self) -> Sequence[App]:
        return [
            App("sms", "SMS", "+12025550100", (ANA, BO)),
            App("chat", "Telegram", "@northwind_bot", (ZOE,)),
        ]

    def typing_until(self, customer: str) -> datetime | None:
        return self.typing.get(customer)

    def customer_taps(self, customer: str, choice: str) -> None:
        if choice not in self.conversations[customer][-1].choices:
            raise RefusedError("That can't be tapped any more.")
        self.tapped.append(choice)
        self.customer_says(customer, choice)

    def offers(self, customer: str, text: str, choices: tuple[str, ...]) -> None:
        message = self._message(customer, "outbound", text, "delivered")
        self.conversations[customer][-1] = replace(message, choices=choices)
        self.changes.bump()

    def conversation(self, customer: str) -> Sequence[PhoneMessage]:
        return list(self.conversations[customer])

    def customer_says(self, customer: str, text: str) -> None:
        message = self._message(customer, "inbound", text, "received")
        self.tells("webhook_stored", channel="sms-us", kind="CustomerMessaged",
                   conversation=customer[-3:], external=message.sid)  # fmt: skip
        self.tells("message_received", conversation=customer[-3:])

    def company_says(self, text: str, status: str = "delivered", error: int | None = None) -> None:
        message = self._message(ANA, "outbound", text, status, error)
        self.tells("message_sent", message=message.sid, conversation=ANA[-3:])

    def _message(
        self, customer: str, way: Direction, text: str, status: str, error: int | None = None
    ) -> PhoneMessage:
        conversation = self.conversations[customer]
        sid = f"SM{customer[-3:]}{len(conversation):029d}"
        message = PhoneMessage(sid, way, text, self._now(), status, error)
        conversation.append(message)
        self.changes.bump()
        return message

    def tickets(self) -> Sequence[Ticket]:
        return list(self.desk.values())

    def opens_ticket(self, number: int = 12, html: str = SUMMARY) -> None:
        note = Comment("1", "Connector", "bot", False, html, "Summary", self._now())
        self.desk[number] = Ticket(
            number, "Parcel for order 4711 has not arrived", "new", "normal", "Support",
            ("sms", "handoff", "explicit_request"), "Ana Silva", ANA, (note,),
        )  # fmt: skip
        self.tells("ticket_opened", ticket=number, conversation=ANA[-3:])

    def reply(self, ticket: int, text: str, *, public: bool, solve: bool) -> None:
        if self.desk[ticket].status == "closed":
            raise RefusedError("A closed ticket takes no more comments.")
        self.comments(ticket, text, public=public)
        if solve:
            self.set_status(ticket, "solved")

    def comments(
        self, ticket: int, text: str, *, public: bool, author: str = "Ana", html: str = ""
    ) -> None:
        before = self.desk[ticket]
        role = "agent" if author == "Ana" else "end-user"
        name = str(len(before.comments) + 1)
        html = html or f"<p>{text.replace('<', '&lt;')}</p>"
        comment = Comment(name, author, role, public, html, text, self._now())
        self.desk[ticket] = replace(before, comments=(*before.comments, comment), status="open")
        if role == "agent" and public:
            self.company_says(f"Ana: {text}")
            self.tells("comment_sent", ticket=ticket)
        elif role == "agent":
            self.tells("note_kept_private", ticket=ticket)
        self.changes.bump()

    def set_status(self, ticket: int, status: TicketStatus) -> None:
        self.desk[ticket] = replace(self.desk[ticket], status=status)
        if status == "solved":
            self.tells("episode_ended", outcome="solved_by_agent", conversation=ANA[-3:])
            self.tells("holder_changed", holder="ended", conversation=ANA[-3:])
        self.changes.bump()

    def actions(self) -> Sequence[str]:
        return ["Keep the bot out"]

    def act(self, ticket: int, action: str) -> None:
        self.desk[ticket] = replace(self.desk[ticket], tags=("bot_pause",))
        self.changes.bump()

    def merge(self, ticket: int, into: int) -> None:
        self.desk[ticket] = replace(self.desk[ticket], status="closed")
        self.changes.bump()

    def facts(self) -> Sequence[Fact]:
        return list(self.told)

    def tells(self, event: str, **fields: object) -> None:
        self.told.append(Fact(len(self.told) + 1, self._now(), event, fields))
        self.changes.bump()

    def operations(self) -> Mapping[str, Sequence[str]]:
        return {"twilio": ["send_message"], "zendesk": ["create_ticket", "add_comment"]}

    def active(self) -> Sequence[FaultOrder]:
        return list(self.orders)

    def add(self, order: FaultOrder) -> None:
        self.orders.append(order)
        self.changes.bump()

    def clear(self) -> None:
        self.orders.clear()
        self.changes.bump()

    def _now(self) -> datetime:
        self.clock += timedelta(seconds=3)
        return min(self.clock, datetime.now(UTC))

    def until_bot_answered(self) -> None:
        self.customer_says(ANA, "Where is my parcel?")
        self.tells("bot_asked", conversation="147", attempt=1)
        self.tells("bot_answered", conversation="147", decision="answer")
        self.company_says(
            "Hi, this is Acme's automated assistant. You can follow your parcel at "
            "acme.example/track. What is your order number?"
        )

    def until_ticket(self) -> None:
        self.until_bot_answered()
        self.customer_says(ANA, "That does not help, I want to talk to a person. Order 4711")
        plea = self.conversations[ANA][-1].sid
        self.tells("triggers_considered", conversation="147", fired=["explicit_request"])
        self.tells("handoff_decided", conversation="147", trigger="explicit_request",
                   score=0.97, threshold=0.5, evidence=[plea], also=[])  # fmt: skip
        self.tells("holder_changed", conversation="147", holder="HandingOff")
        self.tells("attempt_failed", provider="zendesk", call="OpenTicket", status=503,
                   conversation="147", retry_at=self._now() + timedelta(seconds=5))  # fmt: skip
        self.tells("summary_ready", conversation="147")
        self.opens_ticket()
        self.company_says("A colleague is reading our conversation and will answer you here.")
        self.tells("holder_changed", conversation="147", holder="WithAgent")

    def until_answered(self) -> None:
        self.until_ticket()
        self.comments(12, "Depot says it was put on the wrong van. Do not mention.", public=False)
        self.comments(12, "Hi Ana, your parcel is out again and arrives tomorrow.", public=True)
        self.customer_says(ANA, "Great, thank you!")
        self.comments(12, "Great, thank you!", public=True, author="Ana Silva")
        self.tells("comment_mirrored", ticket=12, conversation="147")
        self.company_says("Anything else?", status="undelivered", error=30003)
        self.tells("delivery_failed", code=30003, conversation="147")
