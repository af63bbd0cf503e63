// A service that does nothing but live through the phases; service_main_test drives it as a
// process.
#include "sluice/runtime/service_main.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdio>

namespace {

using namespace sluice;

struct settings {
    std::string behaviour = "good";
    observe::log_config log;
};
void describe(config_visitor& v, settings& s) {
    v.choice(
        "behaviour",
        s.behaviour,
        {"good", "start_fails", "start_hangs", "drain_cancels", "drain_hangs", "unfit"},
        "what it does"
    );
    v.section("log", s.log);
}

class sample final : public runtime::service {
public:
    sample(asio::io_context& io, const settings& s) : settings_(s), timer_(io) {}

    awaitable<result<void>> start() override {
        if (settings_.behaviour == "start_fails") co_return fail(errc::unavailable, "no broker");
        if (settings_.behaviour == "start_hangs") {
            std::fputs("starting\n", stdout);
            std::fflush(stdout);
            co_await hang();
        }
        co_return result<void>();
    }
    std::vector<std::pair<std::string, std::string>> listeners() const override {
        return {{"http", "127.0.0.1:1"}};
    }
    awaitable<bool> drain(std::chrono::milliseconds) override {
        if (settings_.behaviour == "drain_hangs") {
            std::fputs("draining\n", stdout);
            std::fflush(stdout);
            co_await hang();
        }
        co_return settings_.behaviour != "drain_cancels";
    }
    awaitable<void> stop() override {
        std::fputs("stopped\n", stdout);
        co_return;
    }

private:
    awaitable<void> hang() {
        timer_.expires_at(asio::steady_timer::time_point::max());
        co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    const settings& settings_;
    asio::steady_timer timer_;
};

}  // namespace

int main(int argc, char** argv) {
    settings s;
    runtime::service_definition d;
    d.name = "sample";
    d.description = "a service for tests";
    d.describe = [&s](config_visitor& v) { describe(v, s); };
    d.log = [&s] { return s.log; };
    d.unfit_settings = [&s]() -> std::vector<std::string> {
        if (s.behaviour == "unfit") return {"behaviour is unfit: choose another"};
        return {};
    };
    d.make = [&s](asio::io_context& io) { return std::make_unique<sample>(io, s); };
    d.commands.push_back({"--seven", "exits with seven", [] { return 7; }});
    return runtime::run_service(argc, argv, d);
}
