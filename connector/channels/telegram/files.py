"""What customers attach: getFile tells a path that is good for an hour, beside the bot's token."""

from __future__ import annotations

import re

import requests

from connector.channels.payload import object_of, section
from connector.channels.telegram.api import PROVIDER, judge
from connector.channels.telegram.config import TelegramConfig
from connector.channels.telegram.content import SCHEME
from connector.domain.conversation import Media
from connector.domain.files import File
from connector.errors import Rejected
from connector.fetch import FORBIDDEN, OPERATION, Fetcher, Source
from connector.http import OutboundSession, translate
from connector.kinds import file_of

_PATH = re.compile(r"[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+){0,20}")


class Files:
    def __init__(self, config: TelegramConfig) -> None:
        self._session = OutboundSession(frozenset({config.host}))
        self._root, self._token = config.root, config.bot_token
        self._fetcher = Fetcher(Source(PROVIDER, config.root, config.base_url is not None))

    def fetch(self, media: Media, name: str) -> File:
        path = self._path(media.url.removeprefix(SCHEME))
        fetched = self._fetcher.get(f"{self._root}/file/bot{self._token}/{path}")
        return file_of(fetched, name, PROVIDER, media.content_type)

    def _path(self, file: str) -> str:
        url = f"{self._root}/bot{self._token}/getFile"
        try:
            answer = self._session.post(url, json={"file_id": file})
        except requests.RequestException as error:
            # Not `from error`: its text has the URL, and that the token.
            raise translate(
                error, provider=PROVIDER, operation=OPERATION, repeatable=True
            ) from None
        body = object_of(answer)
        judge(answer, body, operation=OPERATION, repeatable=True)
        path = section(body.get("result")).get("file_path")
        if not isinstance(path, str) or not _PATH.fullmatch(path):
            raise Rejected("telegram: no path", meaning="Telegram does not hand it out",
                           provider=PROVIDER, operation=OPERATION, code=FORBIDDEN)  # fmt: skip
        return path
