"""Where Telegram has to call us, and what `doctor` asks beside that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connector.channels.payload import line, section
from connector.channels.telegram.api import Bot
from connector.channels.telegram.config import TelegramConfig
from connector.errors import ProviderError
from connector.upkeep import Check, Finding, Mark, Piece, Site, State, differences, in_words

# `message_reaction` is told only to who asks for it by name.
UPDATES = ["message", "edited_message", "callback_query", "message_reaction", "my_chat_member"]


def pieces(config: TelegramConfig, bot: Bot, site: Site) -> Sequence[Piece]:
    def look() -> State:
        found = _info(bot)
        told = {"url": found.get("url"), "updates": sorted(found.get("allowed_updates") or [])}
        return State(bool(found.get("url")), differences(_wanted(site), told))

    def make() -> None:
        fields = {"url": site.url, "secret_token": config.secret_token, "allowed_updates": UPDATES}
        bot.ask("set_webhook", "setWebhook", fields)

    return [Piece("webhook", look, make)]


def _wanted(site: Site) -> Mapping[str, object]:
    return {"url": site.url, "updates": sorted(UPDATES)}


def _info(bot: Bot) -> Mapping[str, Any]:
    return section(bot.ask("get_webhook", "getWebhookInfo", {}).get("result"))


def checks(bot: Bot) -> Sequence[Check]:
    return [Check("sign-in", lambda: sign_in(bot)), Check("deliveries", lambda: deliveries(bot))]


def sign_in(bot: Bot) -> Finding:
    about = "sign-in"
    try:
        bot.ask("get_me", "getMe", {})
    except ProviderError as error:
        if error.status in (401, 404):
            found = f"Telegram does not accept the bot's token (HTTP {error.status})"
            return Finding(about, Mark.WRONG, found, "check bot_token with BotFather")
        why = in_words(error.reason.rpartition(": ")[2])
        return Finding(
            about, Mark.WRONG, f"Telegram could not be asked ({why})", "is the network up?"
        )
    return Finding(about, Mark.WELL, "works")


def deliveries(bot: Bot) -> Finding:
    """Whether our secret_token is the one that Telegram shows can't be asked; this shows it."""
    about, found = "deliveries", _info(bot)
    waiting, failed = found.get("pending_update_count"), line(found.get("last_error_message"), 200)
    if failed and waiting:
        mend = "401: run `connector setup`; else see where public_url leads, and the log"
        return Finding(about, Mark.WRONG, f"{waiting} wait; the last one failed: {failed}", mend)
    return Finding(about, Mark.WELL, "none is waiting after a failure")
