// Which sessions of this node watch which submission's output. A submission's channel is subscribed
// while somebody watches it.
#pragma once

#include "ports.hpp"

#include <set>
#include <unordered_map>

namespace sluice::websocket {

class output_member {
public:
    virtual ~output_member() = default;
    virtual const std::string& session_id() const = 0;
    virtual void on_piece(const live_piece& p) = 0;
    virtual void on_output_gap() = 0;
};

class output_hub {
public:
    explicit output_hub(output_channels& channels) : channels_(channels) {}

    // Success: what is published from now on is told. The member has joined either way.
    awaitable<result<void>> join(std::string id, output_member& m);
    void leave(const std::string& id, output_member& m);

    // A message of an output channel; false when it cannot be read.
    bool deliver(std::string_view payload);
    void gap_all();

    live_store::watches watches() const;

private:
    output_channels& channels_;
    std::unordered_map<std::string, std::set<output_member*>> members_;
};

// Bytes of a stream's entry or of a channel's message.
std::optional<live_piece> read_piece(std::string_view bytes);

}  // namespace sluice::websocket
