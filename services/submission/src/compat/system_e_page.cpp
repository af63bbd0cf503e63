// See system_e_page.hpp.
#include "system_e_page.hpp"

#include "sluice/core/html_text.hpp"
#include "sluice/messages/json.hpp"

namespace sluice::submission {
namespace {

constexpr std::string_view head = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sluice</title>
<style>
:root { color-scheme: light dark; --accent: #1f5fbf; --problem: #c22; }
:root { --ink: #1c2330; --soft: #5b6472; --line: #cfd5de; --page: #fff; --field: #f6f8fa; }
@media (prefers-color-scheme: dark) {
:root { --accent: #79aaf5; --problem: #ff8d8d; }
:root { --ink: #e6e9ee; --soft: #9aa4b2; --line: #3a4250; --page: #14181f; --field: #1c222b; }
}
body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
body { color: var(--ink); background: var(--page); }
body:has(#login) { max-width: 22rem; margin-top: 14vh; }
h1 { font-size: 1.5rem; margin: 0 0 1rem; }
h2 { font-size: 1.15rem; margin: 1.6rem 0 .4rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font-size: .85rem; margin: 1rem 0 .2rem; color: var(--soft); }
label { display: block; margin: .8rem 0 .2rem; font-size: .85rem; font-weight: 600; color: var(--soft); }
input, select, textarea, pre { background: var(--field); border: 1px solid var(--line); border-radius: 6px; }
input, select, textarea { font: inherit; color: inherit; width: 100%; box-sizing: border-box; padding: .45rem .6rem; }
textarea, pre { font: .9rem/1.45 ui-monospace, monospace; tab-size: 4; }
pre { margin: 0; padding: .6rem .8rem; white-space: pre-wrap; overflow-wrap: anywhere; }
button { font: inherit; font-weight: 600; margin: 1rem 0 0; padding: .4rem 1.4rem; cursor: pointer; }
button { color: var(--page); background: var(--accent); border: 1px solid var(--accent); border-radius: 6px; }
button:disabled { opacity: .5; cursor: default; }
form[action="/logout"] button { color: var(--soft); background: none; border-color: var(--line); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
#cached, #working { color: var(--soft); }
.problem { color: var(--problem); }
</style>
</head>
<body>
)";

constexpr std::string_view foot = "</body>\n</html>\n";

std::string problem_line(std::string_view problem) {
    if (problem.empty()) return "";
    std::string text(problem);
    if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
    return "<p class=\"problem\" role=\"alert\">" + escape_html(text) + "</p>\n";
}

std::string result_text(const domain::submission_view& v) {
    std::string out = "<h2>Result</h2>\n<p>Status: <strong id=\"status\">" +
                      escape_html(domain::to_string(v.status)) + "</strong></p>\n";
    const std::string self = escape_html("/run?id=" + v.id.to_string());
    if (!v.result) return out + "<p><a href=\"" + self + "\">Look again</a></p>\n";
    if (v.result->original_run_at) {
        out += "<p id=\"cached\">From the cache: this was run at " +
               escape_html(to_rfc3339(*v.result->original_run_at)) + ".</p>\n";
    }
    const auto add = [&out](std::string_view title, const std::string& text) {
        if (text.empty()) return;
        out += "<h3>" + std::string(title) + "</h3>\n<pre>" + escape_html(text) + "</pre>\n";
    };
    add("Output", v.result->stdout_bytes);
    add("Errors", v.result->stderr_bytes);
    if (v.result->compile) add("Compiler", v.result->compile->output);
    add("Message", v.result->message);
    return out;
}

constexpr std::string_view script = R"js('use strict';
const form = document.getElementById('run');
const result = document.getElementById('result');
let socket = null;
const frames = new Map();
let wanted = null;

function line(tag, text) {
    const made = document.createElement(tag);
    made.textContent = text;
    result.append(made);
    return made;
}

/* What is no text comes in base64; a page can only show what of it is. */
function shown(text, encoding) {
    if (encoding !== 'base64') return text;
    return new TextDecoder().decode(Uint8Array.from(atob(text), c => c.charCodeAt(0)));
}

function show(data) {
    ended();
    result.replaceChildren();
    line('h2', 'Result');
    const status = document.createElement('strong');
    status.id = 'status';
    status.textContent = data.status;
    line('p', 'Status: ').append(status);
    if (data.cached) line('p', 'From the cache: this was run at ' + data.original_run_at + '.').id = 'cached';
    for (const [title, text] of [['Output', shown(data.stdout, data.stdout_encoding)],
                                 ['Errors', shown(data.stderr, data.stderr_encoding)],
                                 ['Compiler', data.compile && data.compile.output], ['Message', data.message]]) {
        if (!text) continue;
        line('h3', title);
        line('pre', text);
    }
    result.scrollIntoView({block: 'nearest'});
}

function ended() {
    form.querySelector('button').disabled = false;
}

function failed(why) {
    ended();
    result.replaceChildren();
    line('p', why).className = 'problem';
}

function arrived(frame) {
    if (frame.type !== 'submission.finished') return;
    frames.set(frame.submission_id, frame.data);
    if (frame.submission_id === wanted) show(frame.data);
}

async function post(path, body) {
    const answer = await fetch(path, {
        method: 'POST', headers: body ? {'Content-Type': 'application/json'} : {}, body: body && JSON.stringify(body)});
    if (answer.status === 401) location.assign('/login');
    const read = await answer.json();
    if (answer.ok) return read;
    throw new Error((read.errors && read.errors[0] && read.errors[0].message) || read.detail || read.title);
}

async function connect() {
    if (socket && socket.readyState === WebSocket.OPEN) return;
    const ticket = await post('/api/v1/ws-tickets');
    const address = new URL(ticket.url, location.href);
    address.protocol = address.protocol.replace('http', 'ws');
    socket = new WebSocket(address);
    socket.onmessage = message => arrived(JSON.parse(message.data));
    socket.onclose = () => {
        if (wanted && !frames.has(wanted)) failed('The connection ended before the result came. Run it again.');
    };
    await new Promise((resolve, reject) => {
        socket.onopen = resolve;
        socket.onerror = () => reject(new Error('no connection'));
    });
}

form.addEventListener('submit', async event => {
    event.preventDefault();
    wanted = null;
    form.querySelector('button').disabled = true;
    result.replaceChildren();
    line('p', 'Running …').id = 'working';
    result.scrollIntoView({block: 'nearest'});
    try {
        await connect();
        const fields = new FormData(form);
        const made = await post('/api/v1/submissions', {
            language: fields.get('language'), source: fields.get('source'), stdin: fields.get('stdin'), cache: true});
        wanted = made.id;
        if (frames.has(wanted)) show(frames.get(wanted));
    } catch (problem) {
        failed(problem.message);
    }
});
)js";

}  // namespace

std::string escape_html(std::string_view text) {
    if (messages::is_valid_utf8(text)) return html_escaped(text);
    std::string shown;
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x80) {
            shown += c;
        } else {
            shown += "\xef\xbf\xbd";
        }
    }
    return html_escaped(shown);
}

std::string login_page(std::string_view problem) {
    std::string out(head);
    out += "<h1>Sign in</h1>\n" + problem_line(problem);
    out += R"(<form method="post" action="/login">
<label for="login">Name or e-mail address</label>
<input id="login" name="login" autocomplete="username" required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Sign in</button>
</form>
)";
    return out + std::string(foot);
}

std::string run_page(const std::vector<domain::language>& languages, const run_page_text& t) {
    std::string out(head);
    out += "<h1>Run a program</h1>\n" + problem_line(t.problem);
    out += R"(<form id="run" method="post" action="/run">
<label for="language">Language</label>
<select id="language" name="language">
)";
    for (const auto& l : languages) {
        out += "<option value=\"" + escape_html(l.id) + "\"";
        if (l.id == t.language || (t.language.empty() && l.id == "python3")) out += " selected";
        out += ">" + escape_html(l.name) + "</option>\n";
    }
    // HTML takes one newline that follows the tag away.
    out +=
        "</select>\n<label for=\"source\">Program</label>\n"
        "<textarea id=\"source\" name=\"source\" rows=\"12\" spellcheck=\"false\" required>\n" +
        escape_html(t.source) +
        "</textarea>\n<label for=\"stdin\">Input</label>\n"
        "<textarea id=\"stdin\" name=\"stdin\" rows=\"3\" spellcheck=\"false\">\n" +
        escape_html(t.stdin_text) + "</textarea>\n<button>Run</button>\n</form>\n";
    out += "<div id=\"result\" aria-live=\"polite\">\n";
    if (t.shown) out += result_text(*t.shown);
    out +=
        "</div>\n<form method=\"post\" action=\"/logout\"><button>Sign out</button></form>\n"
        "<script src=\"/run.js\"></script>\n";
    return out + std::string(foot);
}

std::string_view run_script() {
    return script;
}

}  // namespace sluice::submission
