"""A message's way: receive (webhook -> inbox), advance (inbox -> decide -> state and outbox), perform
(outbox -> provider -> outcome event), settle (what is uncertain)."""
