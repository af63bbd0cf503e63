// The pure parts of adapters.
#include "adapters/redis_tickets.hpp"
#include "adapters/redis_workers.hpp"
#include "outbox_level.hpp"

#include "sluice/messages/json.hpp"

#include <catch2/catch.hpp>

namespace sluice::submission {
namespace {

std::string report(std::string worker, std::string language, bool is_available) {
    messages::worker_report r;
    r.worker_id = std::move(worker);
    r.slots = 2;
    domain::language_availability a;
    a.id = std::move(language);
    a.is_available = is_available;
    a.version = is_available ? "1.0" : "";
    r.languages.push_back(a);
    return messages::encode_worker_report(r);
}

observe::gauge some_gauge() {
    return observe::metrics::instance().get_gauge("sluice_test_outbox_pending", "for a test");
}

}  // namespace

TEST_CASE("one worker that has a language beats those that have not") {
    const auto known = combine_reports(
        {report("a", "go", false), report("b", "go", true), report("c", "go", false)}
    );
    REQUIRE(known.find("go") != nullptr);
    CHECK(known.find("go")->is_available);
    CHECK(known.find("rust") == nullptr);
}

TEST_CASE("reports that do not decode count for nothing") {
    CHECK_FALSE(combine_reports({"", "{}", "not json"}).is_known);
    CHECK(combine_reports({"not json", report("a", "go", true)}).is_known);
}

TEST_CASE("tickets are long, URL-safe and never alike") {
    system_ids ids;
    const std::string one = ids.next_ticket();
    CHECK(one.size() == 43);
    CHECK(one.find_first_of("+/=") == std::string::npos);
    CHECK(one != ids.next_ticket());
}

TEST_CASE("the outbox is full at its bound, and a count corrects what was added before it") {
    outbox_level level(3, some_gauge());
    level.publish_failed();
    level.publish_failed();
    CHECK_FALSE(level.is_full());
    level.publish_failed();
    CHECK(level.is_full());
    level.count_begins();
    level.publish_failed();  // while the count runs
    level.count_ended(0);
    CHECK(level.pending() == 1);
    CHECK_FALSE(level.is_full());
}

}  // namespace sluice::submission
