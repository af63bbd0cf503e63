// libzip was chosen: it reads from memory, tells encryption, method and attributes of an entry
// before it is opened, and checks the CRC at its end. minizip wants a file or hooks for one;
// libarchive reads a zip as a stream, where the local headers, not the directory, would decide what
// is seen. ZIP_CHECKCONS is not set: what it finds it does not name, and only the directory is
// believed.
#include "zip_program.hpp"

#include "sluice/domain/validation.hpp"
#include "sluice/messages/json.hpp"

#include <sys/stat.h>
#include <zip.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>

namespace sluice::submission {
namespace {

struct zip_closer {
    void operator()(zip_t* z) const { zip_discard(z); }
};
struct zip_file_closer {
    void operator()(zip_file_t* f) const { zip_fclose(f); }
};
using zip_handle = std::unique_ptr<zip_t, zip_closer>;
using zip_file_handle = std::unique_ptr<zip_file_t, zip_file_closer>;
using zip_answer = std::variant<std::vector<domain::source_file>, zip_refusal>;

constexpr std::size_t shown_name_bytes = 80;

// A name goes into an answer: no control characters, valid UTF-8 of bounded length.
std::string printable_name(std::string_view name) {
    std::string out;
    for (const char c : name.substr(0, shown_name_bytes)) {
        const auto byte = static_cast<unsigned char>(c);
        out += byte >= 0x20 && byte < 0x7f ? c : '?';
    }
    if (name.size() > shown_name_bytes) out += "...";
    return out;
}

std::uint64_t little_endian(std::string_view bytes) {
    std::uint64_t out = 0;
    for (std::size_t i = bytes.size(); i > 0; --i)
        out = out << 8 | static_cast<unsigned char>(bytes[i - 1]);
    return out;
}

// libzip reads the whole directory when it opens an archive, and a directory of names that were
// made to collide keeps it busy for minutes. So what the archive's end says is looked at first:
// every record in which libzip may come to believe. "": it may be opened.
std::string problem_of_end(std::string_view archive, const zip_bounds& bounds) {
    using namespace std::string_view_literals;
    constexpr std::size_t longest_end = 65535 + 22 + 20 + 56;  // with comment, locator, 64-bit form
    constexpr std::uint64_t most_of_an_entry = 1024;  // header, name, and what packers put behind
    const std::string_view end =
        archive.substr(archive.size() - std::min(archive.size(), longest_end));
    if (end.find("PK\x06\x07"sv) != end.npos) return "is a 64-bit archive, which no program needs";
    constexpr auto record = "PK\x05\x06"sv;
    for (auto at = end.find(record); at != end.npos; at = end.find(record, at + 1)) {
        const std::string_view fields = end.substr(at);
        if (fields.size() < 22) continue;
        if (little_endian(fields.substr(8, 2)) > bounds.max_entries ||
            little_endian(fields.substr(10, 2)) > bounds.max_entries) {
            return "has more than " + std::to_string(bounds.max_entries) + " entries";
        }
        if (little_endian(fields.substr(12, 4)) > bounds.max_entries * most_of_an_entry) {
            return "has too large a directory";
        }
    }
    return "";
}

zip_handle open_archive(std::string_view archive) {
    zip_error_t trouble;
    zip_error_init(&trouble);
    zip_source_t* source = zip_source_buffer_create(archive.data(), archive.size(), 0, &trouble);
    zip_t* opened = nullptr;
    if (source != nullptr) {
        opened = zip_open_from_source(source, ZIP_RDONLY, &trouble);
        if (opened == nullptr) zip_source_free(source);
    }
    zip_error_fini(&trouble);
    return zip_handle(opened);
}

// What the directory says of an entry; "": nothing is wrong with it.
std::string problem_of_entry(zip_t* z, zip_uint64_t index, const zip_stat_t& about) {
    if ((about.valid & ZIP_STAT_ENCRYPTION_METHOD) == 0 || about.encryption_method != ZIP_EM_NONE) {
        return "is encrypted";
    }
    if ((about.valid & ZIP_STAT_COMP_METHOD) == 0 ||
        (about.comp_method != ZIP_CM_STORE && about.comp_method != ZIP_CM_DEFLATE)) {
        return "is packed by a method that is not read here; only stored and deflated ones are";
    }
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;
    if (zip_file_get_external_attributes(z, index, 0, &system, &attributes) != 0) {
        return "cannot be read";
    }
    // Whatever system it says it comes from: a mode that names a type names a file or a folder.
    const auto type = (attributes >> 16) & S_IFMT;
    if (type == S_IFLNK) return "is a link";
    if (type != 0 && type != S_IFREG && type != S_IFDIR) return "is neither a file nor a folder";
    return "";
}

struct unpacking {
    zip_t* archive = nullptr;
    const zip_bounds& bounds;
    std::size_t unpacked_bytes = 0;

    // The content, or a refusal.
    std::variant<std::string, std::string> read(zip_uint64_t index, zip_uint64_t packed_bytes) {
        std::string content;
        const zip_file_handle file(zip_fopen_index(archive, index, 0));
        if (!file) return bad("cannot be unpacked");
        std::string piece(16 << 10, '\0');
        for (;;) {
            const zip_int64_t n = zip_fread(file.get(), piece.data(), piece.size());
            if (n < 0) return bad("is damaged");
            if (n == 0)
                return std::variant<std::string, std::string>(
                    std::in_place_index<0>,
                    std::move(content)
                );
            const auto size = static_cast<std::size_t>(n);
            unpacked_bytes += size;
            if (unpacked_bytes > bounds.max_bytes) {
                return bad(
                    "makes the program larger than " + std::to_string(bounds.max_bytes) + " bytes"
                );
            }
            content.append(piece, 0, size);
            if (content.size() > bounds.ratio_from &&
                content.size() / bounds.max_ratio > packed_bytes) {
                return bad(
                    "unpacks to more than " + std::to_string(bounds.max_ratio) + " times its size"
                );
            }
        }
    }
    static std::variant<std::string, std::string> bad(std::string why) {
        return std::variant<std::string, std::string>(std::in_place_index<1>, std::move(why));
    }
};

// A folder's name ends in a slash, which says nothing further.
std::string_view without_slash(std::string_view name) {
    return name.ends_with('/') ? name.substr(0, name.size() - 1) : name;
}

}  // namespace

bool looks_like_zip(std::string_view bytes) {
    using namespace std::string_view_literals;
    return bytes.starts_with("PK\x03\x04"sv) || bytes.starts_with("PK\x05\x06"sv);
}

zip_answer unzip_program(std::string_view archive, const zip_bounds& bounds) {
    if (std::string why = problem_of_end(archive, bounds); !why.empty()) {
        return zip_refusal{"", std::move(why)};
    }
    const zip_handle z = open_archive(archive);
    if (!z) return zip_refusal{"", "is no zip archive, or a damaged one"};
    const zip_int64_t count = zip_get_num_entries(z.get(), 0);
    if (count <= 0) return zip_refusal{"", "has no files"};
    if (static_cast<std::size_t>(count) > bounds.max_entries) {
        return zip_refusal{"", "has more than " + std::to_string(bounds.max_entries) + " entries"};
    }
    std::vector<domain::source_file> files;
    std::set<std::string> seen;
    unpacking work{z.get(), bounds};
    for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(count); ++i) {
        zip_stat_t about;
        zip_stat_init(&about);
        const char* raw = zip_get_name(z.get(), i, ZIP_FL_ENC_GUESS);
        if (raw == nullptr || zip_stat_index(z.get(), i, 0, &about) != 0) {
            return zip_refusal{"", "has an entry that cannot be read"};
        }
        const std::string name(raw);
        const auto refuse = [&name](std::string why) {
            return zip_refusal{printable_name(name), std::move(why)};
        };
        if (!domain::is_safe_file_name(without_slash(name)) || !messages::is_valid_utf8(name)) {
            return refuse(
                "has a name that is not allowed: absolute, climbing, or with characters "
                "that no file name of a program needs"
            );
        }
        if (!seen.insert(std::string(without_slash(name))).second) {
            return refuse("is there twice");
        }
        if (std::string why = problem_of_entry(z.get(), i, about); !why.empty()) {
            return refuse(std::move(why));
        }
        if (name.ends_with('/')) continue;
        if (files.size() == bounds.max_files) {
            return zip_refusal{"", "has more than " + std::to_string(bounds.max_files) + " files"};
        }
        const bool has_size = (about.valid & ZIP_STAT_COMP_SIZE) != 0;
        auto content = work.read(i, has_size ? about.comp_size : 0);
        if (auto* why = std::get_if<1>(&content)) return refuse(std::move(*why));
        files.push_back({name, std::get<0>(std::move(content))});
    }
    if (files.empty()) return zip_refusal{"", "has no files"};
    return files;
}

}  // namespace sluice::submission
