// Which pieces of output go out and when.
#include "output_coalescer.hpp"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::execution;
using domain::output_stream;
using std::chrono::milliseconds;

namespace {

const steady_time start{std::chrono::hours(1)};

std::vector<std::string> texts(const std::vector<domain::output_piece>& pieces) {
    std::vector<std::string> out;
    for (const auto& p : pieces)
        out.push_back((p.stream == output_stream::out ? "o:" : "e:") + p.data);
    return out;
}

using strings = std::vector<std::string>;

}  // namespace

TEST_CASE("nothing is due while nothing was printed") {
    output_coalescer c;
    CHECK_FALSE(c.due());
    CHECK_FALSE(c.has_sent());
}

TEST_CASE("the first output is held, and what comes meanwhile goes with it") {
    output_coalescer c;
    c.add(output_stream::out, "a", start);
    CHECK(c.due() == start + milliseconds(20));
    c.add(output_stream::out, "b", start + milliseconds(10));
    CHECK(c.due() == start + milliseconds(20));
    CHECK(texts(c.take(start + milliseconds(20))) == strings{"o:ab"});
    CHECK_FALSE(c.due());
}

TEST_CASE("output after a silence is due at once, more of it after a window") {
    output_coalescer c;
    c.add(output_stream::out, "a", start);
    c.take(start + milliseconds(20));
    const auto later = start + milliseconds(500);
    c.add(output_stream::out, "b", later);
    CHECK(c.due() == later);
    c.take(later);
    c.add(output_stream::out, "c", later + milliseconds(1));
    CHECK(c.due() == later + milliseconds(25));
}

TEST_CASE("the window grows in a flood and shrinks after it") {
    output_coalescer c;
    auto now = start;
    const std::string much(40'000, 'x');
    std::vector<std::int64_t> windows;
    for (int i = 0; i < 6; ++i) {
        c.add(output_stream::out, much, now);
        windows.push_back((*c.due() - now) / milliseconds(1));
        now = *c.due();
        c.take(now);
    }
    CHECK(windows == std::vector<std::int64_t>{20, 25, 50, 100, 200, 200});
    c.add(output_stream::out, "x", now + milliseconds(300));
    c.take(now + milliseconds(300));
    c.add(output_stream::out, "x", now + milliseconds(300));
    CHECK(*c.due() == now + milliseconds(325));
}

TEST_CASE("streams keep their order and are numbered together") {
    output_coalescer c;
    c.add(output_stream::out, "1", start);
    c.add(output_stream::err, "2", start);
    c.add(output_stream::err, "3", start);
    c.add(output_stream::out, "4", start);
    const auto pieces = c.take(start);
    CHECK(texts(pieces) == strings{"o:1", "e:23", "o:4"});
    CHECK(pieces[0].seq == 1);
    CHECK(pieces[2].seq == 3);
    CHECK(c.next_seq() == 4);
}

TEST_CASE("what waits is bounded, the oldest goes, and the next piece says so") {
    coalescing settings;
    settings.waiting_bytes = 10;
    output_coalescer c(settings);
    c.add(output_stream::out, "0123456789abcde", start);
    const auto pieces = c.take(start);
    REQUIRE(pieces.size() == 1);
    CHECK(pieces[0].data == "56789abcde");
    CHECK(pieces[0].seq == 2);
    CHECK(pieces[0].skipped == 1);
    c.add(output_stream::out, "f", start);
    CHECK(c.take(start).front().skipped == 0);
}

TEST_CASE("a character that is cut by the bound goes as a whole") {
    coalescing settings;
    settings.waiting_bytes = 4;
    output_coalescer c(settings);
    c.add(
        output_stream::out,
        "\xe2\x82\xac"
        "abc",
        start
    );
    CHECK(texts(c.take(start)) == strings{"o:abc"});
}

TEST_CASE("pieces are cut between characters") {
    coalescing settings;
    settings.piece_bytes = 4;
    output_coalescer c(settings);
    c.add(
        output_stream::out,
        "ab\xe2\x82\xac"
        "cd",
        start
    );
    CHECK(
        texts(c.take(start)) ==
        strings{
            "o:ab",
            "o:\xe2\x82\xac"
            "c",
            "o:d"}
    );
}

TEST_CASE("the begin of a character waits for its end, for each stream on its own") {
    output_coalescer c;
    c.add(output_stream::out, "a\xf0\x9f", start);
    c.add(output_stream::err, "e\xc3", start);
    CHECK(texts(c.take(start)) == strings{"o:a", "e:e"});
    c.add(output_stream::err, "\xa9", start);
    c.add(output_stream::out, "\x98\x80", start);
    CHECK(texts(c.take(start)) == strings{"e:\xc3\xa9", "o:\xf0\x9f\x98\x80"});
}

TEST_CASE("the begin of a character that is never completed goes out in the end") {
    output_coalescer c;
    c.add(output_stream::out, "\xe2", start);
    REQUIRE(c.due());
    CHECK(texts(c.take(*c.due())) == strings{"o:\xe2"});
    c.add(output_stream::out, "z\xe2\x82", start);
    CHECK(texts(c.take(start, true)) == strings{"o:z\xe2\x82"});
}

TEST_CASE("bytes that are no text pass as they are") {
    output_coalescer c;
    const std::string bytes("\xff\xfe\0\x80\xc0", 5);
    c.add(output_stream::out, bytes, start);
    const auto pieces = c.take(start);
    REQUIRE(pieces.size() == 1);
    CHECK(pieces[0].data == bytes);
}

TEST_CASE("every cut of a text into reads gives the same text") {
    const std::string text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z\xff!";
    for (std::size_t step = 1; step <= text.size(); ++step) {
        output_coalescer c;
        std::string whole;
        steady_time now = start;
        for (std::size_t at = 0; at < text.size(); at += step) {
            c.add(output_stream::out, std::string_view(text).substr(at, step), now);
            now += std::chrono::milliseconds(30);  // the rest of a character comes in time
            const bool is_last = at + step >= text.size();
            if (!is_last && (!c.due() || *c.due() > now)) continue;
            for (const auto& p : c.take(now, is_last)) {
                whole += p.data;
                if (p.data.find('\xff') == std::string::npos) CHECK(incomplete_tail(p.data) == 0);
            }
        }
        CHECK(whole == text);
    }
}
