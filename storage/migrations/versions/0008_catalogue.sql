ALTER TABLE trainings ADD COLUMN retired BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE trainers ADD COLUMN retired BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE spaces ADD COLUMN retired BOOLEAN DEFAULT false NOT NULL;

ALTER TABLE trainings
    ADD COLUMN lasts_minutes INTEGER DEFAULT 60 NOT NULL,
    ADD COLUMN capacity INTEGER DEFAULT 10 NOT NULL,
    ADD COLUMN booking_deadline_minutes INTEGER DEFAULT 60 NOT NULL,
    ADD COLUMN cancellation_deadline_minutes INTEGER DEFAULT 720 NOT NULL,
    ADD COLUMN promotion_deadline_minutes INTEGER DEFAULT 720 NOT NULL,
    ADD COLUMN promotion_grace_minutes INTEGER DEFAULT 30 NOT NULL,
    ADD COLUMN waitlist_limit INTEGER;

-- What a training's latest session has is the best guess at what its next one shall have.
UPDATE trainings
   SET lasts_minutes = latest.lasts_minutes, capacity = latest.capacity,
       booking_deadline_minutes = latest.booking_deadline_minutes,
       cancellation_deadline_minutes = latest.cancellation_deadline_minutes,
       promotion_deadline_minutes = latest.promotion_deadline_minutes,
       promotion_grace_minutes = latest.promotion_grace_minutes, waitlist_limit = latest.waitlist_limit
  FROM (SELECT DISTINCT ON (training_id) * FROM training_sessions ORDER BY training_id, starts_at DESC, id DESC) AS latest
 WHERE trainings.id = latest.training_id;

CREATE INDEX training_sessions_by_space ON training_sessions (space_id, starts_at);

-- Compares an id and a stretch of time in one index.
CREATE EXTENSION IF NOT EXISTS btree_gist;

-- From the start to the end, which is the first instant free again. By way of UTC, since adding an interval to an
-- instant depends on the connection's time zone, and an index may not.
CREATE FUNCTION session_time(starts_at TIMESTAMPTZ, lasts_minutes INTEGER) RETURNS TSTZRANGE
LANGUAGE SQL IMMUTABLE PARALLEL SAFE
RETURN tstzrange(starts_at, (starts_at AT TIME ZONE 'UTC' + make_interval(mins => lasts_minutes)) AT TIME ZONE 'UTC');

ALTER TABLE training_sessions ADD COLUMN exclusive BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE training_sessions
    ADD CONSTRAINT training_sessions_space_taken
        EXCLUDE USING gist (space_id WITH =, session_time(starts_at, lasts_minutes) WITH &&)
        WHERE (exclusive AND NOT cancelled),
    ADD CONSTRAINT training_sessions_trainer_taken
        EXCLUDE USING gist (trainer_id WITH =, session_time(starts_at, lasts_minutes) WITH &&)
        WHERE (exclusive AND NOT cancelled);

CREATE TABLE series (
    id UUID NOT NULL,
    training_id UUID NOT NULL,
    trainer_id UUID NOT NULL,
    space_id UUID NOT NULL,
    rule TEXT NOT NULL,
    times TIME WITHOUT TIME ZONE[] NOT NULL,
    starts_on DATE NOT NULL,
    ends_on DATE,
    count INTEGER,
    except_on DATE[] DEFAULT '{}' NOT NULL,
    planned_through DATE NOT NULL,
    lasts_minutes INTEGER NOT NULL,
    capacity INTEGER NOT NULL,
    booking_deadline_minutes INTEGER NOT NULL,
    cancellation_deadline_minutes INTEGER NOT NULL,
    promotion_deadline_minutes INTEGER NOT NULL,
    promotion_grace_minutes INTEGER NOT NULL,
    waitlist_limit INTEGER,
    made_at TIMESTAMP WITH TIME ZONE DEFAULT statement_timestamp() NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT series_training FOREIGN KEY(training_id) REFERENCES trainings (id),
    CONSTRAINT series_trainer FOREIGN KEY(trainer_id) REFERENCES trainers (id),
    CONSTRAINT series_space FOREIGN KEY(space_id) REFERENCES spaces (id)
);
ALTER TABLE training_sessions
    ADD COLUMN series_id UUID CONSTRAINT training_sessions_series REFERENCES series (id),
    ADD COLUMN occurrence TIMESTAMP WITHOUT TIME ZONE,
    ADD CONSTRAINT training_sessions_occurrence CHECK ((series_id IS NULL) = (occurrence IS NULL));
CREATE UNIQUE INDEX training_sessions_once_in_series ON training_sessions (series_id, occurrence)
    WHERE series_id IS NOT NULL;
