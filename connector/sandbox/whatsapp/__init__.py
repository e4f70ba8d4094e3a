"""WhatsApp at Meta, as a business sees it: the Graph API's calls, and signed webhooks."""
