// Metrics: handles, identity, and the text form.
#include "sluice/observe/metrics.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using sluice::observe::metrics;

TEST_CASE("asking again for a name and labels gives the same metric") {
    auto& m = metrics::instance();
    m.get_counter("sluice_test_things_total", "Things.", {{"kind", "a"}}).increment();
    m.get_counter("sluice_test_things_total", "Things.", {{"kind", "a"}}).increment(2);
    m.get_counter("sluice_test_things_total", "Things.", {{"kind", "b"}}).increment();
    CHECK(m.get_counter("sluice_test_things_total", "Things.", {{"kind", "a"}}).value() == 3);
    CHECK_THAT(m.to_text(), Catch::Contains("sluice_test_things_total{kind=\"a\"} 3"));
    CHECK_THAT(m.to_text(), Catch::Contains("sluice_test_things_total{kind=\"b\"} 1"));
}

TEST_CASE("a gauge goes up and down") {
    auto gauge = metrics::instance().get_gauge("sluice_test_depth", "Depth.");
    gauge.set(5);
    gauge.add(-2);
    CHECK(gauge.value() == 3);
}

TEST_CASE("a histogram counts an observation in its bucket") {
    auto h = metrics::instance().get_histogram("sluice_test_seconds", "Time.", {0.1, 1});
    h.observe(0.5);
    const std::string text = metrics::instance().to_text();
    CHECK_THAT(text, Catch::Contains("sluice_test_seconds_bucket{le=\"0.1\"} 0"));
    CHECK_THAT(text, Catch::Contains("sluice_test_seconds_bucket{le=\"1\"} 1"));
}

TEST_CASE("a handle that was never given a metric does nothing") {
    sluice::observe::counter none;
    none.increment();
    CHECK(none.value() == 0);
}

TEST_CASE("bucket sets ascend") {
    for (const auto& set :
         {sluice::observe::seconds_buckets(),
          sluice::observe::wait_buckets(),
          sluice::observe::bytes_buckets()}) {
        CHECK(std::is_sorted(set.begin(), set.end()));
    }
    CHECK(sluice::observe::bytes_buckets().back() == 4.0 * (1 << 30));
}

TEST_CASE("dropped log lines are always exported") {
    CHECK_THAT(metrics::instance().to_text(), Catch::Contains("sluice_log_dropped_lines_total 0"));
}
