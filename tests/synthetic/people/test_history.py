"""Histories of synthetic patients: consistent within themselves, before the world's date, and of the promised range."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from sandbox.synthetic.people.chance import AS_OF
from sandbox.synthetic.people.history import YEARS, history
from sandbox.synthetic.people.told import History

HISTORIES = [history(11, number) for number in range(400)]


def last_day(past: History) -> datetime:
    return past.patient.died_at or AS_OF


def stay_of(past: History) -> tuple[datetime, datetime]:
    (visit,) = past.encounters
    admission, discharge = visit.events
    assert (admission.type, discharge.type) == ("ADMIT", "DISCHARGE")
    return admission.at, discharge.at


def test_a_stay_lasts_from_one_to_six_days():
    days = Counter((discharged - admitted) / timedelta(days=1) for admitted, discharged in map(stay_of, HISTORIES))
    whole = {length for length, stays in days.items() if stays > 5}
    assert whole == {1, 2, 3, 4, 5, 6}
    assert max(days) == 6


def test_a_stay_ends_an_hour_before_the_last_day_at_the_latest():
    times_left = [last_day(past) - stay_of(past)[1] for past in HISTORIES]
    assert min(times_left) == timedelta(hours=1)


def test_every_event_lies_in_the_last_years_of_a_life():
    for past in HISTORIES:
        last = last_day(past)
        first = last - timedelta(days=365 * YEARS + 1)
        points = [*past.allergies, *past.diagnoses, *past.medications, *past.encounters, *past.measurements]
        assert all(first <= point.entered_at <= last for point in points)


def test_a_letter_follows_its_visit_within_two_hours():
    delays = [letter.at - stay_of(past)[1] for past in HISTORIES for letter, _ in past.documents]
    assert set(delays) == {timedelta(hours=1), timedelta(hours=2)}


def test_the_living_have_an_appointment_to_come_and_the_dead_have_none():
    for past in HISTORIES:
        ahead = [start for start in (row.start_at for row in past.appointments) if start and start > last_day(past)]
        assert len(ahead) == (0 if past.patient.deceased else 1)
        assert all(timedelta(days=3) <= start - AS_OF <= timedelta(days=150) for start in ahead)


def test_a_result_has_the_flag_of_its_range():
    flags: Counter[str] = Counter()
    for past in HISTORIES:
        for _, results in past.results:
            for result in results:
                low, _, high = result.reference_range.partition("-")
                value = float(result.value or 0)
                assert result.abnormal_flag == ("L" if value < float(low) else "H" if value > float(high) else "N")
                flags[result.abnormal_flag] += 1
    assert flags["N"] > flags["L"] > 0
    assert flags["N"] > flags["H"] > 0


def test_the_same_seed_and_number_make_the_same_history():
    assert history(11, 7) == HISTORIES[7]
    assert history(11, 8) != HISTORIES[7]
