"""What some providers ask of what is sent: a pace that counts its size, a cut that fits a template."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from connector.channels.base import Outbound
from connector.domain.ids import Address
from connector.domain.limits import Limit
from connector.domain.window import Window


@runtime_checkable
class PacedBySize(Protocol):
    """As `Paced`, where a long message counts for several."""

    def limits_of(self, message: Outbound) -> Sequence[Limit]:
        """What sending this message counts under, and for how much."""
        ...


@runtime_checkable
class AnswersConsent(Protocol):
    """STOP, START and HELP may come to where nobody but us answers them, as the law wants."""

    answers_consent: bool


@runtime_checkable
class SendsTemplates(Protocol):
    """With `HasWindow`: what comes when the window is closed is cut to what a template carries."""

    def template_window(self, customer: Address) -> Window | None:
        """None: free text is always taken, or there is no template."""
        ...
