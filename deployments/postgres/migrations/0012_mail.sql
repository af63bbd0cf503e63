-- Mail when done. The submission service writes what is wanted, with the address as it is then, because notification reads
-- no account; notification makes a delivery in the statement that stores the result, once, and writes its attempts. Both
-- tables of deliveries have the shape of the webhooks': the same statements claim and settle them. url is "mailto:address",
-- host its domain.
create table mail_settings (
    user_id    text primary key,
    when_done  boolean not null,
    address    text not null,
    updated_at timestamptz not null
);

create table mail_targets (
    subject_id uuid primary key,               -- of a submission or a batch that came with "mail": true
    user_id    text not null,
    address    text not null,
    created_at timestamptz not null
);
create index mail_targets_by_age on mail_targets (created_at);

create table mail_deliveries (like webhook_deliveries including all);
create table mail_attempts (like webhook_attempts including all,
    foreign key (delivery_id) references mail_deliveries (id) on delete cascade);

grant select, insert, update, delete on mail_settings, mail_targets to sluice_submission;
grant select on mail_settings, mail_targets to sluice_notification;
grant select, insert, update, delete on mail_deliveries, mail_attempts to sluice_notification;
