"""What the estimate promises."""

import math

from {{ package }}.estimate import circle, coverage, diamond, estimate_area


def test_the_estimate_is_at_most_two_margins_from_pi():
    estimate = estimate_area(circle, 20_000, seed=1)
    assert abs(estimate.value - math.pi) < estimate.high - estimate.low


def test_the_control_measures_the_diamond_and_not_pi():
    estimate = estimate_area(diamond, 20_000, seed=1)
    assert abs(estimate.value - 2) < estimate.high - estimate.low
    assert not estimate.holds(math.pi)


def test_the_same_seed_gives_the_same_estimate():
    assert estimate_area(circle, 100, seed=7) == estimate_area(circle, 100, seed=7)


def test_four_times_the_points_halve_the_interval():
    small, large = (estimate_area(circle, samples, seed=1) for samples in (10_000, 40_000))
    assert math.isclose((small.high - small.low) / (large.high - large.low), 2, rel_tol=0.05)


def test_about_nineteen_intervals_in_twenty_hold_pi():
    assert 90 <= coverage(samples=500, repeats=100, seed=1) <= 99
