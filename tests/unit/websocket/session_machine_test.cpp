// Every event once and in order, however replay and live interleave.
#include "session_machine.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::websocket;

namespace {

const wall_time now = from_unix_ms(1'700'000'000'000);

stored_event event(std::uint64_t ms) {
    return {stream_id{ms, 0}, std::make_shared<const std::string>(std::to_string(ms))};
}
std::vector<stored_event> events(std::initializer_list<std::uint64_t> ids) {
    std::vector<stored_event> out;
    for (const auto ms : ids)
        out.push_back(event(ms));
    return out;
}
std::vector<std::string> texts(const std::vector<action>& actions) {
    std::vector<std::string> out;
    for (const auto& a : actions)
        out.push_back(*std::get<send_text>(a).text);
    return out;
}
using strings = std::vector<std::string>;

session_machine live_from(std::uint64_t ms) {
    session_machine m(stream_id{ms, 0}, 4);
    m.on_page({}, true);
    return m;
}

}  // namespace

TEST_CASE("a new session replays before it is live") {
    session_machine m(stream_id{5, 0}, 4);
    CHECK(m.is_replaying());
    CHECK(texts(m.on_page(events({6, 7}), true)) == strings{"6", "7"});
    CHECK_FALSE(m.is_replaying());
    CHECK(m.position() == stream_id{7, 0});
}

TEST_CASE("a page that is not the last leaves the session replaying") {
    session_machine m(stream_id{0, 0}, 4);
    m.on_page(events({1, 2}), false);
    CHECK(m.is_replaying());
    CHECK(m.position() == stream_id{2, 0});
}

TEST_CASE("live events during a replay are sent after it, without those that it had") {
    session_machine m(stream_id{0, 0}, 4);
    CHECK(m.on_live(event(2)).empty());
    CHECK(m.on_live(event(3)).empty());
    CHECK(texts(m.on_page(events({1, 2}), true)) == strings{"1", "2", "3"});
}

TEST_CASE("a live event is sent at once") {
    auto m = live_from(5);
    CHECK(texts(m.on_live(event(6))) == strings{"6"});
}

TEST_CASE("an event that was sent is not sent again") {
    auto m = live_from(5);
    m.on_live(event(6));
    CHECK(m.on_live(event(6)).empty());
    CHECK(m.on_live(event(4)).empty());
}

TEST_CASE("more live events than may be kept make the session replay once more") {
    session_machine m(stream_id{0, 0}, 4);
    for (std::uint64_t ms = 10; ms < 16; ++ms)
        m.on_live(event(ms));
    CHECK(texts(m.on_page(events({9}), true)) == strings{"9"});
    CHECK(m.is_replaying());
    CHECK(
        texts(m.on_page(events({10, 11, 12, 13, 14, 15}), true)) ==
        strings{"10", "11", "12", "13", "14", "15"}
    );
    CHECK_FALSE(m.is_replaying());
}

TEST_CASE("a gap makes a live session replay from the last event that it sent") {
    auto m = live_from(5);
    m.on_live(event(6));
    m.on_gap();
    CHECK(m.is_replaying());
    CHECK(m.position() == stream_id{6, 0});
    CHECK(m.on_live(event(9)).empty());
    CHECK(texts(m.on_page(events({7, 8, 9}), true)) == strings{"7", "8", "9"});
}

TEST_CASE("a gap during a replay makes it go round once more") {
    session_machine m(stream_id{0, 0}, 4);
    m.on_gap();
    CHECK(texts(m.on_page(events({1}), true)) == strings{"1"});
    CHECK(m.is_replaying());
    CHECK(texts(m.on_page(events({2}), true)) == strings{"2"});
    CHECK_FALSE(m.is_replaying());
}

TEST_CASE("every interleaving of pages and live events sends each event once and in order") {
    // Events 1 to 6; live delivery starts at `live_from`, the replay reads pages of two, and the
    // live events arrive in one go before page `when`.
    for (std::uint64_t first_live = 1; first_live <= 6; ++first_live) {
        for (std::size_t when = 0; when < 4; ++when) {
            for (const std::size_t bound : {1U, 2U, 8U}) {
                session_machine m(stream_id{0, 0}, bound);
                strings sent;
                const auto add = [&](const std::vector<action>& a) {
                    for (auto& t : texts(a))
                        sent.push_back(t);
                };
                for (std::size_t page = 0; page < 12; ++page) {
                    if (page == when) {
                        for (std::uint64_t ms = first_live; ms <= 6; ++ms)
                            add(m.on_live(event(ms)));
                    }
                    if (!m.is_replaying()) continue;
                    std::vector<stored_event> read;
                    for (std::uint64_t ms = m.position().ms + 1; ms <= 6 && read.size() < 2; ++ms)
                        read.push_back(event(ms));
                    const bool is_last = read.size() < 2;
                    add(m.on_page(std::move(read), is_last));
                }
                INFO("live from " << first_live << " before page " << when << " bound " << bound);
                CHECK(sent == strings{"1", "2", "3", "4", "5", "6"});
                CHECK_FALSE(m.is_replaying());
            }
        }
    }
}

TEST_CASE("a ping is acked") {
    auto m = live_from(0);
    const auto out =
        texts(m.on_client_frame(parse_client_frame(R"({"type":"ping","request_id":"1"})"), now));
    REQUIRE(out.size() == 1);
    const auto frame = nlohmann::json::parse(out[0]);
    CHECK(frame["type"] == "ack");
    CHECK(frame["data"]["request_id"] == "1");
}

TEST_CASE("an unknown type is an error and no disconnect") {
    auto m = live_from(0);
    const auto out = texts(m.on_client_frame(parse_client_frame(R"({"type":"dance"})"), now));
    REQUIRE(out.size() == 1);
    CHECK(nlohmann::json::parse(out[0])["data"]["code"] == "unknown_type");
}

TEST_CASE("text that is not JSON closes with 1007") {
    auto m = live_from(0);
    const auto out = m.on_client_frame(parse_client_frame("hello"), now);
    REQUIRE(out.size() == 1);
    CHECK(std::get<close_with>(out[0]).code == ws::close_code::invalid_payload);
}
