// What is prepared for a language is found again only as long as nothing has changed.
#include "sluice/languages/prepare.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace sluice;
namespace fs = std::filesystem;

namespace {

struct fixture {
    std::string base;
    std::string root;
    domain::language l;

    fixture() {
        std::string name = "/tmp/sluice-prepare-XXXXXX";
        base = ::mkdtemp(name.data());
        root = base + "/root";
        write(base + "/input", "1");
        l.id = "toy";
        l.prepare.script = "echo made > header.gch; echo " + base + "/input > depends";
    }
    ~fixture() { fs::remove_all(base); }

    static void write(const std::string& path, const std::string& text) {
        std::ofstream(path) << text;
    }
    std::string made() {
        auto folder = languages::prepare(l, root);
        REQUIRE(folder);
        return *folder;
    }
};

}  // namespace

TEST_CASE_METHOD(fixture, "what was made is found, and is not made again") {
    CHECK(languages::find_prepared(l, root).empty());
    const std::string folder = made();
    CHECK(fs::exists(folder + "/header.gch"));
    CHECK(languages::find_prepared(l, root) == folder);
    CHECK(made() == folder);
}

TEST_CASE_METHOD(fixture, "a changed input, script or file makes it useless") {
    const std::string folder = made();
    SECTION("input") {
        write(base + "/input", "22");
    }
    SECTION("missing input") {
        fs::remove(base + "/input");
    }
    SECTION("script") {
        l.prepare.script += " ";
    }
    SECTION("file cut short") {
        fs::resize_file(folder + "/header.gch", 1);
    }
    SECTION("file gone") {
        fs::remove(folder + "/header.gch");
    }
    CHECK(languages::find_prepared(l, root).empty());
}

TEST_CASE_METHOD(fixture, "at most one older making is kept") {
    std::string folder;
    for (const auto* text : {"1", "22", "333", "4444"}) {
        write(base + "/input", text);
        folder = made();
    }
    const auto count = std::distance(fs::directory_iterator(root), fs::directory_iterator());
    CHECK(count == 2);
    CHECK(languages::find_prepared(l, root) == folder);
}

TEST_CASE_METHOD(fixture, "nothing is taken from a folder that others can write") {
    const std::string folder = made();
    SECTION("root") {
        ::chmod(root.c_str(), 0777);
    }
    SECTION("making") {
        ::chmod(folder.c_str(), 0777);
    }
    CHECK(languages::find_prepared(l, root).empty());
}

TEST_CASE_METHOD(fixture, "a script that fails leaves nothing") {
    l.prepare.script += "; exit 3";
    CHECK_FALSE(languages::prepare(l, root));
    CHECK(fs::is_empty(root));
}
