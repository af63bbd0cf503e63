// A mail as its reader's program sees it, and what a user may not put into one.
#include "mail_message.hpp"

#include "mail_channel.hpp"
#include "webhook_rules.hpp"

#include "sluice/messages/json.hpp"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::notification;

namespace {

mail_envelope envelope() {
    mail_envelope e;
    e.from = "Sluice <sluice@example.org>";
    e.to = "ada@example.com";
    e.message_id = "0193-1@example.org";
    e.at = from_unix_ms(1'763'767'512'000);
    return e;
}

std::vector<std::string> lines_of(const std::string& bytes) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t end = bytes.find("\r\n", at);
        if (end == std::string::npos) return out;
        out.push_back(bytes.substr(at, end - at));
        at = end + 2;
    }
    return out;
}

std::string decoded_word(const std::string& word) {
    return messages::base64_decode(word.substr(10, word.size() - 12)).value_or("?");
}

bool has(const std::string& text, std::string_view what) {
    return text.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("a mail has the headers that mail wants, once each") {
    mail_content c;
    c.subject = "Your python3 submission: accepted";
    const auto lines = lines_of(mail_bytes(envelope(), c));
    const std::vector<std::string> expected{
        "From: Sluice <sluice@example.org>",
        "To: ada@example.com",
        "Subject: Your python3 submission: accepted",
        "Date: Fri, 21 Nov 2025 23:25:12 +0000",
        "Message-ID: <0193-1@example.org>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        "Content-Type: multipart/alternative; boundary=\"sluice-0193-1\"",
        ""};
    REQUIRE(lines.size() > expected.size());
    CHECK(std::vector<std::string>(lines.begin(), lines.begin() + 9) == expected);
}

TEST_CASE("a mail is ASCII in short lines, whatever the program wrote") {
    mail_content c;
    c.subject = "ü";
    c.outputs.emplace_back("Output", std::string(5000, 'x') + "\n.\nÄ€😀\n--sluice-0193-1--\n");
    const std::string bytes = mail_bytes(envelope(), c);
    for (const auto& line : lines_of(bytes)) {
        CHECK(line.size() <= 78);
        for (const char ch : line)
            CHECK((ch >= 0x20 && ch < 0x7f));
    }
    std::size_t ends = 0;
    for (std::size_t at = bytes.find("--sluice-0193-1--"); at != std::string::npos;
         at = bytes.find("--sluice-0193-1--", at + 1))
        ++ends;
    CHECK(ends == 1);
}

TEST_CASE("a subject cannot bring a header of its own") {
    mail_content c;
    c.subject = "hello\r\nBcc: eve@example.com\nX: y";
    for (const auto& line : lines_of(mail_bytes(envelope(), c)))
        CHECK_FALSE(line.starts_with("Bcc"));
}

TEST_CASE("a subject beyond ASCII is made of encoded words that hold whole characters") {
    const std::string text = "Ergebnis für größte Zahl: 😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀";
    const std::string header = encoded_header(text);
    std::string all;
    std::size_t at = 0;
    while (at < header.size()) {
        const std::size_t end = std::min(header.find("\r\n ", at), header.size());
        const std::string word = header.substr(at, end - at);
        CHECK(word.size() <= 75);
        CHECK(messages::is_valid_utf8(decoded_word(word)));
        all += decoded_word(word);
        at = end + 3;
    }
    CHECK(all == text);
}

TEST_CASE("what looks like an encoded word is encoded") {
    CHECK(decoded_word(encoded_header("=?UTF-8?B?eA==?=")) == "=?UTF-8?B?eA==?=");
}

TEST_CASE("an address is one that can neither end a header nor a command") {
    CHECK(mail_address("ada@example.com") == "ada@example.com");
    CHECK(mail_address("Ada L. <ada@example.com>") == "ada@example.com");
    for (const char* no :
         {"",
          "ada",
          "@b",
          "a@",
          "a@b@c",
          "a b@c",
          "a@b\r\nDATA",
          "a@b>",
          "<a@b",
          "a@b,c@d",
          "ä@b",
          "-oQ/tmp@b",
          "\"a\"@b"}) {
        INFO(no);
        CHECK_FALSE(mail_address(no).has_value());
    }
    CHECK_FALSE(mail_address(std::string(250, 'a') + "@b.de").has_value());
}

TEST_CASE("a sender's name is encoded when it is more than letters") {
    auto e = envelope();
    e.from = "Grüße, \"x\" <sluice@example.org>";
    const auto lines = lines_of(mail_bytes(e, mail_content{}));
    CHECK(lines[0].starts_with("From: =?UTF-8?B?"));
    CHECK(lines[0].ends_with("?= <sluice@example.org>"));
}

TEST_CASE("program output is shown as text and never as HTML") {
    mail_content c;
    c.subject = "s";
    c.outputs.emplace_back("Output", "<script>alert('&')</script>");
    const std::string html = html_part(c);
    CHECK_FALSE(has(html, "<script>"));
    CHECK(has(html, "&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;"));
    CHECK(has(text_part(c), "<script>alert('&')</script>"));
}

TEST_CASE("output is shortened at a whole character, and what is missing is said") {
    const std::string text = shortened_text("aäöü", 4);
    CHECK(text == "aä\n… (4 more bytes)\n");
    CHECK(shortened_text("abc", 3) == "abc");
}

TEST_CASE("bytes that are no text are shown as replaced") {
    const std::string shown = shortened_text(std::string("a\0b\xff\x1b[31mc", 9), 100);
    CHECK(messages::is_valid_utf8(shown));
    CHECK_FALSE(has(shown, "\x1b"));
    CHECK_FALSE(has(shown, std::string_view("\0", 1)));
}

TEST_CASE("a submission's mail says what came of it, with its output and a link") {
    stored_result s;
    s.value.id = submission_id(uuid::random_v4());
    s.value.language = "python3";
    s.value.status = domain::status::runtime_error;
    s.value.stdout_bytes = std::string(10'000, 'o');
    s.value.stderr_bytes = "Traceback";
    s.value.cpu_us = 12'345;
    mail_texts t;
    t.public_url = "https://code.example.org/";
    t.max_output = 100;
    const auto c = mail_of(s, t);
    CHECK(c.subject == "Your python3 submission: runtime_error");
    CHECK(c.link == "https://code.example.org/api/v1/submissions/" + s.value.id.to_string());
    const std::string text = text_part(c);
    CHECK(has(text, "Processor time: 12 ms"));
    CHECK(has(text, "Traceback"));
    CHECK(has(text, "(9900 more bytes)"));
    CHECK(text.size() < 1000);
}

TEST_CASE("a batch's mail counts what came of its submissions") {
    domain::batch_view b;
    b.size = 3;
    b.counts[domain::status::accepted] = 2;
    b.counts[domain::status::time_limit] = 1;
    const auto c = mail_of(b, mail_texts{});
    CHECK(c.subject == "Your batch of 3 submissions is done");
    CHECK(has(text_part(c), "accepted: 2\n"));
    CHECK(has(text_part(c), "time_limit: 1\n"));
    CHECK(c.link.empty());
}

TEST_CASE("what a server refuses for good is not sent again") {
    webhook_delivery d;
    d.tries = 1;
    webhook_answer a;
    a.http_status = 550;
    a.error = "no such mailbox";
    a.is_final = true;
    CHECK(judge(d, a, webhook_retries{}, d.since, 0).what == webhook_verdict::kind::failed);
    a.is_final = false;
    CHECK(judge(d, a, webhook_retries{}, d.since, 0).what == webhook_verdict::kind::again);
}
