-- A notice is written with the command that causes it, its deliveries by the relay after the commit.

ALTER TABLE deliveries RENAME TO deliveries_0001;
ALTER TABLE deliveries_0001 RENAME CONSTRAINT deliveries_pkey TO deliveries_0001_pkey;
ALTER TABLE deliveries_0001 RENAME CONSTRAINT deliveries_once TO deliveries_0001_once;
ALTER INDEX deliveries_due RENAME TO deliveries_0001_due;

CREATE TABLE notices (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    number BIGINT,
    cause UUID NOT NULL,
    member_id UUID NOT NULL,
    kind TEXT NOT NULL,
    booking_id UUID,
    pass_id UUID,
    starts_at TIMESTAMP WITH TIME ZONE,
    details JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    CONSTRAINT notices_about_something CHECK (num_nonnulls(booking_id, pass_id) > 0),
    CONSTRAINT notices_once UNIQUE NULLS NOT DISTINCT (cause, booking_id, pass_id, kind),
    CONSTRAINT notices_member FOREIGN KEY(member_id) REFERENCES members (id)
);

CREATE TABLE deliveries (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    notice_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    address_id UUID,
    status TEXT DEFAULT 'due' NOT NULL,
    attempts INTEGER DEFAULT '0' NOT NULL,
    attempts_allowed INTEGER DEFAULT '12' NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    settled_at TIMESTAMP WITH TIME ZONE,
    reason TEXT,
    PRIMARY KEY (id),
    CONSTRAINT deliveries_status CHECK (status IN ('due', 'sending', 'sent', 'failed', 'dropped')),
    CONSTRAINT deliveries_once UNIQUE NULLS NOT DISTINCT (notice_id, channel, address_id),
    CONSTRAINT deliveries_notice FOREIGN KEY(notice_id) REFERENCES notices (id) ON DELETE CASCADE
);

CREATE TABLE delivery_attempts (
    delivery_id BIGINT NOT NULL,
    number INTEGER NOT NULL,
    provider TEXT NOT NULL,
    outcome TEXT NOT NULL,
    said TEXT,
    ended_at TIMESTAMP WITH TIME ZONE NOT NULL,
    took_ms INTEGER NOT NULL,
    PRIMARY KEY (delivery_id, number),
    CONSTRAINT delivery_attempts_outcome CHECK (outcome IN ('sent', 'try_again', 'give_up')),
    CONSTRAINT delivery_attempts_delivery FOREIGN KEY(delivery_id) REFERENCES deliveries (id) ON DELETE CASCADE
);

CREATE TABLE notification_preferences (
    member_id UUID NOT NULL,
    switched_off TEXT[] DEFAULT '{}' NOT NULL,
    choices JSONB DEFAULT '{}' NOT NULL,
    quiet_from TIME WITHOUT TIME ZONE,
    quiet_until TIME WITHOUT TIME ZONE,
    PRIMARY KEY (member_id),
    CONSTRAINT notification_preferences_quiet CHECK ((quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_from <> quiet_until),
    CONSTRAINT notification_preferences_member FOREIGN KEY(member_id) REFERENCES members (id) ON DELETE CASCADE
);

CREATE TABLE push_subscriptions (
    id UUID NOT NULL,
    member_id UUID NOT NULL,
    endpoint TEXT NOT NULL,
    p256dh TEXT NOT NULL,
    auth TEXT NOT NULL,
    device TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT push_subscriptions_endpoint UNIQUE (endpoint),
    CONSTRAINT push_subscriptions_member FOREIGN KEY(member_id) REFERENCES members (id) ON DELETE CASCADE
);
CREATE INDEX push_subscriptions_by_member ON push_subscriptions (member_id);

CREATE TABLE webhooks (
    id UUID NOT NULL,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    kinds TEXT[],
    active BOOLEAN DEFAULT true NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT webhooks_url UNIQUE (url)
);

-- What was told so far: on record and in the inbox, and not to be told again on new channels.
INSERT INTO notices (number, cause, member_id, kind, booking_id, starts_at, details, created_at, read_at)
SELECT row_number() OVER (ORDER BY old.id), old.command_id, old.member_id, old.kind, old.booking_id, NULL,
       old.details, old.created_at, old.created_at
  FROM deliveries_0001 AS old ORDER BY old.id;

-- From now on a charge that leaves two sessions is a notice of its own, and the audit looks for it in the past too.
INSERT INTO notices (number, cause, member_id, kind, booking_id, pass_id, starts_at, details, created_at, read_at)
SELECT (SELECT coalesce(max(number), 0) FROM notices) + row_number() OVER (ORDER BY line.id), line.command_id,
       line.member_id, 'pass_running_low', line.booking_id, line.pass_id, NULL, '{"sessions_left": 2}',
       line.written_at, line.written_at
  FROM (SELECT pass_ledger.*, passes.member_id, passes.sessions_granted
               + sum(pass_ledger.change) OVER (PARTITION BY pass_id ORDER BY pass_ledger.id) AS sessions_left
          FROM pass_ledger JOIN passes ON passes.id = pass_ledger.pass_id) AS line
 WHERE line.change = -1 AND line.sessions_left = 2
 ORDER BY line.id;

DROP TABLE deliveries_0001;

CREATE UNIQUE INDEX notices_number ON notices (number) WHERE number IS NOT NULL;
CREATE INDEX notices_to_relay ON notices (id) WHERE number IS NULL;
CREATE INDEX notices_by_member ON notices (member_id, id);
CREATE INDEX notices_unread ON notices (member_id) WHERE read_at IS NULL;
CREATE INDEX notices_of_pass ON notices (pass_id, id) WHERE pass_id IS NOT NULL;
CREATE INDEX deliveries_due ON deliveries (channel, due_at) WHERE status IN ('due', 'sending');
CREATE INDEX deliveries_open ON deliveries (status, channel, kind) WHERE status IN ('due', 'sending', 'failed');

ALTER TABLE studio ADD COLUMN reminder_minutes INTEGER[] DEFAULT '{1440,120}' NOT NULL;
ALTER TABLE passes ADD COLUMN expiry_told BOOLEAN DEFAULT false NOT NULL;
CREATE INDEX passes_expiring ON passes (expires_at) WHERE active AND NOT expiry_told;

-- A change of bookings that moves no count leaves its session's row alone: planning reminders must never take the
-- lock that serving a session is decided by.
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

ALTER TABLE bookings ADD COLUMN remind_at TIMESTAMP WITH TIME ZONE;
UPDATE bookings SET remind_at = clock_timestamp() WHERE status = 'confirmed' AND starts_at > now();
CREATE INDEX bookings_to_remind ON bookings (remind_at) WHERE status = 'confirmed' AND remind_at IS NOT NULL;
