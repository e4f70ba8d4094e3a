"""WhatsApp, at Meta itself (Cloud API): what is odd about it stays in this folder."""
