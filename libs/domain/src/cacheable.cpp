// See cacheable.hpp.
#include "sluice/domain/cacheable.hpp"

#include <algorithm>

namespace sluice::domain {
namespace {

// Memory is not among them: what a runtime takes differs a little from run to run.
bool comes_out_the_same(status s) {
    return s == status::accepted || s == status::wrong_answer || s == status::compile_error ||
           s == status::runtime_error || s == status::output_limit;
}

bool is_of_size_only(limit_kind k) {
    return k == limit_kind::none || k == limit_kind::output || k == limit_kind::file ||
           k == limit_kind::disk;
}

bool is_steady(const test_result& t) {
    if (!t.was_run) return true;
    return comes_out_the_same(t.run.status) && is_of_size_only(t.run.limit_hit);
}

}  // namespace

bool is_cacheable(const run_result& r) {
    if (!comes_out_the_same(r.status) || !is_of_size_only(r.limit_hit)) return false;
    // A signal ends a compiler that took too much; a mistake in the program does not.
    if (r.compile && r.compile->signal) return false;
    if (r.comparison || r.original_run_at) return false;
    return std::ranges::all_of(r.tests, is_steady);
}

bool could_be_of(const run_result& r, const task& t) {
    return r.language == t.language && r.limits == t.limits && r.tests.size() == t.tests.size();
}

}  // namespace sluice::domain
