-- Webhooks. The submission service writes what is wanted (settings and targets, and the wish for a replay);
-- notification makes a delivery in the statement that stores the result, and writes its attempts. A target's headers and
-- a secret stand here as text, because a request is signed and sent with them.
create table webhook_settings (
    user_id         text primary key,
    url             text,                      -- for all that the user submits; null: none
    host            text,                      -- the url's, with its port
    headers         jsonb not null default '{}',
    secret          text not null,             -- signs every delivery of the user, that of a callback_url too
    previous_secret text,                      -- signs beside it until previous_until
    previous_until  timestamptz,
    updated_at      timestamptz not null,
    check ((url is null) = (host is null))
);

create table webhook_targets (
    subject_id uuid primary key,               -- of a submission or a batch that came with a callback_url
    user_id    text not null,
    url        text not null,
    host       text not null,
    headers    jsonb not null,
    created_at timestamptz not null
);
create index webhook_targets_by_age on webhook_targets (created_at);

create table webhook_deliveries (
    id                  uuid primary key,      -- UUIDv7
    user_id             text not null,
    event               text not null check (event in ('submission.finished', 'batch.finished')),
    subject_id          uuid not null,
    correlation_id      uuid not null,
    url                 text not null,
    host                text not null,
    headers             jsonb not null,
    status              text not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
    attempts            integer not null default 0,
    tries               integer not null default 0,  -- those since `since`
    since               timestamptz not null,  -- when it was made, or replayed
    next_attempt_at     timestamptz not null,  -- of a claimed one: when its claim ends
    claim_id            uuid,
    created_at          timestamptz not null,
    finished_at         timestamptz,
    replay_requested_at timestamptz,
    unique (subject_id, event)                 -- the end of a thing is told once
);
create index webhook_deliveries_due on webhook_deliveries (next_attempt_at) where status = 'pending';
create index webhook_deliveries_by_user on webhook_deliveries (user_id, id desc);
create index webhook_deliveries_by_age on webhook_deliveries (created_at);
create index webhook_deliveries_to_replay on webhook_deliveries (replay_requested_at)
    where replay_requested_at is not null;

create table webhook_attempts (
    delivery_id uuid not null references webhook_deliveries (id) on delete cascade,
    number      integer not null,
    at          timestamptz not null,
    duration_ms bigint not null,
    address     text not null default '',      -- that it was sent to
    http_status integer,                       -- null: no answer
    error       text not null default '',
    response    text not null default '',      -- the first bytes of the answer's body
    primary key (delivery_id, number)
);

grant select, insert, update, delete on webhook_settings, webhook_targets to sluice_submission;
grant select on webhook_deliveries, webhook_attempts to sluice_submission;
grant update (replay_requested_at) on webhook_deliveries to sluice_submission;
grant select on webhook_settings, webhook_targets to sluice_notification;
grant select, insert, update, delete on webhook_deliveries, webhook_attempts to sluice_notification;
