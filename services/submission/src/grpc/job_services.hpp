// The services that the gRPC port has, each method a few lines over a use case.
#pragma once

#include "../identity.hpp"
#include "../ports.hpp"
#include "../quotas/request_gate.hpp"
#include "../rejection.hpp"
#include "grpc_config.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace grpc {
class Service;
}

namespace sluice::submission {

class call_bridge;

struct admin_ports;

struct grpc_services {
    ports& p;
    identity_source& identities;
    password_login* login = nullptr;  // null: Login is not implemented here
    std::function<bool()> is_ready;
    admin_ports* admin = nullptr;      // null: administration is not served here
    request_gate* requests = nullptr;  // null: nobody counts them
};

// Who calls, by the token that he shows; put into the facts' context. `is_counted`: as a request of
// his.
struct call_facts;
awaitable<outcome<identity>>
identify(grpc_services& s, bool is_bound, call_facts& facts, bool is_counted = true);

// The bridge, the settings and what `s` refers to outlive them.
std::vector<std::unique_ptr<grpc::Service>>
make_job_services(call_bridge& bridge, const grpc_config& settings, grpc_services s);

std::unique_ptr<grpc::Service>
make_admin_service(call_bridge& bridge, const grpc_config& settings, grpc_services s);

// Whether this server can serve; part of the services above.
std::unique_ptr<grpc::Service>
make_health_service(call_bridge& bridge, const grpc_config& settings, grpc_services s);

// Answers what these services look like.
std::unique_ptr<grpc::Service> make_reflection(std::vector<std::string> service_names);

}  // namespace sluice::submission
