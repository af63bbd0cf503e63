#!/bin/sh
# Start of Redis' container: the ACL file gets the SHA-256 of each password, comments are dropped.
set -eu
digest() { printf %s "$1" | sha256sum | cut -d' ' -f1; }
umask 077
sed -e '/^#/d' -e '/^$/d' \
    -e "s/\${ADMIN_SHA256}/$(digest "$REDIS_ADMIN_PASSWORD")/" \
    -e "s/\${SUBMISSION_SHA256}/$(digest "$REDIS_SUBMISSION_PASSWORD")/" \
    -e "s/\${EXECUTION_SHA256}/$(digest "$REDIS_EXECUTION_PASSWORD")/" \
    -e "s/\${NOTIFICATION_SHA256}/$(digest "$REDIS_NOTIFICATION_PASSWORD")/" \
    -e "s/\${WEBSOCKET_SHA256}/$(digest "$REDIS_WEBSOCKET_PASSWORD")/" \
    /sluice/users.acl.template > /tmp/users.acl
chown redis /tmp/users.acl
exec docker-entrypoint.sh redis-server --dir /data --appendonly yes --maxmemory-policy noeviction --aclfile /tmp/users.acl
