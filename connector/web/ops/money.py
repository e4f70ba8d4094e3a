"""What pages show of money; templates ask for it where they show it."""

from __future__ import annotations

from flask import Blueprint

from connector.domain.ids import ConversationId
from connector.reports import spend
from connector.web.ops.parts import Dashboard


def install(blueprint: Blueprint, dashboard: Dashboard) -> None:
    parts = dashboard.parts

    @blueprint.app_template_global("ops_spend_today")
    def today() -> tuple[spend.Today, ...]:
        """Each channel's day so far beside its limit."""
        now = parts.now()
        held = {name: c.spending for name, c in parts.channels.items() if c.spending is not None}
        allowed = {name: limits.usd_per_day for name, limits in held.items()}
        days = {name: limits.day(now) for name, limits in held.items()}
        return parts.db.read(lambda c: spend.today(c, allowed, days))

    @blueprint.app_template_global("ops_cost")
    def cost(conversation: str) -> str:
        """Of one conversation in words; "" if its bot was never asked."""
        rows = parts.db.read(lambda c: spend.of_conversation(c, ConversationId(conversation)))
        return ", ".join(f"{row.dollars} for {row.tokens:,} tokens of {row.model}" for row in rows)
