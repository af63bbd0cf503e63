// Settings of uploads: where their bytes are kept and how much is taken.
#pragma once

#include "sluice/core/config.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace sluice::submission {

struct s3_section {
    std::string endpoint;  // "https://s3.example.org"
    std::string region = "us-east-1";
    std::string bucket;
    std::string prefix = "uploads/";
    secret access_key;
    secret secret_key;
    bool path_style = true;
    std::string ca_file;
    std::chrono::milliseconds connect_timeout{5000};
    std::chrono::milliseconds timeout{30'000};
};
void describe(config_visitor& v, s3_section& c);

struct uploads_section {
    std::string storage = "folder";
    std::string folder = "uploads";
    byte_size max_bytes = 64_MiB;
    std::chrono::milliseconds timeout{1'800'000};
    std::int64_t max_running = 100;
    std::int64_t threads = 8;
    std::chrono::milliseconds sweep_interval{60'000};
    s3_section s3;
};
void describe(config_visitor& v, uploads_section& c);

std::vector<std::string> unfit_settings(const uploads_section& c, bool is_production);

}  // namespace sluice::submission
