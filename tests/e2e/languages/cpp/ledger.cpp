#include "ledger.hpp"

#include <algorithm>

void ledger::add(const std::string& name, long amount) {
    sums_[name] += amount;
}

long ledger::total() const {
    long sum = 0;
    for (const auto& [name, amount] : sums_) sum += amount;
    return sum;
}

std::optional<std::string> ledger::best() const {
    if (sums_.empty()) return std::nullopt;
    return std::max_element(sums_.begin(), sums_.end(), [](auto& a, auto& b) {
               return a.second < b.second;
           })->first;
}
