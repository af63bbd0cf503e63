// See uploads_config.hpp.
#include "uploads_config.hpp"

#include "sluice/curl/ca_file.hpp"

namespace sluice::submission {

void describe(config_visitor& v, s3_section& c) {
    v.field("endpoint", c.endpoint, "https://host[:port] of the server");
    v.field("region", c.region, "part of every signature");
    v.field("bucket", c.bucket, "must exist");
    v.field("prefix", c.prefix, "before the names of all objects");
    v.field("access_key", c.access_key, "of a user that may get, put and delete objects there");
    v.field("secret_key", c.secret_key, "belonging to the access key");
    v.field("path_style", c.path_style, "endpoint/bucket/object; false: bucket.endpoint/object");
    v.field("ca_file", c.ca_file, "PEM bundle; empty: the system's");
    v.field("connect_timeout", c.connect_timeout, "longest wait for one connection to be made");
    v.field(
        "timeout",
        c.timeout,
        "longest time for one request; a large object gets more, by its size"
    );
}

void describe(config_visitor& v, uploads_section& c) {
    v.choice(
        "storage",
        c.storage,
        {"folder", "s3"},
        "folder: several instances may share it; s3: any S3-compatible server"
    );
    v.field("folder", c.folder, "of the files; with s3 of those that are on their way");
    v.live().field("max_bytes", c.max_bytes, "of one upload; above: 413");
    v.live().field("timeout", c.timeout, "longest time for one upload to arrive");
    v.live().field(
        "max_running",
        c.max_running,
        "uploads that come at a time; above: 503",
        {.minimum = 1, .maximum = 10'000}
    );
    v.field(
        "threads",
        c.threads,
        "for files and for requests to the server",
        {.minimum = 1, .maximum = 256}
    );
    v.field("sweep_interval", c.sweep_interval, "time between looks for bytes without an upload");
    v.section("s3", c.s3, "with storage: s3");
}

std::vector<std::string> unfit_settings(const uploads_section& c, bool is_production) {
    std::vector<std::string> problems;
    // What one PUT of S3 may hold.
    if (c.max_bytes.value < 1 || c.max_bytes > 5_GiB) {
        problems.push_back("uploads.max_bytes must be between 1B and 5GiB");
    }
    if (c.timeout.count() <= 0 || c.sweep_interval.count() <= 0) {
        problems.push_back("uploads: timeout and sweep_interval must be above zero");
    }
    if (c.folder.empty()) problems.push_back("uploads.folder is empty");
    if (c.storage != "s3") return problems;
    const bool is_http = c.s3.endpoint.starts_with("http://");
    if (!is_http && !c.s3.endpoint.starts_with("https://")) {
        problems.push_back("uploads.s3.endpoint must begin with https:// or http://");
    }
    // A user or a question mark would end in what is signed.
    if (c.s3.endpoint.find_first_of("?#@ ") != std::string::npos ||
        c.s3.endpoint.ends_with("://")) {
        problems.push_back("uploads.s3.endpoint must be a host, perhaps with a port");
    }
    if (const auto wrong = curl::ca_file_problem(c.s3.ca_file); !wrong.empty()) {
        problems.push_back("uploads.s3.ca_file: " + wrong);
    }
    if (is_production && is_http) {
        problems.push_back("uploads.s3.endpoint is not encrypted: use https://");
    }
    if (c.s3.bucket.empty()) problems.push_back("uploads.s3.bucket is empty");
    if (!c.s3.access_key.is_set() || !c.s3.secret_key.is_set()) {
        problems.push_back(
            "uploads.s3: access_key and secret_key are missing; set "
            "SLUICE__UPLOADS__S3__ACCESS_KEY and SLUICE__UPLOADS__S3__SECRET_KEY"
        );
    }
    return problems;
}

}  // namespace sluice::submission
