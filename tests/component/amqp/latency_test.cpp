// Not a check of speed but the measurement itself: hidden, run it with [.measure].
#include "support.hpp"

#include <algorithm>
#include <iostream>

namespace sluice::amqp {
namespace {

double median_ms(std::vector<double>& seconds) {
    std::sort(seconds.begin(), seconds.end());
    return seconds[seconds.size() / 2] * 1000;
}

double since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TEST_CASE("latency of confirmed publishes and of deliveries", "[.measure]") {
    const auto measure = [](pair& x, std::string queue) -> awaitable<void> {
        std::vector<double> confirmed;
        std::vector<double> delivered;
        for (int i = 0; i < 500; ++i) {
            const auto start = std::chrono::steady_clock::now();
            need(co_await x.p.publish(queue, text(std::string(1000, 'x')), soon()));
            confirmed.push_back(since(start));
            auto d = need(co_await x.c.receive());
            x.c.ack(d.tag);
        }
        for (int i = 0; i < 500; ++i) {
            const auto start = std::chrono::steady_clock::now();
            x.p.publish_transient(queue, text(std::string(1000, 'x')));
            auto d = need(co_await x.c.receive());
            delivered.push_back(since(start));
            x.c.ack(d.tag);
        }
        std::cout << "confirm p50 " << median_ms(confirmed) << " ms, p99 " << confirmed[494] * 1000
                  << " ms; transient to delivery p50 " << median_ms(delivered) << " ms, p99 "
                  << delivered[494] * 1000 << " ms\n";
    };
    std::cout << "quorum queue: ";
    with_queue(10, measure);
    std::cout << "classic transient queue: ";
    with_this_queue({.name = fresh_name(), .is_durable = false, .arguments = {}}, 10, measure);
}

}  // namespace
}  // namespace sluice::amqp
