// What the use cases and the consumer need from the outside, as interfaces: tests put fakes here,
// app.cpp the adapters.
#pragma once

#include "sluice/amqp/consumer.hpp"
#include "sluice/amqp/message.hpp"
#include "sluice/core/clock.hpp"
#include "sluice/core/deadline.hpp"
#include "sluice/core/error.hpp"
#include "sluice/domain/execution_plan.hpp"
#include "sluice/domain/live.hpp"
#include "sluice/domain/submission.hpp"
#include "sluice/domain/verdict.hpp"
#include "sluice/observe/context.hpp"
#include "sluice/runtime/asio_fwd.hpp"
#include "sluice/sandbox/file_pack.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sluice::execution {

using pack_pointer = std::shared_ptr<const sandbox::file_pack>;

// One command in one sandbox, in the domain's words.
struct run_job {
    domain::planned_command command;
    std::string language;  // its id
    user_id user;          // whose program it is
    std::vector<pack_pointer> files;
    std::string stdin_bytes;
    std::string collect_folder;  // empty: nothing is collected
    // Output beyond the limit is not kept and the program goes on.
    bool drains_output = false;
    std::function<void()> on_started;
    std::function<void(domain::output_stream, std::string_view)> on_output;  // may be empty
    domain::interaction how = domain::interaction::none;
};

struct run_outcome {
    domain::exit_facts facts;
    std::int64_t cpu_us = 0;
    std::int64_t wall_us = 0;
    std::int64_t memory_peak_bytes = 0;
    std::string out, err;
    bool out_truncated = false, err_truncated = false;
    pack_pointer artefacts;         // nullptr: nothing was collected, or the folder was empty
    std::string artefacts_refused;  // why they could not be taken: too large, not regular files
};

class sandbox_runner {
public:
    virtual ~sandbox_runner() = default;
    // The sources as they go into a sandbox; none may have the name of the compiler's folder.
    virtual result<pack_pointer>
    pack(std::span<const domain::source_file> files, const std::string& compiler_folder) = 0;
    // A failure of the sandbox is an error; errc::cancelled when the caller was cancelled, and then
    // nothing of the run is left.
    virtual awaitable<result<run_outcome>> run(std::size_t slot, run_job job) = 0;
    // For the run that is in the slot: cancel kills its process tree, the rest is for interactive
    // ones. Without a run, nothing happens.
    virtual void steer(std::size_t slot, const domain::control_message& m) = 0;
};

// What came of a compilation.
struct compiled {
    domain::compile_report report;
    std::optional<domain::verdict> failure;  // nullopt: it compiled
    std::string message;                     // with internal_error: a sentence for the user
    pack_pointer artefacts;                  // nullptr when it failed or leaves nothing by design
};

// Compiled programs by everything that decides them (domain::execution_plan::cache_material).
class artefact_cache {
public:
    virtual ~artefact_cache() = default;
    // The cached program, or what `compile` gives. Of concurrent callers with the same material one
    // compiles and the others wait for it. Only successes are kept.
    virtual awaitable<result<compiled>>
    get_or_compile(std::string material, std::function<awaitable<result<compiled>>()> compile) = 0;
};

// Best effort: the user may miss these.
class progress_sink {
public:
    virtual ~progress_sink() = default;
    virtual void publish(const observe::context& ctx, const domain::progress& p) = 0;
};

class result_sink {
public:
    virtual ~result_sink() = default;
    // Returns when the broker has confirmed the result; errc::shutting_down or errc::cancelled when
    // it was given up, and then it may or may not have been stored.
    virtual awaitable<result<void>> publish(observe::context ctx, domain::run_result r) = 0;
};

// What result_publisher needs of the broker connection.
class confirm_channel {
public:
    virtual ~confirm_channel() = default;
    virtual awaitable<result<void>> publish(std::string queue, amqp::message m, deadline until) = 0;
};

// Where tasks come from: amqp::consumer, or a script in tests.
class task_source {
public:
    virtual ~task_source() = default;
    virtual awaitable<result<amqp::delivery>> receive() = 0;
    virtual void ack(amqp::delivery_tag tag) = 0;
    virtual void nack(amqp::delivery_tag tag, bool requeue) = 0;
    virtual void pause() = 0;
    virtual void resume() = 0;
    // See amqp::consume_options::reserve.
    virtual void set_reserve(std::uint16_t reserve) = 0;
    virtual awaitable<void> stop() = 0;
};

}  // namespace sluice::execution
