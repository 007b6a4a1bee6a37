import pytest
from prometheus_client.parser import text_string_to_metric_families

from portal.radiusd.metrics import Metrics, network_of


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def exported(metrics: Metrics, name: str, **labels: str) -> float | None:
    for family in text_string_to_metric_families(metrics.text().decode()):
        for sample in family.samples:
            if sample.name == f"portal_radius_{name}" and sample.labels == labels:
                return sample.value
    return None


def test_every_count_is_exported_with_its_labels() -> None:
    metrics = Metrics()
    metrics.received["auth", 1] += 3
    metrics.drop("acct", "unknown_nas", "192.0.2.2", 1)
    metrics.rejected["expired"] += 1
    metrics.dynauth_answers["disconnect", "ack"] += 2
    metrics.batch_size.labels("acct").observe(42)
    metrics.waiting = lambda: 7

    assert exported(metrics, "requests_total", socket="auth", code="1") == 3
    assert exported(metrics, "dropped_total", socket="acct", reason="unknown_nas") == 1
    assert exported(metrics, "rejects_total", reason="expired") == 1
    answers = {"kind": "disconnect", "answer": "ack"}
    assert exported(metrics, "dynauth_answers_total", **answers) == 2
    assert exported(metrics, "batch_size_sum", socket="acct") == 42
    assert exported(metrics, "backlog") == 7
    assert exported(metrics, "database_up") == 0


def test_a_flood_of_bad_packets_is_one_line_and_then_one_with_the_rest(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Clock()
    metrics = Metrics(clock=clock)

    for _ in range(1000):
        metrics.drop("auth", "malformed", "192.0.2.2", 1)
    flood = len(caplog.records)
    clock.now += 10
    metrics.drop("auth", "malformed", "192.0.2.2", 1)

    assert flood == 1
    assert len(caplog.records) == 2
    assert vars(caplog.records[-1])["more"] == 999
    assert metrics.dropped["auth", "malformed"] == 1001


def test_each_reason_has_its_own_line(caplog: pytest.LogCaptureFixture) -> None:
    metrics = Metrics()

    metrics.drop("auth", "malformed", "192.0.2.2", 1)
    metrics.drop("auth", "unknown_nas", "192.0.2.2", 1)
    metrics.drop("acct", "malformed", "192.0.2.2", 1)

    assert len(caplog.records) == 3


def test_a_line_about_a_stranger_names_its_network_and_not_its_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    Metrics().drop("auth", "unknown_client", "192.0.2.77", None)

    fields = vars(caplog.records[0])
    assert fields["network"] == "192.0.2.0/24"
    assert "192.0.2.77" not in str(fields)


@pytest.mark.parametrize(
    ("source", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_a_network_is_coarse(source: str, network: str) -> None:
    assert network_of(source) == network


def test_a_database_is_up_as_long_as_it_goes_on_answering() -> None:
    clock = Clock()
    database = Metrics(clock=clock).database
    at_first = database.answers()

    database.answered()
    answered = database.answers()
    clock.now += 3.1
    silent = database.answers()
    database.answered()
    database.failed()

    assert (at_first, answered, silent) == (False, True, False)
    assert not database.answers()


def test_the_database_s_coming_and_going_is_logged_once_each(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    database = Metrics().database

    for outcome in "aaffaa":
        database.answered() if outcome == "a" else database.failed()

    assert caplog.messages == ["database.up", "database.away", "database.up"]
