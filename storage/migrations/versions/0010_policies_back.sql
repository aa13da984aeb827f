-- Whoever an offer is made to waits in line again.
UPDATE bookings SET status = 'waitlisted' WHERE status = 'offered';
DROP INDEX bookings_offers;
ALTER TABLE bookings DROP COLUMN offered_until,
    DROP CONSTRAINT bookings_status,
    ADD CONSTRAINT bookings_status CHECK (status IN ('confirmed', 'waitlisted', 'cancelled'));
ALTER TABLE training_sessions DROP COLUMN policies;
ALTER TABLE series DROP COLUMN policies;
ALTER TABLE trainings DROP COLUMN booking_window_minutes, DROP COLUMN upcoming_limit,
    DROP COLUMN refund_deadline_minutes, DROP COLUMN offer_minutes, DROP COLUMN offer_pause_from,
    DROP COLUMN offer_pause_until;

CREATE OR REPLACE FUNCTION count_inserted_bookings() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE OR REPLACE FUNCTION count_updated_bookings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM move_session_counts(training_session_id, booked_by, waiting_by, skipped_by)
       FROM (SELECT training_session_id,
                    coalesce(sum(sign) FILTER (WHERE status = 'confirmed'), 0) AS booked_by,
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
        -count(*) FILTER (WHERE status = 'confirmed'),
        -count(*) FILTER (WHERE status = 'waitlisted' AND skipped IS NULL),
        -count(*) FILTER (WHERE skipped IS NOT NULL))
       FROM old_rows
      GROUP BY training_session_id;
    RETURN NULL;
END $$;
