// A C++ program with precompiled headers behaves, and fails to compile, exactly as without them.
#include "prepared_folder.hpp"

using namespace sluice;
using namespace sluice::execution;
using namespace sluice::execution::real;

namespace {

// Headers made for this test alone, and a launcher that shows them.
struct prepared_machine {
    prepared_folder made{"cpp20"};
    std::optional<machine> m;

    prepared_machine() {
        config c = test_config();
        c.sandbox.cgroup_parent += "-prepared";
        c.sandbox.first_uid += 1'000'000;
        c.worker.prepared_folder = made.root();
        m.emplace(c);
    }
    std::string folder() const { return found().availability.prepared_folder; }
    installed_language found() const { return m->languages.find("cpp20"); }
};

machine& with_headers(prepared_machine** whole = nullptr) {
    static prepared_machine p;
    if (whole != nullptr) *whole = &p;
    return *p.m;
}

domain::task cpp(const std::string& source, std::vector<std::string> args = {}) {
    domain::task t = program("cpp20", source);
    t.files[0].name = "main.cpp";
    t.compile_args = std::move(args);
    return t;
}

const std::string sorted =
    "#include <bits/stdc++.h>\n"
    "int main() { std::vector<int> v{2, 1}; std::sort(v.begin(), v.end());\n"
    "std::cout << v[0] << ' ' << __LINE__ << ' ' << __FILE__; }\n";

// What GCC says with -H of the headers that it read.
std::string headers_read(const std::string& source, std::vector<std::string> args = {}) {
    prepared_machine* p = nullptr;
    machine& m = with_headers(&p);
    domain::task t = cpp(source, std::move(args));
    const auto plan = domain::make_plan(t, *p->found().language, "", p->folder());
    run_job job;
    job.command = *plan.compile;
    job.command.argv.insert(job.command.argv.begin() + 1, "-H");
    job.files.push_back(must(m.runner->pack(t.files, plan.artefact_folder)));
    job.collect_folder = plan.artefact_folder;
    job.drains_output = true;
    const auto work = [&] { return m.runner->run(0, std::move(job)); };
    return must(testing::run_coro(m.io, work, std::chrono::seconds(60))).err;
}

}  // namespace

TEST_CASE("a precompiled header is used where the flags allow, and only there") {
    CHECK(headers_read(sorted).find("! ") == 0);
    CHECK(headers_read("#include <iostream>\nint main() {}\n").find("! ") == 0);
    CHECK(headers_read(sorted, {"-Wall"}).find("! ") == 0);
    for (const auto* other : {"-std=c++17", "-O0", "-g", "-DNDEBUG", "-fno-rtti", "-pthread"}) {
        INFO(other);
        CHECK(headers_read(sorted, {other}).find(".gch") == std::string::npos);
    }
    // GCC's own check: a macro that the headers look at.
    const std::string debug = "#define _GLIBCXX_DEBUG 1\n" + sorted;
    CHECK(headers_read(debug).find("! ") == std::string::npos);
}

TEST_CASE("programs do and compilers say the same with precompiled headers and without") {
    const std::string unused = "#include <iostream>\nint main() { int unused; std::cout << 1; }\n";
    const std::string deep =
        "#include <bits/stdc++.h>\nint main() { std::list<int> l;\n"
        "std::sort(l.begin(), l.end()); }\n";
    const std::vector<domain::task> tasks{
        cpp(sorted),
        cpp(sorted, {"-std=c++17"}),
        cpp("#include <iostream>\nint main() { std::cout << __cplusplus; }", {"-std=c++17"}),
        cpp("#define _GLIBCXX_DEBUG 1\n" + sorted),
        cpp(unused, {"-Wall"}),
        cpp(unused, {"-Wall", "-Werror"}),
        cpp("#include <bits/stdc++.h>\n\nint main() { return missing; }\n"),
        cpp("#include <iostream>\nint main() { std::sort(1); }\n"),
        cpp(deep),
    };
    for (const domain::task& t : tasks) {
        INFO(t.files[0].content);
        const domain::run_result with = with_headers().run(t);
        const domain::run_result without = the_machine().run(t);
        CHECK(with.status == without.status);
        CHECK(with.stdout_bytes == without.stdout_bytes);
        REQUIRE(with.compile);
        CHECK(with.compile->output == without.compile->output);
        CHECK(with.compile->exit_code == without.compile->exit_code);
    }
}

TEST_CASE("a broken precompiled header costs time and nothing else") {
    prepared_machine broken;
    std::filesystem::resize_file(broken.folder() + "/bits/stdc++.h.gch", 100'000);
    const domain::run_result r = broken.m->run(cpp(sorted));
    CHECK(r.status == domain::status::accepted);
    CHECK(r.stdout_bytes == "1 3 main.cpp");
    CHECK(r.compile->output.empty());
}
