// A registry, an event source, a ticket office and a connection that do as the test says.
#pragma once

#include "hub.hpp"
#include "ports.hpp"

#include "sluice/runtime/bounded_queue.hpp"

#include <deque>
#include <map>

namespace sluice::websocket::testing {

class fake_registry final : public session_registry {
public:
    awaitable<result<stream_facts>> add(sluice::user_id user, std::string session) override {
        if (is_away) co_return fail(errc::unavailable);
        registered.emplace(session, user);
        co_return facts;
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

class fake_tickets final : public ticket_office {
public:
    awaitable<result<std::optional<sluice::user_id>>> redeem(std::string ticket) override {
        if (fails) co_return fail(errc::unavailable);
        const auto found = known.find(ticket);
        std::optional<sluice::user_id> user;
        if (found != known.end()) {
            user = found->second;
            known.erase(found);
        }
        co_return user;
    }
    bool is_open() const override { return open; }
    std::map<std::string, sluice::user_id> known;
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
    std::size_t unsent_bytes() const override { return 0; }
    const std::string& client_address() const override { return address; }

    runtime::bounded_queue<std::string> incoming;
    std::vector<std::string> sent;
    std::optional<ws::close_code> code;
    bool is_full = false;
    std::string address = "127.0.0.1";
};

}  // namespace sluice::websocket::testing
