// The whole service on real servers: what goes into the queues comes out in PostgreSQL and Redis,
// also when a server is away meanwhile.
#include "adapters/amqp_topology.hpp"
#include "app.hpp"
#include "support.hpp"

#include "sluice/amqp/publisher.hpp"
#include "sluice/messages/topology.hpp"

using namespace sluice;
using namespace sluice::notification;
using namespace sluice::notification::real;
namespace keys = sluice::messages::keys;

namespace {

// The queues are shared by the cases of this file, so each case looks at its own submissions.
struct service : servers {
    config settings;
    messages::queue_names names;
    std::unique_ptr<amqp::publisher> broker;
    std::unique_ptr<runtime::service> running;

    service() {
        settings.postgres = postgres_settings;
        settings.redis = redis_settings;
        settings.rabbitmq.connection.url.value = rabbitmq_server().url();
        settings.sweeper.interval = std::chrono::milliseconds(50);
        settings.sweeper.grace = std::chrono::milliseconds(0);
        broker = std::make_unique<amqp::publisher>(
            io.get_executor(),
            "test",
            settings.rabbitmq.connection,
            needed_queues(names)
        );
        need(run([&] { return broker->connect(deadline::in(std::chrono::seconds(20))); }));
        start();
    }
    ~service() {
        end();
        run([&] { return broker->close(); });
    }
    void start() {
        running = make_app(io, settings);
        need(run([&] { return running->start(); }));
    }
    bool end() {
        if (!running) return true;
        const bool is_clean = run([&] { return running->drain(std::chrono::seconds(5)); });
        run([&] { return running->stop(); });
        running.reset();
        return is_clean;
    }
    void publish(const std::string& queue, std::string body) {
        amqp::message m;
        m.body = std::move(body);
        m.message_id = "test";
        const auto until = deadline::in(std::chrono::seconds(10));
        need(run([&] { return broker->publish(queue, m, until); }));
    }
    void publish(const domain::run_result& r) {
        publish(names.execution_queue, messages::encode(r));
    }
    // Goes on until the condition holds: each look is a round trip, none is a wait.
    void until(const std::function<bool()>& condition) {
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error("in vain");
        }
    }
    std::string stored_status(submission_id id) {
        auto rows = query("select status from results where submission_id = $1::uuid", {id});
        return rows.empty() ? "" : rows[0].text("status");
    }
    std::string pushed_status(submission_id id) {
        auto answer = run([&] {
            std::vector<std::string> words{"HGET", keys::submission_state(id), "status"};
            return redis->command(std::move(words));
        });
        return answer && !answer->is_nil() ? answer->text : "";
    }
    std::uint32_t depth(const std::string& queue) {
        const auto by = deadline::in(std::chrono::seconds(10));
        return need(run([&] { return broker->depth(queue, by); }));
    }
};

domain::task a_task(submission_id id) {
    domain::task t;
    t.id = id;
    t.correlation_id = correlation_id(uuid::random_v4());
    t.user_id = "alice";
    t.language = "python3";
    t.files.push_back({"main.py", "print(1)"});
    const domain::limit_policy policy = domain::limit_policy::from_table();
    for (std::size_t i = 0; i < domain::limit_table.size(); ++i)
        t.limits.*domain::limit_table[i].field = policy.defaults[i];
    t.created_at = system_clock().now();
    t.deadline_at = t.created_at + std::chrono::minutes(5);
    return t;
}

}  // namespace

TEST_CASE("a result is stored, pushed and acked") {
    service s;
    const auto id = fresh_id();
    s.publish(a_result(id));
    s.until([&] { return s.pushed_status(id) == "accepted"; });
    CHECK(s.stored_status(id) == "accepted");
    CHECK(s.end());
    CHECK(s.depth(s.names.execution_queue) == 0);
}

TEST_CASE("five hundred results are all stored, each once") {
    service s;
    std::vector<submission_id> ids;
    for (int i = 0; i < 500; ++i) {
        ids.push_back(fresh_id());
        s.publish(a_result(ids.back()));
    }
    s.until([&] { return s.pushed_status(ids.back()) == "accepted"; });
    s.until([&] {
        std::vector<uuid> raw;
        for (const auto& id : ids)
            raw.push_back(id.value());
        auto rows = s.query(
            "select count(*) as n from results where submission_id = any($1::uuid[])",
            {postgres::uuid_array(raw)}
        );
        return rows[0].integer("n") == 500;
    });
}

TEST_CASE("a message that is no result goes to the dead-letter queue and blocks nothing") {
    service s;
    const auto before = s.depth(s.names.execution_dead);
    const auto id = fresh_id();
    s.publish(s.names.execution_queue, "this is no result");
    s.publish(a_result(id));
    s.until([&] { return s.pushed_status(id) == "accepted"; });
    s.until([&] { return s.depth(s.names.execution_dead) == before + 1; });
}

TEST_CASE("a task that killed its workers ends as an internal error") {
    service s;
    const auto id = fresh_id();
    s.publish(s.names.submission_dead, messages::encode(a_task(id)));
    s.until([&] { return s.pushed_status(id) == "internal_error"; });
    CHECK(s.stored_status(id) == "internal_error");
}

TEST_CASE("a progress event is in the state and the stream") {
    service s;
    domain::progress p;
    p.kind = domain::progress_kind::running;
    p.id = fresh_id();
    p.correlation_id = correlation_id(uuid::random_v4());
    p.user_id = "alice";
    p.language = "python3";
    p.at = system_clock().now();
    s.publish(s.names.progress_queue, messages::encode(p));
    s.until([&] { return s.pushed_status(p.id) == "running"; });
}

TEST_CASE("an overdue submission without a result is ended") {
    service s;
    const auto id = fresh_id();
    s.accept(id, system_clock().now() - std::chrono::milliseconds(1));
    s.until([&] { return s.pushed_status(id) == "internal_error"; });
    CHECK(s.stored_status(id) == "internal_error");
}

TEST_CASE("a result that came while Redis was away is pushed when it is back") {
    service s;
    redis_server().kill_hard();
    const auto id = fresh_id();
    s.publish(a_result(id));
    s.until([&] { return s.stored_status(id) == "accepted"; });
    redis_server().restart();
    s.until([&] { return s.pushed_status(id) == "accepted"; });
    CHECK(s.end());
    CHECK(s.depth(s.names.execution_queue) == 0);
}

TEST_CASE("a result that came while PostgreSQL was away is stored when it is back") {
    service s;
    postgres_server().kill_hard();
    const auto id = fresh_id();
    s.publish(a_result(id));
    postgres_server().restart();
    s.until([&] { return s.pushed_status(id) == "accepted"; });
    // The service was back first; this test's own pool comes later.
    s.until([&] { return s.run([&] { return s.pool->query("select 1"); }).has_value(); });
    CHECK(s.stored_status(id) == "accepted");
}

TEST_CASE("a drain while PostgreSQL is away gives the results back to the broker") {
    service s;
    postgres_server().kill_hard();
    const auto id = fresh_id();
    s.publish(a_result(id));
    s.until([&] { return s.depth(s.names.execution_queue) == 0; });
    CHECK(s.end());
    s.until([&] { return s.depth(s.names.execution_queue) == 1; });
    postgres_server().restart();
    s.start();
    s.until([&] { return s.pushed_status(id) == "accepted"; });
}
