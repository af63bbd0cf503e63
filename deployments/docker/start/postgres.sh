#!/bin/sh
# First start of the database's container: the owner of the schema, the group roles that the migrations give rights to,
# and one login for each service.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" \
    -v owner="$POSTGRES_OWNER_PASSWORD" -v submission="$POSTGRES_SUBMISSION_PASSWORD" \
    -v notification="$POSTGRES_NOTIFICATION_PASSWORD" <<'SQL'
create role sluice_submission nologin;
create role sluice_notification nologin;
create role sluice_owner login password :'owner';
create role sluice_submission_app login password :'submission' in role sluice_submission;
create role sluice_notification_app login password :'notification' in role sluice_notification;
create database sluice owner sluice_owner;
SQL
