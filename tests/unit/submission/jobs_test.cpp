// Jobs of system C: what a search tells and in which order, its text, and the mappings to gRPC and
// JSON.
#include "fakes.hpp"
#include "grpc/grpc_config.hpp"
#include "grpc/job_messages.hpp"
#include "grpc/status_of.hpp"
#include "handlers/job_json.hpp"
#include "use_cases/job_text.hpp"
#include "use_cases/schedule_jobs.hpp"
#include "use_cases/search_jobs.hpp"

#include "sluice/http/problem.hpp"
#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

using testing::world;

domain::output_piece
piece(std::int64_t seq, std::string data, domain::output_stream s = domain::output_stream::out) {
    domain::output_piece p;
    p.seq = seq;
    p.stream = s;
    p.data = std::move(data);
    return p;
}

class fake_live final : public live_output {
public:
    std::unique_ptr<output_watch> watch(submission_id id, runtime::event& woken) override {
        return std::make_unique<one>(*this, id, woken);
    }
    awaitable<result<std::vector<domain::output_piece>>>
    read(submission_id id, std::int64_t, std::int64_t seq, std::size_t count) override {
        std::vector<domain::output_piece> out;
        for (const auto& p : stored[id]) {
            if (p.seq > seq && out.size() < count) out.push_back(p);
        }
        co_return out;
    }
    bool is_draining() const override { return drains; }

    void print(submission_id id, domain::output_piece p) {
        stored[id].push_back(std::move(p));
        if (watched.contains(id)) watched[id]->note(true);
    }
    void end(submission_id id) {
        if (watched.contains(id)) watched[id]->note(false);
    }
    void drain() {
        drains = true;
        for (auto& [id, w] : watched)
            w->note(true);
    }

    bool is_away = false;
    bool drains = false;
    std::size_t most = 0;
    std::map<submission_id, std::vector<domain::output_piece>> stored;

    class one final : public output_watch {
    public:
        one(fake_live& owner, submission_id id, runtime::event& woken)
            : owner_(owner), id_(id), woken_(woken) {
            owner_.watched[id_] = this;
            owner_.most = std::max(owner_.most, owner_.watched.size());
        }
        ~one() override { owner_.watched.erase(id_); }
        awaitable<result<void>> ready() override {
            if (owner_.is_away) co_return fail(errc::unavailable);
            co_return result<void>();
        }
        bool take_output() override { return std::exchange(has_output_, false); }
        bool take_end() override { return std::exchange(has_end_, false); }
        void note(bool is_output) {
            (is_output ? has_output_ : has_end_) = true;
            woken_.set();
        }

    private:
        fake_live& owner_;
        submission_id id_;
        runtime::event& woken_;
        bool has_output_ = false, has_end_ = false;
    };
    std::map<submission_id, one*> watched;
};

class told_list final : public job_listener {
public:
    awaitable<bool> tell(job_event e) override {
        std::string line = std::to_string(e.index) + " ";
        if (e.is_gap) line += "gap ";
        line += e.result ? "= " + std::string(domain::to_string(*e.result)) : e.text;
        lines.push_back(line);
        if (on_tell) on_tell();
        co_return lines.size() < stop_after;
    }
    std::vector<std::string> lines;
    std::size_t stop_after = 10'000;
    std::function<void()> on_tell;
};

struct job_world : world {
    job_world() {
        domain::language shell;
        shell.id = "bash";
        shell.aliases = {"sh"};
        languages.push_back(shell);
        p.live = &live;
        p.searches = &searches;
        p.max_batch_items = 100;
    }

    fake_live live;
    search_level searches{2, observe::metrics::instance().get_gauge("searches_in_test", "")};
    told_list told;
    sluice::correlation_id name = ids.next_correlation();
    std::vector<submission_id> jobs;

    void schedule(std::size_t count) {
        const auto done = sluice::testing::run_coro(io, [&] {
            return schedule_jobs({}, p, {"ada"}, name, std::vector<std::string>(count, "true"));
        });
        REQUIRE(done.has_value());
        jobs = done->items;
        for (const auto& row : batches.rows.back().items) {
            domain::submission_view view;
            view.id = row.task.id;
            view.user_id = "ada";
            store.rows[view.id] = view;
        }
    }
    void end(std::size_t n, std::string printed = "", std::string errors = "") {
        store.finish(jobs[n], domain::status::accepted);
        auto& r = *store.rows[jobs[n]].result;
        r.stdout_bytes = std::move(printed);
        r.stderr_bytes = std::move(errors);
        live.end(jobs[n]);
    }
    // The whole search; `between` goes on where it waits.
    std::optional<rejection> search(std::function<void()> between = {}) {
        return sluice::testing::run_coro(io, [&]() -> awaitable<std::optional<rejection>> {
            const observe::context ctx;
            auto begun = co_await begin_search(ctx, p, "ada", name);
            if (!begun) co_return begun.error();
            if (between) asio::post(io, between);
            co_return co_await follow_jobs(ctx, p, std::move(*begun), told);
        });
    }
};

using lines = std::vector<std::string>;

}  // namespace

TEST_CASE("commands become a batch of shell programs") {
    job_world w;
    w.schedule(2);
    REQUIRE(w.batches.rows.size() == 1);
    CHECK(w.batches.rows[0].correlation_id == w.name);
    for (const auto& item : w.batches.rows[0].items)
        CHECK(item.task.language == "bash");
    CHECK(w.queue.published.size() == 2);
}

TEST_CASE("an empty command refuses the whole batch by its place") {
    job_world w;
    const auto done = sluice::testing::run_coro(w.io, [&] {
        return schedule_jobs({}, w.p, {"ada"}, w.name, {"true", ""});
    });
    REQUIRE(done.has_error());
    REQUIRE(done.error().problems.size() == 1);
    CHECK(done.error().problems[0].field == "commands[1]");
    CHECK(w.batches.rows.empty());
}

TEST_CASE("a search of what has ended tells output and results in the order of the batch") {
    job_world w;
    w.schedule(2);
    w.end(1, "two\n", "warning\n");
    w.end(0, "one\n");
    CHECK_FALSE(w.search());
    CHECK(
        w.told.lines == lines{"0 one\n", "0 = accepted", "1 two\n", "1 warning\n", "1 = accepted"}
    );
    CHECK(w.live.watched.empty());
}

TEST_CASE("a search follows what runs and completes it from the row") {
    job_world w;
    w.schedule(2);
    w.live.stored[w.jobs[0]].push_back(piece(1, "early "));
    const auto no = w.search([&w] {
        w.live.print(w.jobs[1], piece(1, "other"));
        w.live.print(w.jobs[0], piece(2, "late "));
        w.told.on_tell = [&w] {
            if (w.told.lines.size() != 3) return;
            w.end(0, "early late last");
            w.end(1, "other");
        };
    });
    CHECK_FALSE(no);
    CHECK(
        w.told.lines ==
        lines{"0 early ", "0 late ", "1 other", "0 last", "0 = accepted", "1 = accepted"}
    );
    CHECK(w.live.watched.empty());
}

TEST_CASE("a piece that is missing is told as a gap and nothing is told twice") {
    job_world w;
    w.schedule(1);
    w.live.stored[w.jobs[0]].push_back(piece(3, "three"));
    const auto no = w.search([&w] {
        w.live.stored[w.jobs[0]].push_back(piece(4, "four"));
        w.end(0, "onetwothreefour");
    });
    CHECK_FALSE(no);
    CHECK(w.told.lines == lines{"0 gap three", "0 four", "0 = accepted"});
}

TEST_CASE("a search follows a bounded number at a time and the rest in turn") {
    job_world w;
    w.schedule(40);
    std::size_t ended = 0;
    w.told.on_tell = [&] {
        if (ended < 40) w.end(ended++);
    };
    CHECK_FALSE(w.search([&] { w.end(ended++); }));
    CHECK(w.told.lines.size() == 40);
    CHECK(w.live.most == followed_at_a_time);
    CHECK(w.live.watched.empty());
}

TEST_CASE("a listener that has gone ends the search and frees what it held") {
    job_world w;
    w.schedule(3);
    w.told.stop_after = 1;
    CHECK_FALSE(w.search([&w] { w.live.print(w.jobs[0], piece(1, "x")); }));
    CHECK(w.told.lines.size() == 1);
    CHECK(w.live.watched.empty());
    CHECK(w.searches.enter());
}

TEST_CASE("a search ends with the service, and says so") {
    job_world w;
    w.schedule(1);
    const auto no = w.search([&w] { w.live.drain(); });
    REQUIRE(no);
    CHECK(no->code == "shutting_down");
}

TEST_CASE("without Redis a batch that runs is not followed, and one that has ended is told") {
    job_world w;
    w.schedule(1);
    w.live.is_away = true;
    const auto no = w.search();
    REQUIRE(no);
    CHECK(no->code == "storage_unavailable");
}

TEST_CASE("searches are bounded, and another's batch is not found") {
    job_world w;
    w.schedule(1);
    const auto begin = [&w](user_id who) {
        return sluice::testing::run_coro(w.io, [&w, who] {
            return begin_search({}, w.p, who, w.name);
        });
    };
    CHECK(begin("eve").error().code == "not_found");
    {
        const auto first = begin("ada");
        const auto second = begin("ada");
        REQUIRE(first.has_value());
        REQUIRE(second.has_value());
        CHECK(begin("ada").error().code == "too_many_requests");
    }
    CHECK(begin("ada").has_value());
}

TEST_CASE("text is readable whatever comes and is cut between characters") {
    CHECK(readable("gr\xc3\xbc\xc3\x9f") == "gr\xc3\xbc\xc3\x9f");
    CHECK(
        readable("a\xff"
                 "b\xc3") ==
        "a\xef\xbf\xbd"
        "b\xef\xbf\xbd"
    );
    CHECK(cut("", 4).empty());
    CHECK(cut("abcdef", 4) == std::vector<std::string_view>{"abcd", "ef"});
    CHECK(
        cut("abc\xe2\x82\xac"
            "d",
            4) ==
        std::vector<std::string_view>{
            "abc",
            "\xe2\x82\xac"
            "d"}
    );
    CHECK(cut("\x80\x80\x80\x80\x80\x80", 4).size() == 2);
}

TEST_CASE("another attempt begins its output anew") {
    told_output told;
    CHECK_FALSE(told.take(piece(1, "abc")));
    domain::run_result r;
    r.stdout_bytes = "abcdef";
    REQUIRE(told.left(r).size() == 1);
    CHECK(told.left(r)[0].bytes == "def");
    r.attempt = 2;
    REQUIRE(told.left(r).size() == 1);
    CHECK(told.left(r)[0].bytes == "abcdef");
    auto again = piece(1, "x");
    again.attempt = 2;
    CHECK_FALSE(told.take(again));
    CHECK(told.has(piece(1, "abc")));
    CHECK(told.left(r)[0].bytes == "bcdef");
}

TEST_CASE("every code of the catalogue has a status of its own kind") {
    for (const auto& entry : http::error_catalogue()) {
        INFO(entry.code);
        const auto status = status_code_of(entry.code);
        CHECK((status != grpc::StatusCode::INTERNAL || entry.status == 500));
        CHECK(status != grpc::StatusCode::OK);
    }
    CHECK(status_code_of("unauthorized") == grpc::StatusCode::UNAUTHENTICATED);
    CHECK(status_code_of("not_found") == grpc::StatusCode::NOT_FOUND);
    CHECK(status_code_of("no such code") == grpc::StatusCode::INTERNAL);
    CHECK(std::string(name_of(grpc::StatusCode::UNAUTHENTICATED)) == "UNAUTHENTICATED");
}

TEST_CASE("a status names the fields and stays short") {
    rejection no = reject("invalid_field", "not acceptable");
    no.problems.push_back({"commands[1]", "required", "is required", "text"});
    CHECK(status_text_of(no) == "not acceptable: commands[1] is required (text)");
    for (int i = 0; i < 200; ++i)
        no.problems.push_back(no.problems.front());
    CHECK(status_text_of(no).size() < 2100);
}

TEST_CASE("the messages have the field numbers of the documents") {
    const auto number = [](const google::protobuf::Descriptor* d, const char* name) {
        const auto* field = d->FindFieldByName(name);
        return field == nullptr ? 0 : field->number();
    };
    const auto* request = ::JobRequest::descriptor();
    CHECK(request->full_name() == "JobRequest");
    CHECK(number(request, "command") == 1);
    CHECK(number(::LoginRequest::descriptor(), "username") == 1);
    CHECK(number(::LoginRequest::descriptor(), "password") == 2);
    CHECK(number(::LoginResponse::descriptor(), "access_token") == 1);
    CHECK(number(::SearchJobRequest::descriptor(), "correlation_id") == 1);
    for (const auto* d : {::JobResponse::descriptor(), ::SearchJobResponse::descriptor()}) {
        CHECK(number(d, "correlation_id") == 1);
        CHECK(number(d, "result") == 2);
    }
    CHECK(number(::JobResponse::descriptor(), "executed_at") == 3);
    CHECK(number(::SearchJobResponse::descriptor(), "log_output") == 3);
    CHECK(number(::SearchJobResponse::descriptor(), "executed_at") == 4);
}

TEST_CASE("an event is a message with output or with a result") {
    job_event event;
    event.index = 3;
    event.at = from_unix_ms(1'763'700'000'123);
    event.stream = domain::output_stream::err;
    event.text = "oh";
    auto m = to_message(event, "c");
    CHECK(m.correlation_id() == "c");
    CHECK(m.log_output() == "oh");
    CHECK(m.stream() == "stderr");
    CHECK(m.command_index() == 3);
    CHECK(m.executed_at().seconds() == 1'763'700'000);
    CHECK(m.executed_at().nanos() == 123'000'000);
    CHECK(m.result().empty());
    event.result = domain::status::runtime_error;
    m = to_message(event, "c");
    CHECK(m.result() == "runtime_error");
    CHECK(m.log_output().empty());
}

TEST_CASE("the JSON forms: one command or many, and every mistake named") {
    CHECK(*parse_job_commands(R"({"command":"a"})") == lines{"a"});
    CHECK(*parse_job_commands(R"({"commands":["a","b"]})") == lines{"a", "b"});
    CHECK(parse_job_commands("[]").error().code == "invalid_json");
    CHECK(parse_job_commands("{").error().code == "invalid_json");
    for (const char* body :
         {R"({})",
          R"({"command":1})",
          R"({"commands":"a"})",
          R"({"commands":["a",2]})",
          R"({"command":"a","commands":[]})",
          R"({"command":"a","x":1})"}) {
        INFO(body);
        const auto parsed = parse_job_commands(body);
        REQUIRE(parsed.has_error());
        CHECK(parsed.error().code == "invalid_request");
        CHECK_FALSE(parsed.error().problems.empty());
    }
    CHECK(parse_job_login(R"({"username":"a","password":"b"})")->password == "b");
    CHECK(parse_job_login(R"({"username":"a"})").error().problems[0].field == "password");
}

TEST_CASE("the stream's form follows the Accept header") {
    CHECK(job_stream_form_of("") == job_stream_form::lines);
    CHECK(job_stream_form_of("*/*") == job_stream_form::lines);
    CHECK(job_stream_form_of("Text/Event-Stream") == job_stream_form::events);
    CHECK(job_stream_form_of("application/x-ndjson, text/event-stream") == job_stream_form::lines);
    CHECK_FALSE(job_stream_form_of("image/png"));
    job_event event;
    event.text = "a\nb";
    const auto json = job_event_json(event, "c");
    CHECK(job_line(job_stream_form::lines, json) == json.dump() + "\n");
    CHECK(job_line(job_stream_form::events, json) == "data: " + json.dump() + "\n\n");
    CHECK(json.dump().find('\n') == std::string::npos);
    CHECK(job_end_line(job_stream_form::events).starts_with("event: end\n"));
}

TEST_CASE("production refuses gRPC without certificates of both sides") {
    grpc_config c;
    CHECK(unfit_grpc_settings(c, true).empty());
    c.enabled = true;
    CHECK(unfit_grpc_settings(c, false).empty());
    CHECK(unfit_grpc_settings(c, true).size() == 1);
    c.tls.certificate_file = "a";
    CHECK(unfit_grpc_settings(c, false).size() == 1);  // the key is missing
    c.tls.private_key_file = "b";
    CHECK(unfit_grpc_settings(c, false).empty());
    CHECK(unfit_grpc_settings(c, true).size() == 1);  // anyone may connect
    c.bind_users = true;
    CHECK(unfit_grpc_settings(c, false).size() == 1);
    c.tls.client_ca_file = "c";
    CHECK(unfit_grpc_settings(c, true).empty());
    c.reflection = true;
    CHECK(unfit_grpc_settings(c, true).size() == 1);
    CHECK(unfit_grpc_settings(c, false).empty());
}

}  // namespace sluice::submission
