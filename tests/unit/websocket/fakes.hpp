// A registry, an event source, a ticket office and a connection that do as the test says.
#pragma once

#include "hub.hpp"
#include "output_hub.hpp"
#include "ports.hpp"

#include "sluice/runtime/bounded_queue.hpp"

#include <deque>
#include <map>
#include <set>

namespace sluice::websocket::testing {

class fake_registry final : public session_registry {
public:
    awaitable<result<registration>> add(caller who, std::string session) override {
        if (is_away) co_return fail(errc::unavailable);
        registered.emplace(session, who.user);
        registration out;
        out.stream = facts;
        out.token = standing(who.token_sha256);
        co_return out;
    }
    awaitable<result<std::vector<token_standing>>> standings(std::vector<std::string> sha256s
    ) override {
        ++looks;
        if (is_away) co_return fail(errc::unavailable);
        std::vector<token_standing> out;
        for (const std::string& one : sha256s)
            out.push_back(standing(one));
        co_return out;
    }
    token_standing standing(const std::string& sha256) const {
        token_standing out;
        out.is_revoked = revoked.contains(sha256);
        const auto end = ends.find(sha256);
        out.is_known = end != ends.end();
        if (out.is_known) out.ends_at = end->second;
        return out;
    }
    awaitable<void> remove(sluice::user_id, std::string session) override {
        registered.erase(session);
        co_return;
    }
    awaitable<result<std::vector<sluice::user_id>>> refresh(user_sessions all) override {
        ++refreshes;
        if (failures > 0) {
            --failures;
            co_return fail(errc::unavailable);
        }
        last = std::move(all);
        if (on_refresh) on_refresh();
        co_return missing;
    }
    bool is_away = false;
    stream_facts facts;
    std::set<std::string> revoked;
    std::map<std::string, std::optional<wall_time>> ends;  // of the tokens that are known
    int looks = 0;
    std::map<std::string, sluice::user_id> registered;
    user_sessions last;
    std::vector<sluice::user_id> missing;
    int failures = 0;
    int refreshes = 0;
    std::function<void()> on_refresh;
};

class fake_events final : public event_source {
public:
    awaitable<result<std::vector<stored_event>>>
    read(sluice::user_id, stream_id after, std::int64_t count) override {
        ++reads;
        if (failures > 0) {
            --failures;
            co_return fail(errc::unavailable);
        }
        std::vector<stored_event> out;
        for (const auto& e : stream) {
            if (e.id > after && static_cast<std::int64_t>(out.size()) < count) out.push_back(e);
        }
        co_return out;
    }
    void store(std::uint64_t ms) {
        stream.push_back({stream_id{ms, 0}, std::make_shared<const std::string>(std::to_string(ms))}
        );
    }
    std::vector<stored_event> stream;
    int failures = 0;
    int reads = 0;
};

// Watching and steering: what was asked, and answers as the test says.
class fake_live final : public live_store, public output_channels {
public:
    awaitable<result<std::optional<submission_facts>>> facts(std::string id) override {
        if (is_away) co_return fail(errc::unavailable);
        const auto found = known.find(id);
        std::optional<submission_facts> out;
        if (found != known.end()) out = found->second;
        co_return out;
    }
    awaitable<result<bool>> steer(std::string, domain::control_message m) override {
        if (is_away) co_return fail(errc::unavailable);
        const bool is_input = m.kind == domain::control_kind::stdin_data;
        if (is_full && is_input) co_return false;
        steered.push_back(std::move(m));
        co_return true;
    }
    awaitable<result<std::vector<live_piece>>>
    read_output(std::string, std::int64_t attempt, std::int64_t seq, std::int64_t count) override {
        ++reads;
        std::vector<live_piece> out;
        for (const live_piece& p : stored) {
            const bool is_later =
                p.head.attempt > attempt || (p.head.attempt == attempt && p.head.seq > seq);
            if (is_later && static_cast<std::int64_t>(out.size()) < count) out.push_back(p);
        }
        co_return out;
    }
    awaitable<result<void>> attach(watches all) override {
        for (const auto& each : all)
            attached.insert(each);
        co_return result<void>();
    }
    awaitable<result<bool>> detach(std::string id, std::string session) override {
        attached.erase({id, session});
        co_return attached.empty();
    }
    awaitable<result<void>> subscribe(std::string id) override {
        channels.insert(id);
        co_return result<void>();
    }
    void unsubscribe(std::string id) override { channels.erase(id); }

    bool is_away = false;
    bool is_full = false;
    int reads = 0;
    std::map<std::string, submission_facts> known;
    std::vector<domain::control_message> steered;
    std::vector<live_piece> stored;
    std::set<std::pair<std::string, std::string>> attached;
    std::set<std::string> channels;
};

class fake_tickets final : public ticket_office {
public:
    awaitable<result<std::optional<caller>>> redeem(std::string ticket) override {
        if (fails) co_return fail(errc::unavailable);
        const auto found = known.find(ticket);
        std::optional<caller> who;
        if (found != known.end()) {
            who.emplace();
            who->user = found->second;
            who->token_sha256 = "maker of " + ticket;
            known.erase(found);
        }
        co_return who;
    }
    bool is_open() const override { return open; }
    awaitable<result<std::optional<caller>>> user_of(std::string token) override {
        if (fails) co_return fail(errc::unavailable);
        std::optional<caller> who;
        if (tokens.contains(token)) {
            who.emplace();
            who->user = tokens[token];
            who->token_sha256 = "digest of " + token;
        }
        co_return who;
    }
    std::map<std::string, sluice::user_id> known;
    std::map<std::string, sluice::user_id> tokens;
    bool open = true;
    bool fails = false;
};

class fake_connection final : public ws::connection {
public:
    explicit fake_connection(asio::any_io_executor ex) : incoming(std::move(ex), 100) {}
    awaitable<result<std::string>> receive() override { return incoming.pop(); }
    bool send(std::string text) override {
        if (is_full) {
            incoming.close();
            return false;
        }
        sent.push_back(std::move(text));
        return true;
    }
    void close(ws::close_code c, std::string) override {
        code = c;
        incoming.close();
    }
    std::size_t unsent_bytes() const override { return unsent; }
    const std::string& client_address() const override { return address; }

    runtime::bounded_queue<std::string> incoming;
    std::vector<std::string> sent;
    std::optional<ws::close_code> code;
    bool is_full = false;
    std::size_t unsent = 0;
    std::string address = "127.0.0.1";
};

}  // namespace sluice::websocket::testing
