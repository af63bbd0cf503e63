-- What each service may do. These are group roles without login; a deployment makes login users that are
-- members (./dev, docker-compose.yaml and deployments/k8s/ do). A role may exist from another database
-- of the same cluster.
do $$
begin
    if not exists (select from pg_roles where rolname = 'sluice_submission') then
        create role sluice_submission nologin;
    end if;
    if not exists (select from pg_roles where rolname = 'sluice_notification') then
        create role sluice_notification nologin;
    end if;
exception when duplicate_object or unique_violation then
    null;  -- two databases of one cluster migrated at the same moment
end $$;

grant select, insert, update, delete on submissions, idempotency_keys to sluice_submission;
grant select, delete on results to sluice_submission;
grant select on submissions to sluice_notification;
grant select, insert on results to sluice_notification;
