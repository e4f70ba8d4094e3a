"""Facebook Messenger: what is odd about it stays in this folder."""
