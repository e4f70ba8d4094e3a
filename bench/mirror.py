"""One agent's comment at a time: from Zendesk's webhook to the call to Twilio."""

from __future__ import annotations

import time

from bench.table import Row, percentile
from connector.sandbox.stage import Stage

PLEA = "I want to talk to a human please"
CUSTOMER = "+12025559900"
WARM, LIGHT = 5, 60


def rows(stage: Stage) -> list[Row]:
    """Own time: without the time that Zendesk had its two questions for."""
    ticket = _handed_over(stage)
    spent, calls = list[float](), list[int]()
    for number in range(-WARM, LIGHT):
        stage.zendesk.courier.idle()
        stage.twilio.courier.idle()
        time.sleep(0.1)  # what the last receipts led to: the next comment shall come alone
        stage.zendesk.requests.clear()
        stage.twilio.requests.clear()
        began = time.time()
        stage.zendesk.agent_replies(ticket, f"Hello {number}", author="Ana")
        if not stage.until(lambda: bool(stage.twilio.requests), 10):
            raise RuntimeError("the comment did not arrive")
        sent = stage.twilio.requests[0].arrived
        asked = [r for r in list(stage.zendesk.requests) if r.arrived <= sent]
        own = sent - began - sum(r.answered - r.arrived for r in asked)
        if number >= 0:
            spent.append(own * 1000)
            calls.append(len(asked))
    return [
        Row("agent's comment, own time, p50", f"{percentile(spent, 50):.1f} ms", "≤ 20 ms"),
        Row("agent's comment, own time, p99", f"{percentile(spent, 99):.1f} ms", ""),
        Row("agent's comment, calls of Zendesk", f"{max(calls)}", "≤ 2"),
    ]


def _handed_over(stage: Stage) -> int:
    stage.twilio.customer_says(PLEA, from_=CUSTOMER).wait()
    if not stage.until(lambda: bool(stage.zendesk.tickets()), 20):
        raise RuntimeError("there is no ticket")
    time.sleep(2)  # its notes, and what they led to
    return stage.zendesk.tickets()[-1].id
