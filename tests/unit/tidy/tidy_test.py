#!/usr/bin/python3
"""The tests of the house rules: each rule finds what it is for and stays silent on what is allowed.
The samples are written into a temporary tree, because a rule looks at the path too."""

import os
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(ROOT, "scripts"))

import tidy  # noqa: E402


def findings(path, text, rest=()):
    """What tidy says of a tree that holds this file (listed in a CMakeLists.txt) and the `rest`."""
    with tempfile.TemporaryDirectory() as root:
        files = {path: text, os.path.dirname(path) + "/CMakeLists.txt": os.path.basename(path) + "\n", **dict(rest)}
        for name, content in files.items():
            os.makedirs(os.path.join(root, os.path.dirname(name)), exist_ok=True)
            with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                file.write(content)
        return [what for _, _, what in tidy.check_tree(root)]


def cpp(body, path="libs/http/src/sample.cpp"):
    return findings(path, "// A sample.\n" + body + "\n")


class layer_rule(unittest.TestCase):
    def test_a_lower_layer_may_be_included(self):
        self.assertEqual(cpp('#include "sluice/runtime/gate.hpp"\n#include "sluice/core/ids.hpp"'), [])

    def test_a_higher_layer_may_not_be_included(self):
        self.assertIn("may not see", cpp('#include "sluice/http/server.hpp"', "libs/runtime/src/sample.cpp")[0])

    def test_libraries_of_one_layer_do_not_see_each_other(self):
        self.assertIn("may not see", cpp('#include "sluice/redis/client.hpp"')[0])

    def test_the_two_written_exceptions_are_allowed(self):
        self.assertEqual(cpp('#include "sluice/domain/limits.hpp"', "libs/messages/src/a.cpp"), [])
        self.assertEqual(cpp('#include "sluice/http/message.hpp"', "libs/ws/src/a.cpp"), [])

    def test_an_exception_does_not_hold_the_other_way(self):
        self.assertEqual(len(cpp('#include "sluice/ws/server.hpp"')), 1)

    def test_services_do_not_include_services(self):
        self.assertEqual(len(cpp('#include "services/execution/src/app.hpp"', "services/submission/src/a.cpp")), 1)

    def test_a_service_may_include_any_library_but_testing(self):
        self.assertEqual(cpp('#include "sluice/http/server.hpp"', "services/submission/src/a.cpp"), [])
        self.assertEqual(len(cpp('#include "sluice/testing/run_coro.hpp"', "services/submission/src/a.cpp")), 1)

    def test_tests_may_include_everything(self):
        self.assertEqual(cpp('#include "sluice/testing/run_coro.hpp"', "tests/unit/http/a.cpp"), [])

    def test_beast_stays_in_its_libraries(self):
        self.assertEqual(cpp("#include <boost/beast/core.hpp>"), [])
        self.assertEqual(len(cpp("#include <boost/beast/core.hpp>", "services/submission/src/a.cpp")), 1)

    def test_a_comment_is_no_include(self):
        self.assertEqual(cpp('// see #include "sluice/redis/client.hpp"'), [])


class coroutine_rule(unittest.TestCase):
    def check(self, statement):
        return [what for what in cpp("awaitable<void> f() {\n    " + statement + "\n}") if what.startswith("C1")]

    def test_dangerous_shapes_are_found(self):
        for statement in (
            "co_await f({.name = a});",
            "co_await f(options{a, b});",
            "auto x = c ? co_await f(options{a}) : 0;",
            "co_await f([name] { return name; });",
            "co_await f({a, b});",
            "co_spawn(make_strand(co_await this_coro::executor), [s = std::move(s)] { go(s); }, token);",
            "if (auto r = co_await f(pair{a, b}); !r) { return; }",
            "use(x, options{co_await f(a)});",
        ):
            with self.subTest(statement):
                self.assertEqual(len(self.check(statement)), 1)

    def test_safe_shapes_are_not(self):
        for statement in (
            "options o{a, b};\n    co_await f(std::move(o));",
            "co_await f(std::string(a), 3);",
            "co_await f(make_options(a));",
            "co_await f({});",
            "co_return options{a, b};",
            "auto work = [name]() -> awaitable<void> { co_await g(name); };\n    spawn(work);",
            "spawn(gate, [this, id]() -> awaitable<void> { co_await run(id); });",
            "for (;;) { auto r = co_await f(a); use({a, b}); }",
            "if (co_await f(a)) { use({a, b}); }",
            'log("co_await f({a})");',
        ):
            with self.subTest(statement):
                self.assertEqual(self.check(statement), [])


class banned_things(unittest.TestCase):
    def test_each_is_found(self):
        for body in ("co_spawn(a, b, detached);", "std::thread t(f);", "std::this_thread::sleep_for(1s);",
                     'auto* v = getenv("A");', 'std::printf("x");', "std::cout << 1;", "auto* p = new widget(1);",
                     "using namespace std;", "io_context_.stop();"):
            with self.subTest(body):
                self.assertEqual(len(cpp(body, "services/submission/src/a.cpp")), 1)

    def test_places_that_may_are_left_alone(self):
        self.assertEqual(cpp("std::thread t(f);", "libs/amqp/src/a.cpp"), [])
        self.assertEqual(cpp("try { f(); } catch (...) { g(); }"), [])
        self.assertEqual(cpp('std::printf("x");', "services/submission/src/main.cpp"), [])
        self.assertEqual(cpp("std::unique_ptr<widget> p(new widget());"), [])

    def test_everything_else_may_not_catch_everything(self):
        self.assertEqual(len(cpp("try { f(); } catch (...) { g(); }", "services/submission/src/a.cpp")), 1)

    def test_words_in_comments_and_texts_do_not_count(self):
        self.assertEqual(cpp('// detached, getenv\nauto t = "std::thread";'), [])

    def test_tests_may_not_sleep(self):
        self.assertEqual(len(cpp("std::this_thread::sleep_for(1s);", "tests/unit/http/a.cpp")), 1)
        text = '"""A test."""\nimport time\ntime.' + "sleep(1)\n"
        self.assertEqual(len(findings("tests/e2e/test_a.py", text)), 1)

    def test_a_program_that_a_test_submits_may_sleep(self):
        text = '"""A test."""\nprogram = "import time; time.' + 'sleep(1)"\n'
        self.assertEqual(findings("tests/e2e/test_a.py", text), [])


class sizes(unittest.TestCase):
    def body(self, lines):
        return "void long_one() {\n" + "    step();\n" * lines + "}"

    def test_a_function_of_seventy_lines_passes_and_a_longer_one_does_not(self):
        self.assertEqual(cpp(self.body(68)), [])
        self.assertIn("long_one has 71 lines", cpp(self.body(69))[0])

    def test_a_longer_one_may_be_allowed_with_a_reason_but_not_grow(self):
        path, begin = "libs/http/src/sample.cpp", "// A sample.\n"
        rest = [("scripts/tidy_allow.txt", f"{path} long_one 80 a table in code\n")]
        self.assertEqual(findings(path, begin + self.body(78) + "\n", rest), [])
        self.assertIn("has 81 lines", findings(path, begin + self.body(79) + "\n", rest)[0])

    def test_the_list_may_only_shrink(self):
        path, begin = "libs/http/src/sample.cpp", "// A sample.\n"
        rest = [("scripts/tidy_allow.txt", f"{path} long_one 80 a table in code\n")]
        self.assertIn("shrink or drop", findings(path, begin + self.body(70) + "\n", rest)[0])

    def test_methods_and_constructors_are_functions_too(self):
        method = "result<void> thing::run(int a) const {\n" + "    step();\n" * 75 + "}"
        built = "thing::thing(int a)\n    : a_(a)\n    , b_{a} {\n" + "    step();\n" * 75 + "}"
        self.assertIn("thing::run", cpp(method)[0])
        self.assertEqual(len(cpp(built)), 1)

    def test_a_class_or_namespace_is_no_function(self):
        self.assertEqual(cpp("namespace a {\nclass b {\n" + "    void f();\n" * 90 + "};\n}"), [])

    def test_a_file_has_a_hard_stop(self):
        self.assertIn("600", cpp("int x;\n" * 600)[0])

    def test_a_line_has_an_end(self):
        self.assertEqual(len(cpp("// " + "x" * 120)), 1)


class the_tree(unittest.TestCase):
    def test_a_source_that_no_cmake_file_lists_is_found(self):
        rest = [("libs/http/src/forgotten.cpp", "// Forgotten.\n")]
        self.assertEqual(findings("libs/http/src/a.cpp", "// A.\n", rest), ["is in no CMakeLists.txt"])

    def test_a_page_has_one_title(self):
        self.assertEqual(findings("docs/a.md", "# One\n\n## Part\n\n```\n# a comment\n```\n"), [])
        self.assertEqual(len(findings("docs/a.md", "# One\n\n# Two\n")), 1)
        self.assertEqual(len(findings("docs/a.md", "no title\n")), 1)

    def test_leftover_marks_are_found_anywhere(self):
        self.assertEqual(len(findings("docs/a.md", "# One\n\nFIX" + "ME\n")), 1)

    def test_a_file_says_what_it_is_for(self):
        self.assertEqual(len(findings("libs/http/src/a.cpp", "int x;\n")), 1)


if __name__ == "__main__":
    unittest.main()
