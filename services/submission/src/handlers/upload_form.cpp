// See upload_form.hpp. The first mistake ends the reading: what a client has yet to send is not
// worth waiting for.
#include "upload_form.hpp"

#include "answers.hpp"

#include "sluice/domain/validation.hpp"
#include "sluice/http/multipart.hpp"

#include <algorithm>

namespace sluice::submission {
namespace {

// Boundaries and headers of parts.
constexpr std::int64_t form_overhead = std::int64_t{64} << 10;

constexpr std::size_t max_type_bytes = 128;

constexpr const char* upload_name_rule =
    "1 to 255 bytes of valid UTF-8, no path, no control characters";

bool is_upload_name(const std::string& name) {
    return name.find('/') == std::string::npos && domain::is_safe_file_name(name) &&
           messages::is_valid_utf8(name);
}

rejection body_failure(const error& e) {
    if (e == errc::timeout) return reject("request_timeout", "the body did not arrive in time");
    if (e == errc::overloaded) return reject("payload_too_large", "the body is above the limit");
    return reject("invalid_request", "the body is not well-formed: " + e.detail);
}

rejection bad_form(std::string why) {
    return reject("invalid_request", "the form is not well-formed: " + std::move(why));
}

// The parts as they come.
class form_reading {
public:
    form_reading(observe::context ctx, upload_ports& p, quota_subject who, form_rules rules)
        : ctx_(std::move(ctx)), ports_(p), who_(std::move(who)), rules_(std::move(rules)) {}

    received_form form;

    awaitable<outcome<void>> take(http::multipart_event event) {
        switch (event.what) {
            case http::multipart_event::kind::part:
                co_return co_await begin_part(std::move(event.header));
            case http::multipart_event::kind::data:
                co_return co_await take_data(std::move(event.data));
            case http::multipart_event::kind::part_end:
                text_ = nullptr;
                is_in_file_ = false;
                break;
            case http::multipart_event::kind::end:
                break;
        }
        co_return outcome<void>();
    }

private:
    awaitable<outcome<void>> begin_part(http::part_header header) {
        if (!rules_.file.empty() && header.name == rules_.file) {
            co_return co_await begin_file(std::move(header));
        }
        const auto known = std::ranges::find(rules_.texts, header.name, &form_text_field::name);
        if (known == rules_.texts.end()) {
            if (rules_.ignores_others) co_return outcome<void>();
            co_return wrong_part(header.name, "unknown_field", "there is no such field", "");
        }
        const auto [place, is_new] = form.texts.try_emplace(header.name);
        if (!is_new) co_return wrong_part(header.name, "not_allowed", "is given twice", "once");
        text_ = &place->second;
        field_ = *known;
        co_return outcome<void>();
    }

    awaitable<outcome<void>> begin_file(http::part_header header) {
        const std::string field(rules_.file);
        if (form.file) co_return wrong_part(field, "not_allowed", "is given twice", "one file");
        const std::string name = header.file_name.value_or("");
        if (name.empty()) {
            co_return wrong_part(field, "required", "has no file name", upload_name_rule);
        }
        if (!is_upload_name(name)) {
            co_return wrong_part(
                field,
                "not_allowed",
                "has a file name that is not allowed",
                upload_name_rule
            );
        }
        form.file_name = name;
        // Only ever shown to its owner: what is no type may be left out.
        if (header.content_type.size() <= max_type_bytes &&
            messages::is_valid_utf8(header.content_type)) {
            form.content_type = header.content_type;
        }
        form.file = std::make_unique<upload_intake>(ctx_, ports_, who_);
        is_in_file_ = true;
        co_return co_await form.file->begin();
    }

    awaitable<outcome<void>> take_data(std::string bytes) {
        if (is_in_file_) co_return co_await form.file->write(std::move(bytes));
        if (text_ == nullptr) co_return outcome<void>();
        if (text_->size() + bytes.size() > field_.max_bytes) {
            co_return wrong_part(
                std::string(field_.name),
                "too_large",
                "is too long",
                "at most " + std::to_string(field_.max_bytes) + " bytes"
            );
        }
        *text_ += bytes;
        co_return outcome<void>();
    }

    static rejection
    wrong_part(std::string field, std::string code, std::string why, std::string allowed) {
        const bool is_shape = code == "unknown_field";
        rejection no = reject(
            is_shape ? "invalid_request" : "invalid_field",
            "a field of the form is not acceptable"
        );
        if (!messages::is_valid_utf8(field)) field = "?";
        no.problems.push_back(
            {std::move(field), std::move(code), std::move(why), std::move(allowed)}
        );
        return no;
    }

    observe::context ctx_;
    upload_ports& ports_;
    quota_subject who_;
    form_rules rules_;
    std::string* text_ = nullptr;  // of the text field that comes
    form_text_field field_;
    bool is_in_file_ = false;
};

awaitable<outcome<void>>
read_form(form_reading& reading, http::body_reader& body, std::string boundary, deadline until) {
    http::multipart_parser parser(boundary);
    for (;;) {
        const auto piece = co_await body.read();
        if (!piece) co_return body_failure(piece.error());
        if (piece->empty()) break;
        if (until.has_passed()) co_return reject("request_timeout", "the upload takes too long");
        parser.feed(*piece);
        for (;;) {
            auto event = parser.next();
            if (!event) co_return bad_form(event.error().detail);
            if (!*event) break;
            auto taken = co_await reading.take(std::move(**event));
            if (!taken) co_return taken.error();
        }
    }
    if (!parser.is_complete()) co_return bad_form("it ends before its closing boundary");
    co_return outcome<void>();
}

}  // namespace

awaitable<outcome<received_form>>
receive_form(observe::context ctx, upload_ports& p, http::request request, form_rules rules) {
    auto boundary = http::multipart_boundary(request.headers.get("Content-Type"));
    if (!boundary) {
        co_return reject(
            "unsupported_media_type",
            "the body must be sent as Content-Type: multipart/form-data with a boundary"
        );
    }
    const auto size = request.body_stream->size();
    std::int64_t most = p.rules.max_bytes + form_overhead;
    for (const form_text_field& text : rules.texts)
        most += static_cast<std::int64_t>(text.max_bytes);
    if (size && *size > static_cast<std::uint64_t>(most)) {
        co_return upload_too_large(p.rules.max_bytes);
    }
    form_reading reading(ctx, p, quota_subject_of(request), std::move(rules));
    const deadline until = deadline::in(p.rules.timeout);
    auto done = co_await read_form(reading, *request.body_stream, std::move(*boundary), until);
    if (done) co_return std::move(reading.form);
    if (reading.form.file) co_await reading.form.file->abandon();
    co_return std::move(done).error();
}

awaitable<outcome<upload>> keep_file(received_form& form, std::string language) {
    upload described;
    described.language = std::move(language);
    described.name = std::move(form.file_name);
    described.content_type = std::move(form.content_type);
    if (described.content_type.empty()) described.content_type = "application/octet-stream";
    co_return co_await form.file->keep(std::move(described));
}

}  // namespace sluice::submission
