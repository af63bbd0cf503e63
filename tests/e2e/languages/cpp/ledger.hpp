#pragma once

#include <map>
#include <optional>
#include <string>

class ledger {
public:
    void add(const std::string& name, long amount);
    long total() const;
    std::optional<std::string> best() const;

private:
    std::map<std::string, long> sums_;
};
