// See hub.hpp.
#include "hub.hpp"

#include "sluice/core/assert.hpp"
#include "sluice/messages/json.hpp"

#include <algorithm>

namespace sluice::websocket {

void hub::join(hub_member& m) {
    const bool is_new = by_user_[m.user()].insert(&m).second;
    SLUICE_ASSERT(is_new);
    if (!m.token_sha256().empty()) by_token_[m.token_sha256()].members.insert(&m);
    ++size_;
}

void hub::leave(hub_member& m) {
    const auto found = by_user_.find(m.user());
    if (found == by_user_.end() || found->second.erase(&m) == 0) return;
    --size_;
    if (found->second.empty()) by_user_.erase(found);
    const auto token = by_token_.find(m.token_sha256());
    if (token == by_token_.end()) return;
    token->second.members.erase(&m);
    if (token->second.members.empty()) by_token_.erase(token);
}

std::vector<hub_member*> hub::members_of(const sluice::user_id& user) const {
    const auto found = by_user_.find(user);
    if (found == by_user_.end()) return {};
    return {found->second.begin(), found->second.end()};
}

bool hub::deliver(std::string_view payload) {
    const auto event = messages::decode_routed_event(payload);
    if (!event) return false;
    const auto id = stream_id::parse(event->event_id);
    if (!id) return false;
    const auto members = members_of(event->user_id);
    if (members.empty()) return true;  // he has just left
    const stored_event e{
        *id,
        std::make_shared<const std::string>(messages::with_event_id(event->frame, event->event_id)),
    };
    for (hub_member* m : members)
        m->on_event(e);
    return true;
}

void hub::gap(const sluice::user_id& user) {
    for (hub_member* m : members_of(user))
        m->on_gap();
}

void hub::gap_all() {
    for (const auto& [user, ids] : sessions())
        gap(user);
}

void hub::end(const std::vector<std::string>& sha256s, token_end why) {
    for (const std::string& one : sha256s) {
        const auto found = by_token_.find(one);
        if (found == by_token_.end()) continue;
        const auto& its = found->second.members;
        const std::vector<hub_member*> members(its.begin(), its.end());
        for (hub_member* m : members)
            m->on_token_end(why);
    }
}

void hub::set_token_end(const std::string& sha256, wall_time at) {
    const auto found = by_token_.find(sha256);
    if (found == by_token_.end()) return;
    found->second.ends_at = at;
    if (at >= next_token_end_) return;
    next_token_end_ = at;
    if (on_sooner_end) on_sooner_end();
}

std::vector<std::string> hub::tokens_due(wall_time now) {
    std::vector<std::string> due;
    next_token_end_ = wall_time::max();
    for (auto& [sha256, group] : by_token_) {
        if (group.ends_at <= now) {
            due.push_back(sha256);
            // Whoever asked sets it anew, or ends them.
            group.ends_at = wall_time::max();
        }
        next_token_end_ = std::min(next_token_end_, group.ends_at);
    }
    return due;
}

std::vector<std::string> hub::tokens() const {
    std::vector<std::string> out;
    for (const auto& [sha256, group] : by_token_)
        out.push_back(sha256);
    return out;
}

std::vector<std::pair<sluice::user_id, std::vector<std::string>>> hub::sessions() const {
    std::vector<std::pair<sluice::user_id, std::vector<std::string>>> out;
    for (const auto& [user, members] : by_user_) {
        auto& entry = out.emplace_back(user, std::vector<std::string>{});
        for (const hub_member* m : members)
            entry.second.push_back(m->session_id());
    }
    return out;
}

}  // namespace sluice::websocket
