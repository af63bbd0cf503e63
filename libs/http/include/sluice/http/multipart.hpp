// multipart/form-data (RFC 7578 over RFC 2046), read incrementally: bytes go in as they come,
// events come out, and what is held in between is bounded however the bytes are cut. It knows no
// HTTP and waits for nothing.
#pragma once

#include "sluice/core/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sluice::http {

struct part_header {
    std::string name;
    std::optional<std::string> file_name;  // as sent: any bytes but CR, LF and NUL
    std::string content_type;              // empty when not said
};

struct multipart_event {
    enum class kind { part, data, part_end, end };
    kind what = kind::end;
    part_header header;  // with part
    std::string data;    // with data; never empty
};

struct multipart_bounds {
    std::size_t preamble = 4096;  // text before the first boundary, which nobody sends
    std::size_t header = 8192;    // of one part
    std::size_t header_lines = 16;
    std::size_t parts = 64;
};

class multipart_parser {
public:
    explicit multipart_parser(std::string_view boundary, multipart_bounds bounds = {});

    void feed(std::string_view bytes);
    // nullopt: more bytes are needed. After `end`, what else is fed is dropped. errc::invalid with
    // a sentence for the client; then nothing comes any more.
    result<std::optional<multipart_event>> next();
    // False at the end of the bytes: they were cut off.
    bool is_complete() const { return state_ == state::done; }

private:
    enum class state { preamble, delimiter, header, data, done };

    result<std::optional<multipart_event>> skip_preamble();
    result<std::optional<multipart_event>> read_delimiter();
    result<std::optional<multipart_event>> read_header();
    result<std::optional<multipart_event>> read_data();
    void drop(std::size_t count);

    std::string delimiter_;  // CR LF, two hyphens, the boundary
    multipart_bounds bounds_;
    state state_ = state::preamble;
    std::string buffer_;
    std::size_t at_ = 0;  // what is before it in the buffer is used up
    std::size_t parts_ = 0;
    bool is_in_part_ = false;
};

// The boundary of a Content-Type that is multipart/form-data; nullopt: it is not, or has no
// boundary of 1 to 70 allowed characters.
std::optional<std::string> multipart_boundary(std::string_view content_type);

}  // namespace sluice::http
