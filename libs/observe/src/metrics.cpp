// The one file that sees prometheus-cpp. A handle points at a metric that the registry owns for the
// life of the process, so a handle may be copied freely; a default-made handle does nothing.
#include "sluice/observe/metrics.hpp"

#include "dropped_lines.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>

namespace sluice::observe {

void counter::increment(double by) {
    if (handle_ != nullptr) static_cast<prometheus::Counter*>(handle_)->Increment(by);
}

double counter::value() const {
    return handle_ == nullptr ? 0 : static_cast<const prometheus::Counter*>(handle_)->Value();
}

void gauge::set(double value) {
    if (handle_ != nullptr) static_cast<prometheus::Gauge*>(handle_)->Set(value);
}

void gauge::add(double by) {
    if (handle_ != nullptr) static_cast<prometheus::Gauge*>(handle_)->Increment(by);
}

double gauge::value() const {
    return handle_ == nullptr ? 0 : static_cast<const prometheus::Gauge*>(handle_)->Value();
}

void histogram::observe(double value) {
    if (handle_ != nullptr) static_cast<prometheus::Histogram*>(handle_)->Observe(value);
}

std::vector<double> seconds_buckets() {
    return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100};
}

std::vector<double> wait_buckets() {
    std::vector<double> buckets = seconds_buckets();
    buckets.push_back(300);
    buckets.push_back(600);
    return buckets;
}

std::vector<double> bytes_buckets() {
    std::vector<double> buckets;
    for (double size = 1 << 20; size <= 4.0 * (1 << 30); size *= 2)
        buckets.push_back(size);
    return buckets;
}

struct metrics::impl {
    prometheus::Registry registry;
    prometheus::Counter* dropped_lines = nullptr;
    std::mutex scrape;
};

metrics::metrics() : impl_(std::make_unique<impl>()) {
    impl_->dropped_lines = &prometheus::BuildCounter()
                                .Name("sluice_log_dropped_lines_total")
                                .Help("Log lines dropped because the queue to the writer was full.")
                                .Register(impl_->registry)
                                .Add({});
}

metrics& metrics::instance() {
    static metrics the_registry;
    return the_registry;
}

counter metrics::get_counter(const std::string& name, const std::string& help, const labels& l) {
    counter result;
    result.handle_ =
        &prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry).Add(l);
    return result;
}

gauge metrics::get_gauge(const std::string& name, const std::string& help, const labels& l) {
    gauge result;
    result.handle_ =
        &prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry).Add(l);
    return result;
}

histogram metrics::get_histogram(
    const std::string& name,
    const std::string& help,
    const std::vector<double>& buckets,
    const labels& l
) {
    histogram result;
    result.handle_ = &prometheus::BuildHistogram()
                          .Name(name)
                          .Help(help)
                          .Register(impl_->registry)
                          .Add(l, buckets);
    return result;
}

std::string metrics::to_text() const {
    {
        // The logger counts for itself; the counter catches up when somebody looks.
        const std::lock_guard lock(impl_->scrape);
        const auto dropped = static_cast<double>(dropped_log_lines());
        impl_->dropped_lines->Increment(dropped - impl_->dropped_lines->Value());
    }
    return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace sluice::observe
