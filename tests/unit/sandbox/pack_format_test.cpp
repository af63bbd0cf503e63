// The framing of packs: what the host writes is what init reads, and a damaged pack is refused.
#include "pack_format.hpp"

#include "sluice/sandbox/file_pack.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <vector>

using namespace sluice;
using namespace sluice::sandbox;

namespace {

std::vector<std::byte> content_of(const file_pack& p) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(p.size_bytes()));
    REQUIRE(::pread(p.fd(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
    return bytes;
}

std::shared_ptr<const file_pack> two_files() {
    const input_file files[] = {
        {"main.c", std::string_view("a\0b", 3), false},
        {"bin/tool", "", true}};
    auto made = file_pack::make(files);
    REQUIRE(made);
    return *made;
}

}  // namespace

TEST_CASE("a pack gives back its files in order with content and mode") {
    const auto bytes = content_of(*two_files());
    pack::reader reader(bytes);
    const auto first = reader.next();
    REQUIRE(first);
    CHECK(first->path == "main.c");
    CHECK(first->content.size() == 3);
    CHECK(first->mode == 0644);
    const auto second = reader.next();
    REQUIRE(second);
    CHECK(second->path == "bin/tool");
    CHECK(second->mode == 0755);
    CHECK_FALSE(reader.next());
    CHECK_FALSE(reader.is_broken());
}

TEST_CASE("a pack cut short anywhere is broken and never read past its end") {
    const auto bytes = content_of(*two_files());
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        pack::reader reader(std::span(bytes).first(size));
        while (reader.next()) {
        }
        CHECK(reader.is_broken());
    }
}

TEST_CASE("a content length beyond the pack is broken") {
    auto bytes = content_of(*two_files());
    const std::uint64_t huge = ~0ULL - 3;
    std::memcpy(bytes.data() + sizeof(pack::header) + 8, &huge, sizeof huge);
    pack::reader reader(bytes);
    CHECK_FALSE(reader.next());
    CHECK(reader.is_broken());
}

TEST_CASE("paths that could leave the folder are unsafe") {
    for (const std::string_view path :
         {std::string_view(""),
          std::string_view("/etc/x"),
          std::string_view("../x"),
          std::string_view("a/../b"),
          std::string_view("a//b"),
          std::string_view("a/"),
          std::string_view("."),
          std::string_view("a/./b"),
          std::string_view("a\0b", 3),
          std::string_view("..")}) {
        CHECK_FALSE(pack::is_safe_path(path));
    }
    CHECK_FALSE(pack::is_safe_path(std::string(256, 'x')));
    CHECK_FALSE(pack::is_safe_path(std::string(600, 'x') + "/" + std::string(600, 'x')));
    CHECK(pack::is_safe_path("a/b.c"));
    CHECK(pack::is_safe_path("..."));
    CHECK(pack::is_safe_path("new\nline \xff"));
}

TEST_CASE("an unsafe path is refused with its name") {
    const input_file file{"../escape", "x", false};
    const auto made = file_pack::make(std::span(&file, 1));
    REQUIRE(made.has_error());
    CHECK(made.error() == errc::invalid);
    CHECK(made.error().detail.find("../escape") != std::string::npos);
}

TEST_CASE("a pack cannot be changed once it is made") {
    const auto made = two_files();
    CHECK(::pwrite(made->fd(), "x", 1, 0) == -1);
    CHECK(::ftruncate(made->fd(), 0) == -1);
    CHECK((::fcntl(made->fd(), F_GET_SEALS) & F_SEAL_SEAL) != 0);
}
