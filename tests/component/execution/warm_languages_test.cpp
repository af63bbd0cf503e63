// Runtimes that wait by the sandbox's library, and the class archive that Java's compiler and
// programs start from: whatever a program or a compiler says, returns and leaves is what it would
// be after a cold start without, and what is unusual starts cold.
#include "prepared_folder.hpp"

#include <algorithm>
#include <fstream>

using namespace sluice;
using namespace sluice::execution;
using namespace sluice::execution::real;

namespace {

using named_files = std::vector<domain::source_file>;

config config_of(bool is_warm, std::int64_t uids) {
    config c = test_config();
    c.sandbox.first_uid += uids;
    c.warm_runtimes.is_enabled = is_warm;
    return c;
}

// Starts at once what waits, however soon the next program comes.
void wait_at_once(domain::language& l) {
    l.warm.quiet_ms = 0;
}

config with_prepared_in(const std::string& root, config c) {
    c.worker.prepared_folder = root;
    return c;
}

bool is_missing(const char* language);

// Everything that makes programs faster, against nothing of it.
machine& warm_machine() {
    static const prepared_folder made(is_missing("java") ? "" : "java");
    static machine m(with_prepared_in(made.root(), config_of(true, 1'000'000)), wait_at_once);
    return m;
}

machine& cold_machine() {
    static machine m(with_prepared_in("", config_of(false, 2'000'000)));
    return m;
}

bool is_missing(const char* language) {
    if (cold_machine().languages.find(language).availability.is_available) return false;
    WARN(language << " is not installed");
    return true;
}

domain::task task_of(const std::string& language, named_files files) {
    domain::task t = program(language, "");
    t.files = std::move(files);
    t.limits.memory_bytes = 512 << 20;
    t.limits.processes = 128;
    return t;
}

void check_same(const domain::task& t) {
    const auto warm = warm_machine().run(t);
    const auto cold = cold_machine().run(t);
    INFO(t.files[0].content);
    CHECK(warm.status == cold.status);
    CHECK(warm.limit_hit == cold.limit_hit);
    CHECK(warm.exit_code == cold.exit_code);
    CHECK(warm.signal == cold.signal);
    CHECK(warm.stdout_bytes == cold.stdout_bytes);
    CHECK(warm.stderr_bytes == cold.stderr_bytes);
    REQUIRE(warm.compile.has_value() == cold.compile.has_value());
    if (!warm.compile) return;
    CHECK(warm.compile->output == cold.compile->output);
    CHECK(warm.compile->exit_code == cold.compile->exit_code);
    CHECK(warm.compile->signal == cold.compile->signal);
}

std::string java_main(const std::string& body, const std::string& rest = "") {
    return "import java.util.*;\npublic class Main {\n    public static void main(String[] args) "
           "throws Exception {\n" +
           body + "\n    }\n}\n" + rest;
}

std::string many_errors() {
    std::string body;
    for (int i = 0; i < 300; ++i)
        body += "int a" + std::to_string(i) + " = nothing" + std::to_string(i) + ";\n";
    return body;
}

const std::vector<named_files> java_programs{
    {{"Main.java", java_main("System.out.println(\"hello\");")}},
    {{"Main.java", java_main("int x = \"text\"; undefined();")}},
    {{"Main.java", java_main("List l = new ArrayList(); l.add(1); new Date(1, 2, 3);")}},
    {{"Main.java", java_main(many_errors())}},
    {{"Main.java", "public class Other { }\n"}},
    {{"Main.java", java_main("System.out.println(new p.Part().name());")},
     {"p/Part.java",
      "package p; public class Part { public String name() { return \"\xc3\xa9\"; } }"}},
    {{"Main.java", java_main("System.out.println(new p.Part().name());")},
     {"p/Part.java", "package q; public class Part { String name() { return \"x\"; } }"}},
    {{"Main.java",
      java_main(
          "Runnable r = () -> System.out.println(1 + \"a\"); r.run();",
          "record Point(int x, int y) { }\nenum Colour { RED }\n"
      )}},
    {{"Main.java", java_main("throw new IllegalStateException(\"why\");")}},
    {{"com/shop/Main.java",
      "package com.shop; public class Main { public static void main(String[] a) { "
      "System.out.println(Main.class.getName()); } }"}},
    {{"Main.java", java_main("System.out.println(1);")}, {"META-INF/services/x", "y"}},
    {{"Main.java",
      java_main(
          "var l = new ArrayList<Point>();\n"
          "try (Scanner in = new Scanner(System.in)) { while (in.hasNextInt()) l.add(new "
          "Point(in.nextInt(), l.size())); System.out.println(in.hasNext() ? in.next() : null); }\n"
          "System.out.println(l + \" \" + l.hashCode() + l.stream().map(Point::x).sorted("
          "Comparator.reverseOrder()).map(String::valueOf).collect("
          "java.util.stream.Collectors.joining(\",\", \"<\", \">\")));\n"
          "System.out.printf(\"%.3f %5d %s%n\", 1.5, l.size(), l.stream().collect("
          "java.util.stream.Collectors.groupingBy(Point::y)));",
          "record Point(int x, int y) { }\n"
      )}},
    {{"Main.java",
      java_main("try { List.of(1, 2).forEach(x -> fail(x)); } catch (RuntimeException e) { "
                "e.printStackTrace(); }\n"
                "var t = new Thread(() -> fail(2), \"other\"); t.start(); t.join();\n"
                "List.of(1).stream().map(x -> \"\".charAt(x)).forEach(System.out::println);\n"
                "} static void fail(int x) { throw new RuntimeException(\"with \" + x, new "
                "java.io.IOException(\"why\"));")}},
    {{"Main.java",
      java_main("Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println(\"hook\")"
                ")); System.err.print(\"e\"); System.exit(7);")}},
    {{"Main.java", java_main("System.out.println(args.length + Arrays.toString(args));")}},
    {{"Main.java",
      java_main(
          "System.out.println(System.getenv().keySet().stream().sorted().toList());\n"
          "System.out.println(new TreeMap<>(System.getProperties()).keySet());\n"
          "for (var n : List.of(\"java.class.path\", \"sun.java.command\", \"user.dir\", "
          "\"jdk.module.main\", \"java.vm.info\")) System.out.println(System.getProperty(n));\n"
          "System.out.println(Arrays.toString(new java.io.File(\"/box\").list()));\n"
          "System.out.println(ModuleLayer.boot().modules().size() + \" \" + "
          "Main.class.getClassLoader().getName() + Main.class.getProtectionDomain()"
          ".getCodeSource().getLocation() + Main.class.getResource(\"Main.class\"));\n"
          "System.out.println(Thread.getAllStackTraces().keySet().stream().map(Thread::getName)"
          ".sorted().toList() + \" \" + ProcessHandle.current().pid());\n"
          "System.out.println(Runtime.getRuntime().maxMemory() + \" \" + "
          "Runtime.getRuntime().totalMemory());"
      )}},
    {{"Main.java",
      java_main("System.out.println(Class.forName(\"com.sun.tools.javac.Main\").getModule());\n"
                "Class.forName(\"p.Missing\");")}},
    {{"Main.java",
      java_main("long[][] all = new long[64][]; System.out.println(1);\n"
                "all[0] = new long[Integer.MAX_VALUE];")}},
    {{"Main.java", java_main("f(0); } static int f(int x) { return f(x + 1) + 1;")}},
};

const std::vector<std::string> node_programs{
    "console.log('hello'); console.error('errors')",
    "console.log(process.argv, process.execArgv, process.execPath, process.title, process.argv0)",
    "console.log(require.main === module, module.id, __filename, __dirname, module.paths, "
    "module.parent, Object.keys(require.cache), module.children.length)",
    "console.log(Object.entries(process.env), process.cwd(), process.pid, process.ppid)",
    "const fs = require('fs'); console.log(fs.readdirSync('/box'), fs.readdirSync('/tmp'), "
    "fs.openSync(__filename))",
    "const fs = require('fs'); console.log(fs.readdirSync('/proc/self/fd').length, "
    "fs.readFileSync('/proc/self/limits', 'utf8'))",
    "console.log(require('fs').readFileSync('/proc/self/status', 'utf8').split('\\n')"
    ".filter(l => /^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp|NSpid|Sig|Threads)/.test(l)))",
    "process.stdin.on('data', d => console.log(String(d))).on('end', () => console.log('end'))",
    "console.log(require('fs').readFileSync(0, 'utf8'))",
    "console.log(process.stdin.constructor.name, process.stdout.constructor.name, "
    "process.stdout.fd, process.stderr.isTTY, process.stdout.writableHighWaterMark)",
    "throw new Error('x')",
    "function f() { f() }\nf()",
    "let a = ;",
    "null.x",
    "Promise.reject(new Error('later'))",
    "setTimeout(() => { throw new TypeError('late') }, 1)",
    "process.exit(3)",
    "process.exitCode = 4; process.on('exit', c => console.log('exit', c))",
    "process.kill(process.pid, 'SIGKILL')",
    "process.abort",
    "console.log(new Error('trace').stack)",
    "import('fs').then(m => console.log(typeof m.readFileSync))",
    "require('./missing')",
    "console.log(eval('1+1'), typeof WebAssembly, process.versions.v8, process.memoryUsage !== 0)",
    "const { Worker, isMainThread } = require('worker_threads');\n"
    "if (isMainThread) new Worker(__filename).on('exit', c => console.log('worker', c));\n"
    "else console.log('in', process.argv, process.execArgv)",
    "const cp = require('child_process');\nif (process.argv[2]) console.log('child', process.argv, "
    "process.env.LD_PRELOAD);\nelse cp.fork(__filename, ['c']).on('exit', c => console.log(c))",
    "console.log(require('child_process').execSync('env; ls /box').toString())",
    "console.log(require('os').homedir(), require('os').userInfo().uid, Intl.DateTimeFormat()"
    ".resolvedOptions().timeZone, Intl.DateTimeFormat().resolvedOptions().locale)",
    "process.on('SIGTERM', () => { console.log('term'); process.exit(0) }); "
    "process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 1000)",
    "console.log(Object.keys(globalThis), process.listenerCount('exit'), process.moduleLoadList"
    ".length)",
    "require('fs').writeFileSync('x', 'y'.repeat(2 << 20)); console.log('written')",
    "const f = []; try { for (;;) f.push(require('fs').openSync('/dev/null')) } "
    "catch (e) { console.log(e.code, f.length) }",
};

}  // namespace

TEST_CASE("a javac that waited says, returns and leaves what one does that is started") {
    if (is_missing("java")) return;
    for (const named_files& files : java_programs) {
        auto t = task_of("java", files);
        t.stdin_bytes = "3 1 2 x\n";
        check_same(t);
    }
    for (const char* argument : {"-Werror", "-parameters"}) {
        auto t = task_of(
            "java",
            {{"Main.java", java_main("List l = new ArrayList(); l.add(1); System.out.println(l);")}}
        );
        t.compile_args = {"-Xlint:all", argument};
        check_same(t);
    }
    auto release = task_of("java", {{"Main.java", java_main("record P(int x) { }")}});
    release.compile_args = {"--release", "11"};
    check_same(release);
}

TEST_CASE("a Java program starts from the archive that was prepared, and only there") {
    if (is_missing("java")) return;
    const auto says_archive = [](machine& m, std::vector<std::string> compile_args = {}) {
        auto t = task_of(
            "java",
            {{"Main.java",
              java_main("System.out.println(java.nio.file.Files.readString(java.nio.file.Path.of("
                        "\"/proc/self/maps\")).contains(\"/java.jsa\") + args[0]);")}}
        );
        t.args = {"one"};
        t.compile_args = std::move(compile_args);
        return m.run(t).stdout_bytes;
    };
    CHECK(says_archive(warm_machine()) == "trueone\n");
    CHECK(says_archive(warm_machine(), {"-g"}) == "trueone\n");
    CHECK(says_archive(cold_machine()) == "falseone\n");
}

TEST_CASE("each test of a Java program starts from the archive, with its own arguments") {
    if (is_missing("java")) return;
    auto t = task_of(
        "java",
        {{"Main.java",
          java_main("System.out.print(java.nio.file.Files.readString(java.nio.file.Path.of("
                    "\"/proc/self/maps\")).contains(\"/java.jsa\") + args[0] + new "
                    "Scanner(System.in).nextLine());")}}
    );
    t.args = {"task's"};
    domain::test_case own, other;
    own.stdin_bytes = "a\n";
    own.expected_output = "truetask'sa";
    other.stdin_bytes = "b\n";
    other.args = {"test's"};
    other.expected_output = "truetest'sb";
    t.tests = {own, other};
    const auto r = warm_machine().run(t);
    REQUIRE(r.tests.size() == 2);
    for (const auto& test : r.tests)
        CHECK(test.run.status == domain::status::accepted);
}

TEST_CASE("an archive that the virtual machine does not take is none") {
    if (is_missing("java")) return;
    const prepared_folder made("java");
    for (const auto& e : std::filesystem::recursive_directory_iterator(made.root())) {
        if (e.path().filename() != "java.jsa") continue;
        std::filesystem::permissions(
            e,
            std::filesystem::perms::owner_write,
            std::filesystem::perm_options::add
        );
        std::fstream file(e.path(), std::ios::in | std::ios::out | std::ios::binary);
        file << std::string(4096, '\0');  // its name tells its size only
        REQUIRE(file.flush());
    }
    machine m(with_prepared_in(made.root(), config_of(true, 5'000'000)), wait_at_once);
    REQUIRE_FALSE(m.languages.find("java").availability.prepared_folder.empty());
    for (int i = 0; i < 3; ++i) {
        const std::string text = "System.out.println(" + std::to_string(i) + ");";
        const auto r = m.run(task_of("java", {{"Main.java", java_main(text)}}));
        CHECK(r.compile->output.empty());
        CHECK(r.stdout_bytes == std::to_string(i) + "\n");
        CHECK(r.stderr_bytes.empty());
    }
}

TEST_CASE("limits of a Java program are those of a cold start without an archive") {
    if (is_missing("java")) return;
    const auto of = [](const std::string& body, auto change) {
        auto t = task_of("java", {{"Main.java", java_main(body)}});
        change(t.limits);
        const auto warm = warm_machine().run(t);
        const auto cold = cold_machine().run(t);
        CHECK(warm.status == cold.status);
        CHECK(warm.limit_hit == cold.limit_hit);
        CHECK(warm.stdout_bytes == cold.stdout_bytes);
        return warm;
    };
    const auto fills = [](domain::limits& l) { l.memory_bytes = 192 << 20; };
    CHECK(
        of("var l = new ArrayList<byte[]>(); System.out.println(1); for (;;) { byte[] b = new "
           "byte[1 "
           "<< 20]; Arrays.fill(b, (byte) 1); l.add(b); }",
           fills)
            .limit_hit == domain::limit_kind::memory
    );
    const auto spins = [](domain::limits& l) { l.cpu_time_ms = 600; };
    const auto spun = of("System.out.println(1); for (;;) ;", spins);
    CHECK(spun.limit_hit == domain::limit_kind::cpu_time);
    CHECK(spun.cpu_us >= 600'000);
    const auto sleeps = [](domain::limits& l) { l.wall_time_ms = 1500; };
    CHECK(
        of("System.out.println(1); Thread.sleep(60000);", sleeps).limit_hit ==
        domain::limit_kind::wall_time
    );
    const auto prints = [](domain::limits& l) { l.output_bytes = 4096; };
    CHECK(
        of("for (;;) System.out.println(\"x\".repeat(999));", prints).limit_hit ==
        domain::limit_kind::output
    );
}

TEST_CASE("a program's memory holds nothing of its waiting compiler") {
    if (is_missing("java")) return;
    const auto t = task_of("java", {{"Main.java", java_main("System.out.println(1);")}});
    const auto warm = warm_machine().run(t);
    const auto cold = cold_machine().run(t);
    CHECK(warm.memory_peak_bytes < cold.memory_peak_bytes + (8 << 20));
}

TEST_CASE("a Java program after another finds its compiler waiting; a processor's does not") {
    if (is_missing("java")) return;
    machine m(config_of(true, 3'000'000), [](domain::language& l) {
        wait_at_once(l);
        if (l.id != "java") return;
        const std::string before = "System.exit(Main.compile";
        const auto at = l.warm.agent_code.find(before);
        REQUIRE(at != std::string::npos);
        l.warm.agent_code.insert(at, "System.err.println(\"waited\");");
    });
    const auto compiled = [&](int i, bool has_processor) {
        const std::string text = "System.out.println(" + std::to_string(i) + ");";
        named_files files{{"Main.java", java_main(text)}};
        if (has_processor) files.push_back({"META-INF/services/x", "y"});
        const auto r = m.run(task_of("java", std::move(files)));
        CHECK(r.stdout_bytes == std::to_string(i) + "\n");
        return r.compile->output;
    };
    CHECK(compiled(0, false).empty());
    bool has_waited = false;
    for (int i = 1; i < 6 && !has_waited; ++i)
        has_waited = compiled(i, false) == "waited\n";
    CHECK(has_waited);
    CHECK(compiled(7, true).empty());
}

TEST_CASE("an agent that ends, or that waits for nothing, is a cold start") {
    if (is_missing("java")) return;
    const char* body = GENERATE("System.exit(0);", "Runtime.getRuntime().halt(1);");
    machine m(config_of(true, 4'000'000), [&](domain::language& l) {
        wait_at_once(l);
        if (l.id != "java") return;
        l.warm.agent_code =
            std::string("class JavacAgent { public static void main(String[] a) { ") + body +
            " } }";
    });
    for (int i = 0; i < 2; ++i) {
        const std::string text = "System.out.println(" + std::to_string(i) + ");";
        const auto r = m.run(task_of("java", {{"Main.java", java_main(text)}}));
        CHECK(r.compile->output.empty());
        CHECK(r.stdout_bytes == std::to_string(i) + "\n");
    }
}

TEST_CASE("a program cannot tell a Node that waited from one that is started") {
    if (is_missing("javascript")) return;
    (void)warm_machine().run(task_of("javascript", {{"main.js", "0"}}));
    for (const std::string& code : node_programs) {
        auto t = task_of("javascript", {{"main.js", code}, {"helper.js", "module.exports = 1"}});
        t.stdin_bytes = "first\nsecond";
        check_same(t);
    }
    auto module = task_of(
        "javascript",
        {{"main.js", "import fs from 'fs'; console.log(typeof fs, import.meta.url)"},
         {"package.json", "{\"type\": \"module\"}"}}
    );
    check_same(module);
    auto with_arguments = task_of("javascript", {{"main.js", "console.log(process.argv)"}});
    with_arguments.args = {"one", "two words"};
    check_same(with_arguments);
    auto with_variable = task_of("javascript", {{"main.js", "console.log(process.env)"}});
    with_variable.env = {{"MINE", "yes"}};
    check_same(with_variable);
    auto other_name = task_of("javascript", {{"start.mjs", "console.log(import.meta.url)"}});
    check_same(other_name);
}

TEST_CASE("a Node program after another finds its runtime waiting, within the program's limits") {
    if (is_missing("javascript")) return;
    const auto run = [](const std::string& code,
                        std::int64_t domain::limits::*limit = nullptr,
                        std::int64_t value = 0) {
        auto t = task_of(
            "javascript",
            {{"main.js",
              "const waited = require('fs').readFileSync('/proc/self/maps', 'utf8')"
              ".includes('take.so');\n" +
                  code}}
        );
        if (limit != nullptr) t.limits.*limit = value;
        return warm_machine().run(t);
    };
    bool has_waited = false;
    for (int i = 0; i < 6 && !has_waited; ++i)
        has_waited = run("console.log(waited)").stdout_bytes == "true\n";
    REQUIRE(has_waited);
    CHECK(
        run("for (;;) ;", &domain::limits::cpu_time_ms, 300).limit_hit ==
        domain::limit_kind::cpu_time
    );
    CHECK(
        run("setTimeout(() => {}, 60000)", &domain::limits::wall_time_ms, 400).limit_hit ==
        domain::limit_kind::wall_time
    );
    CHECK(
        run("const a = []; for (;;) a.push(Buffer.alloc(1 << 20, 1))").limit_hit ==
        domain::limit_kind::memory
    );
}
