-- The API key that an upload came with, so that its bytes count for the key's own stored_bytes too. Null: it came with a session
-- or a configured token, or before this, and then it counts for its user alone.
alter table uploads add column key_id uuid;

-- What a user has stored, and each of his keys, still from one index alone.
drop index uploads_sizes;
create index uploads_sizes on uploads (user_id) include (size_bytes, key_id);
