-- Batches: submissions that were accepted together. Like a submission's, a batch's state is a function of its
-- rows. The release before writes submissions without the two columns and never looks at them.
create table batches (
    id             uuid primary key,       -- UUIDv7; never shown
    user_id        text not null,
    correlation_id uuid not null,          -- names the batch to its owner
    size           integer not null check (size > 0),
    created_at     timestamptz not null,
    unique (user_id, correlation_id)
);

alter table submissions
    add column batch_id    uuid,           -- null: submitted alone
    add column batch_index integer;        -- its place in the request, from 0
create index submissions_by_batch on submissions (batch_id, batch_index) where batch_id is not null;

grant select, insert, update, delete on batches to sluice_submission;
grant select on batches to sluice_notification;
