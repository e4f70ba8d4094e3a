"""The customers' phones: one list over all the apps that the stage has.

What stands before the colon of an address says which app it is: "telegram:7000001".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from connector.sandbox.chat import App, Said, Taps, Types
from connector.sandbox.page import sources as page


class Phones:
    def __init__(self, apps: Sequence[App]) -> None:
        self._apps = {app.key: app for app in apps}

    def apps(self) -> Sequence[page.App]:
        return [
            page.App(app.key, app.label, app.reached_at, tuple(
                f"{app.key}:{one}" for one in dict.fromkeys((*app.known, *app.service.customers()))
            ))
            for app in self._apps.values()
        ]  # fmt: skip

    def conversation(self, customer: str) -> Sequence[page.PhoneMessage]:
        app, name = self._of(customer)
        return [_shown(said) for said in app.service.conversation(name)]

    def typing_until(self, customer: str) -> datetime | None:
        app, name = self._of(customer)
        return app.service.typing_until(name) if isinstance(app.service, Types) else None

    def customer_says(self, customer: str, text: str) -> None:
        app, name = self._of(customer)
        app.service.customer_says(text, customer=name)

    def customer_taps(self, customer: str, choice: str) -> None:
        app, name = self._of(customer)
        if not isinstance(app.service, Taps):
            raise page.RefusedError("There is nothing to tap here.")
        try:
            app.service.customer_taps(choice, customer=name)
        except LookupError:
            raise page.RefusedError("That can't be tapped any more.") from None

    def _of(self, customer: str) -> tuple[App, str]:
        key, _, name = customer.partition(":")
        return self._apps[key], name


def _shown(said: Said) -> page.PhoneMessage:
    media = tuple(page.Attachment(f.name, f.kind, f.url) for f in said.files)
    if said.media and not media:
        media = (page.Attachment("file", "file", said.media),)
    return page.PhoneMessage(
        said.id, said.direction, said.text, said.at, said.status, said.error_code, media,
        said.choices,
    )  # fmt: skip
