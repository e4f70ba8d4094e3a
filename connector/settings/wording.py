"""The fixed texts in the customer's language."""

from __future__ import annotations

from collections.abc import Mapping

from connector.settings.messages import ANY, Messages
from connector.settings.templates import Fact, render
from connector.settings.texts import TEXTS


class Wording:
    """The operator's texts, and the built-in ones where the operator set none."""

    def __init__(self, messages: Messages | None = None) -> None:
        given = messages or Messages()
        own = {name: getattr(given, name) for name in Messages.model_fields}
        self._texts: dict[str, dict[str, str]] = {
            name: {language.lower(): text for language, text in (own[name] or built_in).items()}
            for name, built_in in TEXTS.items()
        }

    def render(self, name: str, language: str | None, facts: Mapping[str, Fact]) -> str:
        """The text called `name`. A language that is not there: its base, English, any."""
        texts = self._texts[name]
        wanted = (language or "").replace("_", "-").lower()
        for candidate in (wanted, wanted.partition("-")[0], "en", ANY):
            if candidate in texts:
                return render(texts[candidate], facts)
        return render(next(iter(texts.values())), facts)
