"""The steps on the way to a goal rise by themselves."""

import pytest

from petitions.web.milestones import next_step, steps_reached


@pytest.mark.parametrize(
    ("count", "step"),
    [
        (0, 100),
        (99, 100),
        (100, 250),
        (2_499, 2_500),
        (2_500, 4_000),
        (4_000, 5_000),
        (10_000, 25_000),
    ],
)
def test_the_next_step_is_the_goal_or_a_round_number_not_yet_reached(count, step):
    assert next_step(count, 4_000) == step


def test_a_small_goal_is_the_first_step():
    assert next_step(3, 10) == 10
    assert next_step(10, 10) == 100


@pytest.mark.parametrize(
    ("count", "steps"),
    [(99, []), (100, [100]), (600, [100, 250, 500]), (4_000, [100, 250, 500, 1_000, 2_500, 4_000])],
)
def test_steps_reached_stay_and_the_goal_is_one_of_them(count, steps):
    assert steps_reached(count, 4_000) == steps
