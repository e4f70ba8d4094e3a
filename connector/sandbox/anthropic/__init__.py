"""A stand-in for Anthropic's Messages API that answers from the knowledge it is sent."""
