// The typed configuration: order of sources, and each way in which a file or a variable can be
// wrong.
#include "sluice/core/config.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace {

struct pool_config {
    std::int64_t size = 8;
    std::chrono::milliseconds timeout{2000};
};
void describe(sluice::config_visitor& v, pool_config& c) {
    v.field("size", c.size, "connections kept open", {.minimum = 1, .maximum = 256});
    v.field("timeout", c.timeout, "longest wait for a free connection");
}

struct app_config {
    bool enabled = true;
    double ratio = 0.5;
    std::string name = "sluice";
    sluice::secret password;
    sluice::byte_size limit{1 << 20};
    std::vector<std::string> origins;
    std::map<std::string, std::string> tags;
    std::map<std::string, std::string> tokens;
    std::string level = "info";
    pool_config pool;
};
void describe(sluice::config_visitor& v, app_config& c) {
    v.field("enabled", c.enabled, "whether it runs");
    v.field("ratio", c.ratio, "a share");
    v.field("name", c.name, "its name");
    v.field("password", c.password, "of the database");
    v.field("limit", c.limit, "largest body");
    v.field("origins", c.origins, "who may call");
    v.field("tags", c.tags, "free words");
    v.secret_keys("tokens", c.tokens, "token to user");
    v.choice("level", c.level, {"debug", "info"}, "of the log");
    v.section("pool", c.pool, "the pool");
}

using environment = std::map<std::string, std::string>;

// A file that is there for one test.
class file {
public:
    explicit file(const std::string& text, const std::string& name = "config_test.yaml")
        : path_(
              std::filesystem::temp_directory_path() / (std::to_string(::getpid()) + "_" + name)
          ) {
        std::ofstream(path_) << text;
    }
    ~file() { std::filesystem::remove(path_); }
    file(const file&) = delete;
    file& operator=(const file&) = delete;
    std::string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

app_config load(const std::string& yaml, const environment& variables = {}) {
    const file source(yaml);
    app_config config;
    sluice::load_config(
        [&](sluice::config_visitor& v) { describe(v, config); },
        source.path(),
        variables
    );
    return config;
}

// The problems with the folder cut off: "config_test.yaml:2: …".
std::vector<std::string> problems(const std::string& yaml, const environment& variables = {}) {
    try {
        load(yaml, variables);
    } catch (const sluice::config_error& e) {
        std::vector<std::string> out;
        for (const std::string& problem : e.problems()) {
            const std::size_t at = problem.find("config_test.yaml");
            out.push_back(at == std::string::npos ? problem : problem.substr(at));
        }
        return out;
    }
    return {};
}

using Catch::Contains;
using strings = std::vector<std::string>;

}  // namespace

TEST_CASE("without a file and variables the defaults stand") {
    app_config config;
    sluice::load_config([&](sluice::config_visitor& v) { describe(v, config); }, "", {});
    CHECK(config.pool.size == 8);
    CHECK(config.name == "sluice");
}

TEST_CASE("the file overrides the defaults, each type in its own form") {
    const app_config config = load(R"(
enabled: false
ratio: 0.25
name: "other"
password: hidden
limit: 64KiB
origins: [https://a.example, "https://b.example"]
tags: {colour: green}
tokens: {t1: alice}
level: debug
pool:
  size: 12
  timeout: 30s
)");
    CHECK_FALSE(config.enabled);
    CHECK(config.ratio == 0.25);
    CHECK(config.name == "other");
    CHECK(config.password.value == "hidden");
    CHECK(config.limit.value == 65536);
    CHECK(config.origins == strings{"https://a.example", "https://b.example"});
    CHECK(config.tags.at("colour") == "green");
    CHECK(config.tokens.at("t1") == "alice");
    CHECK(config.level == "debug");
    CHECK(config.pool.size == 12);
    CHECK(config.pool.timeout == std::chrono::seconds(30));
}

TEST_CASE("the environment overrides the file") {
    const app_config config = load(
        "name: file\npool: {size: 3}\n",
        {{"SLUICE__NAME", "variable"},
         {"SLUICE__POOL__SIZE", "99"},
         {"SLUICE__ENABLED", "false"},
         {"SLUICE__ORIGINS", "https://a.example,https://b.example"},
         {"SLUICE__TOKENS", R"({"secret":"bob"})"}}
    );
    CHECK(config.name == "variable");
    CHECK(config.pool.size == 99);
    CHECK_FALSE(config.enabled);
    CHECK(config.origins == strings{"https://a.example", "https://b.example"});
    CHECK(config.tokens.at("secret") == "bob");
}

TEST_CASE("a list in the environment may be a JSON array") {
    const auto config = load("", {{"SLUICE__ORIGINS", R"(["a,b", "c"])"}});
    CHECK(config.origins == strings{"a,b", "c"});
}

TEST_CASE("an unknown key is refused with its line and the nearest known key") {
    CHECK(
        problems("name: x\npool:\n  sise: 3\n") ==
        strings{"config_test.yaml:3: unknown key 'pool.sise'; did you mean 'size'?"}
    );
    CHECK(problems("zzzzzz: 1\n") == strings{"config_test.yaml:1: unknown key 'zzzzzz'"});
}

TEST_CASE("a key that stands twice is refused") {
    CHECK(
        problems("name: a\nname: b\n") ==
        strings{"config_test.yaml:2: key 'name' stands here twice"}
    );
}

TEST_CASE("a value of the wrong type is refused with its line") {
    CHECK_THAT(
        problems("enabled: 3\n").at(0),
        Contains("config_test.yaml:1: 'enabled' must be true")
    );
    CHECK_THAT(
        problems("pool:\n  size: many\n").at(0),
        Contains(":2: 'pool.size' must be a whole")
    );
    CHECK_THAT(problems("pool:\n  size: \"3\"\n").at(0), Contains("must be a whole number"));
    CHECK_THAT(problems("pool:\n  size: 3.5\n").at(0), Contains("must be a whole number"));
    CHECK_THAT(problems("ratio: half\n").at(0), Contains("must be a number"));
    CHECK_THAT(problems("name: [a]\n").at(0), Contains("must be a single value"));
    CHECK_THAT(problems("name:\n").at(0), Contains("has no value"));
    CHECK_THAT(problems("origins: a\n").at(0), Contains("must be a list"));
    CHECK_THAT(problems("pool: 3\n").at(0), Contains("expected settings"));
    CHECK_THAT(problems("- a\n").at(0), Contains("expected settings"));
}

TEST_CASE("a number outside its range is refused with the range") {
    CHECK(
        problems("pool:\n  size: 257\n") ==
        strings{"config_test.yaml:2: 'pool.size' is 257; allowed is 1 to 256"}
    );
    CHECK(
        problems("", {{"SLUICE__POOL__SIZE", "0"}}) ==
        strings{"SLUICE__POOL__SIZE: 'pool.size' is 0; allowed is 1 to 256"}
    );
}

TEST_CASE("a bare number is neither a size nor a duration") {
    CHECK_THAT(
        problems("limit: 1024\n").at(0),
        Contains("':1: 'limit': '1024' is not a size") ||
            Contains(":1: 'limit': '1024' is not a size")
    );
    CHECK_THAT(
        problems("pool: {timeout: 30}\n").at(0),
        Contains("'pool.timeout': '30' is not a duration")
    );
}

TEST_CASE("a choice outside the list is refused with the list") {
    CHECK_THAT(
        problems("level: loud\n").at(0),
        Contains("'level' is 'loud'; allowed is debug, info")
    );
}

TEST_CASE("all problems are told at once") {
    CHECK(problems("enabled: 3\nlimit: 5\nnaem: x\n").size() == 3);
}

TEST_CASE("a file that is missing or not YAML is refused") {
    app_config config;
    const auto fill = [&](sluice::config_visitor& v) { describe(v, config); };
    CHECK_THROWS_WITH(
        sluice::load_config(fill, "/nonexistent/x.yaml", {}),
        Contains("cannot be read")
    );
    CHECK_THAT(problems("name: [a\n").at(0), Contains("is not YAML"));
}

TEST_CASE("a variable that names no setting of ours is refused, one of another service is not") {
    CHECK_THAT(
        problems("", {{"SLUICE__POOL__SISE", "3"}}).at(0),
        Contains("names no setting; did you mean 'SLUICE__POOL__SIZE'?")
    );
    CHECK(problems("", {{"SLUICE__OTHER__SIZE", "3"}, {"SLUICEX", "1"}}).empty());
}

TEST_CASE("a secret can come from a file, whose last newline is dropped") {
    const file secret_file("s3cret\n", "secret");
    const auto config = load("", {{"SLUICE__PASSWORD_FILE", secret_file.path()}});
    CHECK(config.password.value == "s3cret");
    CHECK_THAT(
        problems("", {{"SLUICE__PASSWORD_FILE", "/nonexistent"}}).at(0),
        Contains("cannot read")
    );
    CHECK_THAT(
        problems("", {{"SLUICE__PASSWORD_FILE", secret_file.path()}, {"SLUICE__PASSWORD", "x"}})
            .at(0),
        Contains("keep one")
    );
}

TEST_CASE("a plain text has no variable that names a file") {
    CHECK(problems("", {{"SLUICE__NAME_FILE", "/etc/hostname"}}).empty());
}

TEST_CASE("a wrong secret map is refused without repeating it") {
    const auto told = problems("", {{"SLUICE__TOKENS", "tok-123"}});
    REQUIRE(told.size() == 1);
    CHECK_THAT(told[0], !Contains("tok-123"));
}

TEST_CASE("the printed configuration masks secrets and reads back as the same values") {
    app_config config =
        load("password: hidden\ntokens: {tok-123: alice}\norigins: [\"a: b\"]\nname: \"x\\ny\"\n");
    const auto fill = [&](sluice::config_visitor& v) { describe(v, config); };
    const std::string printed = sluice::print_config(fill);
    CHECK_THAT(
        printed,
        !Contains("hidden") && !Contains("tok-123") && Contains("password: \"***\"")
    );
    const app_config again = load(printed);
    CHECK(again.origins == config.origins);
    CHECK(again.name == "x\ny");
    CHECK(again.pool.timeout == config.pool.timeout);
}

TEST_CASE("the reference names variable, type, default and meaning of each setting") {
    app_config config;
    const std::string page =
        sluice::config_reference([&](sluice::config_visitor& v) { describe(v, config); });
    CHECK_THAT(
        page,
        Contains("| `pool.size` | `SLUICE__POOL__SIZE` | whole number, 1 to 256 | `8` | "
                 "connections kept open |")
    );
    CHECK_THAT(page, Contains("| `limit` | `SLUICE__LIMIT` | size | `1MiB` | largest body |"));
}
