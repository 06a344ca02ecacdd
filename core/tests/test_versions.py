"""Data versions and the cache that hangs on them."""

from __future__ import annotations

import threading

import pytest
from django.db import transaction

from core import program, versions
from core.caching import cached

pytestmark = pytest.mark.django_db


def test_data_never_written_has_number_zero():
    assert versions.current("cot", "prices") == {"cot": 0, "prices": 0}


def test_each_bump_adds_one_to_its_own_name():
    versions.bump("cot")
    versions.bump("cot")
    versions.bump("prices")
    assert versions.current("cot", "prices", "signals") == {"cot": 2, "prices": 1, "signals": 0}


def test_all_numbers_come_in_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        versions.current("cot", "prices", "signals")


def test_a_bump_of_a_failed_transaction_never_happened():
    with transaction.atomic():
        versions.bump("cot")
        transaction.set_rollback(True)
    assert versions.current("cot") == {"cot": 0}


def counter(values):
    """A computation that answers the next value each time it really runs."""
    left = iter(values)
    return lambda: next(left)


def read(compute, key=("market", "099741"), **options):
    return cached(key, **({"depends_on": ["cot"], "seconds": 600} | options), compute=compute)


def test_a_second_read_does_not_compute_again():
    compute = counter([{"net": 5}])
    assert read(compute) == read(compute) == {"net": 5}


def test_new_data_shows_at_once():
    """No flush, the key holds the version."""
    compute = counter(["old", "new"])
    assert read(compute) == "old"
    versions.bump("cot")
    assert read(compute) == "new"


def test_another_names_data_changes_nothing():
    compute = counter(["old", "new"])
    read(compute)
    versions.bump("prices")
    assert read(compute) == "old"


def test_two_keys_do_not_share_a_value():
    assert read(lambda: 1, key=("a", 1)) == 1
    assert read(lambda: 2, key=("a", 2)) == 2
    assert read(lambda: 3, key=("a1",)) == 3


def test_a_value_lives_as_long_as_it_was_given(time_machine):
    time_machine.move_to("2026-11-22T00:00:00Z", tick=False)
    compute = counter(["first", "second"])
    assert read(compute, seconds=600) == "first"
    time_machine.shift(599)
    assert read(compute, seconds=600) == "first"
    time_machine.shift(2)
    assert read(compute, seconds=600) == "second"


def test_the_first_answer_already_looks_like_the_cached_one():
    compute = counter([{"rows": ((1, 2), (3, 4))}])
    assert read(compute) == read(compute) == {"rows": [[1, 2], [3, 4]]}


def test_null_is_a_value_too():
    compute = counter([None])
    assert read(compute) is None
    assert read(compute) is None


def test_a_failed_computation_is_not_kept():
    with pytest.raises(ZeroDivisionError):
        read(lambda: 1 // 0)
    assert read(lambda: "fine") == "fine"


def test_not_a_number_is_not_cached():
    with pytest.raises(ValueError, match="JSON compliant"):
        read(lambda: float("nan"))


@pytest.mark.django_db(transaction=True)
def test_concurrent_misses_compute_once():
    """Eight threads miss one key together, one of them computes."""
    runs, answers = [], []
    started = threading.Event()

    def compute():
        runs.append(1)
        started.wait(2)
        return "value"

    threads = [
        threading.Thread(
            target=lambda: answers.append(
                cached(["slow"], depends_on=[], seconds=60, compute=compute)
            )
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    started.set()
    for thread in threads:
        thread.join(timeout=60)
    assert runs == [1]
    assert answers == ["value"] * 8


def test_a_computation_may_use_another_key():
    inner = lambda: cached(["inner"], depends_on=[], seconds=60, compute=lambda: 2)  # noqa: E731
    assert cached(["outer"], depends_on=[], seconds=60, compute=lambda: inner() * 21) == 42


def test_while_held_a_number_is_read_once_and_stands(django_assert_num_queries):
    versions.bump("cot")
    with versions.held():
        with django_assert_num_queries(2):
            assert versions.current("cot") == {"cot": 1}
            assert versions.current("cot", "prices") == {"cot": 1, "prices": 0}
            assert versions.current("prices", "cot") == {"cot": 1, "prices": 0}
        versions.bump("cot")
        assert versions.current("cot") == {"cot": 1}
    assert versions.current("cot") == {"cot": 2}


def test_nothing_is_read_that_another_version_of_the_program_kept(monkeypatch):
    compute = counter([{"net": 5}, {"net": 5, "side": "long"}])
    read(compute)
    monkeypatch.setattr(program, "stamp", lambda: 1)
    assert read(compute) == {"net": 5, "side": "long"}
