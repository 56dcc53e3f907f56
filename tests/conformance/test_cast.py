"""The values that the steps of a run are filled with: days that lie on the right side of today."""

from __future__ import annotations

import pytest

from sandbox.conformance import cast
from sandbox.conformance.profile import profiles
from sandbox.domain.patients.national_ids import problem
from sandbox.settings import Settings
from sandbox.worlds.workspace import Workspace

DAYS = {
    "in spring": ("2026-04-20T12:00:00Z", "2026-07-15", "2027-01-15", "2025-07-15", "2026-01-15"),
    "a week and a day before the summer day": (
        "2026-07-07T12:00:00Z", "2026-07-15", "2027-01-15", "2025-07-15", "2026-01-15",
    ),
    "a week before it": ("2026-07-08T12:00:00Z", "2027-07-15", "2027-01-15", "2025-07-15", "2026-01-15"),
    "a week after it": ("2026-07-22T12:00:00Z", "2027-07-15", "2027-01-15", "2025-07-15", "2026-01-15"),
    "a week and a day after it": ("2026-07-23T12:00:00Z", "2027-07-15", "2027-01-15", "2026-07-15", "2026-01-15"),
    "at the turn of the year": ("2026-12-30T12:00:00Z", "2027-07-15", "2027-01-15", "2026-07-15", "2026-01-15"),
    "a week after the winter day": ("2027-01-22T12:00:00Z", "2027-07-15", "2028-01-15", "2026-07-15", "2026-01-15"),
    "late in the evening of London": (
        "2026-07-07T23:30:00Z", "2027-07-15", "2027-01-15", "2025-07-15", "2026-01-15",
    ),
}  # fmt: skip
"""Now → the next summer day and winter day, more than a week away, and the last ones, more than a week ago."""


def values(now: str, run: str = "00ff10") -> dict[str, str]:
    workspace = Workspace("mine", Settings(clock=now))
    company = cast.choose_cast(workspace, profiles()["appointments"], None)
    return cast.values_of(workspace, company, "http://localhost", run)


@pytest.mark.parametrize("case", DAYS)
def test_the_days_of_a_run_are_the_nearest_of_their_season(case: str):
    now, *expected = DAYS[case]
    names = ("summer_day", "winter_day", "past_summer_day", "past_winter_day")
    assert [values(now)[name] for name in names] == expected


def test_next_and_last_week_are_seven_days_away_in_london():
    filled = values("2026-07-07T23:30:00Z")
    assert (filled["last_week"], filled["next_week"]) == ("2026-07-01", "2026-07-15")


@pytest.mark.parametrize(
    ("run", "time"),
    [("000000", "00:00"), ("00003c", "01:00"), ("00059f", "23:59"), ("0005a0", "00:00"), ("0005dc", "01:00")],
)
def test_each_run_has_a_time_of_day(run: str, time: str):
    assert values("2026-04-20T12:00:00Z", run)["run_time"] == time


def test_a_run_has_ten_valid_numbers_that_no_patient_has():
    first, second = values("2026-04-20T12:00:00Z"), values("2026-04-20T12:00:00Z", "00ff11")
    numbers = [first[f"new_nhs_{number}"] for number in range(1, 11)]
    assert "new_nhs_11" not in first
    assert len(set(numbers)) == 10
    assert all(number.startswith("999") and not problem("NHS", number) for number in numbers)
    assert second["new_nhs_1"] != numbers[0]


def test_a_number_that_a_patient_has_is_passed_over():
    # The run begins at the first nine digits of Tola Adeyemi's number.
    filled = values("2026-04-20T12:00:00Z", f"{100137:06x}")
    assert filled["nhs_number"] == "9991001379"
    assert filled["new_nhs_1"] > "9991001379"
    assert filled["new_nhs_1"].startswith("9991001")


@pytest.mark.parametrize("run", [999_999, 1_000_000, 1_000_001])
def test_the_numbers_of_a_run_begin_anew_after_the_last_of_the_range(run: int):
    assert values("2026-04-20T12:00:00Z", f"{run:06x}")["new_nhs_2"].startswith("9990000")
