// Uploads against real files and a real PostgreSQL: what is there after each way to end.
#include "support.hpp"
#include "uploads/blob_sweeper.hpp"
#include "uploads/folder_blobs.hpp"
#include "uploads/postgres_uploads.hpp"
#include "uploads/upload_intake.hpp"

#include <filesystem>

namespace sluice::submission::testing {
namespace {

struct upload_storage : storage {
    std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("sluice-blobs-" + uuid::random_v4().to_string());
    runtime::blocking_pool threads{2};
    folder_blobs blobs{folder.string(), threads};
    postgres_uploads rows{pool};
    upload_ports uploads{rows, blobs, system_clock(), {1 << 20, std::chrono::minutes(1), 2}};
    blob_sweeper sweeper{io.get_executor(), uploads, std::chrono::seconds(60)};
    user_id owner = new_user();

    ~upload_storage() { std::filesystem::remove_all(folder); }

    upload described() const {
        upload u;
        u.owner = owner;
        u.name = "a.py";
        u.content_type = "text/x-python";
        return u;
    }
    awaitable<upload> store(std::string bytes, std::optional<uuid> key = std::nullopt) {
        upload_intake intake({}, uploads, {owner, key});
        REQUIRE((co_await intake.begin()).has_value());
        REQUIRE((co_await intake.write(std::move(bytes))).has_value());
        auto kept = co_await intake.keep(described());
        REQUIRE(kept.has_value());
        co_return *kept;
    }
    awaitable<stored_sizes> sizes_of(user_id user, std::optional<uuid> key = std::nullopt) {
        quota_subject who{std::move(user), key};
        co_return need(co_await rows.stored_bytes(std::move(who)));
    }
    std::size_t files() const {
        std::size_t n = 0;
        if (!std::filesystem::exists(folder)) return n;
        for (const auto& each : std::filesystem::recursive_directory_iterator(folder))
            n += each.is_regular_file() ? 1 : 0;
        return n;
    }
    awaitable<std::int64_t> announced(uuid blob) {
        co_return co_await number(
            "select count(*) as n from upload_blobs where blob = '" + blob.to_string() + "'"
        );
    }
    // As if the time of every blob without an upload had come.
    awaitable<void> let_time_pass() {
        need(co_await pool.query("update upload_blobs set sweep_at = now() - interval '1 s'"));
    }
};

}  // namespace

TEST_CASE_METHOD(upload_storage, "what is stored is read back, hashed and counted") {
    run([this]() -> awaitable<void> {
        const upload stored = co_await store("print(42)");
        CHECK(stored.size_bytes == 9);
        CHECK(stored.sha256.size() == 32);
        CHECK(stored.number > 0);
        const auto read = need(co_await rows.read(owner, stored.id));
        REQUIRE(read);
        CHECK(read->blob == stored.blob);
        CHECK(need(co_await blobs.read(stored.blob, 0, 100)) == "print(42)");
        CHECK(need(co_await blobs.read(stored.blob, 6, 2)) == "42");
        CHECK(need(co_await blobs.read(stored.blob, 9, 2)).empty());
        CHECK_FALSE(need(co_await rows.read(new_user(), stored.id)));
        CHECK(need(co_await rows.read_number(owner, stored.number)));
        CHECK(co_await announced(stored.blob) == 0);
        CHECK((co_await sizes_of(owner)).user == 9);
        CHECK((co_await sizes_of(new_user())).user == 0);
        CHECK(files() == 1);
    });
}

TEST_CASE_METHOD(upload_storage, "two instances share one folder") {
    run([this]() -> awaitable<void> {
        const upload stored = co_await store("shared");
        folder_blobs other(folder.string(), threads);
        CHECK(need(co_await other.read(stored.blob, 0, 100)) == "shared");
        need(co_await other.remove(stored.blob));
        const auto gone = co_await blobs.read(stored.blob, 0, 100);
        REQUIRE_FALSE(gone);
        CHECK(gone.error() == errc::not_found);
    });
}

TEST_CASE_METHOD(
    upload_storage,
    "an upload that broke off leaves no file, an abandoned one no row"
) {
    run([this]() -> awaitable<void> {
        {
            upload_intake broken({}, uploads, {owner});
            REQUIRE((co_await broken.begin()).has_value());
            REQUIRE((co_await broken.write("half")).has_value());
            CHECK(files() == 1);
        }
        CHECK(files() == 0);
        CHECK(uploads.running == 0);
        upload_intake abandoned({}, uploads, {owner});
        REQUIRE((co_await abandoned.begin()).has_value());
        const auto before = co_await number("select count(*) as n from upload_blobs");
        co_await abandoned.abandon();
        CHECK(co_await number("select count(*) as n from upload_blobs") == before - 1);
    });
}

TEST_CASE_METHOD(upload_storage, "bytes without a row are swept, bytes with one stay") {
    run([this]() -> awaitable<void> {
        const upload stored = co_await store("stays");
        // As a kill between the two leaves it: the bytes are there, the row is not.
        const uuid lost = uuid::random_v4();
        need(co_await rows.announce(lost, std::chrono::hours(1)));
        auto writer = need(co_await blobs.create(lost));
        need(co_await writer->write("lost"));
        need(co_await writer->finish());
        CHECK(files() == 2);
        need(co_await sweeper.sweep());
        CHECK(files() == 2);  // its time has not come
        co_await let_time_pass();
        need(co_await sweeper.sweep());
        CHECK(files() == 1);
        CHECK(co_await announced(lost) == 0);
        CHECK(need(co_await blobs.read(stored.blob, 0, 100)) == "stays");
    });
}

TEST_CASE_METHOD(upload_storage, "an upload that the sweeper overtook is not stored") {
    run([this]() -> awaitable<void> {
        upload_intake late({}, uploads, {owner});
        REQUIRE((co_await late.begin()).has_value());
        REQUIRE((co_await late.write("late")).has_value());
        co_await let_time_pass();
        need(co_await sweeper.sweep());
        const auto kept = co_await late.keep(described());
        CHECK_FALSE(kept.has_value());
        CHECK(need(co_await rows.list(owner, std::nullopt, 10)).empty());
    });
}

TEST_CASE_METHOD(upload_storage, "a deleted upload's bytes are announced until they are gone") {
    run([this]() -> awaitable<void> {
        const upload stored = co_await store("deleted");
        CHECK_FALSE(need(co_await rows.remove(new_user(), stored.id)));
        const auto blob = need(co_await rows.remove(owner, stored.id));
        REQUIRE(blob);
        CHECK(files() == 1);
        CHECK(co_await announced(*blob) == 1);
        need(co_await sweeper.sweep());
        CHECK(files() == 0);
        CHECK(co_await announced(*blob) == 0);
    });
}

TEST_CASE_METHOD(upload_storage, "what came with a key counts for the key and for its user") {
    run([this]() -> awaitable<void> {
        const uuid key = uuid::random_v4();
        static_cast<void>(co_await store("by session"));
        static_cast<void>(co_await store("by key", key));
        static_cast<void>(co_await store("by another key", uuid::random_v4()));
        const stored_sizes sizes = co_await sizes_of(owner, key);
        CHECK(sizes.user == 30);
        CHECK(sizes.key == 6);
        CHECK((co_await sizes_of(owner)).key == 0);
    });
}

// So much is used of 1000 bytes by the user, and of 500 by his key.
class small_quota final : public storage_quota {
public:
    std::int64_t used = 0;
    std::int64_t used_by_key = 0;
    int told = 0;

    awaitable<std::vector<quota_state>> stored(quota_subject who) override {
        std::vector<quota_state> out(1);
        out[0].what = quota::stored;
        out[0].maximum = 1000;
        out[0].used = used;
        if (!who.key) co_return out;
        out.push_back(out[0]);
        out[1].is_of_key = true;
        out[1].maximum = 500;
        out[1].used = used_by_key;
        co_return out;
    }
    void stored_more(const user_id&) override { ++told; }
};

TEST_CASE_METHOD(upload_storage, "what a user may store bounds his uploads") {
    run([this]() -> awaitable<void> {
        small_quota small;
        small.used = 600;
        uploads.quota = &small;
        static_cast<void>(co_await store(std::string(400, 'x')));
        CHECK(small.told == 1);
        {
            upload_intake larger({}, uploads, {owner});
            REQUIRE((co_await larger.begin()).has_value());
            REQUIRE((co_await larger.write(std::string(400, 'x'))).has_value());
            const auto beyond = co_await larger.write("x");
            REQUIRE_FALSE(beyond.has_value());
            CHECK(beyond.error().code == "quota_exceeded");
            co_await larger.abandon();
        }
        small.used = 1000;
        upload_intake none({}, uploads, {owner});
        const auto refused = co_await none.begin();
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().code == "quota_exceeded");
        CHECK(files() == 1);
        uploads.quota = nullptr;
    });
}

TEST_CASE_METHOD(
    upload_storage,
    "what a key may store bounds its uploads and not those of its user"
) {
    run([this]() -> awaitable<void> {
        small_quota small;
        small.used = 450;
        small.used_by_key = 450;
        uploads.quota = &small;
        const uuid key = uuid::random_v4();
        {
            upload_intake by_key({}, uploads, {owner, key});
            REQUIRE((co_await by_key.begin()).has_value());
            REQUIRE((co_await by_key.write(std::string(50, 'x'))).has_value());
            const auto beyond = co_await by_key.write("x");
            REQUIRE_FALSE(beyond.has_value());
            CHECK(beyond.error().code == "quota_exceeded");
            CHECK(beyond.error().member_json.find("\"scope\":\"key\"") != std::string::npos);
            co_await by_key.abandon();
        }
        static_cast<void>(co_await store(std::string(400, 'x')));
        CHECK(files() == 1);
        uploads.quota = nullptr;
    });
}

TEST_CASE_METHOD(upload_storage, "size and number of uploads at a time are bounded") {
    run([this]() -> awaitable<void> {
        upload_intake first({}, uploads, {owner});
        upload_intake second({}, uploads, {owner});
        upload_intake third({}, uploads, {owner});
        REQUIRE((co_await first.begin()).has_value());
        REQUIRE((co_await second.begin()).has_value());
        const auto refused = co_await third.begin();
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().code == "overloaded");
        const auto large = co_await first.write(std::string((1 << 20) + 1, 'x'));
        REQUIRE_FALSE(large.has_value());
        CHECK(large.error().code == "payload_too_large");
    });
}

TEST_CASE_METHOD(upload_storage, "a folder that cannot be written to is an error, not a crash") {
    run([this]() -> awaitable<void> {
        folder_blobs nowhere("/proc/sluice", threads);
        const auto made = co_await nowhere.create(uuid::random_v4());
        REQUIRE_FALSE(made);
        CHECK(made.error() == errc::unavailable);
    });
}

}  // namespace sluice::submission::testing
