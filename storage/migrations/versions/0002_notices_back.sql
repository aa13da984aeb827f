-- Back to one delivery for each notice that a command caused, on the one channel there was.

DROP TABLE delivery_attempts, deliveries, notification_preferences, push_subscriptions, webhooks;

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
INSERT INTO deliveries (command_id, member_id, booking_id, kind, channel, address, details, status, due_at,
                        created_at, settled_at)
SELECT notices.cause, notices.member_id, notices.booking_id, notices.kind, 'console', members.email, notices.details,
       'sent', notices.created_at, notices.created_at, notices.created_at
  FROM notices
  JOIN commands ON commands.id = notices.cause
  JOIN members ON members.id = notices.member_id
 WHERE notices.kind <> 'pass_running_low'
 ORDER BY notices.id;
CREATE INDEX deliveries_by_member ON deliveries (member_id, id);
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE status IN ('due', 'sending');
CREATE INDEX deliveries_not_sent ON deliveries (status) WHERE status <> 'sent';

DROP TABLE notices;
ALTER TABLE bookings DROP COLUMN remind_at;
ALTER TABLE passes DROP COLUMN expiry_told;
ALTER TABLE studio DROP COLUMN reminder_minutes;
