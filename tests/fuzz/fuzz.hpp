// What every fuzz target shares: a check that ends the process (so that libFuzzer keeps the input),
// and a way to cut a message out of the input.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace sluice::fuzz {

inline void require(bool holds) {
    if (!holds) __builtin_trap();
}

class input {
public:
    input(const std::uint8_t* data, std::size_t size)
        : left_(std::as_bytes(std::span(data, size))) {}

    std::uint8_t byte() {
        if (left_.empty()) return 0;
        const auto value = static_cast<std::uint8_t>(left_[0]);
        left_ = left_.subspan(1);
        return value;
    }
    std::string_view piece(std::size_t size) {
        const std::string_view taken = text().substr(0, size);
        left_ = left_.subspan(taken.size());
        return taken;
    }
    // Changes up to fifteen bytes of a message that was plausible before: position, then what is
    // laid over. So inputs reach behind the checks and survive a change of the message's layout.
    template <class Message>
    void patch(Message& message) {
        for (int left = byte() & 15; left > 0; --left) {
            const std::size_t at = byte() % sizeof message;
            reinterpret_cast<std::uint8_t*>(&message)[at] ^= byte();
        }
    }
    // Mostly the right size of a message.
    long size_of(std::size_t right) {
        const std::uint8_t choice = byte();
        return choice < 0xf0 ? static_cast<long>(right) : static_cast<long>(choice & 15) * 8 - 1;
    }
    bool is_empty() const { return left_.empty(); }
    std::span<const std::byte> rest() const { return left_; }
    std::string_view text() const {
        return {reinterpret_cast<const char*>(left_.data()), left_.size()};
    }

private:
    std::span<const std::byte> left_;
};

}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
