"""A configuration that is right, and ways to spoil it."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest

from connector.settings import ConfigError, Settings, load

SID = "AC" + "0" * 32
CANARY = "canary-7f3a"  # stands for every secret: must appear nowhere
ENVIRON = {
    "PUBLIC_URL": "https://connector.example.com",
    "ZENDESK_CLIENT_ID": "connector",
    "ZENDESK_CLIENT_SECRET": CANARY,
    "ZENDESK_REFRESH_TOKEN": CANARY,
    "ZENDESK_WEBHOOK_SECRET": CANARY,
    "ANTHROPIC_API_KEY": CANARY,
    "TWILIO_ACCOUNT_SID": SID,
    "TWILIO_AUTH_TOKEN": CANARY,
    "WHATSAPP_TOKEN": CANARY,
    "MESSENGER_TOKEN": CANARY,
    "INTERCOM_TOKEN": CANARY,
    "INTERCOM_CLIENT_SECRET": CANARY,
    "META_APP_SECRET": CANARY,
    "META_VERIFY_TOKEN": CANARY,
    "TELEGRAM_BOT_TOKEN": f"123456:{CANARY}",
    "TELEGRAM_SECRET": CANARY,
    "OWN_APP_SECRET": "whsec_" + b64encode(CANARY.encode() * 3).decode(),
    "METRICS_TOKEN": f"metrics-{CANARY}",
    "ALERTS_URL": f"slack://{CANARY}",
    "AGENTS_URL": f"msteams://{CANARY}",
    "OPS_ANA_HASH": f"$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ${CANARY}",
    "OIDC_CLIENT_SECRET": CANARY,
    "OPS_BO_HASH": f"$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ${CANARY}",
}
RIGHT = """\
public_url: ${PUBLIC_URL}
helpdesks:
  main:
    kind: zendesk
    subdomain: acme
    oauth: {client_id: "${ZENDESK_CLIENT_ID}", client_secret: "${ZENDESK_CLIENT_SECRET}"}
    webhook_secrets: ["${ZENDESK_WEBHOOK_SECRET}"]
bots:
  support:
    kind: claude
    api_key: ${ANTHROPIC_API_KEY}
    instructions: support.md
    knowledge: knowledge/
channels:
  sms-us:
    kind: twilio
    account_sid: ${TWILIO_ACCOUNT_SID}
    auth_tokens: ["${TWILIO_AUTH_TOKEN}"]
    number: "+15550100"
    bot: support
    helpdesk: main
"""


class Folder:
    """Where a test's configuration is, with what it refers to beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path / "channels.yaml"
        (path / "support.md").write_text("You are the bot.", encoding="utf-8")
        (path / "knowledge").mkdir()
        (path / "knowledge" / "delivery.md").write_text("# Delivery\n2 days", encoding="utf-8")

    def load(self, text: str, **environ: str) -> Settings:
        self.file.write_text(text, encoding="utf-8")
        return load(self.file, ENVIRON | environ)

    def refusal(self, text: str, **environ: str) -> list[str]:
        """The lines of the error, without the folder."""
        with pytest.raises(ConfigError) as caught:
            self.load(text, **environ)
        return str(caught.value).replace(f"{self.path}/", "").splitlines()


def spoiled(old: str, new: str) -> str:
    """The right configuration with one place changed."""
    assert RIGHT.count(old) == 1, old
    return RIGHT.replace(old, new)


def channel(*lines: str) -> str:
    """With more lines for the channel; the first one is line 22."""
    return RIGHT + "".join(f"    {line}\n" for line in lines)
