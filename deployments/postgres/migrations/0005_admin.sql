-- What administrators change while the services run: values that go over a service's configuration, and who
-- changed what. The audit is only ever added to: the service may not change or delete what is there.
create table setting_overrides (
    service    text not null,
    name       text not null,
    value      text not null,              -- as the environment would give it
    changed_by text not null,
    changed_at timestamptz not null,
    primary key (service, name)
);

create table admin_audit (
    id             bigint generated always as identity primary key,
    at             timestamptz not null,
    actor          text not null,          -- the administrator's user id
    action         text not null,          -- pause, resume, drain, set, unset
    target         text not null,          -- a service, or service/instance
    setting        text,
    old_value      text,
    new_value      text,
    outcome        text not null,
    correlation_id uuid
);

grant select, insert, update, delete on setting_overrides to sluice_submission;
grant select, insert on admin_audit to sluice_submission;
