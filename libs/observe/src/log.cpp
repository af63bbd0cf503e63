// Builds the line here, as JSON, and gives it to spdlog as finished text: spdlog's own pattern does
// not escape. spdlog moves the line to a thread of its own through a bounded queue; when that is
// full the oldest line is dropped and counted, because a slow disk must not stop the event loop.
#include "sluice/observe/log.hpp"

#include "dropped_lines.hpp"

#include "sluice/core/clock.hpp"
#include "sluice/core/config.hpp"
#include "sluice/core/json_text.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <memory>
#include <mutex>

namespace sluice::observe {
namespace {

constexpr std::size_t queue_lines = 8192;

// Everything that outlives a call. The mutex guards the pointers, not the writing.
struct log_state {
    std::atomic<level> threshold{level::info};
    std::mutex mutex;
    std::string service = "sluice";
    std::shared_ptr<spdlog::details::thread_pool> pool;
    std::shared_ptr<spdlog::logger> logger;
    std::function<void(std::string)> redirect;
    std::atomic<std::uint64_t> dropped_before{0};  // by pools that are gone
};

log_state& state() {
    static log_state instance;
    return instance;
}

std::string_view name_of(level l) {
    switch (l) {
        case level::debug:
            return "debug";
        case level::info:
            return "info";
        case level::warn:
            return "warn";
        case level::error:
            return "error";
    }
    return "error";
}

bool needs_no_escape(std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f ||
            c == '"' || c == '\\') {
            return false;
        }
    }
    return true;
}

void append_text(std::string& out, std::string_view text) {
    if (needs_no_escape(text)) {
        out += '"';
        out += text;
        out += '"';
    } else {
        // Bytes that are not UTF-8 become U+FFFD: a line must always be readable.
        out += quoted_json(text);
    }
}

void append_name(std::string& out, std::string_view name) {
    out += ',';
    append_text(out, name);
    out += ':';
}

void append_value(std::string& out, const field_value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) {
        append_text(out, *text);
    } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
        out += std::to_string(*number);
    } else if (const auto* real = std::get_if<double>(&value)) {
        out += nlohmann::json(*real).dump();
    } else {
        out += std::get<bool>(value) ? "true" : "false";
    }
}

void append_if_set(std::string& out, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    append_name(out, name);
    append_text(out, value);
}

std::string
make_line(level l, std::string_view service, const context& ctx, std::string_view event, fields f) {
    std::string out;
    out.reserve(256);
    out += "{\"ts\":\"";
    out += to_rfc3339(system_clock().now());
    out += "\",\"level\":\"";
    out += name_of(l);
    out += '"';
    append_if_set(out, "service", service);
    append_if_set(out, "event", event);
    append_if_set(out, "correlation_id", ctx.correlation_id);
    append_if_set(out, "submission_id", ctx.submission_id);
    if (ctx.traceparent.size() >= 35) {
        append_if_set(out, "trace_id", std::string_view(ctx.traceparent).substr(3, 32));
    }
    append_if_set(out, "user_id", ctx.user_id);
    if (ctx.attempt != 0) {
        append_name(out, "attempt");
        out += std::to_string(ctx.attempt);
    }
    for (const field& item : f) {
        append_name(out, item.name);
        append_value(out, item.value);
    }
    out += '}';
    return out;
}

// Before init_log and after shutdown_log there is no thread; the line is then written here and now.
void write_now(const std::string& line) {
    const std::string text = line + "\n";
    std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace

void describe(config_visitor& v, log_config& c) {
    v.live().choice(
        "level",
        c.level,
        {"debug", "info", "warn", "error"},
        "the least level that is written"
    );
}

void init_log(std::string service, const log_config& config) {
    level threshold = level::info;
    parse_level(config.level, threshold);
    set_level(threshold);
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    auto pool = std::make_shared<spdlog::details::thread_pool>(queue_lines, 1);
    auto logger = std::make_shared<spdlog::async_logger>(
        service,
        std::move(sink),
        pool,
        spdlog::async_overflow_policy::overrun_oldest
    );
    logger->set_pattern("%v");
    logger->set_level(spdlog::level::trace);

    log_state& s = state();
    const std::lock_guard lock(s.mutex);
    s.service = std::move(service);
    s.logger = std::move(logger);
    s.pool = std::move(pool);
}

void shutdown_log() {
    log_state& s = state();
    std::shared_ptr<spdlog::details::thread_pool> pool;
    {
        const std::lock_guard lock(s.mutex);
        s.logger.reset();
        pool = std::move(s.pool);
        if (pool) s.dropped_before += pool->overrun_counter();
    }
    // The pool's destructor writes what is queued and joins; outside the lock, others may log
    // meanwhile.
}

void set_level(level l) {
    state().threshold = l;
}

level current_level() {
    return state().threshold;
}

bool parse_level(std::string_view text, level& out) {
    for (const level l : {level::debug, level::info, level::warn, level::error}) {
        if (text == name_of(l)) {
            out = l;
            return true;
        }
    }
    return false;
}

void log(level l, const context& ctx, std::string_view event, fields f) {
    log_state& s = state();
    if (l < s.threshold.load(std::memory_order_relaxed)) return;
    std::shared_ptr<spdlog::logger> logger;
    std::function<void(std::string)> redirect;
    std::string service;
    {
        const std::lock_guard lock(s.mutex);
        logger = s.logger;
        redirect = s.redirect;
        service = s.service;
    }
    std::string line = make_line(l, service, ctx, event, f);
    if (redirect) {
        redirect(std::move(line));
    } else if (logger) {
        logger->log(spdlog::level::info, spdlog::string_view_t(line));
    } else {
        write_now(line);
    }
}

std::uint64_t dropped_log_lines() {
    log_state& s = state();
    const std::lock_guard lock(s.mutex);
    return s.dropped_before + (s.pool ? s.pool->overrun_counter() : 0);
}

log_redirect::log_redirect(std::function<void(std::string line)> sink) {
    log_state& s = state();
    const std::lock_guard lock(s.mutex);
    s.redirect = std::move(sink);
}

log_redirect::~log_redirect() {
    log_state& s = state();
    const std::lock_guard lock(s.mutex);
    s.redirect = nullptr;
}

}  // namespace sluice::observe
