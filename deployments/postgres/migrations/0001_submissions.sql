-- Submissions and their results. One writer per table: the submission service writes submissions and
-- idempotency_keys, notification writes results. A submission's state is a function of these rows
-- (and of "running" in Redis); there is no status column that could disagree with them.

create table submissions (
    id                  uuid primary key,          -- UUIDv7: sorts by creation
    user_id             text not null,
    correlation_id      uuid not null,
    language            text not null,
    version             text not null default '',
    limits              bigint[] not null,         -- effective limits, in the order of domain::limit_table
    task                bytea not null,            -- sluice.v1.ExecuteRequest: what is (re-)published, byte for byte
    created_at          timestamptz not null,
    deadline_at         timestamptz not null,      -- without a result by then, the sweeper ends it
    published_at        timestamptz,               -- null: the outbox still owes the broker this task
    publish_count       integer not null default 0,
    cancel_requested_at timestamptz
);
create index submissions_by_user on submissions (user_id, id desc);
create index submissions_by_correlation on submissions (user_id, correlation_id);
create index submissions_outbox on submissions (created_at) where published_at is null;
create index submissions_by_deadline on submissions (deadline_at);

create table idempotency_keys (
    user_id        text not null,
    key            text not null,
    request_sha256 bytea not null,
    submission_id  uuid not null,
    created_at     timestamptz not null,
    primary key (user_id, key)
);
create index idempotency_keys_by_age on idempotency_keys (created_at);

-- The first terminal result of a submission wins: the primary key says so. There is no foreign key, because a
-- batch of results must not fail for one whose submission was deleted meanwhile.
create table results (
    submission_id     uuid primary key,
    user_id           text not null,
    language          text not null,
    status            text not null check (status in ('accepted', 'wrong_answer', 'compile_error', 'runtime_error',
                          'time_limit', 'memory_limit', 'output_limit', 'process_limit', 'cancelled', 'internal_error')),
    limit_hit         text,
    cpu_us            bigint not null,
    wall_us           bigint not null,
    memory_peak_bytes bigint not null,
    worker_id         text not null,
    attempt           integer not null,
    result            bytea not null,              -- sluice.v1.ExecuteResult, whole
    persisted_at      timestamptz not null
);
create index results_by_user on results (user_id, submission_id desc);
