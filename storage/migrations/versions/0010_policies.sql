-- What a studio decides for a training; each session that is planned carries it as one value, see `domain.policies`.
ALTER TABLE trainings ADD COLUMN booking_window_minutes INTEGER,
    ADD COLUMN upcoming_limit INTEGER,
    ADD COLUMN refund_deadline_minutes INTEGER,
    ADD COLUMN offer_minutes INTEGER,
    ADD COLUMN offer_pause_from TIME WITHOUT TIME ZONE,
    ADD COLUMN offer_pause_until TIME WITHOUT TIME ZONE,
    ADD CONSTRAINT trainings_refund_deadline CHECK (refund_deadline_minutes >= cancellation_deadline_minutes),
    ADD CONSTRAINT trainings_offer_pause
        CHECK ((offer_pause_from IS NULL) = (offer_pause_until IS NULL)
               AND mod(extract(epoch FROM offer_pause_until - offer_pause_from) + 86400, 86400) BETWEEN 1 AND 57600);
ALTER TABLE series ADD COLUMN policies JSONB DEFAULT '{}' NOT NULL;
ALTER TABLE training_sessions ADD COLUMN policies JSONB DEFAULT '{}' NOT NULL,
    ADD CONSTRAINT training_sessions_refund_deadline
        CHECK ((policies ->> 'refund_deadline_minutes')::int >= cancellation_deadline_minutes);

-- A place that is offered to a waiter counts as taken until it is accepted or the offer ends.
ALTER TABLE bookings ADD COLUMN offered_until TIMESTAMP WITH TIME ZONE,
    DROP CONSTRAINT bookings_status,
    ADD CONSTRAINT bookings_status CHECK (status IN ('confirmed', 'offered', 'waitlisted', 'cancelled')),
    ADD CONSTRAINT bookings_offered CHECK (status <> 'offered' OR offered_until IS NOT NULL);
CREATE INDEX bookings_offers ON bookings (offered_until) WHERE status = 'offered';

CREATE OR REPLACE FUNCTION count_inserted_bookings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM move_session_counts(
        training_session_id,
        count(*) FILTER (WHERE status IN ('confirmed', 'offered')),
        count(*) FILTER (WHERE status = 'waitlisted' AND skipped IS NULL),
        count(*) FILTER (WHERE skipped IS NOT NULL))
       FROM new_rows
      GROUP BY training_session_id;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION count_updated_bookings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM move_session_counts(training_session_id, booked_by, waiting_by, skipped_by)
       FROM (SELECT training_session_id,
                    coalesce(sum(sign) FILTER (WHERE status IN ('confirmed', 'offered')), 0) AS booked_by,
                    coalesce(sum(sign) FILTER (WHERE status = 'waitlisted' AND skipped IS NULL), 0) AS waiting_by,
                    coalesce(sum(sign) FILTER (WHERE skipped IS NOT NULL), 0) AS skipped_by
               FROM (SELECT training_session_id, status, skipped, 1 AS sign FROM new_rows
                     UNION ALL
                     SELECT training_session_id, status, skipped, -1 FROM old_rows) AS moved
              GROUP BY training_session_id) AS net
      WHERE (booked_by, waiting_by, skipped_by) <> (0, 0, 0);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION count_deleted_bookings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM move_session_counts(
        training_session_id,
        -count(*) FILTER (WHERE status IN ('confirmed', 'offered')),
        -count(*) FILTER (WHERE status = 'waitlisted' AND skipped IS NULL),
        -count(*) FILTER (WHERE skipped IS NOT NULL))
       FROM old_rows
      GROUP BY training_session_id;
    RETURN NULL;
END $$;
