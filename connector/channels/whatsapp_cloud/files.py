"""What customers attach: an id leads to an address for five minutes, which wants our token too."""

from __future__ import annotations

from connector.channels.meta import Graph
from connector.channels.whatsapp_cloud.config import WhatsAppConfig
from connector.channels.whatsapp_cloud.content import SCHEME
from connector.channels.whatsapp_cloud.outgoing import PROVIDER
from connector.channels.whatsapp_cloud.refusals import MEANINGS
from connector.domain.conversation import Media
from connector.domain.files import File
from connector.fetch import OPERATION, Fetcher, Source
from connector.kinds import file_of

# https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#download-media
DOWNLOADS = "https://lookaside.fbsbx.com"
HOSTS = (".fbsbx.com", ".fbcdn.net", ".whatsapp.net")


class Files:
    def __init__(self, config: WhatsAppConfig) -> None:
        self._graph = Graph(config, PROVIDER, MEANINGS)
        self._ours = {"phone_number_id": config.phone_number_id}
        self._fetcher = Fetcher(
            Source(
                provider=PROVIDER,
                root=config.base_url or DOWNLOADS,
                stand_in=config.base_url is not None,
                hosts=HOSTS,
                authorization=lambda: config.bearer,
            )
        )

    def fetch(self, media: Media, name: str) -> File:
        told = self._graph.get(OPERATION, media.url.removeprefix(SCHEME), self._ours)
        fetched = self._fetcher.get(str(told.get("url", "")))
        return file_of(fetched, name, PROVIDER, media.content_type)
