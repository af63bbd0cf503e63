// services/execution/config.yaml shows every setting with its default: neither may drift.
#include "config.hpp"

#include "startup.hpp"

#include "sluice/core/config.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

using namespace sluice;
using sluice::execution::config;

namespace {

const std::string file = "services/execution/config.yaml";

describe_fn describing(config& c) {
    return [&c](config_visitor& v) { describe(v, c); };
}

}  // namespace

TEST_CASE("the shipped file sets every setting to its default") {
    config defaults;
    config from_file;
    load_config(describing(from_file), file, {});
    CHECK(print_config(describing(from_file)) == print_config(describing(defaults)));
}

TEST_CASE("the shipped file names every setting") {
    std::ifstream in(file);
    REQUIRE(in);
    std::stringstream text;
    text << in.rdbuf();
    config defaults;
    // Each line of the printed configuration begins with the same key in the file.
    std::istringstream printed(print_config(describing(defaults)));
    std::string missing;
    for (std::string line; std::getline(printed, line);) {
        const auto colon = line.find(':');
        if (colon == std::string::npos || line.find('-') == line.find_first_not_of(' ')) continue;
        if (line[line.find_first_not_of(' ')] == '#') continue;
        if (text.str().find(line.substr(0, colon + 1)) == std::string::npos) missing += line + "\n";
    }
    CHECK(missing == "");
}

TEST_CASE("a setting can come from the environment") {
    config c;
    load_config(
        describing(c),
        "",
        {{"SLUICE__SANDBOX__SLOTS", "3"}, {"SLUICE__RABBITMQ__SUBMISSION_QUEUE", "q"}}
    );
    CHECK(c.sandbox.slots == 3);
    CHECK(c.rabbitmq.queues.submission_queue == "q");
}

TEST_CASE("a language that asks for a network does not fit containers, and is named") {
    config c;
    domain::language plain;
    plain.id = "plain";
    domain::language talks;
    talks.id = "talks";
    talks.has_loopback = true;
    CHECK(execution::check_networks(c, {plain, talks}));
    c.sandbox.backend = "crun";
    CHECK(execution::check_networks(c, {plain}));
    const auto refused = execution::check_networks(c, {plain, talks});
    REQUIRE(refused.has_error());
    CHECK(refused.error().detail.find("language talks") != std::string::npos);
}

TEST_CASE("a language that needs a way out is unavailable, with a reason, where none is permitted"
) {
    config c;
    domain::language plain;
    domain::language leaves;
    leaves.has_egress = true;
    const std::vector<domain::language> catalogue{plain, leaves};
    std::vector<domain::language_availability> found(2);
    found[0].is_available = found[1].is_available = true;

    const auto closed = execution::without_closed_networks(c, catalogue, found);
    CHECK(closed[0].is_available);
    CHECK_FALSE(closed[1].is_available);
    CHECK(closed[1].reason.find("sandbox.network.egress") != std::string::npos);

    c.sandbox.network.egress = {"192.0.2.0/24:443"};
    CHECK(execution::without_closed_networks(c, catalogue, found)[1].is_available);

    c.sandbox.backend = "crun";
    CHECK_FALSE(execution::without_closed_networks(c, catalogue, found)[1].is_available);
}

TEST_CASE("what programs may reach can come from the environment, as a list") {
    config c;
    load_config(describing(c), "", {{"SLUICE__SANDBOX__NETWORK__EGRESS", R"(["192.0.2.7:443"])"}});
    CHECK(c.sandbox.network.egress == std::vector<std::string>{"192.0.2.7:443"});
}

TEST_CASE("an entry of sandbox.network.egress that is none is refused by name") {
    config c;
    CHECK(execution::unfit_settings(c).empty());
    c.sandbox.network.egress = {"192.0.2.7:443", "example.org:443"};
    const auto problems = execution::unfit_settings(c);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].find("example.org:443") != std::string::npos);
}

TEST_CASE("a user of the fork server who cannot be one is refused by name") {
    config c;
    c.fork_server.users = {"0b7e6d3c-8f5a-4a53-9d53-3d2f1f0c9a11", "ada@example.org"};
    CHECK(execution::unfit_settings(c).empty());
    const std::string wrong = GENERATE(std::string(), "ada lovelace", "a,b", std::string(65, 'a'));
    c.fork_server.users.push_back(wrong);
    const auto problems = execution::unfit_settings(c);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].find("fork_server.users: \"" + wrong + "\"") != std::string::npos);
    c.fork_server.users = {"ada", "ada"};
    CHECK(execution::unfit_settings(c).size() == 1);
}

TEST_CASE("sandboxes are opened for fork servers only where users are named") {
    config c;
    CHECK_FALSE(execution::sandbox_settings(c, {}, {}).has_fork_servers);
    c.fork_server.users = {"ada"};
    CHECK(execution::sandbox_settings(c, {}, {}).has_fork_servers);
    config unknown;
    CHECK_THROWS(load_config(describing(unknown), "", {{"SLUICE__FORK_SERVER__USER", R"(["ada"])"}})
    );
}
