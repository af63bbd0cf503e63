#!/usr/bin/python3
"""The house rules that a program can check (docs/style.md); run by ./dev lint and as a test.

    tidy.py [ROOT]    prints one line for each finding, exits 1 when there is one

Each rule is a function from a source file (or the tree) to findings. Exceptions stand in the tables
below with their reason, or, for long functions, in scripts/tidy_allow.txt, which may only shrink.
What clang-tidy and clang-format can say is left to them."""

import ast
import os
import re
import subprocess
import sys

# --- what may include what -----------------------------------------------------------------------

LAYERS = {"core": 0, "domain": 1, "messages": 1, "observe": 2, "languages": 2, "runtime": 3, "http": 4, "ws": 4,
          "amqp": 4, "redis": 4, "postgres": 4, "curl": 4, "sandbox": 4, "fleet": 5}
SAME_LAYER = {
    ("messages", "domain"),  # a message carries domain values
    ("ws", "http"),          # a WebSocket begins as an HTTP request: same request, response and TLS types
}
# Libraries of one external thing: nobody else may see it.
PRIVATE_HEADERS = {
    r"<boost/beast": ("libs/http/src/", "libs/ws/src/", "libs/runtime/src/boost_impl.cpp", "tests/", "bench/"),
    r"<spdlog/": ("libs/observe/src/",),
    r"<amqp\.h>|<amqp_\w+\.h>|<rabbitmq-c/": ("libs/amqp/src/",),
    r"<hiredis/": ("libs/redis/src/",),
    r"<libpq-fe\.h>|<postgresql/": ("libs/postgres/src/",),
    r"<yaml-cpp/": ("libs/core/src/", "libs/languages/src/"),
    r"<catch2/": ("tests/", "libs/testing/"),
}

# --- banned: (name, pattern, where it is allowed all the same, what to do instead) -----------------

TESTS = ("tests/", "libs/testing/", "bench/")
BANNED = [
    ("detached", r"\bdetached\b", ("libs/testing/",), "spawn through runtime::gate"),
    ("io_context::stop", r"\b(?:io|loop|context|io_context)_?\.stop\(\)", TESTS, "drain; the loop ends when no work is left"),
    ("std::thread", r"\bstd::j?thread\b(?!::)", ("libs/runtime/", "libs/amqp/", *TESTS),
     "one loop per service; blocking calls go to runtime::blocking_pool"),
    ("sleep", r"\b(?:sleep_for|sleep_until|usleep|nanosleep)\b|(?<![\w.:>])sleep\(\s*\d", ("libs/sandbox/src/cgroup",),  # rmdir says EBUSY for a moment after a kill; no event tells when it is over
     "wait for the event itself, with a deadline"),
    ("getenv", r"\b(?:secure_)?getenv\b|\benviron\b", ("libs/core/src/config.cpp", "libs/testing/", "tests/", "bench/"),
     "settings come through core/config.hpp"),
    ("printing", r"\b(?:std::)?f?printf\s*\(|\bstd::c(?:out|err)\b|\bputs\s*\(",
     ("libs/core/src/assert.cpp", "libs/runtime/src/service_main.cpp", "libs/observe/src/", "libs/languages/tool/",
      *TESTS), "log through observe, or return text to main"),
    ("catch (...)", r"\bcatch\s*\(\s*\.\.\.\s*\)", ("libs/core/src/error.cpp", "libs/http/src/", "libs/ws/src/", "libs/runtime/", "libs/amqp/src/",
     "services/submission/src/grpc/call_bridge.cpp",  # a gRPC call is a request
     *TESTS), "only the request, the message and the root of a coroutine catch everything"),
    # A private constructor needs `new` inside the smart pointer (WRAPPED); the init process keeps one object to its end.
    ("bare new", r"(?<!operator )\bnew\s+[A-Za-z_:<]", ("tests/", "libs/sandbox/src/init_main.cpp"), "std::make_unique or a container"),
    ("using namespace", r"^\s*using namespace (?!std::(?:chrono_)?literals|std::string_(?:view_)?literals|sluice::literals|boost::asio::experimental::awaitable_operators)",
     TESTS, "name what is used"),
]
WRAPPED = re.compile(r"_ptr<[^;]*$")
# Where a whole file has to do what the rule forbids elsewhere.
MAINS = re.compile(r"(?:^|/)(?:main|\w+_main|\w+_cli|\w+_tool|dump_\w+|topology_tool)\.cpp$")

FILE_HARD_STOP, FUNCTION_LIMIT, LINE_LIMIT, HEADER_LIMIT = 600, 70, 120, 200
SOURCE_FOLDERS = ("libs", "services", "tests", "bench")

STRING_OR_COMMENT = re.compile(
    r'R"(\w*)\(.*?\)\1"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.S)


def blanked(text):
    """The same text with comments and literals replaced by blanks, so that positions stay."""
    def blank(match):
        piece = match.group(0)
        keep = '""' if piece.startswith(('"', "R")) else ""
        return keep + re.sub(r"[^\n]", " ", piece)[len(keep):]
    return STRING_OR_COMMENT.sub(blank, text)


class source:
    def __init__(self, root, path):
        self.path = path
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
            self.text = file.read()
        self.lines = self.text.split("\n")
        self._code = None

    @property
    def code(self):
        if self._code is None:
            self._code = blanked(self.text)
        return self._code

    def line_of(self, position):
        return self.text.count("\n", 0, position) + 1

    def is_cpp(self):
        return self.path.endswith((".cpp", ".hpp")) and self.path.startswith(tuple(f + "/" for f in SOURCE_FOLDERS))


# --- rules of one C++ file --------------------------------------------------------------------------

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|(<[^>]+>))', re.M)


def owner_of(path):
    """("lib", "http"), ("service", "execution"), ("test", …) or None."""
    parts = path.split("/")
    kinds = {"libs": "lib", "services": "service", "tests": "test", "bench": "test"}
    return (kinds[parts[0]], parts[1]) if parts[0] in kinds and len(parts) > 2 else None


def check_layers(file):
    owner = owner_of(file.path)
    if owner is None or owner[0] == "test" or owner == ("lib", "testing"):
        return
    kind, name = owner
    for match in INCLUDE.finditer(file.text):
        quoted = match.group(1)
        line = file.line_of(match.start(1) if quoted else match.start(2))
        if not quoted:
            continue
        if quoted.startswith("sluice/v1/"):
            is_service = quoted.endswith(".grpc.pb.h") and "/src/grpc/" in file.path  # a gRPC interface's own
            if (kind, name) != ("lib", "messages") and not is_service:
                yield line, f"{quoted}: generated messages are seen by libs/messages only"
            continue
        if not quoted.startswith("sluice/"):
            if re.match(r"(\.\./)*(libs|services)/", quoted) or "services/" in quoted:
                yield line, f"{quoted}: include ours as \"sluice/<lib>/x.hpp\""
            continue
        target = quoted.split("/")[1]
        if target == "testing":
            yield line, f"{quoted}: libs/testing is for tests and benchmarks only"
        elif target not in LAYERS:
            yield line, f"{quoted}: unknown library '{target}'; write it into tidy.py with its layer"
        elif kind == "lib" and target != name:
            if name not in LAYERS:
                yield line, f"libs/{name} has no layer; write it into tidy.py"
            elif LAYERS[target] >= LAYERS[name] and (name, target) not in SAME_LAYER:
                yield line, f"{quoted}: {name} (L{LAYERS[name]}) may not see {target} (L{LAYERS[target]})"


def check_private_headers(file):
    for match in INCLUDE.finditer(file.text):
        header = match.group(2)
        if not header:
            continue
        for pattern, allowed in PRIVATE_HEADERS.items():
            if re.match(pattern, header) and not file.path.startswith(allowed):
                yield file.line_of(match.start(2)), f"{header} belongs to {', '.join(allowed[:2])}"


def check_banned(file):
    for name, pattern, allowed, instead in BANNED:
        if file.path.startswith(allowed) or (name in ("printing", "using namespace") and MAINS.search(file.path)):
            continue
        for match in re.finditer(pattern, file.code, re.M):
            if name == "bare new" and WRAPPED.search(file.code, max(0, match.start() - 120), match.start()):
                continue
            yield file.line_of(match.start()), f"{name}: {instead}"


# Rule C1: some compilers destroy a temporary twice when it is an aggregate, a braced list or a capturing
# lambda inside an expression that also awaits. Naming it and moving it is safe everywhere.
LAMBDA_HEAD = re.compile(r"\[[^\[\]]*\]\s*(?:\([^()]*\))?\s*(?:mutable\b\s*)?(?:noexcept\b\s*)?(?:->[^{;]*)?\{")
BRACED = re.compile(r"[(,]\s*(?:[A-Za-z_][\w:]*(?:<[^;(){}]*>)?\s*)?\{(?!\s*\})")
CAPTURING = re.compile(r"[(,]\s*\[\s*[^\]\s]")
AWAIT = re.compile(r"\bco_await\b")


def closing(code, opening):
    """Position of the brace that closes the one at `opening`; the end of the text when there is none."""
    depth = 0
    for match in re.compile(r"[{}]").finditer(code, opening):
        depth += 1 if match.group() == "{" else -1
        if depth == 0:
            return match.start()
    return len(code)


def without_lambda_bodies(statement):
    """A lambda's body is a coroutine of its own: what it awaits is not awaited here."""
    position = 0
    while match := LAMBDA_HEAD.search(statement, position):
        end = closing(statement, match.end() - 1)
        inner = statement[match.end():end]
        statement = statement[:match.end() - 1] + "@" + re.sub(r"[^\n]", " ", inner) + "@" + statement[end + 1:]
        position = match.end()
    return statement


def statement_around(code, position):
    """(start, end) of the full expression that holds `position`: to the next ; outside parentheses, back to
    the last ; { or } outside of them. Braces inside parentheses belong to the expression."""
    depth, start = 0, position
    while start > 0:
        char = code[start - 1]
        if char in ")]":
            depth += 1
        elif char in "([":
            depth -= 1
        elif char in ";{}" and depth <= 0:
            if not (char == "{" and is_operand_brace(code, start - 1)):
                break
        start -= 1
        if position - start > 4000:
            break
    depth, end = 0, position
    while end < len(code) and end - position < 4000:
        char = code[end]
        if char in "([{":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif char == "}":
            if depth <= 0:
                break
            depth -= 1
        elif char == ";" and depth <= 0:
            break
        end += 1
    return start, end


OPERAND_BEFORE = re.compile(r"[(,=]\s*(?:[\w:]+(?:<[^;(){}]*>)?)?\s*$")


def is_operand_brace(code, position):
    """Whether the { at `position` begins a braced argument, as in f({ … co_await … })."""
    return OPERAND_BEFORE.search(code[max(0, position - 200):position]) is not None


def check_coroutines(file):
    if "co_await" not in file.code:
        return
    code = file.code
    seen = set()
    for match in AWAIT.finditer(code):
        start, end = statement_around(code, match.start())
        if start in seen:
            continue
        seen.add(start)
        statement = code[start:end]
        outer = without_lambda_bodies(statement)
        if not AWAIT.search(outer):
            continue
        # `if (…) {` and `for (…) {`: the body is no part of the condition.
        head = re.match(r"\s*(?:else\s+)?(?:if|while|switch|for)\b[^{]*?\)\s*\{", outer)
        outer = outer[:head.end() - 1] if head else outer
        if not AWAIT.search(outer):
            continue
        for name, rule in (("braced temporary", BRACED), ("capturing lambda", CAPTURING)):
            found = rule.search(outer)
            if found:
                yield file.line_of(start + found.start()), f"C1: {name} in a co_await expression; name it, then std::move it"


FUNCTION_HEAD = re.compile(r"\)\s*(?:const\b|noexcept\b|override\b|final\b|mutable\b|&&?|->\s*[\w:<>,&*\s]+|:\s[^;{}]*(?:\{[^{}]*\}[^;{}]*)*)*\s*$")
NOT_FUNCTIONS = re.compile(r"\b(?:if|for|while|switch|catch|namespace|class|struct|enum|union|do|else|try)\b")


def functions_of(file):
    """(line, name, length in lines) of every function body; lambdas count to the function around them."""
    code = re.sub(r"^[ \t]*#[^\n]*", lambda match: " " * len(match.group()), file.code, flags=re.M)
    for _ in range(3):  # a{b} is no body, though a constructor's head may hold it
        code = re.sub(r"(?<=[\w>])\{([^{};]*)\}", r"(\1)", code)
    position = 0
    for match in re.finditer(r"\{", code):
        opening = match.start()
        if opening < position:
            continue
        boundary = max(code.rfind(";", 0, opening), code.rfind("}", 0, opening), code.rfind("{", 0, opening))
        head = code[boundary + 1:opening]
        if "(" not in head or NOT_FUNCTIONS.search(head.split("(")[0]) or not FUNCTION_HEAD.search(head):
            continue
        end = closing(code, opening)
        name = re.search(r"([\w:~]+)\s*\(", head)
        first = file.line_of(opening)
        yield first, name.group(1) if name else "?", file.line_of(end) - first + 1
        position = end


def check_sizes(file, allowed_functions):
    lines = file.text.count("\n")
    if lines > FILE_HARD_STOP:
        yield 1, f"{lines} lines; a file ends before {FILE_HARD_STOP}"
    if "/include/" in file.path and lines > HEADER_LIMIT:
        yield 1, f"{lines} lines; a public header ends before {HEADER_LIMIT}"
    for number, line in enumerate(file.lines, 1):
        if len(line) > LINE_LIMIT and "://" not in line:
            yield number, f"{len(line)} columns; {LINE_LIMIT} is the end"
    for line, name, length in functions_of(file):
        limit = allowed_functions.get((file.path, name), FUNCTION_LIMIT)
        if length > limit:
            yield line, f"{name} has {length} lines; {limit} is the limit"


def check_beginning(file):
    """A .cpp beside its .hpp may leave it to that."""
    if file.path.endswith(".cpp") and f'#include "{os.path.basename(file.path)[:-4]}.hpp"' in file.text:
        return
    if not file.lines[0].startswith(("//", "/*")):
        yield 1, "a file begins with one to five sentences on what it is for"


# --- rules of any text file ---------------------------------------------------------------------------

LEFTOVER = re.compile(r"\b(?:FIXME|TO" r"DO|XXX)\b")


def check_leftovers(file):
    for number, line in enumerate(file.lines, 1):
        if LEFTOVER.search(line):
            yield number, "leftover mark; do it, or open an issue"


def check_markdown(file):
    text = re.sub(r"^```.*?^```", lambda match: "\n" * match.group().count("\n"), file.text, flags=re.M | re.S)
    titles = [number for number, line in enumerate(text.split("\n"), 1) if line.startswith("# ")]
    if len(titles) != 1:
        yield (titles or [1])[-1], f"{len(titles)} titles of the form '# …'; a page has one"


def check_python_tests(file):
    if "sleep" not in file.text:
        return
    try:
        tree = ast.parse(file.text)
    except SyntaxError:
        return
    for node in ast.walk(tree):  # the tree, because test programs in strings may sleep
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        is_yield = node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value == 0
        if name == "sleep" and not is_yield:
            yield node.lineno, "a test waits for an event with a deadline, not for time to pass"


# --- rules of the tree ----------------------------------------------------------------------------------


def tracked_files(root):
    """Files under version control or about to be; everything below ROOT where there is no git."""
    # safe.directory: root may check a clone that belongs to someone else.
    done = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard"], cwd=root,
                          capture_output=True, text=True, check=False)
    if done.returncode == 0 and done.stdout:
        names = set(done.stdout.splitlines())
    else:
        names = {os.path.relpath(os.path.join(folder, name), root)
                 for folder, _, found in os.walk(root) for name in found}
    return sorted(name for name in names if os.path.isfile(os.path.join(root, name)))


def is_sample(path):
    """A program that tests send through Sluice, thus somebody else's code by nature."""
    return path.startswith(("tests/security/attacks/", "tests/e2e/languages/", "tests/e2e/programs/"))


def check_listed(files, root):
    """Every .cpp and public .hpp is named in the CMakeLists.txt of its folder or of one above."""
    known = {}
    for path in files:
        if not path.endswith((".cpp", ".hpp")) or not path.startswith(("libs/", "services/", "tests/", "bench/")):
            continue
        if path.endswith(".hpp") and "/include/" not in path or is_sample(path):
            continue
        if re.fullmatch(r"services/\w+/src/main\.cpp", path):
            continue  # sluice_service() names it
        folder, is_listed = os.path.dirname(path), False
        while folder and not is_listed:
            if folder not in known:
                name = os.path.join(folder, "CMakeLists.txt")
                known[folder] = source(root, name).text if os.path.exists(os.path.join(root, name)) else ""
            within = os.path.relpath(path, folder)
            is_listed = re.search(rf"(?<![\w/]){re.escape(within)}(?![\w/])", known[folder]) is not None
            folder = os.path.dirname(folder)
        if not is_listed:
            yield path, 1, "is in no CMakeLists.txt"


def read_allowed(root):
    """scripts/tidy_allow.txt: PATH FUNCTION LINES REASON…, one a line."""
    allowed = {}
    path = os.path.join(root, "scripts/tidy_allow.txt")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            for line in file:
                parts = line.split("#")[0].split(None, 3)
                if len(parts) == 4:
                    allowed[(parts[0], parts[1])] = int(parts[2])
    return allowed


TEXT_ENDINGS = (".cpp", ".hpp", ".py", ".sh", ".md", ".yaml", ".yml", ".sql", ".proto", ".cmake", ".txt", ".json", ".conf")
# These talk about the marks that are looked for.
ABOUT_THE_RULES = ("scripts/tidy.py", "tests/unit/tidy/", "docs/style.md", "CONTRIBUTING.md")


def check_tree(root):
    """[(path, line, finding)] of everything."""
    files = tracked_files(root)
    allowed = read_allowed(root)
    findings = list(check_listed(files, root))
    for path in files:
        if not path.endswith(TEXT_ENDINGS):
            continue
        file = source(root, path)
        rules = []
        if file.is_cpp() and not is_sample(path):
            rules += [check_layers(file), check_private_headers(file), check_banned(file), check_coroutines(file),
                      check_sizes(file, allowed), check_beginning(file)]
        if path.endswith(".md"):
            rules.append(check_markdown(file))
        if path.endswith(".py") and path.startswith("tests/") and not is_sample(path):
            rules.append(check_python_tests(file))
        if not path.startswith(ABOUT_THE_RULES) and not is_sample(path):
            rules.append(check_leftovers(file))
        findings += [(path, line, what) for rule in rules for line, what in rule]
    for (path, name), limit in allowed.items():
        length = 0
        if path in files:
            length = max((size for _, found, size in functions_of(source(root, path)) if found == name), default=0)
        if length <= FUNCTION_LIMIT or length < limit:
            findings.append(("scripts/tidy_allow.txt", 1, f"{path} {name} is {length} lines now; shrink or drop its entry ({limit})"))
    return findings


def main():
    root = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    findings = check_tree(root)
    for path, line, what in findings:
        print(f"{path}:{line}: {what}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
