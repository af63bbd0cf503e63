// See output_hub.hpp.
#include "output_hub.hpp"

#include "sluice/messages/live.hpp"

#include <vector>

namespace sluice::websocket {

std::optional<live_piece> read_piece(std::string_view bytes) {
    auto piece = messages::decode_output(bytes);
    if (!piece) return std::nullopt;
    live_piece p;
    p.frame = std::make_shared<const std::string>(messages::output_frame(*piece));
    piece->data = std::string();
    p.head = std::move(*piece);
    return p;
}

awaitable<result<void>> output_hub::join(std::string id, output_member& m) {
    members_[id].insert(&m);
    co_return co_await channels_.subscribe(std::move(id));
}

void output_hub::leave(const std::string& id, output_member& m) {
    const auto found = members_.find(id);
    if (found == members_.end() || found->second.erase(&m) == 0) return;
    if (!found->second.empty()) return;
    members_.erase(found);
    channels_.unsubscribe(id);
}

bool output_hub::deliver(std::string_view payload) {
    const auto piece = read_piece(payload);
    if (!piece) return false;
    const auto found = members_.find(piece->head.id.to_string());
    if (found == members_.end()) return true;  // they have just left
    // A copy: a member may leave while it is told.
    const std::vector<output_member*> all(found->second.begin(), found->second.end());
    for (output_member* m : all)
        m->on_piece(*piece);
    return true;
}

void output_hub::gap_all() {
    std::vector<output_member*> all;
    for (const auto& [id, members] : members_)
        all.insert(all.end(), members.begin(), members.end());
    for (output_member* m : all)
        m->on_output_gap();
}

live_store::watches output_hub::watches() const {
    live_store::watches out;
    for (const auto& [id, members] : members_) {
        for (const output_member* m : members)
            out.emplace_back(id, m->session_id());
    }
    return out;
}

}  // namespace sluice::websocket
