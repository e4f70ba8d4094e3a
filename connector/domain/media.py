"""What files a channel can show a customer: the kinds, the sizes, how many at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MediaLimits:
    sizes: tuple[tuple[str, int], ...]  # a content type, or "image/*", and its most bytes
    files: int  # a message
    total: int  # bytes a message

    def takes(self, content_type: str, size: int) -> bool:
        family = content_type.partition("/")[0] + "/*"
        fits = (most for kind, most in self.sizes if kind in (content_type, family))
        return 0 < size <= min(next(fits, 0), self.total)
