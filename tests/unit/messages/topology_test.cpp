// Queues, permissions and keys, and that the checked-in definitions are those of the code.
#include "sluice/messages/topology.hpp"

#include "sluice/messages/tokens.hpp"
#include "sluice/messages/topology_json.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <fstream>
#include <regex>

using namespace sluice;
using namespace sluice::messages;

namespace {

const queue_names names;

queue_spec queue(const std::string& name) {
    const auto found = queues_of(names, {name});
    REQUIRE(found.size() == 1);
    return found[0];
}

broker_user user(const std::string& name) {
    for (const auto& u : broker_users(names)) {
        if (u.name == name) return u;
    }
    FAIL("no user " << name);
    return {};
}

bool matches(const std::string& pattern, const std::string& name) {
    return std::regex_search(name, std::regex(pattern));
}

}  // namespace

TEST_CASE("the checked-in definitions are what the code says") {
    std::ifstream file("deployments/rabbitmq/definitions.json");
    REQUIRE(file);
    CHECK(nlohmann::json::parse(file) == broker_definitions(names, "/"));
}

TEST_CASE("tasks and results are durable, counted, and dead-lettered at least once") {
    for (const auto& [name, dead] :
         {std::pair("submission_queue", "submission_dead"),
          std::pair("execution_queue", "execution_dead")}) {
        const auto q = queue(name);
        CHECK(q.is_durable);
        CHECK(std::get<std::string>(q.arguments.at("x-queue-type")) == "quorum");
        CHECK(std::get<std::string>(q.arguments.at("x-dead-letter-routing-key")) == dead);
        CHECK(std::get<std::string>(q.arguments.at("x-dead-letter-strategy")) == "at-least-once");
        CHECK(std::get<std::string>(q.arguments.at("x-overflow")) == "reject-publish");
        CHECK(queue(dead).is_durable);
    }
    const auto limit = queue("submission_queue").arguments.at("x-delivery-limit");
    CHECK(std::get<std::int64_t>(limit) == delivery_limit);
}

TEST_CASE("every queue has a bound, and only progress drops what is oldest") {
    const auto all = all_queues(names);
    CHECK(all.size() == 5);
    for (const auto& q : all) {
        INFO(q.name);
        CHECK(std::get<std::int64_t>(q.arguments.at("x-max-length")) > 0);
        const auto overflow = std::get<std::string>(q.arguments.at("x-overflow"));
        CHECK((overflow == "drop-head") == (q.name == names.progress_queue));
    }
    CHECK_FALSE(queue("progress_queue").is_durable);
}

TEST_CASE("queues can be renamed") {
    auto other = names;
    other.submission_dead = "graveyard";
    const auto q = queues_of(other, {"submission_queue"}).at(0);
    CHECK(std::get<std::string>(q.arguments.at("x-dead-letter-routing-key")) == "graveyard");
    CHECK(queues_of(other, {"submission_dead"}).empty());
}

TEST_CASE("each user may declare what its service declares, and read only what it takes") {
    for (const auto& u : broker_users(names)) {
        INFO(u.name);
        for (const auto& q : all_queues(names)) {
            const bool declares =
                std::find(u.declares.begin(), u.declares.end(), q.name) != u.declares.end();
            CHECK(matches(u.configure, q.name) == declares);
            CHECK_FALSE(matches(u.write, q.name));
        }
        CHECK(matches(u.write, "amq.default"));
        CHECK_FALSE(matches(u.write, "amqxdefault"));
    }
    CHECK(matches(user("execution").read, "submission_queue"));
    CHECK_FALSE(matches(user("execution").read, "execution_queue"));
    CHECK_FALSE(matches(user("execution").read, "submission_queue2"));
    CHECK_FALSE(matches(user("submission").read, "execution_queue"));
    CHECK_FALSE(matches(user("submission").read, "submission_queue"));
    CHECK(matches(user("notification").read, "execution_queue"));
    CHECK_FALSE(matches(user("notification").read, "submission_queue"));
}

TEST_CASE("keys are what the access rights expect") {
    const auto id = *submission_id::parse("01934e5a-7b3c-7def-8123-456789abcdef");
    CHECK(keys::user_sessions("ada") == "sluice:sessions:ada");
    CHECK(keys::user_events("ada") == "sluice:events:ada");
    CHECK(keys::submission_state(id) == "sluice:state:01934e5a-7b3c-7def-8123-456789abcdef");
    CHECK(keys::finished_channel(id) == "sluice:finished:01934e5a-7b3c-7def-8123-456789abcdef");
    CHECK(keys::node_channel("n1") == "sluice:node:n1");
    CHECK(keys::instance("execution", "w1") == "sluice:instance:execution:w1");
    CHECK(keys::instance_index("execution") == "sluice:instances:execution");
    CHECK(keys::admin_commands("execution") == "sluice:commands:execution");
    CHECK(keys::admin_answers("execution") == "sluice:answers:execution");
    CHECK(keys::admin_settings("execution") == "sluice:settings:execution");
    CHECK(keys::control_stream(id) == "sluice:control:01934e5a-7b3c-7def-8123-456789abcdef");
}

TEST_CASE("an entry of a token comes back as it was written, and nothing else is one") {
    token_entry e;
    e.id = uuid::random_v4();
    e.is_session = true;
    e.owner = "ada";
    e.is_admin = true;
    e.scopes = "read,admin";
    e.expires_at_ms = 4'000'000'000'123;
    const auto back = decode_token_entry(encode_token_entry(e));
    REQUIRE(back);
    CHECK(back->id == e.id);
    CHECK(back->is_session);
    CHECK(back->owner == "ada");
    CHECK(back->is_admin);
    CHECK(back->scopes == "read,admin");
    CHECK(back->expires_at_ms == e.expires_at_ms);
    e.expires_at_ms.reset();
    CHECK_FALSE(decode_token_entry(encode_token_entry(e))->expires_at_ms);
    for (const char* no :
         {"",
          "revoked",
          "[]",
          "{}",
          R"({"id":"x","user_id":"ada"})",
          R"({"id":"7d444840-9dc0-41d1-8c34-1b1a2c3d4e5f","user_id":7})",
          R"({"id":"7d444840-9dc0-41d1-8c34-1b1a2c3d4e5f","user_id":"a","expires_at_ms":"x"})"})
        CHECK_FALSE(decode_token_entry(no));
}

TEST_CASE("the key of a token is its SHA-256, never the token") {
    CHECK(
        keys::token(token_digest("abc")) ==
        "sluice:token:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

TEST_CASE("the key of a ticket is its SHA-256, never the ticket") {
    CHECK(
        keys::ticket("abc") ==
        "sluice:ticket:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

TEST_CASE("revocations and tickets come back as they were, and nothing else is one") {
    const std::vector<std::string> gone{token_digest("a"), token_digest("b")};
    CHECK(decode_revocations(encode_revocations(gone)) == gone);
    for (const char* wrong : {"", "{}", "[1]", R"(["ab"])", R"(["zz"])", "x"})
        CHECK_FALSE(decode_revocations(wrong));
    const auto back = decode_ticket_entry(encode_ticket_entry({"ada", gone[0]}));
    REQUIRE(back);
    CHECK(back->owner == "ada");
    CHECK(back->token_sha256 == gone[0]);
    for (const char* wrong :
         {"", "ada", "[]", R"({"user_id":"ada"})", R"({"user_id":"ada","token":"00"})"})
        CHECK_FALSE(decode_ticket_entry(wrong));
    CHECK_FALSE(decode_ticket_entry(encode_ticket_entry({"", gone[0]})));
}
