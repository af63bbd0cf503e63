// /api/v1/uploads. What was uploaded is answered as a download and never as something that a
// browser would show: it comes from the origin whose cookies sign people in.
#include "uploads.hpp"

#include "../use_cases/execute_upload.hpp"
#include "../use_cases/read_submission.hpp"
#include "answers.hpp"
#include "pages.hpp"
#include "upload_form.hpp"
#include "viewed_owner.hpp"

#include "sluice/core/digest.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

constexpr std::int64_t default_uploads_page = 20;
constexpr std::int64_t max_uploads_page = 100;
constexpr std::size_t content_piece = std::size_t{1} << 20;
constexpr std::size_t max_language_bytes = 64;

nlohmann::json upload_json(const upload& u) {
    const std::string self = "/api/v1/uploads/" + u.id.to_string();
    nlohmann::json out;
    out["id"] = u.id.to_string();
    out["name"] = u.name;
    out["size_bytes"] = u.size_bytes;
    out["sha256"] = to_hex(u.sha256);
    out["content_type"] = u.content_type;
    out["language"] = nullptr;
    if (!u.language.empty()) out["language"] = u.language;
    out["created_at"] = to_rfc3339(u.created_at);
    out["links"]["self"] = self;
    out["links"]["content"] = self + "/content";
    return out;
}

// {id} of the path; a malformed one is answered like an unknown one.
awaitable<outcome<upload>> find_upload(observe::context ctx, app_context& app, http::request q) {
    const auto given = q.params.find("id");
    const auto id = uuid::parse(given == q.params.end() ? "" : given->second);
    if (!id) co_return unknown_upload();
    auto found = co_await app.uploads->rows.read(viewed_user(q), *id);
    if (!found) co_return storage_away(ctx, found.error());
    if (!*found) co_return unknown_upload();
    co_return std::move(**found);
}

// RFC 6266: the name in UTF-8, percent-encoded.
std::string attachment(const std::string& name) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out = "attachment; filename*=UTF-8''";
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
        if (is_plain) {
            out += c;
        } else {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

awaitable<bool> send_content(
    observe::context ctx,
    upload_ports& uploads,
    upload what,
    std::string first,
    http::body_writer& to
) {
    std::int64_t sent = 0;
    for (std::string piece = std::move(first); !piece.empty();) {
        sent += static_cast<std::int64_t>(piece.size());
        if (!co_await to.write(std::move(piece))) co_return false;
        if (sent >= what.size_bytes) break;
        auto next = co_await uploads.blobs.read(what.blob, sent, content_piece);
        if (!next) {
            static_cast<void>(blobs_away(ctx, next.error()));
            co_return false;
        }
        piece = std::move(*next);
    }
    co_return sent == what.size_bytes;
}

}  // namespace

awaitable<http::response> store_upload(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    form_rules rules;
    rules.file = "file";
    rules.texts.push_back({"language", max_language_bytes});
    auto form = co_await receive_form(ctx, *app.uploads, std::move(request), std::move(rules));
    if (!form) co_return problem_of(form.error(), ctx);
    if (!form->file) {
        rejection no = reject("invalid_field", "the form has no file");
        no.problems.push_back({"file", "required", "is missing", "one file"});
        co_return problem_of(no, ctx);
    }
    std::string language = form->texts["language"];
    if (!language.empty()) {
        const auto* known = domain::find_language(app.p.languages, language);
        if (known == nullptr) {
            co_await form->file->abandon();
            const auto no = wrong_field("language", "is no language", "GET /api/v1/languages");
            co_return problem_of(no, ctx);
        }
        language = known->id;
    }
    const auto stored = co_await keep_file(*form, std::move(language));
    if (!stored) co_return problem_of(stored.error(), ctx);
    const auto body = upload_json(*stored);
    http::response answer = http::json_response(201, body.dump());
    answer.headers.set("Location", body["links"]["self"].get<std::string>());
    co_return answer;
}

awaitable<http::response> list_uploads(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto limit = read_number(request, "limit", 1, max_uploads_page, default_uploads_page);
    if (!limit) co_return problem_of(limit.error(), ctx);
    const auto before = read_cursor(request, parse_cursor);
    if (!before) co_return problem_of(before.error(), ctx);
    const auto size = static_cast<std::size_t>(*limit);
    auto found = co_await app.uploads->rows.list(viewed_user(request), *before, size + 1);
    if (!found) co_return problem_of(storage_away(ctx, found.error()), ctx);
    const auto next =
        cut_page(*found, size, [](const upload& last) { return make_cursor(last.id); });
    co_return http::json_response(200, page_of(*found, next, upload_json).dump());
}

awaitable<http::response> read_upload(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto found = co_await find_upload(ctx, app, std::move(request));
    if (!found) co_return problem_of(found.error(), ctx);
    co_return http::json_response(200, upload_json(*found).dump());
}

awaitable<http::response> read_upload_content(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto found = co_await find_upload(ctx, app, std::move(request));
    if (!found) co_return problem_of(found.error(), ctx);
    // The first piece is there before anything is promised.
    auto first = co_await app.uploads->blobs.read(found->blob, 0, content_piece);
    if (!first) co_return problem_of(blobs_away(ctx, first.error()), ctx);
    http::response answer;
    answer.headers.set("Content-Type", "application/octet-stream");
    answer.headers.set("Content-Disposition", attachment(found->name));
    answer.headers.set("X-Content-Type-Options", "nosniff");
    answer.headers.set("ETag", "\"" + to_hex(found->sha256) + "\"");
    if (static_cast<std::int64_t>(first->size()) == found->size_bytes) {
        answer.body = std::move(*first);
        co_return answer;
    }
    answer.stream = [ctx, &uploads = *app.uploads, what = *found, piece = std::move(*first)](
                        http::body_writer& to
                    ) { return send_content(ctx, uploads, what, piece, to); };
    co_return answer;
}

awaitable<http::response> delete_upload(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto found = co_await find_upload(ctx, app, std::move(request));
    if (!found) co_return problem_of(found.error(), ctx);
    const auto blob = co_await app.uploads->rows.remove(found->owner, found->id);
    if (!blob) co_return problem_of(storage_away(ctx, blob.error()), ctx);
    if (!*blob) co_return problem_of(unknown_upload(), ctx);
    // The upload is gone. What of its bytes cannot be removed now, the sweeper removes.
    const auto removed = co_await app.uploads->blobs.remove(**blob);
    if (removed) {
        const auto forgotten = co_await app.uploads->rows.forget(**blob);
        static_cast<void>(forgotten);
    }
    http::response answer;
    answer.status = 204;
    co_return answer;
}

awaitable<http::response> execute_stored(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    if (!request.body.empty() && !is_json(request.headers.get("Content-Type"))) {
        co_return not_json(ctx);
    }
    const auto wait = read_wait(request);
    if (!wait) co_return problem_of(wait.error(), ctx);
    // The same key with another upload is another request.
    http::request keyed = request;
    keyed.body = request.path + "\n" + request.body;
    auto key = read_idempotency(keyed);
    if (!key) co_return problem_of(key.error(), ctx);
    auto parsed = messages::parse_execute_request(request.body);
    if (auto* failure = std::get_if<messages::parse_failure>(&parsed)) {
        co_return problem_of(rejection_of(std::move(*failure)), ctx);
    }
    auto& given = std::get<0>(parsed);
    upload_execution how;
    how.command.owner = request.user_id;
    how.command.key_id = quota_subject_of(request).key;
    how.command.correlation_id = correlation_of(ctx, app.p.ids);
    how.command.request = std::move(given.request);
    how.command.idempotency = std::move(*key);
    how.command.wait = *wait;
    how.main_file = std::move(given.main_file);
    request.body = std::string();
    auto found = co_await find_upload(ctx, app, std::move(request));
    if (!found) co_return problem_of(found.error(), ctx);
    const auto done = co_await execute_upload(
        ctx,
        app.p,
        *app.uploads,
        *app.computing,
        std::move(*found),
        std::move(how)
    );
    if (!done) co_return problem_of(done.error(), ctx);
    co_return submission_answer(*done);
}

}  // namespace sluice::submission
