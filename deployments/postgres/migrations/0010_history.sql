-- History that can be thrown away cheaply, and what is left of it afterwards: usage per user and day.
--
-- submissions and results are partitioned by id: a UUIDv7 begins with its time, so a partition holds one stretch of
-- time, and (id) stays the primary key with everything that is unique per submission. What was stored before this
-- migration becomes the first partition, without being copied. Partitions are made ahead by history_add_partitions()
-- (here, and by the submission service's background job); an id that none is for goes into the default partition, so
-- that no insert ever fails for the lack of one. The release before this one works with all of it unchanged.

-- What a user has used, by the day (UTC) on which it ended. Written with the result, in its statement, by a trigger: a
-- result that comes twice is stored once and so counted once, and deleting history takes nothing away from it.
create table usage_daily (
    user_id        text not null,
    day            date not null,
    submissions    bigint not null default 0,  -- that ended
    cpu_us         bigint not null default 0,  -- really used: an answer of the cache has none
    wall_us        bigint not null default 0,
    stored_bytes   bigint not null default 0,  -- tasks and results that were put into storage
    cached         bigint not null default 0,  -- how many were answered by the cache
    accepted       bigint not null default 0,  -- and so on, by status
    wrong_answer   bigint not null default 0,
    compile_error  bigint not null default 0,
    runtime_error  bigint not null default 0,
    time_limit     bigint not null default 0,
    memory_limit   bigint not null default 0,
    output_limit   bigint not null default 0,
    process_limit  bigint not null default 0,
    cancelled      bigint not null default 0,
    internal_error bigint not null default 0,
    primary key (user_id, day)
);

-- Submissions that are deleted: a second result of one that is still on its way must not bring it back.
create table deleted_submissions (
    submission_id uuid primary key,
    deleted_at    timestamptz not null default now()
);
create index deleted_submissions_by_age on deleted_submissions (deleted_at);

alter table submissions add column cache_key bytea;  -- null: its result is not to be kept for others like it
alter table results add column cached boolean not null default false;

-- A UUIDv7's first 48 bits are milliseconds; the smallest id of a moment is a partition's bound.
create function history_bound(at timestamptz) returns uuid language sql immutable strict as $$
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;
create function history_bound_time(bound uuid) returns timestamptz language sql immutable strict as $$
    select to_timestamp(('x' || lpad(left(replace(bound::text, '-', ''), 12), 16, '0'))::bit(64)::bigint / 1000.0)
$$;

-- Turns a table into the first partition of a partitioned one of its name, and brings along what LIKE does not: rights,
-- triggers, foreign keys of others. Rows whose ids lie behind the bound (nothing that is a UUIDv7) go to the default.
create function pg_temp.partition_history(tab text, key text, bound uuid) returns void language plpgsql as $$
declare
    legacy text := tab || '_p0';
    statement text;
    later text[] := '{}';
    schema_oid oid := (select relnamespace from pg_class where oid = tab::regclass);
begin
    select coalesce(array_agg(format('grant %s on %s to %I', a.privilege_type, tab, r.rolname)), '{}') into later
    from pg_class c, aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee
    where c.oid = tab::regclass and a.grantee <> c.relowner;
    later := later || coalesce((
        select array_agg(format('grant %s (%I) on %s to %I', a.privilege_type, t.attname, tab, r.rolname))
        from pg_attribute t, aclexplode(t.attacl) a join pg_roles r on r.oid = a.grantee
        where t.attrelid = tab::regclass and not t.attisdropped), '{}');
    for statement in
        select pg_get_triggerdef(oid) from pg_trigger where tgrelid = tab::regclass and not tgisinternal
    loop
        later := later || statement;
    end loop;
    for statement in
        select format('drop trigger %I on %s', tgname, tab) from pg_trigger
        where tgrelid = tab::regclass and not tgisinternal
    loop
        execute statement;
    end loop;
    for statement in
        select format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
        from pg_constraint where confrelid = tab::regclass and contype = 'f'
    loop
        later := later || statement;
    end loop;
    for statement in
        select format('alter table %s drop constraint %I', conrelid::regclass, conname)
        from pg_constraint where confrelid = tab::regclass and contype = 'f'
    loop
        execute statement;
    end loop;
    execute format('alter table %s rename to %I', tab, legacy);
    -- The indexes' names are wanted by the new table.
    for statement in
        select format('alter index %s rename to %I', i.indexrelid::regclass, c.relname || '_p0')
        from pg_index i join pg_class c on c.oid = i.indexrelid
        where i.indrelid = legacy::regclass and c.relnamespace = schema_oid
    loop
        execute statement;
    end loop;
    execute format('create table %I (like %I including all) partition by range (%I)', tab, legacy, key);
    execute format('create table %I (like %I including defaults including constraints)', tab || '_default', legacy);
    execute format('with moved as (delete from %I where %I >= $1 returning *) insert into %I select * from moved',
                   legacy, key, tab || '_default') using bound;
    execute format('alter table %I attach partition %I default', tab, tab || '_default');
    execute format('alter table %I attach partition %I for values from (minvalue) to (%L)', tab, legacy, bound);
    foreach statement in array later loop
        execute statement;
    end loop;
end $$;

do $$
declare
    bound uuid := history_bound(date_trunc('week', now() at time zone 'UTC') at time zone 'UTC' + interval '7 days');
begin
    perform pg_temp.partition_history('submissions', 'id', bound);
    perform pg_temp.partition_history('results', 'submission_id', bound);
end $$;

-- The words of programs, for those who want their history searched (history.full_text); beside the submissions, whose
-- rows are written again when they are published. In words the bytes of a program that are no text are blanks.
create table submission_words (
    submission_id uuid primary key,
    user_id       text not null,
    words         tsvector not null
) partition by range (submission_id);
create table submission_words_default partition of submission_words default;
create index submission_words_by_word on submission_words using gin (words);

-- Makes partitions of `width` until one is for `until`, behind those that are there. Rows that went to the default
-- partition meanwhile are moved where they belong. Says how many were made.
create function history_add_partitions(until timestamptz, width interval) returns integer
language plpgsql security definer set lock_timeout = '2s' as $$
declare
    tab text;
    key text;
    made integer := 0;
    low uuid;
    high uuid;
    part text;
begin
    if width < interval '1 day' then
        raise exception 'a partition is for a day at least';
    end if;
    foreach tab in array array['submissions', 'results', 'submission_words'] loop
        key := case tab when 'submissions' then 'id' else 'submission_id' end;
        loop
            -- "FOR VALUES FROM ('…') TO ('…')": the greatest upper bound.
            select max(substring(pg_get_expr(c.relpartbound, c.oid) from $re$TO \('([0-9a-f-]{36})'\)$re$))::uuid
            into low
            from pg_inherits i join pg_class c on c.oid = i.inhrelid
            where i.inhparent = tab::regclass;
            if low is null then
                low := history_bound(date_trunc('week', now() at time zone 'UTC') at time zone 'UTC');
            end if;
            exit when low > history_bound(until);
            high := history_bound(history_bound_time(low) + width);
            part := tab || '_' || to_char(history_bound_time(low) at time zone 'UTC', 'YYYYMMDD');
            -- Attached, not created in place: that would lock out everybody who reads or writes the table.
            execute format('create table %I (like %I including defaults including constraints)', part, tab);
            execute format('lock table %I in access exclusive mode', tab || '_default');
            execute format('with moved as (delete from %I where %I >= $1 and %I < $2 returning *)
                            insert into %I select * from moved', tab || '_default', key, key, part)
            using low, high;
            execute format('alter table %I attach partition %I for values from (%L) to (%L)', tab, part, low, high);
            made := made + 1;
        end loop;
    end loop;
    return made;
end $$;

-- Where stored bytes are limited (usage_deleted is there), what is deleted is free again. For the submissions of `source`,
-- a table or a part of one, with these ids; null: all.
create function history_count_deleted(source regclass, ids uuid[]) returns void language plpgsql as $$
begin
    if to_regclass('usage_deleted') is null then
        return;
    end if;
    execute format(
        'insert into usage_deleted as u (user_id, key_id, bytes)
         select s.user_id, coalesce(s.key_id, ''00000000-0000-0000-0000-000000000000''::uuid),
                sum(octet_length(s.task) + octet_length(r.result))
         from %s s join results r on r.submission_id = s.id
         where $1 is null or s.id = any($1)
         group by 1, 2
         order by 1, 2
         on conflict (user_id, key_id) do update set bytes = u.bytes + excluded.bytes', source) using ids;
end $$;

-- Drops the partitions all of whose submissions are older than `before`. Says how many.
create function history_drop_partitions(before timestamptz) returns integer
language plpgsql security definer set lock_timeout = '2s' as $$
declare
    part record;
    dropped integer := 0;
begin
    if before > now() - interval '1 day' then
        raise exception 'what is younger than a day is not dropped';
    end if;
    for part in
        select c.oid::regclass as name
        from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'submissions'::regclass
          and substring(pg_get_expr(c.relpartbound, c.oid) from $re$TO \('([0-9a-f-]{36})'\)$re$)::uuid
              <= history_bound(before)
    loop
        perform history_count_deleted(part.name, null);
    end loop;
    for part in
        select c.oid::regclass as name
        from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent in ('submissions'::regclass, 'results'::regclass, 'submission_words'::regclass)
          and substring(pg_get_expr(c.relpartbound, c.oid) from $re$TO \('([0-9a-f-]{36})'\)$re$)::uuid
              <= history_bound(before)
        order by c.relname
    loop
        execute format('drop table %s', part.name);
        dropped := dropped + 1;
    end loop;
    return dropped;
end $$;
-- They run as the owner: nothing of the caller's may stand in for our tables.
do $$
begin
    execute format('alter function history_add_partitions(timestamptz, interval) set search_path = %I, pg_temp',
                   current_schema());
    execute format('alter function history_drop_partitions(timestamptz) set search_path = %I, pg_temp', current_schema());
end $$;
revoke execute on function history_add_partitions(timestamptz, interval) from public;
revoke execute on function history_drop_partitions(timestamptz) from public;

grant execute on function history_add_partitions(timestamptz, interval) to sluice_submission;
grant execute on function history_drop_partitions(timestamptz) to sluice_submission;

select history_add_partitions(now() + interval '21 days', interval '7 days');

create function results_count_usage() returns trigger language plpgsql as $$
begin
    insert into usage_daily as u (user_id, day, submissions, cpu_us, wall_us, stored_bytes, cached, accepted,
                                  wrong_answer, compile_error, runtime_error, time_limit, memory_limit, output_limit,
                                  process_limit, cancelled, internal_error)
    select n.user_id, (n.persisted_at at time zone 'UTC')::date, count(*),
           coalesce(sum(n.cpu_us) filter (where not n.cached), 0),
           coalesce(sum(n.wall_us) filter (where not n.cached), 0),
           sum(octet_length(n.result) + coalesce(octet_length(s.task), 0)),
           count(*) filter (where n.cached),
           count(*) filter (where n.status = 'accepted'), count(*) filter (where n.status = 'wrong_answer'),
           count(*) filter (where n.status = 'compile_error'), count(*) filter (where n.status = 'runtime_error'),
           count(*) filter (where n.status = 'time_limit'), count(*) filter (where n.status = 'memory_limit'),
           count(*) filter (where n.status = 'output_limit'), count(*) filter (where n.status = 'process_limit'),
           count(*) filter (where n.status = 'cancelled'), count(*) filter (where n.status = 'internal_error')
    from stored n left join submissions s on s.id = n.submission_id
    group by 1, 2
    order by 1, 2  -- so that two that share users wait for each other in one direction only
    on conflict (user_id, day) do update set
        submissions = u.submissions + excluded.submissions, cpu_us = u.cpu_us + excluded.cpu_us,
        wall_us = u.wall_us + excluded.wall_us, stored_bytes = u.stored_bytes + excluded.stored_bytes,
        cached = u.cached + excluded.cached, accepted = u.accepted + excluded.accepted,
        wrong_answer = u.wrong_answer + excluded.wrong_answer,
        compile_error = u.compile_error + excluded.compile_error,
        runtime_error = u.runtime_error + excluded.runtime_error, time_limit = u.time_limit + excluded.time_limit,
        memory_limit = u.memory_limit + excluded.memory_limit, output_limit = u.output_limit + excluded.output_limit,
        process_limit = u.process_limit + excluded.process_limit, cancelled = u.cancelled + excluded.cancelled,
        internal_error = u.internal_error + excluded.internal_error;
    return null;
end $$;
create trigger results_usage after insert on results referencing new table as stored
    for each statement execute function results_count_usage();

grant select on usage_daily to sluice_submission;
grant select, insert, update on usage_daily to sluice_notification;
grant select, insert, update, delete on submission_words, deleted_submissions to sluice_submission;
grant select on deleted_submissions to sluice_notification;
