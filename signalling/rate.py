"""A token bucket: so many messages a second, and so many at once. No I/O, no clock.

https://en.wikipedia.org/wiki/Token_bucket
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Bucket"]


@dataclass(slots=True, kw_only=True)
class Bucket:
    """Holds at most `burst` tokens and gains `per_second`; times are seconds of one monotonic clock."""

    per_second: float
    burst: float
    tokens: float
    at: float

    @classmethod
    def full(cls, *, per_second: float, burst: float, now: float) -> Bucket:
        """Return a bucket with all its tokens."""
        return cls(per_second=per_second, burst=burst, tokens=burst, at=now)

    def take(self, now: float) -> bool:
        """Take one token, or say False where there is none."""
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.per_second)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True
