"""What members chose to be told, where and when. Only what differs from the defaults is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from psycopg.types.json import Jsonb

from domain.channels import DEFAULTS, Channel, Preferences
from domain.ids import MemberId
from domain.notices import NoticeKind
from domain.quiet_hours import USUAL_QUIET_HOURS, QuietHours
from storage.database import Db
from storage.deliveries import preferences_from


@dataclass(frozen=True, slots=True)
class MemberPreferences:
    """A member's preferences, with the studio and the zone that quiet hours are meant in."""

    preferences: Preferences
    studio_name: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class PreferencesChange:
    """What to change; everything not named stays. `quiet_hours` counts only with `changes_quiet_hours`."""

    channels: Mapping[Channel, bool] = field(default_factory=dict)
    kinds: Mapping[NoticeKind, Mapping[Channel, bool]] = field(default_factory=dict)
    changes_quiet_hours: bool = False
    quiet_hours: QuietHours | None = None

    def applied_to(self, before: Preferences) -> Preferences:
        """Return the preferences as they are after this change."""
        switched_off = before.switched_off - self.channels.keys()
        choices = dict(before.choices)
        for kind, channels in self.kinds.items():
            choices |= {(kind, channel): wanted for channel, wanted in channels.items()}
        return Preferences(
            switched_off | {channel for channel, is_on in self.channels.items() if not is_on},
            {key: wanted for key, wanted in choices.items() if wanted != (key[1] in DEFAULTS[key[0]])},
            self.quiet_hours if self.changes_quiet_hours else before.quiet_hours,
        )


def find_preferences(db: Db, member_id: MemberId) -> MemberPreferences | None:
    """Return the member's preferences, the defaults for one who never chose; None if there is no such member."""
    row = db.execute(
        """
        SELECT studio.name, studio.time_zone, chosen.member_id IS NOT NULL, chosen.switched_off, chosen.choices,
               chosen.quiet_from, chosen.quiet_until
          FROM members CROSS JOIN studio LEFT JOIN notification_preferences AS chosen ON chosen.member_id = members.id
         WHERE members.id = %s
        """,
        (member_id,),
    ).fetchone()
    if row is None:
        return None
    studio_name, time_zone, *chosen = row
    return MemberPreferences(preferences_from(chosen), studio_name, time_zone)


def change_preferences(db: Db, member_id: MemberId, change: PreferencesChange) -> MemberPreferences | None:
    """Change the member's preferences and return them; None if there is no such member.

    The member's row is locked meanwhile, so of two changes at once neither loses anything. With other quiet hours
    the reminders of every coming session are looked at again, in the same transaction. Done twice, it comes to the
    same.
    """
    with db.transaction():
        _begin_to_choose(db, member_id)
        found = find_preferences(db, member_id)
        if found is None:
            return None
        before, after = found.preferences, change.applied_to(found.preferences)
        _write(db, member_id, after)
        if after.quiet_hours != before.quiet_hours:
            _look_again_at_reminders(db, member_id)
    return MemberPreferences(after, found.studio_name, found.time_zone)


def _begin_to_choose(db: Db, member_id: MemberId) -> None:
    """Make the member's row, saying what the defaults say, if there is none yet; and lock it."""
    db.execute(
        """
        INSERT INTO notification_preferences (member_id, quiet_from, quiet_until)
        SELECT id, %s, %s FROM members WHERE id = %s AND removed_at IS NULL
        ON CONFLICT DO NOTHING
        """,
        (USUAL_QUIET_HOURS.begins, USUAL_QUIET_HOURS.ends, member_id),
    )
    db.execute("SELECT FROM notification_preferences WHERE member_id = %s FOR NO KEY UPDATE", (member_id,))


def _write(db: Db, member_id: MemberId, preferences: Preferences) -> None:
    choices: dict[str, dict[str, bool]] = {}
    for (kind, channel), wanted in preferences.choices.items():
        choices.setdefault(str(kind), {})[str(channel)] = wanted
    quiet = preferences.quiet_hours
    db.execute(
        """
        UPDATE notification_preferences SET switched_off = %s, choices = %s, quiet_from = %s, quiet_until = %s
         WHERE member_id = %s
        """,
        (
            sorted(preferences.switched_off),
            Jsonb(choices),
            quiet and quiet.begins,
            quiet and quiet.ends,
            member_id,
        ),
    )


def _look_again_at_reminders(db: Db, member_id: MemberId) -> None:
    # A booking that is being changed at this moment is left alone rather than waited for, as two who wait for each
    # other would both fail: it keeps its next look, which goes by the new quiet hours all the same.
    db.execute(
        """
        UPDATE bookings SET remind_at = clock_timestamp()
         WHERE id = ANY(ARRAY(
               SELECT id FROM bookings
                WHERE member_id = %s AND status = 'confirmed' AND starts_at > clock_timestamp()
                FOR NO KEY UPDATE SKIP LOCKED))
        """,
        (member_id,),
    )
