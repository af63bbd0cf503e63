// The health check that gRPC clients, proxies and orchestrators know (grpc/doc/health-checking.md):
// Check asks once, Watch is told at once and at each change. Readiness is a function of several
// connections, none of which tells anybody; a watcher looks again twice a second.
#include "grpc/health/v1/health.grpc.pb.h"
#include "job_services.hpp"
#include "reactors.hpp"
#include "system_c/job_worker.grpc.pb.h"

#include <set>

namespace sluice::submission {
namespace {

using grpc::CallbackServerContext;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr std::chrono::milliseconds looks_again{500};

bool is_served(const std::string& service) {
    static const std::set<std::string> known{
        "",
        ::AuthService::service_full_name(),
        ::JobScheduleService::service_full_name(),
        ::JobQueryService::service_full_name(),
        "sluice.v1.AdminService"};
    return known.contains(service);
}

class health_service final : public grpc::health::v1::Health::CallbackService {
public:
    health_service(call_bridge& bridge, const grpc_config& settings, grpc_services s)
        : bridge_(bridge), settings_(settings), services_(std::move(s)) {}

    grpc::ServerUnaryReactor* Check(
        CallbackServerContext* context,
        const HealthCheckRequest* request,
        HealthCheckResponse* answer
    ) override {
        using call = unary_call<HealthCheckRequest, HealthCheckResponse>;
        auto handle = [this](call_facts, HealthCheckRequest q) { return check(std::move(q)); };
        auto facts = facts_of(*context, "Check");
        return begin_call<call>(bridge_, std::move(facts), *request, answer, std::move(handle));
    }

    grpc::ServerWriteReactor<HealthCheckResponse>*
    Watch(CallbackServerContext* context, const HealthCheckRequest* request) override {
        auto handle = [this](call_facts, HealthCheckRequest q, watch_call& c) {
            return watch(std::move(q), c);
        };
        auto facts = facts_of(*context, "Watch");
        return begin_call<watch_call>(
            bridge_,
            context,
            std::move(facts),
            *request,
            std::move(handle)
        );
    }

private:
    using watch_call = writing_call<HealthCheckRequest, HealthCheckResponse>;

    HealthCheckResponse::ServingStatus status() const {
        return services_.is_ready() ? HealthCheckResponse::SERVING
                                    : HealthCheckResponse::NOT_SERVING;
    }

    awaitable<outcome<HealthCheckResponse>> check(HealthCheckRequest request) {
        if (!is_served(request.service())) {
            co_return reject("not_found", "there is no such service");
        }
        HealthCheckResponse answer;
        answer.set_status(status());
        co_return answer;
    }

    // An unknown service is no error of Watch: it could come yet.
    awaitable<grpc::Status> watch(HealthCheckRequest request, watch_call& call) {
        const bool is_known = is_served(request.service());
        auto told = HealthCheckResponse::UNKNOWN;
        for (;;) {
            const auto now = is_known ? status() : HealthCheckResponse::SERVICE_UNKNOWN;
            if (now != told) {
                told = now;
                HealthCheckResponse message;
                message.set_status(now);
                const deadline until = deadline::in(settings_.write_timeout);
                const bool is_taken = co_await call.write(std::move(message), until);
                if (!is_taken) co_return grpc::Status::CANCELLED;
            }
            // The last word of a server that stops; whoever watches connects to another.
            if (services_.p.live->is_draining()) {
                co_return status_of(reject("shutting_down", "this server stops; watch again", 1));
            }
            const auto cancelled = co_await call.cancelled().wait(deadline::in(looks_again));
            if (cancelled || cancelled.error() != errc::timeout) co_return grpc::Status::CANCELLED;
        }
    }

    call_bridge& bridge_;
    const grpc_config& settings_;
    grpc_services services_;
};

}  // namespace

std::unique_ptr<grpc::Service>
make_health_service(call_bridge& bridge, const grpc_config& settings, grpc_services s) {
    return std::make_unique<health_service>(bridge, settings, std::move(s));
}

}  // namespace sluice::submission
