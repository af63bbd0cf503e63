// Names the RabbitMQ settings for files, environment and the reference page.
#include "sluice/amqp/config.hpp"

namespace sluice::amqp {

void describe(config_visitor& v, config& c) {
    v.field("url", c.url, "amqp://user:password@host:5672/vhost, or amqps:// for TLS");
    v.field("ca_file", c.ca_file, "for amqps: PEM bundle; empty means the system's");
    v.field("client_certificate_file", c.client_certificate_file, "for amqps: PEM; may be empty");
    v.field("client_key_file", c.client_key_file, "for amqps: PEM; may be empty");
    v.field("connect_timeout", c.connect_timeout, "longest wait for one connection to be made");
    v.field("heartbeat", c.heartbeat, "a server silent for two of these is taken for dead");
}

}  // namespace sluice::amqp
