// Migrations from a folder, each in a database of its own.
#include "support.hpp"

#include <filesystem>
#include <fstream>
#include <thread>

namespace sluice::postgres {
namespace {

class folder {
public:
    folder()
        : path_(
              std::filesystem::temp_directory_path() / ("sluice-" + uuid::random_v4().to_string())
          ) {
        std::filesystem::create_directory(path_);
    }
    ~folder() { std::filesystem::remove_all(path_); }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(path_ / name) << text;
    }
    std::string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

// A configuration for an empty database.
config fresh_database() {
    std::string name = "m" + uuid::random_v4().to_string();
    std::erase(name, '-');
    with_pool(test_config(1), [&](pool& p) -> awaitable<void> {
        need(co_await p.query("CREATE DATABASE " + name));
    });
    config c = test_config(1);
    c.url.value.replace(c.url.value.rfind('/') + 1, std::string::npos, name);
    return c;
}

TEST_CASE("migrations are applied in order, and once") {
    const auto c = fresh_database();
    const folder f;
    f.write("0002_second.sql", "INSERT INTO t VALUES (2); INSERT INTO t VALUES (3);");
    f.write("0001_first.sql", "CREATE TABLE t (k int);");
    CHECK(
        need(migrate(c, f.path())) == std::vector<std::string>{"0001_first.sql", "0002_second.sql"}
    );
    CHECK(need(migrate(c, f.path())).empty());
    f.write("0003_third.sql", "DROP TABLE t;");
    CHECK(need(migrate(c, f.path())) == std::vector<std::string>{"0003_third.sql"});
}

TEST_CASE("a file with a lower number than what was applied is applied too") {
    const auto c = fresh_database();
    const folder f;
    f.write("0001_first.sql", "CREATE TABLE t (k int);");
    f.write("0003_third.sql", "INSERT INTO t VALUES (3);");
    CHECK(need(migrate(c, f.path())).size() == 2);
    f.write("0002_second.sql", "INSERT INTO t VALUES (2);");
    CHECK(need(migrate(c, f.path())) == std::vector<std::string>{"0002_second.sql"});
    CHECK(need(migrate(c, f.path())).empty());
}

TEST_CASE("a migration that fails leaves nothing of itself") {
    const auto c = fresh_database();
    const folder f;
    f.write("0001_half.sql", "CREATE TABLE t (k int); SELECT nonsense;");
    auto failed = migrate(c, f.path());
    REQUIRE(failed.has_error());
    CHECK(failed.error().detail.find("0001_half.sql") != std::string::npos);
    f.write("0001_half.sql", "CREATE TABLE t (k int);");
    CHECK(need(migrate(c, f.path())).size() == 1);
}

TEST_CASE("an applied file that was changed is an error") {
    const auto c = fresh_database();
    const folder f;
    f.write("0001_a.sql", "SELECT 1;");
    need(migrate(c, f.path()));
    f.write("0001_a.sql", "SELECT 2;");
    auto r = migrate(c, f.path());
    REQUIRE(r.has_error());
    CHECK(r.error() == errc::conflict);
}

TEST_CASE("two migrators at once apply everything once") {
    const auto c = fresh_database();
    const folder f;
    f.write("0001_a.sql", "CREATE TABLE t (k int); SELECT pg_sleep(0.1);");
    f.write("0002_b.sql", "INSERT INTO t VALUES (1);");
    result<std::vector<std::string>> other = std::vector<std::string>();
    std::thread second([&] { other = migrate(c, f.path()); });
    auto mine = migrate(c, f.path());
    second.join();
    CHECK(need(mine).size() + need(other).size() == 2);
}

TEST_CASE("a badly named file is refused") {
    const auto c = fresh_database();
    const folder f;
    f.write("first.sql", "SELECT 1;");
    auto r = migrate(c, f.path());
    REQUIRE(r.has_error());
    CHECK(r.error() == errc::invalid);
}

}  // namespace
}  // namespace sluice::postgres
