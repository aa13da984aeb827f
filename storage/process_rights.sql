-- What each process may do in the database; `storage/process_roles.py` carries it out. Nobody but the owner may make or
-- change a table. To lock a row is to have the right to change one of its columns: where a process only locks, it is
-- one that no code changes. Foreign keys are checked with the owner's rights.

-- ## every
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO {role};
GRANT SELECT ON
    alembic_version, studio, trainings, trainers, spaces, pass_types, series, training_sessions, commands, bookings,
    passes, pass_ledger, notification_preferences
    TO {role};
-- For the doctor, wherever it is asked.
GRANT SELECT (id, url, kinds, active, created_at) ON webhooks TO {role};

-- ## api: accepts commands, and never says what came of one. Who has a place, what was charged and what the journal
-- holds is for workers to write.
GRANT INSERT (id, training_session_id, actor_id, actor_is_staff, kind, payload, idempotency_key) ON commands TO {role};
-- Who changes quiet hours has reminders looked at anew.
GRANT UPDATE (remind_at) ON bookings TO {role};
-- What is left on a pass follows what staff grant, by a trigger, and is never set.
GRANT INSERT, UPDATE (active, sessions_granted, expires_at, expiry_told, training_ids) ON passes TO {role};
GRANT INSERT (id, key, training_id, trainer_id, space_id, starts_at, lasts_minutes, capacity, cancelled,
              booking_opens_at, booking_deadline_minutes, cancellation_deadline_minutes, promotion_deadline_minutes,
              promotion_grace_minutes, waitlist_limit, free_cancelling_until, policies, opening, receipt, exclusive,
              series_id, occurrence) ON training_sessions TO {role};
GRANT INSERT, UPDATE ON trainings, trainers, spaces, pass_types, series TO {role};
GRANT SELECT, INSERT, UPDATE ON members, pass_requests, password_links, notification_preferences TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON sign_ins, calendar_feeds, push_subscriptions, attendances TO {role};
GRANT SELECT, INSERT ON staff_changes TO {role};
GRANT SELECT, INSERT, UPDATE (read_at) ON notices TO {role};
GRANT SELECT, INSERT ON deliveries TO {role};
GRANT SELECT (delivery_id, number, provider, outcome, ended_at, took_ms) ON delivery_attempts TO {role};
-- Who is removed is forgotten.
GRANT DELETE ON password_links, notification_preferences, pass_requests TO {role};
GRANT UPDATE (before, after) ON staff_changes TO {role};
GRANT UPDATE (address, status, reason, settled_at) ON deliveries TO {role};
GRANT UPDATE (said) ON delivery_attempts TO {role};

-- ## worker: decides commands and plans series ahead. It knows members by their ids, and nothing of how they sign in.
GRANT INSERT (id, training_session_id, kind, payload) ON commands TO {role};
GRANT UPDATE (status, position, outcome, witness, receipt, applied_at) ON commands TO {role};
GRANT INSERT, UPDATE ON bookings, training_sessions TO {role};
GRANT UPDATE (sessions_left) ON passes TO {role};
GRANT INSERT ON pass_ledger, notices TO {role};
GRANT SELECT (id, cause, member_id, kind, booking_id, pass_id, created_at) ON notices TO {role};
-- How much waits, for the charts; not to whom.
GRANT SELECT (channel, kind, status, due_at) ON deliveries TO {role};
GRANT UPDATE (planned_through, left_out) ON series TO {role};
-- A member's row is locked for the limit of upcoming bookings.
GRANT SELECT (id), UPDATE (created_at) ON members TO {role};

-- ## notifier: tells people, and decides nothing.
GRANT SELECT (id, name, email, role, suspended_at, removed_at, guest) ON members TO {role};
GRANT SELECT ON notices, deliveries, delivery_attempts, push_subscriptions, webhooks, password_links TO {role};
GRANT INSERT, UPDATE (number) ON notices TO {role};
GRANT INSERT, UPDATE ON deliveries TO {role};
GRANT INSERT ON delivery_attempts TO {role};
GRANT UPDATE (remind_at) ON bookings TO {role};
GRANT UPDATE (expiry_told) ON passes TO {role};
-- What is gone for good is not called again.
GRANT DELETE ON push_subscriptions TO {role};
GRANT UPDATE (active) ON webhooks TO {role};
