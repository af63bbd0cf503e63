-- Uploaded programs. The bytes lie in a folder or a bucket under a random name (`blob`); the row tells whose they are. A blob
-- without an upload stands in upload_blobs: from before its first byte until its upload is stored, and again from the
-- upload's deletion until the bytes are gone. So whatever is killed in between, the sweeper finds what is left over.
create table uploads (
    id           uuid primary key,             -- UUIDv7
    number       bigint generated always as identity unique,  -- for clients that want an integer
    user_id      text not null,
    name         text not null,                -- the file's, as its owner calls it; never a path of ours
    content_type text not null,
    language     text not null default '',     -- '': not said
    size_bytes   bigint not null check (size_bytes >= 0),
    sha256       bytea not null,
    blob         uuid not null unique,
    created_at   timestamptz not null
);
create index uploads_by_user on uploads (user_id, id desc);
-- select coalesce(sum(size_bytes), 0) from uploads where user_id = …: what a user has stored, from this index alone.
create index uploads_sizes on uploads (user_id) include (size_bytes);

create table upload_blobs (
    blob     uuid primary key,
    sweep_at timestamptz not null,             -- when its bytes may be removed
    is_swept boolean not null default false    -- somebody has begun to: no upload may take it any more
);
create index upload_blobs_by_time on upload_blobs (sweep_at);

grant select, insert, update, delete on uploads, upload_blobs to sluice_submission;
