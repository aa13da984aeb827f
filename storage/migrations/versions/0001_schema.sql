-- The whole first schema: tables, then the triggers that keep each session's counts.

CREATE TABLE members (
    id UUID NOT NULL,
    key TEXT,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    password_hash TEXT,
    role TEXT DEFAULT 'member' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT members_role CHECK (role IN ('member', 'trainer', 'admin', 'owner')),
    CONSTRAINT members_key UNIQUE (key)
);
CREATE UNIQUE INDEX members_email ON members (lower(email));

CREATE TABLE pass_types (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    training_ids UUID[],
    PRIMARY KEY (id),
    CONSTRAINT pass_types_name UNIQUE NULLS NOT DISTINCT (name, training_ids)
);

CREATE TABLE spaces (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT spaces_name UNIQUE (name)
);

CREATE TABLE studio (
    id SMALLINT NOT NULL,
    name TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT studio_only_one CHECK (id = 1)
);

CREATE TABLE trainers (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT trainers_name UNIQUE (name)
);

CREATE TABLE trainings (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT trainings_name UNIQUE (name)
);

CREATE TABLE deliveries (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    command_id UUID NOT NULL,
    member_id UUID NOT NULL,
    booking_id UUID NOT NULL,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    details JSONB NOT NULL,
    status TEXT DEFAULT 'due' NOT NULL,
    attempts SMALLINT DEFAULT '0' NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    settled_at TIMESTAMP WITH TIME ZONE,
    last_error TEXT,
    PRIMARY KEY (id),
    CONSTRAINT deliveries_status CHECK (status IN ('due', 'sending', 'sent', 'failed', 'dropped')),
    CONSTRAINT deliveries_once UNIQUE (command_id, booking_id, kind, channel),
    CONSTRAINT deliveries_member FOREIGN KEY(member_id) REFERENCES members (id)
);
CREATE INDEX deliveries_by_member ON deliveries (member_id, id);
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE status IN ('due', 'sending');
CREATE INDEX deliveries_not_sent ON deliveries (status) WHERE status <> 'sent';

CREATE TABLE passes (
    id UUID NOT NULL,
    key TEXT,
    pass_type_id UUID NOT NULL,
    member_id UUID NOT NULL,
    training_ids UUID[],
    active BOOLEAN DEFAULT true NOT NULL,
    sessions_granted INTEGER,
    sessions_left INTEGER,
    expires_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    CONSTRAINT passes_never_negative CHECK (sessions_left >= 0),
    CONSTRAINT passes_never_above_granted CHECK (sessions_left <= sessions_granted),
    CONSTRAINT passes_unlimited_or_counted CHECK ((sessions_left IS NULL) = (sessions_granted IS NULL)),
    CONSTRAINT passes_key UNIQUE (key),
    CONSTRAINT passes_id_member UNIQUE (id, member_id),
    CONSTRAINT passes_pass_type FOREIGN KEY(pass_type_id) REFERENCES pass_types (id),
    CONSTRAINT passes_member FOREIGN KEY(member_id) REFERENCES members (id)
);
CREATE INDEX passes_by_member ON passes (member_id);

CREATE TABLE training_sessions (
    id UUID NOT NULL,
    key TEXT,
    training_id UUID NOT NULL,
    trainer_id UUID NOT NULL,
    space_id UUID NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lasts_minutes INTEGER NOT NULL,
    capacity INTEGER NOT NULL,
    cancelled BOOLEAN DEFAULT false NOT NULL,
    booking_opens_at TIMESTAMP WITH TIME ZONE,
    booking_deadline_minutes INTEGER NOT NULL,
    cancellation_deadline_minutes INTEGER NOT NULL,
    promotion_deadline_minutes INTEGER NOT NULL,
    promotion_grace_minutes INTEGER DEFAULT '30' NOT NULL,
    waitlist_limit INTEGER,
    free_cancelling_until TIMESTAMP WITH TIME ZONE,
    booked INTEGER DEFAULT '0' NOT NULL,
    waiting INTEGER DEFAULT '0' NOT NULL,
    skipped INTEGER DEFAULT '0' NOT NULL,
    seats_kept INTEGER DEFAULT '0' NOT NULL,
    position BIGINT DEFAULT '0' NOT NULL,
    receipt TEXT NOT NULL,
    opening JSONB NOT NULL,
    attempts SMALLINT DEFAULT '0' NOT NULL,
    attempted_command_id UUID,
    careful_left SMALLINT DEFAULT '0' NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT training_sessions_capacity CHECK (capacity >= 1),
    CONSTRAINT training_sessions_length CHECK (lasts_minutes >= 1),
    CONSTRAINT training_sessions_not_oversold CHECK (booked <= greatest(capacity, seats_kept)),
    CONSTRAINT training_sessions_counts CHECK (booked >= 0 AND waiting >= 0 AND skipped >= 0),
    CONSTRAINT training_sessions_key UNIQUE (key),
    CONSTRAINT training_sessions_training FOREIGN KEY(training_id) REFERENCES trainings (id),
    CONSTRAINT training_sessions_trainer FOREIGN KEY(trainer_id) REFERENCES trainers (id),
    CONSTRAINT training_sessions_space FOREIGN KEY(space_id) REFERENCES spaces (id)
)
 WITH (fillfactor = 50);
CREATE INDEX training_sessions_by_start ON training_sessions (starts_at, id);
CREATE INDEX training_sessions_by_trainer ON training_sessions (trainer_id, starts_at, id);
CREATE INDEX training_sessions_by_trainer_and_training ON training_sessions (trainer_id, training_id, starts_at, id);
CREATE INDEX training_sessions_by_training ON training_sessions (training_id, starts_at, id);

CREATE TABLE commands (
    id UUID NOT NULL,
    seq BIGINT GENERATED ALWAYS AS IDENTITY,
    training_session_id UUID NOT NULL,
    actor_id UUID,
    actor_is_staff BOOLEAN DEFAULT false NOT NULL,
    kind TEXT NOT NULL,
    payload JSONB NOT NULL,
    idempotency_key TEXT,
    accepted_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    status TEXT DEFAULT 'waiting' NOT NULL,
    position BIGINT,
    outcome JSONB,
    witness JSONB,
    receipt TEXT,
    applied_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    CONSTRAINT commands_status CHECK (status IN ('waiting', 'applied', 'refused', 'failed')),
    CONSTRAINT commands_one_outcome CHECK ((status = 'waiting') = (position IS NULL) AND (status = 'waiting') = (outcome IS NULL) AND (status = 'waiting') = (receipt IS NULL) AND (status = 'waiting') = (applied_at IS NULL)),
    CONSTRAINT commands_training_session FOREIGN KEY(training_session_id) REFERENCES training_sessions (id)
);
CREATE INDEX commands_by_actor ON commands (actor_id, applied_at) WHERE applied_at IS NOT NULL;
CREATE UNIQUE INDEX commands_once_per_key ON commands (actor_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE UNIQUE INDEX commands_one_per_position ON commands (training_session_id, position) WHERE position IS NOT NULL;
CREATE INDEX commands_waiting ON commands (training_session_id, seq) WHERE status = 'waiting';

CREATE TABLE pass_ledger (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    pass_id UUID NOT NULL,
    booking_id UUID NOT NULL,
    command_id UUID NOT NULL,
    change SMALLINT NOT NULL,
    written_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT pass_ledger_change CHECK (change IN (-1, 1)),
    CONSTRAINT pass_ledger_once_per_booking UNIQUE (booking_id, change),
    CONSTRAINT pass_ledger_pass FOREIGN KEY(pass_id) REFERENCES passes (id)
);
CREATE INDEX pass_ledger_by_pass ON pass_ledger (pass_id, id);

CREATE TABLE bookings (
    id UUID NOT NULL,
    training_session_id UUID NOT NULL,
    member_id UUID NOT NULL,
    pass_id UUID NOT NULL,
    status TEXT NOT NULL,
    position BIGINT NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    booked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    promoted_at TIMESTAMP WITH TIME ZONE,
    cancelled_at TIMESTAMP WITH TIME ZONE,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    skipped TEXT[],
    PRIMARY KEY (id),
    CONSTRAINT bookings_status CHECK (status IN ('confirmed', 'waitlisted', 'cancelled')),
    CONSTRAINT bookings_only_waiters_are_skipped CHECK (skipped IS NULL OR status = 'waitlisted'),
    CONSTRAINT bookings_cancelled_at CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL)),
    CONSTRAINT bookings_own_pass FOREIGN KEY(pass_id, member_id) REFERENCES passes (id, member_id),
    CONSTRAINT bookings_command FOREIGN KEY(id) REFERENCES commands (id),
    CONSTRAINT bookings_training_session FOREIGN KEY(training_session_id) REFERENCES training_sessions (id)
);
CREATE INDEX bookings_by_member ON bookings (member_id, starts_at, id);
CREATE INDEX bookings_line ON bookings (training_session_id, position) WHERE status = 'waitlisted' AND skipped IS NULL;
CREATE UNIQUE INDEX bookings_one_live_per_member ON bookings (training_session_id, member_id) WHERE status <> 'cancelled';
CREATE INDEX bookings_skipped_by_pass ON bookings (pass_id) WHERE skipped IS NOT NULL;

-- A session's counts are the database's own: whatever writes bookings, one statement moves the counts by what it
-- changed, and training_sessions_not_oversold then holds or the statement fails. One update per statement and
-- session, however many bookings the statement writes.

CREATE FUNCTION move_session_counts(session_id uuid, booked_by bigint, waiting_by bigint, skipped_by bigint)
RETURNS void LANGUAGE sql AS $$
    UPDATE training_sessions
       SET booked = booked + booked_by,
           waiting = waiting + waiting_by,
           skipped = skipped + skipped_by,
           -- Places kept above a lowered capacity are given up as bookings end.
           seats_kept = CASE WHEN booked_by < 0 THEN least(seats_kept, booked + booked_by) ELSE seats_kept END
     WHERE id = session_id
$$;

CREATE FUNCTION count_inserted_bookings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM move_session_counts(
        training_session_id,
        count(*) FILTER (WHERE status = 'confirmed'),
        count(*) FILTER (WHERE status = 'waitlisted' AND skipped IS NULL),
        count(*) FILTER (WHERE skipped IS NOT NULL))
       FROM new_rows
      GROUP BY training_session_id;
    RETURN NULL;
END $$;

CREATE FUNCTION count_updated_bookings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM move_session_counts(
        training_session_id,
        coalesce(sum(sign) FILTER (WHERE status = 'confirmed'), 0),
        coalesce(sum(sign) FILTER (WHERE status = 'waitlisted' AND skipped IS NULL), 0),
        coalesce(sum(sign) FILTER (WHERE skipped IS NOT NULL), 0))
       FROM (SELECT training_session_id, status, skipped, 1 AS sign FROM new_rows
             UNION ALL
             SELECT training_session_id, status, skipped, -1 FROM old_rows) AS moved
      GROUP BY training_session_id;
    RETURN NULL;
END $$;

CREATE FUNCTION count_deleted_bookings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM move_session_counts(
        training_session_id,
        -count(*) FILTER (WHERE status = 'confirmed'),
        -count(*) FILTER (WHERE status = 'waitlisted' AND skipped IS NULL),
        -count(*) FILTER (WHERE skipped IS NOT NULL))
       FROM old_rows
      GROUP BY training_session_id;
    RETURN NULL;
END $$;

CREATE TRIGGER bookings_count_inserted AFTER INSERT ON bookings
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_inserted_bookings();
CREATE TRIGGER bookings_count_updated AFTER UPDATE ON bookings
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_updated_bookings();
CREATE TRIGGER bookings_count_deleted AFTER DELETE ON bookings
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_deleted_bookings();
