"""Where a batch stands in time: taken up evenly over its turnaround, held, cancelled, expired. Time is handed in."""


class Course:
    """The time line of one batch. Its owner guards it with a lock. All times are Unix seconds."""

    def __init__(self, created_at: float, turnaround: float, cancel: float, expires: float) -> None:
        self.created_at = created_at
        self.expires_at = created_at + expires
        self.cancelled_at: float | None = None
        self._turnaround = turnaround
        self._cancel = cancel
        self._held_since: float | None = None
        self._held = 0.0

    def hold(self, now: float) -> None:
        """Get no further until `release`. A cancel or the expiry still ends it."""
        self._held_since = self._held_since or now

    def release(self, now: float) -> None:
        if self._held_since is not None:
            self._held += max(0.0, now - self._held_since)
            self._held_since = None

    def cancel(self, now: float) -> None:
        self.cancelled_at = self.cancelled_at or now

    def at(self, share: float) -> float:
        """When this share of the way will have been gone, if nothing comes between; never, while it is held."""
        then = self.created_at + self._held + share * self._turnaround
        if self._held_since is not None and (not self._turnaround or then > self._held_since):
            return float("inf")
        return then

    def ends_at(self) -> float:
        """When it ends as things stand."""
        if self.cancelled_at is not None:
            return min(self.expires_at, self.cancelled_at + self._cancel)
        return min(self.expires_at, self.at(1.0))

    def interrupted(self) -> str:
        """What ends it before its work is done: "canceled", "expired" or nothing."""
        if self.cancelled_at is not None:
            return "canceled" if self.cancelled_at <= self.expires_at else "expired"
        return "expired" if self.at(1.0) > self.expires_at else ""

    def done(self, now: float) -> float:
        """The share of its requests that are done by `now`, in [0, 1]."""
        stops = [now, self.expires_at]
        stops += [stop for stop in (self.cancelled_at, self._held_since) if stop is not None]
        return self._gone(min(stops))

    def _gone(self, until: float) -> float:
        if not self._turnaround:
            return 1.0
        return max(0.0, min(1.0, (until - self.created_at - self._held) / self._turnaround))
