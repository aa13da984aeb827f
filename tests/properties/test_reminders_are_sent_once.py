"""However often and however late somebody looks, a reminder goes out once, in time and not in quiet hours."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from domain.quiet_hours import QuietHours
from domain.reminders import LEAD_MINUTES_MAX, LEADS_MAX, Look, first_look_at, look
from tests.properties.test_quiet_hours_by_the_minute import ZONES, changes_of, quiet_hours

MINUTE = timedelta(minutes=1)
DAY = 24 * 60

leads_of_a_studio = st.lists(
    st.one_of(st.integers(1, 2 * DAY), st.integers(1, LEAD_MINUTES_MAX)), max_size=LEADS_MAX, unique=True
).map(lambda minutes: [minute * MINUTE for minute in minutes])


class Reminded:
    """A booking whose member is reminded: what the database keeps of it, and what was sent."""

    def __init__(
        self, starts_at: datetime, leads: list[timedelta], quiet: QuietHours | None, zone: ZoneInfo, confirmed: datetime
    ) -> None:
        self.starts_at = starts_at
        self.leads = leads
        self.quiet = quiet
        self.zone = zone
        self.confirmed_at = confirmed
        self.remind_at = first_look_at(starts_at, leads, now=confirmed)
        self.sent: list[tuple[datetime, timedelta]] = []

    def looked_at(self, now: datetime) -> None:
        """Do what a run of the reminders does at this time."""
        if self.remind_at is None or self.remind_at > now:
            return
        seen = self._look(now)
        assert seen.again_at is None or seen.again_at > now
        self.remind_at = seen.again_at
        if seen.reminder is not None:
            self.sent.append((now, seen.reminder.lead))

    def looked_at_in_time(self) -> None:
        """Look whenever it was asked for."""
        while self.remind_at is not None:
            self.looked_at(self.remind_at)

    def _look(self, now: datetime) -> Look:
        assert self.remind_at is not None
        return look(
            starts_at=self.starts_at,
            leads=self.leads,
            quiet_hours=self.quiet,
            zone=self.zone,
            since=self.remind_at,
            confirmed_at=self.confirmed_at,
            now=now,
        )

    def goes_out_at(self, lead: timedelta) -> datetime:
        """When the reminder of this lead goes out, told apart from `look` by the quiet hours alone."""
        around = self.quiet and self.quiet.around(self.starts_at - lead, self.zone)
        return around[0] if around else self.starts_at - lead


@st.composite
def bookings(draw: st.DrawFn) -> Reminded:
    """A booking of a session within two days of a change of the clocks."""
    zone = draw(st.sampled_from(ZONES))
    starts_at = draw(st.sampled_from(changes_of(zone))) + draw(st.integers(-2 * DAY, 2 * DAY)) * MINUTE
    confirmed = starts_at - draw(st.integers(1, 20 * DAY)) * MINUTE
    quiet = draw(st.one_of(st.none(), quiet_hours))
    return Reminded(starts_at, draw(leads_of_a_studio), quiet, zone, confirmed)


@given(bookings())
def test_looked_at_in_time_every_reminder_goes_out_once_at_its_instant(booking: Reminded) -> None:
    booking.looked_at_in_time()

    wanted: dict[datetime, timedelta] = {}
    for lead in sorted(booking.leads, reverse=True):
        if booking.goes_out_at(lead) >= booking.confirmed_at:
            wanted[booking.goes_out_at(lead)] = lead  # of several at one instant the last is sent
    assert booking.sent == sorted(wanted.items())


@given(bookings())
def test_looked_at_in_time_no_reminder_is_late_or_disturbs_in_quiet_hours(booking: Reminded) -> None:
    booking.looked_at_in_time()

    for now, lead in booking.sent:
        assert now <= booking.starts_at - lead
        around = booking.quiet and booking.quiet.around(now, booking.zone)
        if booking.quiet and around:
            # When clocks are put forward, quiet hours of nearly a day can begin anew before the last ones have ended.
            today = now.astimezone(booking.zone).date()
            begins_today = datetime.combine(today, booking.quiet.begins, booking.zone).astimezone(UTC)
            assert now in {around[0], begins_today}


@given(bookings(), st.lists(st.integers(0, 21 * DAY), max_size=30))
def test_looked_at_at_any_times_each_reminder_goes_out_at_most_once_and_before_the_start(
    booking: Reminded, minutes: list[int]
) -> None:
    for now in _times(booking, minutes):
        booking.looked_at(now)

    leads = [lead for _, lead in booking.sent]
    assert leads == sorted(set(leads), reverse=True)
    for now, lead in booking.sent:
        assert booking.goes_out_at(lead) <= now < booking.starts_at


@given(bookings(), st.lists(st.integers(0, 21 * DAY), max_size=30))
def test_what_an_outage_held_up_is_made_up_for_by_the_last_reminder(booking: Reminded, minutes: list[int]) -> None:
    due_before = False
    for now in _times(booking, minutes):
        sent = len(booking.sent)
        due = [
            lead
            for lead in booking.leads
            if booking.confirmed_at <= booking.goes_out_at(lead) <= now < booking.starts_at
        ]
        booking.looked_at(now)
        if due and not due_before:
            assert booking.sent[sent:] == [(now, min(due))]
        due_before = due_before or bool(due)


def _times(booking: Reminded, minutes: Iterable[int]) -> Iterator[datetime]:
    """Times from the confirmation on, in order."""
    return (booking.confirmed_at + minute * MINUTE for minute in sorted(minutes))


def test_a_quiet_time_that_clocks_put_back_make_longer_than_a_day_is_foreseen() -> None:
    zone = ZoneInfo("Europe/Kyiv")
    quiet = QuietHours(time(21, 30), time(21, 29))
    starts_at = datetime(2026, 10, 25, 19, 45, tzinfo=UTC) - timedelta(minutes=20)
    booking = Reminded(starts_at, [MINUTE], quiet, zone, starts_at - timedelta(days=10))

    booking.looked_at_in_time()

    assert booking.sent == [(datetime(2026, 10, 24, 18, 30, tzinfo=UTC), MINUTE)]
    assert booking.starts_at - booking.sent[0][0] > timedelta(days=1)
