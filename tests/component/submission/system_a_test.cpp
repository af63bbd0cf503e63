// Jobs of the older cloud job service against a real PostgreSQL: an upload counts as run exactly
// when a submission that runs it is stored.
#include "compat/system_a_store.hpp"
#include "support.hpp"
#include "uploads/postgres_uploads.hpp"

namespace sluice::submission::testing {
namespace {

struct job_storage : storage {
    postgres_uploads rows{pool};
    system_a_store older{pool};
    user_id owner = new_user();

    awaitable<upload> make_upload() {
        upload u;
        u.id = uuid::time_v7(unix_ms(system_clock().now()));
        u.owner = owner;
        u.name = "a.py";
        u.language = "python3";
        u.content_type = "text/x-python";
        u.size_bytes = 8;
        u.sha256 = std::string(32, 'h');
        u.blob = uuid::random_v4();
        u.created_at = system_clock().now();
        need(co_await rows.announce(u.blob, std::chrono::hours(1)));
        u.number = need(co_await rows.insert(u));
        co_return u;
    }
    new_submission job_of(const upload& what) const {
        new_submission row = make_row(owner);
        row.job = upload_job{what.id, what.number, "python3 a.py"};
        return row;
    }
    awaitable<bool> is_enabled() {
        const auto listed = need(co_await older.uploads(owner));
        REQUIRE(listed.size() == 1);
        co_return listed.front().is_enable;
    }
};

}  // namespace

TEST_CASE_METHOD(job_storage, "a job is stored with its submission, once for an upload") {
    run([this]() -> awaitable<void> {
        const upload what = co_await make_upload();
        CHECK(co_await is_enabled());
        const auto first = need(co_await store.insert(job_of(what)));
        CHECK(first.what == insert_outcome::kind::inserted);
        CHECK(first.job_id > 0);
        CHECK_FALSE(co_await is_enabled());

        const auto again = job_of(what);
        CHECK(need(co_await store.insert(again)).what == insert_outcome::kind::has_run);
        CHECK_FALSE(need(co_await store.read(owner, again.task.id)).has_value());

        const auto jobs = need(co_await older.jobs(owner));
        REQUIRE(jobs.size() == 1);
        CHECK(jobs.front().id == first.job_id);
        CHECK(jobs.front().upload == what.number);
        CHECK_FALSE(jobs.front().result.has_value());
    });
}

TEST_CASE_METHOD(job_storage, "an upload whose submission could not be stored stays enabled") {
    run([this]() -> awaitable<void> {
        const upload what = co_await make_upload();
        new_submission twice = job_of(what);
        new_submission earlier = make_row(owner);
        earlier.task.id = twice.task.id;
        earlier.task.created_at = twice.task.created_at;
        need(co_await store.insert(earlier));
        CHECK_FALSE((co_await store.insert(twice)).has_value());
        CHECK(co_await is_enabled());
        CHECK(need(co_await older.jobs(owner)).empty());
        CHECK(need(co_await store.insert(job_of(what))).job_id > 0);
    });
}

TEST_CASE_METHOD(job_storage, "a job that is not stored to its end leaves its upload enabled") {
    run([this]() -> awaitable<void> {
        const upload what = co_await make_upload();
        {
            // As a kill between the job and the commit of its submission leaves it.
            auto broken = need(co_await pool.begin());
            const auto row = job_of(what);
            REQUIRE(need(co_await insert_upload_job(broken, *row.job, row.task)).has_value());
        }
        CHECK(co_await is_enabled());
        CHECK(need(co_await store.insert(job_of(what))).what == insert_outcome::kind::inserted);
    });
}

TEST_CASE_METHOD(job_storage, "a job whose submission was deleted has run") {
    run([this]() -> awaitable<void> {
        const upload what = co_await make_upload();
        const auto first = job_of(what);
        need(co_await store.insert(first));
        need(co_await pool.query("delete from submissions where user_id = '" + owner + "'"));
        CHECK(need(co_await older.jobs(owner)).empty());
        CHECK_FALSE(co_await is_enabled());
        CHECK(need(co_await store.insert(job_of(what))).what == insert_outcome::kind::has_run);
    });
}

}  // namespace sluice::submission::testing
