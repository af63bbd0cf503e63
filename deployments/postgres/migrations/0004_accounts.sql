-- Accounts and what their owners show instead of a password. The submission service writes all of it; nobody else reads
-- it. user_id elsewhere stays plain text: the users of configured tokens have no row here.
create table users (
    id                  text primary key,      -- a UUID as text; what stands in user_id of every other table
    number              bigint generated always as identity unique,  -- for clients that want an integer
    name                text,                  -- as it was given; one of name and email is there
    email               text,
    role                text not null default 'user' check (role in ('user', 'admin')),
    password_hash       text not null,         -- argon2id in its own text form, salt and cost included
    created_at          timestamptz not null,
    password_changed_at timestamptz not null,
    disabled_at         timestamptz,           -- set: no sign-in, and no token of his is good
    check (name is not null or email is not null)
);
-- Case does not tell two accounts apart. A name holds no '@', so it is never another's address.
create unique index users_by_name on users (lower(name));
create unique index users_by_email on users (lower(email));

-- Sessions and API keys: random tokens of 256 bits, of which only the SHA-256 is kept.
create table access_tokens (
    id             uuid primary key,
    kind           text not null check (kind in ('session', 'key')),
    token_sha256   bytea not null unique,
    user_id        text not null references users (id) on delete cascade,
    name           text not null default '',   -- of a key; of a session, the program that signed in
    scopes         text not null,              -- "read,submit"
    client_address text not null default '',
    created_at     timestamptz not null,
    expires_at     timestamptz,                -- null: a key that lives until it is revoked
    last_used_at   timestamptz                 -- written every half minute at most
);
create index access_tokens_by_user on access_tokens (user_id, kind, created_at desc);
create unique index access_tokens_key_names on access_tokens (user_id, name) where kind = 'key';
create index access_tokens_by_expiry on access_tokens (expires_at) where expires_at is not null;

-- Tokens that are gone from the table above while Redis may still know them: an outbox of revocations.
create table revoked_tokens (
    token_sha256 bytea primary key,
    revoked_at   timestamptz not null
);

grant select, insert, update, delete on users, access_tokens, revoked_tokens to sluice_submission;
