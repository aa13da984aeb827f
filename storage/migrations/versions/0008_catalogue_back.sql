ALTER TABLE training_sessions
    DROP CONSTRAINT training_sessions_occurrence, DROP COLUMN series_id, DROP COLUMN occurrence;
DROP TABLE series;
ALTER TABLE training_sessions
    DROP CONSTRAINT training_sessions_space_taken, DROP CONSTRAINT training_sessions_trainer_taken,
    DROP COLUMN exclusive;
DROP FUNCTION session_time;
DROP EXTENSION btree_gist;
DROP INDEX training_sessions_by_space;
ALTER TABLE trainings
    DROP COLUMN retired, DROP COLUMN lasts_minutes, DROP COLUMN capacity, DROP COLUMN booking_deadline_minutes,
    DROP COLUMN cancellation_deadline_minutes, DROP COLUMN promotion_deadline_minutes,
    DROP COLUMN promotion_grace_minutes, DROP COLUMN waitlist_limit;
ALTER TABLE trainers DROP COLUMN retired;
ALTER TABLE spaces DROP COLUMN retired;
