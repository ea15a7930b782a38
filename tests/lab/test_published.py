"""The published experiment prints its counts and compares settings on both brokers."""

from lab.faults import published

ROW = {
    'broker': 'Redis',
    'version': '7.0.15',
    'accepted': 500,
    'lost': 40,
    'still in the broker': 20,
    'duplicated': 3,
    'duplicated_once': 0,
}


def test_a_line_says_what_was_lost() -> None:
    assert published.line('theirs', ROW) == (
        'Redis 7.0.15, theirs: lost 40 of 500 (8.0%), 20 still in the broker, twice 3, with a key 0'
    )


def test_it_sends_as_many_tasks_as_the_other_project() -> None:
    assert published.KILLS * published.TASKS_BEFORE_EACH == 500
