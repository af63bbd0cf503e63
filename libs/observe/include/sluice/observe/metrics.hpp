// Prometheus metrics behind small handles, so that prometheus-cpp is included by one .cpp only.
// Labels are closed sets (route pattern, language, status); never a user or an id. Every name
// begins with sluice_.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sluice::observe {

using labels = std::map<std::string, std::string>;

class counter {
public:
    void increment(double by = 1);
    double value() const;

private:
    friend class metrics;
    void* handle_ = nullptr;
};

class gauge {
public:
    void set(double value);
    void add(double by);
    double value() const;

private:
    friend class metrics;
    void* handle_ = nullptr;
};

class histogram {
public:
    void observe(double value);

private:
    friend class metrics;
    void* handle_ = nullptr;
};

// The bucket sets that fit this domain (house.md, 4.9).
std::vector<double> seconds_buckets();  // 1 ms … 100 s
std::vector<double> wait_buckets();     // 1 ms … 600 s
std::vector<double> bytes_buckets();    // 1 MiB … 4 GiB

// The process's registry. Asking again for the same name and labels gives the same metric; a name
// must keep its type and help. Thread-safe.
class metrics {
public:
    static metrics& instance();
    counter get_counter(const std::string& name, const std::string& help, const labels& l = {});
    gauge get_gauge(const std::string& name, const std::string& help, const labels& l = {});
    histogram get_histogram(
        const std::string& name,
        const std::string& help,
        const std::vector<double>& buckets,
        const labels& l = {}
    );
    // Prometheus text exposition format 0.0.4, for /metrics.
    std::string to_text() const;

private:
    metrics();
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace sluice::observe
