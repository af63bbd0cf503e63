// The switches have no default: a new enumerator is a compiler warning, and so an error, here.
#include "codec_enums.hpp"

namespace sluice::messages {

v1::Status to_proto(domain::status value) {
    switch (value) {
        case domain::status::queued:
            return v1::STATUS_QUEUED;
        case domain::status::running:
            return v1::STATUS_RUNNING;
        case domain::status::accepted:
            return v1::STATUS_ACCEPTED;
        case domain::status::wrong_answer:
            return v1::STATUS_WRONG_ANSWER;
        case domain::status::compile_error:
            return v1::STATUS_COMPILE_ERROR;
        case domain::status::runtime_error:
            return v1::STATUS_RUNTIME_ERROR;
        case domain::status::time_limit:
            return v1::STATUS_TIME_LIMIT;
        case domain::status::memory_limit:
            return v1::STATUS_MEMORY_LIMIT;
        case domain::status::output_limit:
            return v1::STATUS_OUTPUT_LIMIT;
        case domain::status::process_limit:
            return v1::STATUS_PROCESS_LIMIT;
        case domain::status::cancelled:
            return v1::STATUS_CANCELLED;
        case domain::status::internal_error:
            return v1::STATUS_INTERNAL_ERROR;
    }
    return v1::STATUS_UNSPECIFIED;
}

std::optional<domain::status> to_domain(v1::Status value) {
    switch (value) {
        case v1::STATUS_QUEUED:
            return domain::status::queued;
        case v1::STATUS_RUNNING:
            return domain::status::running;
        case v1::STATUS_ACCEPTED:
            return domain::status::accepted;
        case v1::STATUS_WRONG_ANSWER:
            return domain::status::wrong_answer;
        case v1::STATUS_COMPILE_ERROR:
            return domain::status::compile_error;
        case v1::STATUS_RUNTIME_ERROR:
            return domain::status::runtime_error;
        case v1::STATUS_TIME_LIMIT:
            return domain::status::time_limit;
        case v1::STATUS_MEMORY_LIMIT:
            return domain::status::memory_limit;
        case v1::STATUS_OUTPUT_LIMIT:
            return domain::status::output_limit;
        case v1::STATUS_PROCESS_LIMIT:
            return domain::status::process_limit;
        case v1::STATUS_CANCELLED:
            return domain::status::cancelled;
        case v1::STATUS_INTERNAL_ERROR:
            return domain::status::internal_error;
        case v1::STATUS_UNSPECIFIED:
        case v1::Status_INT_MIN_SENTINEL_DO_NOT_USE_:
        case v1::Status_INT_MAX_SENTINEL_DO_NOT_USE_:
            break;
    }
    return std::nullopt;
}

v1::LimitKind to_proto(domain::limit_kind value) {
    switch (value) {
        case domain::limit_kind::none:
            return v1::LIMIT_KIND_NONE;
        case domain::limit_kind::cpu_time:
            return v1::LIMIT_KIND_CPU_TIME;
        case domain::limit_kind::wall_time:
            return v1::LIMIT_KIND_WALL_TIME;
        case domain::limit_kind::memory:
            return v1::LIMIT_KIND_MEMORY;
        case domain::limit_kind::processes:
            return v1::LIMIT_KIND_PROCESSES;
        case domain::limit_kind::output:
            return v1::LIMIT_KIND_OUTPUT;
        case domain::limit_kind::file:
            return v1::LIMIT_KIND_FILE;
        case domain::limit_kind::disk:
            return v1::LIMIT_KIND_DISK;
        case domain::limit_kind::inodes:
            return v1::LIMIT_KIND_INODES;
        case domain::limit_kind::open_files:
            return v1::LIMIT_KIND_OPEN_FILES;
        case domain::limit_kind::stack:
            return v1::LIMIT_KIND_STACK;
        case domain::limit_kind::idle_time:
            return v1::LIMIT_KIND_IDLE_TIME;
    }
    return v1::LIMIT_KIND_UNSPECIFIED;
}

std::optional<domain::limit_kind> to_domain(v1::LimitKind value) {
    switch (value) {
        case v1::LIMIT_KIND_NONE:
            return domain::limit_kind::none;
        case v1::LIMIT_KIND_CPU_TIME:
            return domain::limit_kind::cpu_time;
        case v1::LIMIT_KIND_WALL_TIME:
            return domain::limit_kind::wall_time;
        case v1::LIMIT_KIND_MEMORY:
            return domain::limit_kind::memory;
        case v1::LIMIT_KIND_PROCESSES:
            return domain::limit_kind::processes;
        case v1::LIMIT_KIND_OUTPUT:
            return domain::limit_kind::output;
        case v1::LIMIT_KIND_FILE:
            return domain::limit_kind::file;
        case v1::LIMIT_KIND_DISK:
            return domain::limit_kind::disk;
        case v1::LIMIT_KIND_INODES:
            return domain::limit_kind::inodes;
        case v1::LIMIT_KIND_OPEN_FILES:
            return domain::limit_kind::open_files;
        case v1::LIMIT_KIND_STACK:
            return domain::limit_kind::stack;
        case v1::LIMIT_KIND_IDLE_TIME:
            return domain::limit_kind::idle_time;
        case v1::LIMIT_KIND_UNSPECIFIED:
        case v1::LimitKind_INT_MIN_SENTINEL_DO_NOT_USE_:
        case v1::LimitKind_INT_MAX_SENTINEL_DO_NOT_USE_:
            break;
    }
    return std::nullopt;
}

v1::ProgressKind to_proto(domain::progress_kind value) {
    switch (value) {
        case domain::progress_kind::queued:
            return v1::PROGRESS_KIND_QUEUED;
        case domain::progress_kind::running:
            return v1::PROGRESS_KIND_RUNNING;
        case domain::progress_kind::compiled:
            return v1::PROGRESS_KIND_COMPILED;
        case domain::progress_kind::test_finished:
            return v1::PROGRESS_KIND_TEST_FINISHED;
    }
    return v1::PROGRESS_KIND_UNSPECIFIED;
}

std::optional<domain::progress_kind> to_domain(v1::ProgressKind value) {
    switch (value) {
        case v1::PROGRESS_KIND_QUEUED:
            return domain::progress_kind::queued;
        case v1::PROGRESS_KIND_RUNNING:
            return domain::progress_kind::running;
        case v1::PROGRESS_KIND_COMPILED:
            return domain::progress_kind::compiled;
        case v1::PROGRESS_KIND_TEST_FINISHED:
            return domain::progress_kind::test_finished;
        case v1::PROGRESS_KIND_UNSPECIFIED:
        case v1::ProgressKind_INT_MIN_SENTINEL_DO_NOT_USE_:
        case v1::ProgressKind_INT_MAX_SENTINEL_DO_NOT_USE_:
            break;
    }
    return std::nullopt;
}

v1::MatchMode to_proto(domain::match_mode value) {
    switch (value) {
        case domain::match_mode::trim:
            return v1::MATCH_MODE_TRIM;
        case domain::match_mode::exact:
            return v1::MATCH_MODE_EXACT;
        case domain::match_mode::tokens:
            return v1::MATCH_MODE_TOKENS;
        case domain::match_mode::floats:
            return v1::MATCH_MODE_FLOAT;
        case domain::match_mode::checker:
            return v1::MATCH_MODE_CHECKER;
    }
    return v1::MATCH_MODE_UNSPECIFIED;
}

std::optional<domain::match_mode> to_domain(v1::MatchMode value) {
    switch (value) {
        case v1::MATCH_MODE_TRIM:
            return domain::match_mode::trim;
        case v1::MATCH_MODE_EXACT:
            return domain::match_mode::exact;
        case v1::MATCH_MODE_TOKENS:
            return domain::match_mode::tokens;
        case v1::MATCH_MODE_FLOAT:
            return domain::match_mode::floats;
        case v1::MATCH_MODE_CHECKER:
            return domain::match_mode::checker;
        case v1::MATCH_MODE_UNSPECIFIED:
        case v1::MatchMode_INT_MIN_SENTINEL_DO_NOT_USE_:
        case v1::MatchMode_INT_MAX_SENTINEL_DO_NOT_USE_:
            break;
    }
    return std::nullopt;
}

}  // namespace sluice::messages
