// Everything that stored programs need, put together in one place for app.cpp.
#pragma once

#include "compat/system_a_store.hpp"
#include "config.hpp"
#include "uploads/blob_sweeper.hpp"
#include "uploads/postgres_uploads.hpp"

#include "sluice/runtime/blocking_pool.hpp"
#include "sluice/runtime/gate.hpp"

namespace sluice::submission {

class upload_service {
public:
    upload_service(
        asio::any_io_executor executor,
        postgres::pool& pool,
        const clock& time,
        const uploads_section& c
    );
    upload_ports& ports() { return ports_; }
    usage_source& usage() { return rows_; }
    system_a_store& system_a() { return system_a_; }
    runtime::blocking_pool& unpacking() { return unpacking_; }
    void change(const uploads_section& c);
    void spawn(runtime::gate& tasks) { tasks.spawn("blob_sweeper", sweeper_.run()); }
    void stop() { sweeper_.stop(); }

private:
    runtime::blocking_pool threads_;
    runtime::blocking_pool unpacking_;
    std::unique_ptr<blob_store> blobs_;
    postgres_uploads rows_;
    upload_ports ports_;
    system_a_store system_a_;
    blob_sweeper sweeper_;
};

}  // namespace sluice::submission
