// Templates, environment and the key material of the compile cache.
#include "sluice/domain/execution_plan.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <set>

using namespace sluice::domain;
using words = std::vector<std::string>;

namespace {

language a_compiled_language() {
    language l;
    l.id = "c17";
    l.extensions = {".c"};
    l.compile = {"/usr/bin/gcc", "{compile_args}", "{sources}", "-o", "{output}"};
    l.run = {"/box/{output}", "{args}"};
    l.artefact_folder = "out";
    l.keeps_sources = false;
    l.env = {{"L", "1"}};
    l.compile_limits.cpu_time_ms = 77;
    return l;
}

task a_task() {
    task t;
    t.language = "c17";
    t.files = {{"main.c", "int x;"}, {"util.h", "h"}, {"lib/util.c", "u"}};
    t.args = {"a b", "{output}"};
    t.compile_args = {"-O1"};
    t.env = {{"U", "2"}};
    t.limits.cpu_time_ms = 33;
    return t;
}

words run_argv(const argv_template& pattern, const std::string& main_file) {
    language l;
    l.run = pattern;
    l.artefact_folder = "out";
    task t;
    t.files = {{main_file, ""}};
    return make_plan(t, l, "").run.argv;
}

}  // namespace

TEST_CASE("compile gets the sources of the language and the user's arguments, each as one word") {
    const auto plan = make_plan(a_task(), a_compiled_language(), "12.2.0");
    REQUIRE(plan.compile);
    CHECK(
        plan.compile->argv == words{"/usr/bin/gcc", "-O1", "main.c", "lib/util.c", "-o", "out/main"}
    );
    CHECK(plan.run.argv == words{"/box/out/main", "a b", "{output}"});
    CHECK(plan.artefact_folder == "out");
    CHECK_FALSE(plan.keeps_sources);
}

TEST_CASE("compile and run have their own limits") {
    const auto plan = make_plan(a_task(), a_compiled_language(), "");
    CHECK(plan.compile->limits.cpu_time_ms == 77);
    CHECK(plan.run.limits.cpu_time_ms == 33);
}

TEST_CASE("an interpreted language has no compile step and no key") {
    auto l = a_compiled_language();
    l.compile.clear();
    const auto plan = make_plan(a_task(), l, "");
    CHECK_FALSE(plan.compile);
    CHECK(plan.cache_material.empty());
}

TEST_CASE("templates are filled in inside of words") {
    CHECK(run_argv({"x", "{source}"}, "a/m.py") == words{"x", "a/m.py"});
    CHECK(run_argv({".read {source}"}, "m.sql") == words{".read m.sql"});
    CHECK(run_argv({"-o{output}"}, "m") == words{"-oout/main"});
    CHECK(run_argv({"{main_class}"}, "Main.java") == words{"Main"});
    CHECK(run_argv({"out/{main_class}.js"}, "main.ts") == words{"out/main.js"});
    CHECK(run_argv({"{main_class}"}, "com/shop/Main.java") == words{"com.shop.Main"});
    CHECK(run_argv({"{main_class}"}, "a.b/Main") == words{"a.b.Main"});
}

TEST_CASE("a file that is called like a template or an option is taken for a file") {
    CHECK(run_argv({"{source}"}, "{main_class}") == words{"{main_class}"});
    CHECK(run_argv({"{source}"}, "{output}") == words{"{output}"});
    CHECK(run_argv({"{source}"}, "-rf") == words{"./-rf"});
    CHECK(run_argv({"{sources}"}, "@list") == words{"./@list"});
}

TEST_CASE("the environment is ours, then the language's, then the user's for the run only") {
    const auto plan = make_plan(a_task(), a_compiled_language(), "");
    const words ours{
        "PATH=/usr/local/bin:/usr/bin:/bin",
        "HOME=/box",
        "LANG=C.UTF-8",
        "TMPDIR=/tmp",
        "L=1"};
    CHECK(plan.compile->env == ours);
    auto with_user = ours;
    with_user.push_back("U=2");
    CHECK(plan.run.env == with_user);
}

TEST_CASE("a variable that is set again keeps its place and appears once") {
    auto t = a_task();
    t.env = {{"LANG", "de"}, {"L", "3"}};
    const auto plan = make_plan(t, a_compiled_language(), "");
    CHECK(
        plan.run.env ==
        words{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/box", "LANG=de", "TMPDIR=/tmp", "L=3"}
    );
}

TEST_CASE("whatever changes the artefact changes the key, and nothing else does") {
    const auto key = [](const std::function<void(task&, language&)>& change,
                        const std::string& version = "1") {
        auto t = a_task();
        auto l = a_compiled_language();
        change(t, l);
        return make_plan(t, l, version).cache_material;
    };
    const auto nothing = [](task&, language&) {};
    const auto base = key(nothing);
    CHECK(base == key([](task& t, language&) { t.args = {"other"}; }));
    CHECK(base == key([](task& t, language&) { t.stdin_bytes = "other"; }));
    CHECK(base == key([](task& t, language&) { t.env = {{"X", "y"}}; }));
    CHECK(base == key([](task& t, language&) { t.limits.cpu_time_ms = 1; }));
    CHECK(base == key([](task& t, language&) { t.user_id = "other"; }));

    const std::set<std::string> different{
        base,
        key(nothing, "2"),
        key([](task& t, language&) { t.compile_args = {"-O2"}; }),
        key([](task& t, language&) { t.files[0].content += " "; }),
        key([](task& t, language&) { t.files[1].content = "other header"; }),
        key([](task& t, language&) { t.files[1].name = "other.h"; }),
        key([](task& t, language&) { std::swap(t.files[0], t.files[2]); }),
        key([](task& t, language&) { t.files.pop_back(); }),
        key([](task&, language& l) {
            l.env = {{"L", "2"}};
        }),
        key([](task&, language& l) { l.id = "gnu17"; }),
    };
    CHECK(different.size() == 10);
}

TEST_CASE("bytes moved from one field to the next give another key") {
    const auto key = [](std::vector<source_file> files, words compile_args) {
        auto t = a_task();
        t.files = std::move(files);
        t.compile_args = std::move(compile_args);
        return make_plan(t, a_compiled_language(), "").cache_material;
    };
    const std::set<std::string> different{
        key({{"ab.c", "c"}}, {}),
        key({{"a.c", "bc"}}, {}),
        key({{"a", ".cbc"}}, {}),
        key({{"a.c", "b"}, {"c", ""}}, {}),
        key({{"a.c", ""}, {"b", "c"}}, {}),
        key({{"a.c", ""}}, {"b", "c"}),
        key({{"a.c", ""}}, {"bc"}),
        key({{"a.c", ""}}, {"b", "", "c"}),
    };
    CHECK(different.size() == 8);
}

namespace {

language a_prepared_language() {
    auto l = a_compiled_language();
    l.compile = {"/usr/bin/gcc", "{prepared_args}", "{compile_args}", "{sources}"};
    l.prepare.script = "true";
    l.prepare.compile_args = {"-isystem", "{prepared}"};
    l.prepare.compile_env = {{"L", "{prepared}/l"}};
    l.prepare.compatible_args = {"-W[a-z]*"};
    return l;
}

}  // namespace

TEST_CASE("what was prepared is used, with a plain compile to fall back on") {
    auto t = a_task();
    t.compile_args = {"-Wall"};
    const auto plan = make_plan(t, a_prepared_language(), "", "/p/c17-1");
    CHECK(
        plan.compile->argv ==
        words{"/usr/bin/gcc", "-isystem", "/p/c17-1", "-Wall", "main.c", "lib/util.c"}
    );
    CHECK(plan.compile->env.back() == "L=/p/c17-1/l");
    REQUIRE(plan.compile_plainly);
    CHECK(plan.compile_plainly->argv == words{"/usr/bin/gcc", "-Wall", "main.c", "lib/util.c"});
    CHECK(plan.compile_plainly->env.back() == "L=1");
    CHECK(plan.run.env.back() == "U=2");
}

TEST_CASE("nothing prepared is used with another argument, or when there is none") {
    const auto other = make_plan(a_task(), a_prepared_language(), "", "/p/c17-1");  // -O1
    CHECK(other.compile->argv == words{"/usr/bin/gcc", "-O1", "main.c", "lib/util.c"});
    CHECK_FALSE(other.compile_plainly);
    const auto missing = make_plan(a_task(), a_prepared_language(), "", "");
    CHECK(missing.cache_material == other.cache_material);
}

TEST_CASE("a compiler that says the same either way is not asked twice") {
    auto l = a_prepared_language();
    l.prepare.keeps_messages = true;
    auto t = a_task();
    t.compile_args.clear();
    const auto plan = make_plan(t, l, "", "/p/c17-1");
    CHECK(plan.compile->argv.at(1) == "-isystem");
    CHECK_FALSE(plan.compile_plainly);
}

TEST_CASE("a run uses what was prepared for it, whatever the compiler was told") {
    auto l = a_prepared_language();
    l.run = {"/usr/bin/vm", "{prepared_args}", "{output}", "{args}"};
    l.prepare.run_args = {"-archive={prepared}/a"};
    const auto plan = make_plan(a_task(), l, "", "/p/c17-1");  // -O1
    CHECK(
        plan.run.argv == words{"/usr/bin/vm", "-archive=/p/c17-1/a", "out/main", "a b", "{output}"}
    );
    CHECK(
        sluice::domain::run_argv(a_task(), l, {"other"}, plan.prepared_folder) ==
        words{"/usr/bin/vm", "-archive=/p/c17-1/a", "out/main", "other"}
    );
    const auto missing = make_plan(a_task(), l, "", "");
    CHECK(missing.run.argv == words{"/usr/bin/vm", "out/main", "a b", "{output}"});
    // What runs from an archive is the artefact that runs without.
    CHECK(missing.cache_material == plan.cache_material);
}

TEST_CASE("the key tells what was prepared") {
    auto t = a_task();
    t.compile_args.clear();
    std::set<std::string> keys;
    for (const auto* folder : {"", "/p/c17-1", "/p/c17-2"})
        keys.insert(make_plan(t, a_prepared_language(), "", folder).cache_material);
    CHECK(keys.size() == 3);
}
