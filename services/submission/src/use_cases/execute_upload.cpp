// A lone file is a program of one file; it keeps its name where the language's rules know it,
// because some compilers want it (Java) and every traceback shows it. An archive is a program of
// many.
#include "execute_upload.hpp"

#include "../uploads/upload_intake.hpp"
#include "../uploads/zip_program.hpp"

#include "sluice/domain/validation.hpp"

#include <algorithm>

namespace sluice::submission {
namespace {

// More than any archive needs whose files fit into a submission.
constexpr std::int64_t max_archive_bytes = std::int64_t{16} << 20;
constexpr std::size_t magic_bytes = 4;

rejection
program_problem(std::string field, const char* code, std::string why, std::string allowed) {
    std::vector<domain::input_problem> problems;
    problems.push_back({std::move(field), code, std::move(why), std::move(allowed)});
    return not_allowed(std::move(problems));
}

bool has_extension(std::string_view name, const domain::language& l) {
    return std::ranges::any_of(l.extensions, [name](const std::string& extension) {
        return name.size() > extension.size() && name.ends_with(extension);
    });
}

// The only language whose files are called like this; empty: none, or several.
std::string language_of_name(const std::vector<domain::language>& all, std::string_view name) {
    std::string found;
    for (const auto& l : all) {
        if (!has_extension(name, l)) continue;
        if (!found.empty()) return "";
        found = l.id;
    }
    return found;
}

std::string joined_names(const std::vector<domain::source_file>& files) {
    constexpr std::size_t shown = 20;
    std::string out;
    for (std::size_t i = 0; i < files.size() && i < shown; ++i)
        out += (out.empty() ? "" : ", ") + files[i].name;
    if (files.size() > shown) out += ", ...";
    return out;
}

// Puts the main file first. Without a name: the one that a lone source would be, or the only one of
// this language.
outcome<void> choose_main(
    std::vector<domain::source_file>& files,
    const std::string& named,
    const domain::language* l
) {
    auto found = files.end();
    const std::string usual = l == nullptr ? "" : l->source_file;
    const std::string& wanted = named.empty() ? usual : named;
    found = std::ranges::find(files, wanted, &domain::source_file::name);
    if (found == files.end() && named.empty()) {
        const auto is_program = [l](const domain::source_file& f) {
            return l != nullptr && has_extension(f.name, *l);
        };
        if (files.size() == 1) {
            found = files.begin();
        } else if (std::ranges::count_if(files, is_program) == 1) {
            found = std::ranges::find_if(files, is_program);
        }
    }
    if (found == files.end()) {
        return program_problem(
            "main",
            named.empty() ? "required" : "not_allowed",
            named.empty() ? "the archive has several files and none is called " + usual
                          : "no file of the archive has this name",
            joined_names(files)
        );
    }
    std::rotate(files.begin(), found, std::next(found));
    return {};
}

}  // namespace

awaitable<outcome<std::string>>
read_program(observe::context ctx, upload_ports& uploads, upload what) {
    const auto head = co_await uploads.blobs.read(what.blob, 0, magic_bytes);
    if (!head) co_return blobs_away(ctx, head.error());
    const domain::submission_bounds bounds;
    const auto max_bytes = looks_like_zip(*head)
                               ? max_archive_bytes
                               : static_cast<std::int64_t>(bounds.max_source_bytes);
    if (what.size_bytes > max_bytes) {
        co_return program_problem(
            "upload",
            "too_large",
            "is " + std::to_string(what.size_bytes) + " bytes",
            "at most " + std::to_string(max_bytes) + " bytes can be run"
        );
    }
    const auto size = static_cast<std::size_t>(what.size_bytes);
    auto bytes = co_await uploads.blobs.read(what.blob, 0, size);
    if (!bytes) co_return blobs_away(ctx, bytes.error());
    if (bytes->size() != size) {
        co_return blobs_away(ctx, fail(errc::unavailable, "the blob is shorter than its upload"));
    }
    outcome<std::string> whole(boost::system::in_place_value, std::move(*bytes));
    co_return whole;
}

awaitable<outcome<accepted_submission>> execute_upload(
    observe::context ctx,
    ports& p,
    upload_ports& uploads,
    runtime::blocking_pool& pool,
    upload what,
    upload_execution how
) {
    auto& request = std::get<domain::submit_request>(how.command.request);
    if (request.language.empty()) request.language = what.language;
    if (request.language.empty()) request.language = language_of_name(p.languages, what.name);
    const domain::language* l = domain::find_language(p.languages, request.language);
    auto bytes = co_await read_program(ctx, uploads, what);
    if (!bytes) co_return bytes.error();
    if (!looks_like_zip(*bytes)) {
        if (!how.main_file.empty()) {
            co_return program_problem("main", "not_allowed", "the upload is no archive", "nothing");
        }
        const bool keeps_name = l != nullptr && has_extension(what.name, *l);
        request.files.push_back({keeps_name ? what.name : "", std::move(*bytes)});
        co_return co_await accept_submission(ctx, p, std::move(how.command));
    }
    std::variant<std::vector<domain::source_file>, zip_refusal> unpacked;
    std::function<void()> work = [&unpacked, &bytes] { unpacked = unzip_program(*bytes); };
    co_await pool.run(std::move(work));
    if (const auto* no = std::get_if<zip_refusal>(&unpacked)) {
        const std::string entry = no->entry.empty() ? "the archive" : "'" + no->entry + "'";
        co_return program_problem("upload", "not_allowed", entry + " " + no->why, "");
    }
    auto& files = std::get<0>(unpacked);
    auto chosen = choose_main(files, how.main_file, l);
    if (!chosen) co_return chosen.error();
    request.files = std::move(files);
    co_return co_await accept_submission(ctx, p, std::move(how.command));
}

}  // namespace sluice::submission
