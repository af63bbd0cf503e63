// One slot as the service sees it: a socket to its manager, replaced when the manager dies or grows
// old.
#pragma once

#include "launcher_link.hpp"
#include "request_encoding.hpp"
#include "run_session.hpp"

#include "sluice/sandbox/fork.hpp"
#include "sluice/sandbox/launcher.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <memory>
#include <span>

namespace sluice::sandbox {

class slot_impl final : public slot {
public:
    slot_impl(
        asio::any_io_executor executor,
        launcher_link& link,
        unsigned index,
        std::int64_t max_runs
    )
        : link_(link), manager_(std::move(executor)), index_(index), max_runs_(max_runs) {}

    awaitable<result<void>> open(protocol::network reach = protocol::network::none);
    awaitable<result<run_facts>> run(run_request request) override;
    void keep_warm(std::shared_ptr<const warm_spec> spec) override;
    void serve_forks(std::shared_ptr<const fork_spec> spec) override;
    void kill() override;
    void send_input(std::string_view bytes) override;
    void end_input() override;
    void send_signal(int number) override;
    void resize(int cols, int rows) override;
    void close();

private:
    awaitable<result<void>> wait_ready();
    // As send_message(). The descriptors are the request's own or what an order has instead.
    int send(const encoded_request& request, std::span<const int> fds);
    void tell(protocol::slot_verb verb);
    void send_warm();
    void send_forks();
    awaitable<void>
    wait_over(std::shared_ptr<run_session> session, std::chrono::milliseconds at_most);

    launcher_link& link_;
    asio::posix::stream_descriptor manager_;
    interaction_session* interaction() { return session_ ? session_->interaction() : nullptr; }

    std::shared_ptr<run_session> session_;
    std::shared_ptr<const warm_spec> warm_;
    std::shared_ptr<const fork_spec> forks_;
    output_ends next_ends_;
    unsigned index_;
    protocol::network reach_ = protocol::network::none;  // of the open manager
    std::int64_t runs_ = 0;
    std::int64_t max_runs_;
};

}  // namespace sluice::sandbox
