"""Messenger, as a page sees it: the Graph API's calls, and signed webhooks, our own echoes too."""
