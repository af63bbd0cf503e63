// A form from a stranger: however its bytes are cut, the same parts come out, nothing but the bytes
// between two delimiters is data, and what is held stays bounded.
#include "sluice/http/multipart.hpp"

#include "fuzz.hpp"

#include <vector>

using namespace sluice;

namespace {

struct outcome {
    std::string parts;  // names, files and data, in order
    bool is_refused = false;
    bool is_complete = false;
};

outcome read_all(std::string_view boundary, std::string_view body, std::size_t piece) {
    outcome out;
    http::multipart_parser parser(boundary);
    while (!body.empty() && !out.is_refused) {
        parser.feed(body.substr(0, piece));
        body.remove_prefix(std::min(piece, body.size()));
        for (;;) {
            auto event = parser.next();
            if (!event) {
                out.is_refused = true;
                break;
            }
            if (!*event) break;
            const auto& e = **event;
            if (e.what == http::multipart_event::kind::part) {
                fuzz::require(!e.header.name.empty());
                out.parts += "<" + e.header.name + "|" + e.header.file_name.value_or("-") + "|" +
                             e.header.content_type + ">";
            } else if (e.what == http::multipart_event::kind::data) {
                fuzz::require(!e.data.empty());
                out.parts += e.data;
            } else {
                out.parts += "\n";
            }
        }
    }
    out.is_complete = parser.is_complete();
    return out;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    const std::size_t piece = 1 + in.byte();
    const std::string body(in.text());
    const outcome whole = read_all("b", body, body.size() + 1);
    const outcome cut = read_all("b", body, piece);
    // A refusal may come before or after other events, so only good bodies are compared in full.
    fuzz::require(whole.is_complete == cut.is_complete || whole.is_refused || cut.is_refused);
    if (!whole.is_refused && !cut.is_refused) fuzz::require(whole.parts == cut.parts);
    const std::string type = "multipart/form-data; boundary=" + body.substr(0, 100);
    if (const auto boundary = http::multipart_boundary(type)) {
        fuzz::require(!boundary->empty() && boundary->size() <= 70);
    }
    return 0;
}
