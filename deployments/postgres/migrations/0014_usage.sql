-- One table of what was used instead of two: usage_days, by user, key and day, has the counters too, and the statement
-- that stores a result adds to it once. usage_daily becomes what it always said, its sum over the keys; the submission
-- service of the release before reads it as ever.
alter table usage_days
    add column submissions    bigint not null default 0,  -- that ended
    add column cached         bigint not null default 0,  -- how many of them were answered by the cache
    add column wall_us        bigint not null default 0,  -- really used, like cpu_us: an answer of the cache has none
    add column accepted       bigint not null default 0,
    add column wrong_answer   bigint not null default 0,
    add column compile_error  bigint not null default 0,
    add column runtime_error  bigint not null default 0,
    add column time_limit     bigint not null default 0,
    add column memory_limit   bigint not null default 0,
    add column output_limit   bigint not null default 0,
    add column process_limit  bigint not null default 0,
    add column cancelled      bigint not null default 0,
    add column internal_error bigint not null default 0;

drop trigger results_usage on results;
drop function results_count_usage();
insert into usage_days (user_id, key_id, day, cpu_us, bytes,
                        submissions, cached, wall_us, accepted, wrong_answer, compile_error, runtime_error, time_limit, memory_limit,
                        output_limit, process_limit, cancelled, internal_error)
select user_id, '00000000-0000-0000-0000-000000000000'::uuid, day, 0, 0,
       submissions, cached, wall_us, accepted, wrong_answer, compile_error, runtime_error, time_limit, memory_limit,
       output_limit, process_limit, cancelled, internal_error
from usage_daily
on conflict (user_id, key_id, day) do update set
    submissions = excluded.submissions, cached = excluded.cached, wall_us = excluded.wall_us,
    accepted = excluded.accepted, wrong_answer = excluded.wrong_answer, compile_error = excluded.compile_error,
    runtime_error = excluded.runtime_error, time_limit = excluded.time_limit, memory_limit = excluded.memory_limit,
    output_limit = excluded.output_limit, process_limit = excluded.process_limit, cancelled = excluded.cancelled,
    internal_error = excluded.internal_error;

drop table usage_daily;
create view usage_daily as
select user_id, day, sum(cpu_us)::bigint as cpu_us, sum(bytes)::bigint as stored_bytes, sum(submissions)::bigint as submissions,
       sum(cached)::bigint as cached, sum(wall_us)::bigint as wall_us, sum(accepted)::bigint as accepted,
       sum(wrong_answer)::bigint as wrong_answer, sum(compile_error)::bigint as compile_error,
       sum(runtime_error)::bigint as runtime_error, sum(time_limit)::bigint as time_limit,
       sum(memory_limit)::bigint as memory_limit, sum(output_limit)::bigint as output_limit,
       sum(process_limit)::bigint as process_limit, sum(cancelled)::bigint as cancelled,
       sum(internal_error)::bigint as internal_error
from usage_days
group by user_id, day;

revoke delete on usage_days from sluice_notification;
grant select on usage_daily to sluice_submission;
