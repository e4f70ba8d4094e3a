"""What `doctor` asks of a bot: does Anthropic take the key, and is there the model? Costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import anthropic

from connector.bots import failures
from connector.bots.config import ClaudeConfig
from connector.errors import Rejected
from connector.upkeep import Check, Finding, Mark

READ = "read_model"
_MEND = {
    401: "check api_key: make a new one in Anthropic's console if it was revoked",
    402: "see the account's billing in Anthropic's console",
    403: "see what the key's workspace may use in Anthropic's console",
    404: "correct `model`",
}


def checks(client: anthropic.Anthropic, config: ClaudeConfig) -> Sequence[Check]:
    return [Check("key and model", lambda: model(client, config))]


def model(client: anthropic.Anthropic, config: ClaudeConfig) -> Finding:
    about = "key and model"
    try:
        client.models.retrieve(config.model)
    except anthropic.APIError as error:
        failure = failures.translate(error, READ, datetime.now(UTC))
    else:
        return Finding(about, Mark.WELL, f"the key is accepted, and there is {config.model}")
    told = failure.meaning if isinstance(failure, Rejected) else failure.reason
    if failure.status == 404:
        told = f"Anthropic knows no model called {config.model}"
    mend = _MEND.get(failure.status or 0, "is the network up? try again in a minute")
    return Finding(about, Mark.WRONG, told, mend)
