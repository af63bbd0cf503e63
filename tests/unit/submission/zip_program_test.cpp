// Archives: the files of good ones, and every way in which one may not be unpacked.
#include "uploads/zip_program.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>
#include <zip.h>

#include <functional>

namespace sluice::submission {
namespace {

struct entry {
    std::string name;
    std::string content;
    std::function<void(zip_t*, zip_uint64_t)> change = {};
};

std::string archive_of(const std::vector<entry>& entries) {
    zip_error_t trouble;
    zip_error_init(&trouble);
    zip_source_t* into = zip_source_buffer_create(nullptr, 0, 0, &trouble);
    REQUIRE(into != nullptr);
    zip_source_keep(into);
    zip_t* z = zip_open_from_source(into, ZIP_TRUNCATE, &trouble);
    REQUIRE(z != nullptr);
    for (const auto& e : entries) {
        zip_source_t* content = zip_source_buffer(z, e.content.data(), e.content.size(), 0);
        const zip_int64_t index = e.name.ends_with('/')
                                      ? zip_dir_add(z, e.name.c_str(), 0)
                                      : zip_file_add(z, e.name.c_str(), content, 0);
        REQUIRE(index >= 0);
        if (e.name.ends_with('/')) zip_source_free(content);
        if (e.change) e.change(z, static_cast<zip_uint64_t>(index));
    }
    REQUIRE(zip_close(z) == 0);
    REQUIRE(zip_source_open(into) == 0);
    zip_source_seek(into, 0, SEEK_END);
    std::string out(static_cast<std::size_t>(zip_source_tell(into)), '\0');
    zip_source_seek(into, 0, SEEK_SET);
    REQUIRE(zip_source_read(into, out.data(), out.size()) == static_cast<zip_int64_t>(out.size()));
    zip_source_close(into);
    zip_source_free(into);
    return out;
}

zip_refusal refusal_for(const std::string& archive, const zip_bounds& bounds = {}) {
    const auto got = unzip_program(archive, bounds);
    REQUIRE(std::holds_alternative<zip_refusal>(got));
    return std::get<zip_refusal>(got);
}

// The same archive with every "from" replaced by "to" of the same length: what no packer would
// write.
std::string forged(std::string archive, const std::string& from, const std::string& to) {
    REQUIRE(from.size() == to.size());
    for (std::size_t at = archive.find(from); at != std::string::npos; at = archive.find(from, at))
        archive.replace(at, from.size(), to);
    return archive;
}

entry with_mode(std::string name, unsigned mode) {
    return {std::move(name), "target", [mode](zip_t* z, zip_uint64_t i) {
                zip_file_set_external_attributes(z, i, 0, ZIP_OPSYS_UNIX, mode << 16);
            }};
}

}  // namespace

TEST_CASE("the files of an archive come in its order, folders are left out") {
    const auto archive =
        archive_of({{"lib/", ""}, {"lib/a.py", "x = 1\n"}, {"main.py", std::string("a\0b", 3)}});
    CHECK(looks_like_zip(archive));
    const auto got = unzip_program(archive);
    REQUIRE(std::holds_alternative<std::vector<domain::source_file>>(got));
    const auto& files = std::get<0>(got);
    REQUIRE(files.size() == 2);
    CHECK(files[0].name == "lib/a.py");
    CHECK(files[1].content == std::string("a\0b", 3));
}

TEST_CASE("an entry that would leave the folder is refused by its name") {
    for (const char* name : {"../x", "a/../../x", "/etc/x", "a//x", "./x", "a\\x", "C:\\x"}) {
        const auto archive = forged(
            archive_of({{std::string(std::string_view(name).size(), 'q'), "1"}}),
            std::string(std::string_view(name).size(), 'q'),
            name
        );
        INFO(name);
        const auto no = refusal_for(archive);
        CHECK(no.entry == name);
        CHECK(no.why.find("name") != std::string::npos);
    }
}

TEST_CASE("links and devices are refused") {
    CHECK(refusal_for(archive_of({with_mode("l", S_IFLNK | 0777U)})).why == "is a link");
    CHECK_FALSE(refusal_for(archive_of({with_mode("p", S_IFIFO | 0600U)})).why.empty());
    CHECK_FALSE(refusal_for(archive_of({with_mode("d", S_IFBLK | 0600U)})).why.empty());
    CHECK(std::holds_alternative<std::vector<domain::source_file>>(
        unzip_program(archive_of({with_mode("f", S_IFREG | 0755U)}))
    ));
}

TEST_CASE("a name that is there twice is refused") {
    const auto archive = forged(archive_of({{"aaa", "1"}, {"bbb", "2"}}), "bbb", "aaa");
    const auto no = refusal_for(archive);
    CHECK(no.entry == "aaa");
    CHECK(no.why == "is there twice");
}

TEST_CASE("a bomb is refused before it has unpacked far") {
    const std::string zeros(3 << 20, '\0');
    const auto no = refusal_for(archive_of({{"ok.py", "1"}, {"zeros", zeros}}));
    CHECK(no.entry == "zeros");
    CHECK(no.why.find("200 times") != std::string::npos);
}

TEST_CASE("sizes are counted and not believed") {
    zip_bounds small;
    small.max_bytes = 1000;
    small.max_ratio = 100'000;
    const auto archive = archive_of({{"a", std::string(600, 'a')}, {"b", std::string(600, 'b')}});
    CHECK(refusal_for(archive, small).entry == "b");
    // 600 in little endian, in the local header and in the directory: now 1.
    const auto lying =
        forged(archive, std::string("\x58\x02\0\0", 4), std::string("\x01\0\0\0", 4));
    CHECK(std::holds_alternative<zip_refusal>(unzip_program(lying, small)));
}

TEST_CASE("encrypted entries and unusual methods are refused") {
    const auto encrypted = archive_of({{"a", "1", [](zip_t* z, zip_uint64_t i) {
                                            zip_set_default_password(z, "secret");
                                            zip_file_set_encryption(z, i, ZIP_EM_AES_256, nullptr);
                                        }}});
    CHECK(refusal_for(encrypted).why == "is encrypted");
    const auto packed = archive_of({{"a", std::string(5000, 'x'), [](zip_t* z, zip_uint64_t i) {
                                         zip_set_file_compression(z, i, ZIP_CM_BZIP2, 0);
                                     }}});
    CHECK(refusal_for(packed).why.find("method") != std::string::npos);
}

TEST_CASE("the number of files is bounded, and there must be one") {
    std::vector<entry> many;
    for (int i = 0; i < 257; ++i)
        many.push_back({"f" + std::to_string(i), ""});
    CHECK(refusal_for(archive_of(many)).why.find("256 files") != std::string::npos);
    CHECK(refusal_for(archive_of({{"only/", ""}})).why == "has no files");
}

TEST_CASE("an archive whose directory takes long to read is not opened") {
    std::vector<entry> many;
    for (int i = 0; i < 1025; ++i)
        many.push_back({"f" + std::to_string(i) + "/", ""});
    CHECK(refusal_for(archive_of(many)).why == "has more than 1024 entries");
    // The record at the end: its size of the directory, and one of the 64-bit form before it.
    auto large = archive_of({{"a.py", "1"}});
    const std::size_t end = large.rfind("PK\x05\x06");
    auto is_64_bit = large;
    is_64_bit.insert(end, std::string("PK\x06\x07") + std::string(16, '\0'));
    CHECK(refusal_for(is_64_bit).why.find("64-bit") != std::string::npos);
    large.replace(end + 12, 4, "\xff\xff\xff\x7f");
    CHECK(refusal_for(large).why == "has too large a directory");
}

TEST_CASE("what is damaged or no archive is refused") {
    auto archive = archive_of({{"main.py", std::string(2000, 'p') + "rint(1)"}});
    CHECK_FALSE(refusal_for(archive.substr(0, archive.size() - 30)).why.empty());
    archive[45] = static_cast<char>(archive[45] ^ 0x55);
    CHECK_FALSE(refusal_for(archive).why.empty());
    CHECK_FALSE(refusal_for("PK\x03\x04 and nothing more").why.empty());
    CHECK_FALSE(looks_like_zip("print(1)"));
}

}  // namespace sluice::submission
