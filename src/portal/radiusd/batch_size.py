"""How many requests make a transaction that is short enough for its neighbours."""

# Fewer would spend the time on beginning and ending transactions.
_LEAST = 16
_WEIGHT = 0.2  # of the latest batch in what a request is expected to cost


class BatchSize:
    """Learns from each batch how many the next may hold.

    What counts is the work done in it; the disk's share is the same for every size.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self._limit = most
        self._seconds = seconds
        self._cost = seconds / min(most, 64)
        self.most = min(most, 64)

    def learn(self, count: int, seconds: float) -> None:
        """Note what a batch took; a small one tells nothing but the price of any."""
        if count < min(_LEAST, self.most):
            return
        self._cost += _WEIGHT * (seconds / count - self._cost)
        fitting = int(self._seconds / self._cost) if self._cost > 0 else self._limit
        self.most = max(min(_LEAST, self._limit), min(fitting, self._limit))
