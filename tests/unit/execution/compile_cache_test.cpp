// The compile cache: hits, one compilation for many, what is kept and what goes.
#include "adapters/compile_cache.hpp"

#include "fakes.hpp"

#include "sluice/testing/run_coro.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::execution;

namespace {

compiled program(std::size_t bytes = 10, std::string output = "warning: x") {
    compiled c;
    c.report.output = std::move(output);
    c.report.exit_code = 0;
    c.artefacts = fakes::a_pack(bytes);
    return c;
}

compiled refused() {
    compiled c;
    c.report.exit_code = 1;
    c.failure = domain::verdict{domain::status::compile_error, domain::limit_kind::none};
    return c;
}

// A compiler that counts its calls, and waits for `hold` when there is one.
struct compiler {
    result<compiled> answer = program();
    runtime::event* hold = nullptr;
    int calls = 0;

    std::function<awaitable<result<compiled>>()> work() {
        return [this] { return compile(); };
    }
    awaitable<result<compiled>> compile() {
        ++calls;
        if (hold != nullptr) {
            auto waited = co_await hold->wait();
            if (!waited) co_return std::move(waited).error();
        }
        co_return answer;
    }
};

result<compiled>
get(asio::io_context& io, compile_cache& cache, const std::string& material, compiler& with) {
    return testing::run_coro(io, [&] { return cache.get_or_compile(material, with.work()); });
}

// A caller that runs beside others.
struct caller {
    caller(
        asio::io_context& io,
        compile_cache& cache,
        const std::string& material,
        compiler& with
    ) {
        io.restart();
        asio::co_spawn(
            io,
            cache.get_or_compile(material, with.work()),
            asio::bind_cancellation_slot(
                signal.slot(),
                [this](std::exception_ptr thrown, result<compiled> r) {
                    if (!thrown) outcome.emplace(std::move(r));
                }
            )
        );
        io.poll();
    }
    asio::cancellation_signal signal;
    std::optional<result<compiled>> outcome;
};

}  // namespace

TEST_CASE("the second time the program comes out of the cache, with its warnings") {
    asio::io_context io;
    compile_cache cache(io.get_executor(), {});
    compiler gcc;
    auto first = get(io, cache, "a", gcc);
    REQUIRE(first.has_value());
    CHECK_FALSE(first->report.is_cached);
    auto second = get(io, cache, "a", gcc);
    REQUIRE(second.has_value());
    CHECK(second->report.is_cached);
    CHECK(second->report.output == "warning: x");
    CHECK(second->artefacts == first->artefacts);
    CHECK(gcc.calls == 1);
}

TEST_CASE("other material is another program") {
    asio::io_context io;
    compile_cache cache(io.get_executor(), {});
    compiler gcc;
    REQUIRE(get(io, cache, "a", gcc).has_value());
    REQUIRE(get(io, cache, "b", gcc).has_value());
    CHECK(gcc.calls == 2);
    CHECK(cache.entries() == 2);
}

TEST_CASE("a compile error is not kept") {
    asio::io_context io;
    compile_cache cache(io.get_executor(), {});
    compiler gcc;
    gcc.answer = refused();
    REQUIRE(get(io, cache, "a", gcc).has_value());
    REQUIRE(get(io, cache, "a", gcc).has_value());
    CHECK(gcc.calls == 2);
    CHECK(cache.entries() == 0);
}

TEST_CASE("concurrent callers with the same sources share one compilation") {
    asio::io_context io;
    compile_cache cache(io.get_executor(), {});
    runtime::event hold(io.get_executor());
    compiler gcc;
    gcc.hold = &hold;
    caller first(io, cache, "a", gcc);
    caller second(io, cache, "a", gcc);
    caller other(io, cache, "b", gcc);
    CHECK(gcc.calls == 2);
    hold.set();
    io.poll();
    REQUIRE((first.outcome && second.outcome && other.outcome));
    CHECK_FALSE((*first.outcome)->report.is_cached);
    CHECK((*second.outcome)->report.is_cached);
    CHECK((*second.outcome)->artefacts == (*first.outcome)->artefacts);
    CHECK(gcc.calls == 2);
}

TEST_CASE("who waits shares a compile error too") {
    asio::io_context io;
    compile_cache cache(io.get_executor(), {});
    runtime::event hold(io.get_executor());
    compiler gcc;
    gcc.hold = &hold;
    gcc.answer = refused();
    caller first(io, cache, "a", gcc);
    caller second(io, cache, "a", gcc);
    hold.set();
    io.poll();
    REQUIRE(second.outcome.has_value());
    CHECK((*second.outcome)->failure->status == domain::status::compile_error);
    CHECK(gcc.calls == 1);
}

TEST_CASE("when the one who compiles is cancelled the next one compiles") {
    asio::io_context io;
    compile_cache cache(io.get_executor(), {});
    runtime::event hold(io.get_executor());
    compiler gcc;
    gcc.hold = &hold;
    caller first(io, cache, "a", gcc);
    caller second(io, cache, "a", gcc);
    CHECK(gcc.calls == 1);
    first.signal.emit(asio::cancellation_type::all);
    io.poll();
    CHECK(gcc.calls == 2);
    hold.set();
    io.poll();
    REQUIRE(second.outcome.has_value());
    CHECK(second.outcome->has_value());
}

TEST_CASE("when the one who compiles fails for a reason of ours the next one tries") {
    asio::io_context io;
    compile_cache cache(io.get_executor(), {});
    runtime::event hold(io.get_executor());
    compiler gcc;
    gcc.hold = &hold;
    gcc.answer = fail(errc::io, "no sandbox");
    caller first(io, cache, "a", gcc);
    caller second(io, cache, "a", gcc);
    hold.set();
    io.poll();
    REQUIRE((first.outcome && second.outcome));
    CHECK_FALSE(first.outcome->has_value());
    CHECK_FALSE(second.outcome->has_value());
    CHECK(gcc.calls == 2);
}

TEST_CASE("the least recently used program goes when the bytes are full") {
    asio::io_context io;
    cache_bounds bounds;
    bounds.max_bytes = 3 * 10'000;
    compile_cache cache(io.get_executor(), bounds);
    compiler gcc;
    gcc.answer = program(9'000, "");
    for (const char* material : {"a", "b", "c"})
        REQUIRE(get(io, cache, material, gcc).has_value());
    REQUIRE(get(io, cache, "a", gcc).has_value());  // now b is the oldest
    CHECK(gcc.calls == 3);
    REQUIRE(get(io, cache, "d", gcc).has_value());
    CHECK(cache.bytes() <= bounds.max_bytes);
    CHECK(get(io, cache, "a", gcc)->report.is_cached);
    CHECK_FALSE(get(io, cache, "b", gcc)->report.is_cached);
}

TEST_CASE("the bound on entries holds as well") {
    asio::io_context io;
    cache_bounds bounds;
    bounds.max_entries = 2;
    compile_cache cache(io.get_executor(), bounds);
    compiler gcc;
    for (const char* material : {"a", "b", "c"})
        REQUIRE(get(io, cache, material, gcc).has_value());
    CHECK(cache.entries() == 2);
}

TEST_CASE("a program larger than the whole cache is used and not kept") {
    asio::io_context io;
    cache_bounds bounds;
    bounds.max_bytes = 1000;
    compile_cache cache(io.get_executor(), bounds);
    compiler gcc;
    gcc.answer = program(5000);
    auto made = get(io, cache, "a", gcc);
    REQUIRE(made.has_value());
    CHECK(made->artefacts != nullptr);
    CHECK(cache.entries() == 0);
    CHECK(cache.bytes() == 0);
}
