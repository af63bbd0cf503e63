// Which sessions of which user are on this node. It holds no connection: sessions join and leave.
#pragma once

#include "session_machine.hpp"

#include "sluice/core/ids.hpp"

#include <functional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace sluice::websocket {

class hub_member {
public:
    virtual ~hub_member() = default;
    virtual const std::string& session_id() const = 0;
    virtual const sluice::user_id& user() const = 0;
    // Digest of the token that opened the session; empty: of none.
    virtual const std::string& token_sha256() const = 0;
    virtual void on_event(const stored_event& e) = 0;
    virtual void on_gap() = 0;
    virtual void on_revoked() = 0;
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
    void revoke(const std::vector<std::string>& sha256s);

    // For the heartbeat: user → ids of his sessions here.
    std::vector<std::pair<sluice::user_id, std::vector<std::string>>> sessions() const;
    std::vector<std::string> tokens() const;  // of all sessions, each once
    std::size_t size() const { return size_; }

private:
    // A copy: a member may leave while it is told.
    std::vector<hub_member*> members_of(const sluice::user_id& user) const;

    using groups = std::unordered_map<std::string, std::set<hub_member*>>;
    groups by_user_;
    groups by_token_;
    std::size_t size_ = 0;
};

}  // namespace sluice::websocket
