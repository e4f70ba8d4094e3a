"""What customers attach: getFile tells a path that is good for an hour, beside the bot's token."""

from __future__ import annotations

import re

from connector.channels.payload import section
from connector.channels.telegram.api import PROVIDER, Bot
from connector.channels.telegram.config import TelegramConfig
from connector.channels.telegram.content import SCHEME
from connector.domain.conversation import Media
from connector.domain.files import File
from connector.errors import Rejected
from connector.fetch import FORBIDDEN, OPERATION, Fetcher, Source
from connector.kinds import file_of

_PATH = re.compile(r"[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+){0,20}")


class Files:
    def __init__(self, config: TelegramConfig, bot: Bot) -> None:
        self._bot = bot
        self._root, self._token = config.root, config.bot_token
        self._fetcher = Fetcher(Source(PROVIDER, config.root, config.base_url is not None))

    def fetch(self, media: Media, name: str) -> File:
        path = self._path(media.url.removeprefix(SCHEME))
        fetched = self._fetcher.get(f"{self._root}/file/bot{self._token}/{path}")
        return file_of(fetched, name, PROVIDER, media.content_type)

    def _path(self, file: str) -> str:
        body = self._bot.ask(OPERATION, "getFile", {"file_id": file})
        path = section(body.get("result")).get("file_path")
        if not isinstance(path, str) or not _PATH.fullmatch(path):
            raise Rejected("telegram: no path", meaning="Telegram does not hand it out",
                           provider=PROVIDER, operation=OPERATION, code=FORBIDDEN)  # fmt: skip
        return path
