-- What the older cloud job service (docs/api/system-a.md) has beyond our own: what an upload reads and whether it may run, and
-- jobs with whole numbers. Its three tables stand as views with its columns in a schema of their own, for its reports.
create table system_a_uploads (
    upload_id uuid primary key references uploads (id) on delete cascade,
    inputs    bytea not null default '',
    is_enable boolean not null default true    -- false: it has been run; set again, it runs again
);

create table system_a_jobs (
    id             bigint generated always as identity primary key,
    user_id        text not null,
    upload_number  bigint not null,            -- uploads.number; the upload may be deleted
    query          text not null,              -- what was run, in words
    correlation_id uuid not null unique,       -- finds the submission
    created_at     timestamptz not null
);
create index system_a_jobs_by_user on system_a_jobs (user_id, id desc);

grant select, insert, update, delete on system_a_uploads, system_a_jobs to sluice_submission;

create schema system_a;
create type system_a.program_language as enum ('py', 'cpp', 'c', 'java');
create type system_a.job_status as enum ('executed', 'suspend');
create type system_a.execute_status as enum ('in progress', 'done');

-- The last bytes field of this number in a protobuf message; null: there is none. Results are stored as such messages.
create function system_a.field_of(message bytea, wanted integer) returns bytea
language plpgsql immutable parallel safe as $$
declare
    at integer := 0;
    tag bigint;
    value bigint;
    shift integer;
    byte integer;
    found bytea := null;
begin
    if message is null then return null; end if;
    while at < length(message) loop
        for part in 1..2 loop               -- the tag, then a number: the value, or a length
            value := 0;
            shift := 0;
            loop
                byte := get_byte(message, at);
                at := at + 1;
                if shift < 63 then value := value | ((byte & 127)::bigint << shift); end if;
                shift := shift + 7;
                exit when byte < 128;
            end loop;
            exit when part = 2;
            tag := value;
            if tag & 7 = 1 then at := at + 8; exit; end if;
            if tag & 7 = 5 then at := at + 4; exit; end if;
        end loop;
        if tag & 7 = 2 then
            if tag >> 3 = wanted then found := substring(message from at + 1 for value::integer); end if;
            at := at + value::integer;
        end if;
    end loop;
    return found;
end $$;

-- Program output as text: bytes that PostgreSQL's text cannot hold become question marks.
create function system_a.text_of(bytes bytea) returns text
language plpgsql immutable parallel safe as $$
begin
    return convert_from(coalesce(bytes, ''), 'UTF8');
exception when character_not_in_repertoire or untranslatable_character then
    return regexp_replace(encode(bytes, 'escape'), '\\[0-7]{3}', '?', 'g');
end $$;

create view system_a.uploads as
select u.number::integer as id,
       coalesce(who.email, u.user_id)::varchar(320) as email,
       system_a.text_of(a.inputs) as inputs,
       (case u.language when 'python3' then 'py' when 'cpp20' then 'cpp' when 'c17' then 'c' when 'java' then 'java'
        end)::system_a.program_language as program_language,   -- null: a language that it did not have
       coalesce(a.is_enable, true) as is_enable
from uploads u
left join system_a_uploads a on a.upload_id = u.id
left join users who on who.id = u.user_id;

-- A job whose submission was deleted, or dropped for its age, is none any more.
create view system_a.jobs as
select j.id::integer as id, j.upload_number::integer as upload, j.query as job_query,
       (case when r.submission_id is null then 'suspend' else 'executed' end)::system_a.job_status as job_status
from system_a_jobs j
join submissions s on s.user_id = j.user_id and s.correlation_id = j.correlation_id
left join results r on r.submission_id = s.id;

create view system_a.results as
select j.id::integer as id, j.id::varchar(320) as job,
       case when r.submission_id is null then null else
           case when r.status = 'accepted' then '' else r.status || E'\n' end ||
           system_a.text_of(case when r.status = 'compile_error'
                                 then system_a.field_of(system_a.field_of(r.result, 16), 1)
                                 else coalesce(system_a.field_of(r.result, 9), '') ||
                                      coalesce(system_a.field_of(r.result, 10), '') end)
       end as output,
       (case when r.submission_id is null then 'in progress' else 'done' end)::system_a.execute_status as execute_status,
       (r.persisted_at at time zone 'UTC')::timestamp(3) as execute_date
from system_a_jobs j
join submissions s on s.user_id = j.user_id and s.correlation_id = j.correlation_id
left join results r on r.submission_id = s.id;
