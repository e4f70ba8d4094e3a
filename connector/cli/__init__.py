"""The commands of `connector`."""
