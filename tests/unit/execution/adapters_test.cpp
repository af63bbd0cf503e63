// What the adapters translate, without what is behind them.
#include "adapters/sandbox_runner.hpp"
#include "fakes.hpp"
#include "startup.hpp"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::execution;

TEST_CASE("each limit of the domain reaches the sandbox") {
    domain::limits l;
    std::int64_t value = 1000;
    for (const domain::limit_row& row : domain::limit_table)
        l.*row.field = ++value;
    const sandbox::run_limits r = to_run_limits(l);
    CHECK(r.cpu_time.count() == l.cpu_time_ms);
    CHECK(r.wall_time.count() == l.wall_time_ms);
    CHECK(r.memory_bytes == l.memory_bytes);
    CHECK(r.processes == l.processes);
    CHECK(r.output_bytes == l.output_bytes);
    CHECK(r.file_bytes == l.file_bytes);
    CHECK(r.disk_bytes == l.disk_bytes);
    CHECK(r.inodes == l.inodes);
    CHECK(r.open_files == l.open_files);
    CHECK(r.stack_bytes == l.stack_bytes);
}

TEST_CASE("each fact of the sandbox reaches the domain") {
    const auto set_one = GENERATE(0, 1, 2, 3, 4, 5, 6);
    sandbox::run_facts f;
    bool* facts[] = {
        &f.wall_time_exceeded,
        &f.cpu_time_exceeded,
        &f.memory_exceeded,
        &f.processes_exceeded,
        &f.output_exceeded,
        &f.file_size_exceeded,
        &f.was_killed_by_request};
    *facts[set_one] = true;
    f.signal = 9;
    const domain::exit_facts e = to_exit_facts(f);
    const bool got[] = {
        e.wall_time_exceeded,
        e.cpu_time_exceeded,
        e.memory_exceeded,
        e.processes_exceeded,
        e.output_exceeded,
        e.file_size_exceeded,
        e.was_cancelled};
    for (int i = 0; i < 7; ++i)
        CHECK(got[i] == (i == set_one));
    CHECK(e.signal == 9);
    CHECK_FALSE(e.exit_code.has_value());
}

TEST_CASE("a program named relative to the working folder gets its absolute path") {
    run_job job;
    job.command.argv = {"out/main", "x"};
    const auto r = to_run_request(job, {});
    CHECK(r.what.argv == std::vector<std::string>{"/box/out/main", "x"});
    CHECK_FALSE(r.collect.has_value());
    CHECK(r.on_output_limit == sandbox::output_policy::end_run);
}

TEST_CASE("a compiler's run collects within bounds and drains its output") {
    run_job job;
    job.command.argv = {"/usr/bin/gcc"};
    job.collect_folder = "out";
    job.drains_output = true;
    const auto r = to_run_request(job, {1000, 3});
    CHECK(r.what.argv[0] == "/usr/bin/gcc");
    REQUIRE(r.collect.has_value());
    CHECK(r.collect->folder == "out");
    CHECK(r.collect->max_bytes == 1000);
    CHECK(r.collect->max_files == 3);
    CHECK(r.on_output_limit == sandbox::output_policy::drain);
}

TEST_CASE("a collection without files is empty") {
    const sandbox::input_file program{"out/main", "ELF", true};
    CHECK(is_empty_collection(**sandbox::file_pack::make({})));
    CHECK_FALSE(is_empty_collection(**sandbox::file_pack::make(std::span(&program, 1))));
}

TEST_CASE("a configured worker id is used as it is, another is made of host and process") {
    worker_config c;
    c.id = "w7";
    CHECK(make_worker_id(c) == "w7");
    c.id.clear();
    const std::string made = make_worker_id(c);
    CHECK(std::ranges::count(made, ':') >= 2);
    CHECK(made != make_worker_id(c));
}

TEST_CASE("the sandbox shows what the languages need, what was prepared and what the operator adds"
) {
    config c;
    c.sandbox.read_only_paths = {"/etc/alternatives"};
    domain::language l;
    l.read_only_paths = {"/usr", "/usr/lib", "/no/such/folder"};
    const auto settings = sandbox_settings(c, {l}, {"/var", ""});
    CHECK(
        settings.read_only_paths == std::vector<std::string>{"/etc/alternatives", "/usr", "/var"}
    );
}

namespace {

domain::language forking(std::string id) {
    domain::language l;
    l.id = std::move(id);
    l.source_file = "main.py";
    l.run = {"/usr/bin/python3", "{source}", "{args}"};
    l.warm.is_offered = l.warm.has_forks = true;
    return l;
}

result<fork_servers> servers_for(const fork_config& c) {
    static const domain::language one = forking("one"), two = forking("two");
    static const domain::language plain = [] {
        domain::language l = forking("plain");
        l.warm.has_forks = false;
        return l;
    }();
    std::vector<installed_language> available(3);
    available[0].language = &one;
    available[1].language = &two;
    available[2].language = &plain;
    sandbox::sandbox_config s;
    s.manager_path = SLUICE_SLOT_MANAGER;
    return fork_servers::make(available, c, s);
}

}  // namespace

TEST_CASE("fork servers are for named users, in languages that have them") {
    CHECK(servers_for({})->size() == 0);
    const auto servers = servers_for({.users = {"ada"}, .without = {"two"}});
    REQUIRE(servers.has_value());
    CHECK(servers->size() == 1);
    CHECK(servers->find("ada", "one") != nullptr);
    CHECK(servers->find("bob", "one") == nullptr);
    CHECK(servers->find("", "one") == nullptr);
    CHECK(servers->find("ada", "two") == nullptr);
    CHECK(servers->find("ada", "plain") == nullptr);
    CHECK(servers->find("ada", "one")->runs == 1000);
}

TEST_CASE(
    "a fork server serves the language's own command, and nothing that is steered or networked"
) {
    const auto servers = servers_for({.users = {"ada"}});
    REQUIRE(servers.has_value());
    const auto spec = servers->find("ada", "one");
    run_job job;
    job.command.argv = {"/usr/bin/python3", "main.py", "more"};
    CHECK(serves(*spec, to_run_request(job, {})));
    run_job other = job;
    other.command.argv[1] = "other.py";
    CHECK_FALSE(serves(*spec, to_run_request(other, {})));
    run_job steered = job;
    steered.how = domain::interaction::pipes;
    CHECK_FALSE(serves(*spec, to_run_request(steered, {})));
    run_job networked = job;
    networked.command.has_loopback = true;
    CHECK_FALSE(serves(*spec, to_run_request(networked, {})));
}
