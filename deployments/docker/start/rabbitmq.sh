#!/bin/sh
# Start of the broker's container: users and rights from the environment, queues from deployments/rabbitmq, then the
# image's own entry point. Each service may declare and use its own queues only (deployments/rabbitmq/README.md).
set -eu
user() { printf '{"name":"%s","password":"%s","tags":"%s"}' "$1" "$2" "${3:-}"; }
right() { printf ',{"user":"%s","vhost":"sluice","configure":"%s","write":"%s","read":"%s"}' "$1" "$2" "$3" "$4"; }
umask 077
{
    printf '{"vhosts":[{"name":"sluice"}],"users":['
    user admin "$RABBITMQ_ADMIN_PASSWORD" administrator; printf ,
    user submission "$RABBITMQ_SUBMISSION_PASSWORD"; printf ,
    user execution "$RABBITMQ_EXECUTION_PASSWORD"; printf ,
    user notification "$RABBITMQ_NOTIFICATION_PASSWORD"
    printf '],"permissions":[{"user":"admin","vhost":"sluice","configure":".*","write":".*","read":".*"}'
    right submission '^(submission_queue|submission_dead|progress_queue)$' '^amq\\.default$' '^$'
    right execution '^(submission_queue|submission_dead|execution_queue|execution_dead|progress_queue)$' '^amq\\.default$' '^(submission_queue)$'
    right notification '^(execution_queue|execution_dead|submission_dead|progress_queue)$' '^amq\\.default$' '^(execution_queue|progress_queue|submission_dead)$'
    # The queues' part of the printed file, in our vhost.
    printf '],"queues":'
    sed -n '/"queues": \[/,/^    \]/p' /sluice/definitions.json | sed -e 's/^    "queues": //' -e 's/^    \],*$/]/' -e 's/"vhost": "\/"/"vhost": "sluice"/'
    printf '}'
} > /tmp/definitions.json
{ cat /sluice/rabbitmq.conf; echo 'load_definitions = /tmp/definitions.json'; } > /etc/rabbitmq/conf.d/90-sluice.conf
chown rabbitmq /tmp/definitions.json /etc/rabbitmq/conf.d/90-sluice.conf
exec docker-entrypoint.sh rabbitmq-server
