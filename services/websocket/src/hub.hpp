// Which sessions of which user are on this node. It holds no connection: sessions join and leave.
#pragma once

#include "session_machine.hpp"

#include "sluice/core/clock.hpp"
#include "sluice/core/ids.hpp"

#include <functional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace sluice::websocket {

// Why a token is good no longer.
enum class token_end { revoked, expired };

class hub_member {
public:
    virtual ~hub_member() = default;
    virtual const std::string& session_id() const = 0;
    virtual const sluice::user_id& user() const = 0;
    // Digest of the token that opened the session; empty: of none.
    virtual const std::string& token_sha256() const = 0;
    virtual void on_event(const stored_event& e) = 0;
    virtual void on_gap() = 0;
    virtual void on_token_end(token_end why) = 0;
};

class hub {
public:
    void join(hub_member& m);
    void leave(hub_member& m);

    // A message of this node's channel (messages::routed_event); false when it cannot be read.
    bool deliver(std::string_view payload);
    void gap(const sluice::user_id& user);
    void gap_all();
    // Tells the sessions that these tokens opened.
    void end(const std::vector<std::string>& sha256s, token_end why);

    // This token is good until then, as far as is known now; of one without sessions: nothing.
    void set_token_end(const std::string& sha256, wall_time at);
    // No token ends before; wall_time::max() while none is known to.
    wall_time next_token_end() const { return next_token_end_; }
    // Those whose time has come. Looks at every token, so not to be asked before next_token_end().
    std::vector<std::string> tokens_due(wall_time now);
    // Called when next_token_end() has become sooner.
    std::function<void()> on_sooner_end;

    // For the heartbeat: user → ids of his sessions here.
    std::vector<std::pair<sluice::user_id, std::vector<std::string>>> sessions() const;
    std::vector<std::string> tokens() const;  // of all sessions, each once
    std::size_t size() const { return size_; }

private:
    // A copy: a member may leave while it is told.
    std::vector<hub_member*> members_of(const sluice::user_id& user) const;

    using groups = std::unordered_map<std::string, std::set<hub_member*>>;
    groups by_user_;
    // The end stands once for each token: most have one session, and there may be 20,000.
    struct token_group {
        std::set<hub_member*> members;
        wall_time ends_at = wall_time::max();
    };
    std::unordered_map<std::string, token_group> by_token_;
    wall_time next_token_end_ = wall_time::max();
    std::size_t size_ = 0;
};

}  // namespace sluice::websocket
