// Forms: what their parts are, however the bytes are cut, and what is refused.
#include "sluice/http/multipart.hpp"

#include <catch2/catch.hpp>

namespace sluice::http {
namespace {

struct seen_part {
    part_header header;
    std::string data;
};

struct seen_form {
    std::vector<seen_part> parts;
    std::string refusal;
    bool is_complete = false;
};

seen_form read_form(const std::string& body, std::size_t piece, multipart_bounds bounds = {}) {
    seen_form out;
    multipart_parser parser("b", bounds);
    for (std::size_t at = 0; at < body.size(); at += piece) {
        parser.feed(std::string_view(body).substr(at, piece));
        for (;;) {
            auto event = parser.next();
            if (!event) {
                out.refusal = event.error().detail;
                return out;
            }
            if (!*event) break;
            if ((*event)->what == multipart_event::kind::part) {
                out.parts.push_back({(*event)->header, ""});
            } else if ((*event)->what == multipart_event::kind::data) {
                out.parts.back().data += (*event)->data;
            }
        }
    }
    out.is_complete = parser.is_complete();
    return out;
}

std::string part(const std::string& disposition, const std::string& data) {
    return "--b\r\nContent-Disposition: " + disposition + "\r\n\r\n" + data + "\r\n";
}

std::string refusal_of(const std::string& body) {
    return read_form(body, 7).refusal;
}

}  // namespace

TEST_CASE("a form gives the same parts however its bytes are cut") {
    // Data that looks like a delimiter for as long as it can.
    const std::string tricky = "\r\n--\r\n-\r\n--\r\r\n--c\r\n--";
    const std::string body = part("form-data; name=\"language\"", "python3") +
                             part("form-data; name=\"file\"; filename=\"a.py\"", tricky) +
                             "--b--\r\n";
    for (std::size_t piece = 1; piece <= body.size(); ++piece) {
        INFO(piece);
        const auto form = read_form(body, piece);
        REQUIRE(form.refusal.empty());
        REQUIRE(form.is_complete);
        REQUIRE(form.parts.size() == 2);
        CHECK(form.parts[0].data == "python3");
        CHECK_FALSE(form.parts[0].header.file_name);
        CHECK(form.parts[1].header.file_name == "a.py");
        CHECK(form.parts[1].data == tricky);
    }
}

TEST_CASE("an empty part is empty, with and without its own line end") {
    const std::string head = "--b\r\nContent-Disposition: form-data; name=x\r\n\r\n";
    for (const std::string& body : {head + "\r\n--b--", head + "--b--"}) {
        const auto form = read_form(body, 5);
        REQUIRE(form.parts.size() == 1);
        CHECK(form.parts[0].data.empty());
        CHECK(form.is_complete);
    }
}

TEST_CASE("a body without its closing boundary is not complete") {
    const auto form = read_form(part("form-data; name=x", "1"), 100);
    CHECK(form.refusal.empty());
    CHECK_FALSE(form.is_complete);
}

TEST_CASE("a part's own length is not believed") {
    const auto form = read_form(
        "--b\r\nContent-Disposition: form-data; name=x\r\nContent-Length: "
        "99999\r\n\r\nabc\r\n--b--",
        3
    );
    REQUIRE(form.parts.size() == 1);
    CHECK(form.parts[0].data == "abc");
}

TEST_CASE("quoted file names are unescaped, and a backslash of a path stays") {
    const auto form = read_form(
        part(R"(form-data; name="x"; filename="a\"b\\c.py")", "") +
            part(R"(form-data; name="y"; filename="C:\new\x.py")", "") + "--b--",
        9
    );
    REQUIRE(form.parts.size() == 2);
    CHECK(form.parts[0].header.file_name == "a\"b\\c.py");
    CHECK(form.parts[1].header.file_name == "C:\\new\\x.py");
}

TEST_CASE("what is no form is refused in words") {
    CHECK(refusal_of(std::string(5000, 'x')).find("begin with its boundary") != std::string::npos);
    CHECK_FALSE(refusal_of("--bx\r\n").empty());
    CHECK_FALSE(refusal_of("--b\r\n\r\ndata\r\n--b--").empty());
    CHECK_FALSE(refusal_of("--b\r\nno colon\r\n\r\n").empty());
    CHECK_FALSE(refusal_of(part("attachment; name=x", "1")).empty());
    CHECK_FALSE(refusal_of(part("form-data", "1")).empty());
    CHECK_FALSE(refusal_of(part("form-data; name=\"x", "1")).empty());
    CHECK_FALSE(refusal_of(part("form-data; name=x; name=y", "1")).empty());
    CHECK_FALSE(refusal_of(part("form-data; name=x; filename=a; filename=b", "1")).empty());
    CHECK_FALSE(
        refusal_of("--b\r\nContent-Disposition: form-data; name=\"a\nb\"\r\n\r\n1\r\n--b--").empty()
    );
    CHECK_FALSE(refusal_of("--b\r\nContent-Disposition: form-data; name=x\r\n"
                           "Content-Transfer-Encoding: base64\r\n\r\nMQ==\r\n--b--")
                    .empty());
}

TEST_CASE("headers, their lines and the number of parts are bounded") {
    CHECK(refusal_of("--b\r\nX: " + std::string(9000, 'x')).find("too large") != std::string::npos);
    std::string lines;
    for (int i = 0; i < 17; ++i)
        lines += "X: 1\r\n";
    CHECK(refusal_of("--b\r\n" + lines + "\r\n").find("too many") != std::string::npos);
    std::string parts;
    for (int i = 0; i < 65; ++i)
        parts += part("form-data; name=x", "");
    CHECK(refusal_of(parts).find("too many parts") != std::string::npos);
    CHECK_FALSE(refusal_of("--b" + std::string(300, ' ')).empty());
}

TEST_CASE("a boundary is found in its header, quoted or not") {
    CHECK(multipart_boundary("multipart/form-data; boundary=abc") == "abc");
    CHECK(multipart_boundary("Multipart/Form-Data; charset=utf-8; Boundary=\"a b:c\"") == "a b:c");
    CHECK_FALSE(multipart_boundary("multipart/form-data"));
    CHECK_FALSE(multipart_boundary("multipart/mixed; boundary=abc"));
    CHECK_FALSE(multipart_boundary("multipart/form-data; boundary="));
    CHECK_FALSE(multipart_boundary("multipart/form-data; boundary=\"a\r\nb\""));
    CHECK_FALSE(multipart_boundary("multipart/form-data; boundary=" + std::string(71, 'x')));
}

}  // namespace sluice::http
