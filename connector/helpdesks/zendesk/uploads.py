"""Files on their way into a comment. An upload that no comment names expires at Zendesk."""

from __future__ import annotations

from io import BytesIO
from urllib.parse import quote

from zenpy import Zenpy

from connector.domain.files import File
from connector.helpdesks.zendesk.client import Client
from connector.helpdesks.zendesk.refusals import Call

_UPLOAD = Call("upload", repeatable=True)


def upload(client: Client, file: File) -> str:
    """The upload's token. Raise Transient or Rejected."""

    def act(zenpy: Zenpy) -> str:
        made = zenpy.attachments.upload(
            BytesIO(file.data),
            target_name=quote(file.name, safe=""),  # zenpy encodes no query
            content_type=file.content_type,
        )
        token = made.token
        if not isinstance(token, str) or not token:
            raise ValueError("no token")
        return token

    return client.write(_UPLOAD, act)
