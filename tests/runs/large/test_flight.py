"""A few boxes at a time, in order."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pdefilter.runs.large.flight import computed


def test_results_come_in_order_and_no_more_than_asked_for_run_at_once():
    running, most, lock = 0, 0, threading.Lock()

    def square(n):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.002 * (n % 3))
        with lock:
            running -= 1
        return n * n

    with ThreadPoolExecutor(8) as pool:
        assert [*computed(pool, square, range(40), 3)] == [n * n for n in range(40)]
    assert most <= 3


def test_an_error_ends_it():
    def inverse(n):
        return 1 / n

    with ThreadPoolExecutor(2) as pool, pytest.raises(ZeroDivisionError):
        list(computed(pool, inverse, (2, 1, 0, 5), 2))


def test_not_more_items_are_taken_than_are_in_work():
    taken = []

    def items():
        for n in range(100):
            taken.append(n)
            yield n

    with ThreadPoolExecutor(2) as pool:
        results = computed(pool, abs, items(), 2)
        for done in range(10):
            assert next(results) == done
            assert len(taken) <= done + 5
        results.close()
