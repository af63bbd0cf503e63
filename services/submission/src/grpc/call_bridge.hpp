// Between gRPC's threads and the service's one loop. Theory of operation: gRPC calls a reactor on
// threads of its own; everything that the service knows lives on the loop. So a reactor does
// nothing but post: that a call has begun, that a message was read or written, that the call was
// cancelled. The call itself is one coroutine on the loop, a child of the gate, which starts one
// operation at a time and waits until its end is posted back: nothing is shared, and what waits to
// be written is one message. Starting operations and Finish may be called from any thread (gRPC's
// promise). A reactor deletes itself in OnDone, which comes after Finish and after the end of every
// operation; what the loop still holds by then is the call's state, which it shares with it.
#pragma once

#include "../rejection.hpp"

#include "sluice/core/deadline.hpp"
#include "sluice/observe/context.hpp"
#include "sluice/observe/metrics.hpp"
#include "sluice/runtime/event.hpp"
#include "sluice/runtime/gate.hpp"

#include <grpcpp/grpcpp.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace sluice::submission {

// What the loop is told of a call when it begins.
struct call_facts {
    observe::context ctx;
    std::string method;  // "ExecuteJob"
    std::string token;   // empty: none was shown
    std::string client_address;
    std::string certificate_name;  // common name of the client's certificate
};
call_facts facts_of(const grpc::CallbackServerContext& context, std::string method);

grpc::Status status_of(const rejection& no);

// A call's side on the loop; only the loop touches it.
struct call_state {
    explicit call_state(const asio::any_io_executor& executor)
        : cancelled(executor), step_ended(executor) {}

    runtime::event cancelled;   // by the client, its deadline, or its connection
    runtime::event step_ended;  // the one operation that is under way
    bool is_step_good = false;
};

class call_bridge {
public:
    call_bridge(asio::any_io_executor executor, std::size_t max_calls);

    const asio::any_io_executor& executor() const { return executor_; }

    // From any thread. `body` runs on the loop and ends by giving the call's status, which is
    // handed to `finish` exactly once; so is the status of a call that is not let in.
    void start(
        call_facts facts,
        std::function<awaitable<grpc::Status>(call_facts)> body,
        std::function<void(grpc::Status)> finish
    );
    void step_ended(std::shared_ptr<call_state> state, bool is_good);
    void cancelled(std::shared_ptr<call_state> state);
    void dropped(std::shared_ptr<call_state> state);  // the loop lets go of it

    // On the loop.
    awaitable<std::size_t> close(std::chrono::milliseconds grace);

private:
    awaitable<void> run(
        call_facts facts,
        std::function<awaitable<grpc::Status>(call_facts)> body,
        std::function<void(grpc::Status)> finish
    );
    void count(const std::string& method, grpc::StatusCode code);

    asio::any_io_executor executor_;
    std::size_t max_calls_;
    runtime::gate calls_;
    observe::gauge in_flight_;
    std::map<std::pair<std::string, int>, observe::counter> counters_;
};

}  // namespace sluice::submission
