-- Quotas and fair admission. A submission that its user's turn has not come for is held: stored and accepted, and
-- published later, when earlier ones of the same user have ended. The release before writes rows with the defaults and
-- publishes held ones when it sweeps its outbox: early, but never lost.
alter table submissions
    add column held   boolean not null default false,
    add column key_id uuid;                      -- the API key that it came with; null: none
create index submissions_held on submissions (user_id, (cancel_requested_at is null), id) where held;
drop index submissions_outbox;
create index submissions_outbox on submissions (created_at) where published_at is null and not held;

-- What was used, by day (UTC) of the end. Notification adds to it in the statement that stores the result, so a result
-- counts once or not at all. key_id: the nil UUID for what came without an API key.
create table usage_days (
    user_id text not null,
    key_id  uuid not null,
    day     date not null,
    cpu_us  bigint not null,
    bytes   bigint not null,                     -- of the stored task and result
    primary key (user_id, key_id, day)
);
-- And what was deleted since, written by the submission service: kept = the sum above - this.
create table usage_deleted (
    user_id text not null,
    key_id  uuid not null,
    bytes   bigint not null,
    primary key (user_id, key_id)
);
insert into usage_days (user_id, key_id, day, cpu_us, bytes)
select s.user_id, '00000000-0000-0000-0000-000000000000'::uuid, (r.persisted_at at time zone 'UTC')::date,
       sum(r.cpu_us)::bigint, sum(octet_length(s.task) + octet_length(r.result))::bigint
from results r join submissions s on s.id = r.submission_id
group by 1, 2, 3;

-- What an administrator allows one user; what is absent is as the configuration says. 0: no limit.
create table quota_overrides (
    user_id    text not null,
    name       text not null check (name in ('requests_per_second', 'submissions_in_flight',
                                             'cpu_seconds_per_day', 'stored_bytes')),
    value      bigint not null check (value >= 0),
    changed_by text not null,
    changed_at timestamptz not null,
    primary key (user_id, name)
);

grant select, insert, update, delete on quota_overrides, usage_deleted to sluice_submission;
grant select on usage_days to sluice_submission;
grant select, insert, update, delete on usage_days to sluice_notification;
