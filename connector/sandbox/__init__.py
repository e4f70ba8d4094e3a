"""Everything on this machine: stand-ins ("twins") of the providers, and the page that shows them.

    stage.py              the twins together, set up to know each other's secrets
    twin.py, server.py    what all twins have: real HTTP on loopback, faults, a door for tests
    faults.py, courier.py what goes wrong with requests, and with the twins' own webhooks
    chat.py               what the twins of chat services keep
    changes.py            one version number for whoever watches
    twilio/ zendesk/ anthropic/ telegram/ whatsapp/ intercom/   one vendor each, as strict as the real one
    page/                 the page, over shapes of its own; page/wire.py fills them from the twins

Nothing here imports channels, helpdesks or bots: a twin must not share a bug with what it tests.
"""
