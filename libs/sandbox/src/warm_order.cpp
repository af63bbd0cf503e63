// See warm_order.hpp.
#include "warm_order.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace sluice::sandbox {

void warm_order::set(std::span<const std::byte> message, received_message& fds) {
    message_.assign(message.begin(), message.end());
    std::memcpy(&order_, message_.data(), sizeof order_);
    packs_.clear();
    for (std::size_t i = 0; i < fds.fd_count(); ++i)
        packs_.emplace_back(fds.take_fd(i));
}

bool warm_order::send(int init) const {
    std::array<int, protocol::max_fds> fds{};
    std::ranges::transform(packs_, fds.begin(), &owned_fd::get);
    const message_part part{message_.data(), message_.size()};
    return send_message(init, std::span(&part, 1), std::span(fds).first(packs_.size())) == 0;
}

bool warm_order::serves(const protocol::slot_request& request) const {
    return is_set() && request.warm_key == order_.warm_key &&
           request.stack_bytes == order_.stack_bytes && request.open_files <= order_.open_files &&
           request.processes <= order_.processes && request.file_bytes <= order_.file_bytes &&
           request.cpu_us <= order_.cpu_us && request.memory_bytes >= order_.memory_bytes;
}

warm_order::budget warm_order::waiting_budget() const {
    return {
        std::max(order_.memory_bytes, last_run_.memory_bytes),
        last_run_.processes > 0 ? std::min(order_.processes, last_run_.processes)
                                : order_.processes};
}

}  // namespace sluice::sandbox
