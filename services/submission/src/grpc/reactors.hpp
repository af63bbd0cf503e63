// gRPC's reactors, one for each shape of call, which do nothing but pass on (call_bridge.hpp).
#pragma once

#include "call_bridge.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace sluice::submission {

// A reactor belongs to gRPC from here on; its OnDone deletes it.
template <class Call, class... Arguments>
Call* begin_call(Arguments&&... arguments) {
    return std::make_unique<Call>(std::forward<Arguments>(arguments)...).release();
}

// What all shapes do alike. `Reactor` is gRPC's; each lives until its OnDone.
template <class Reactor>
class bridged : public Reactor {
public:
    explicit bridged(call_bridge& bridge)
        : bridge_(bridge), state_(std::make_shared<call_state>(bridge.executor())) {}

    void OnCancel() override { bridge_.cancelled(state_); }
    void OnDone() override {
        bridge_.dropped(std::move(state_));
        delete this;
    }

protected:
    ~bridged() override = default;

    void ended(bool is_good) { bridge_.step_ended(state_, is_good); }
    // On the loop: after an operation was started, until it has ended. False: it failed.
    awaitable<result<bool>> step(std::shared_ptr<call_state> state, deadline until) {
        auto waited = co_await state->step_ended.wait(until);
        if (!waited) co_return waited.error();
        co_return state->is_step_good;
    }

    call_bridge& bridge_;
    std::shared_ptr<call_state> state_;
};

// One request, one answer.
template <class Request, class Answer>
class unary_call final : public bridged<grpc::ServerUnaryReactor> {
public:
    using handler = std::function<awaitable<outcome<Answer>>(call_facts, Request)>;

    unary_call(
        call_bridge& bridge,
        call_facts facts,
        const Request& request,
        Answer* answer,
        handler handle
    )
        : bridged(bridge) {
        auto body = [answer, request, handle = std::move(handle)](call_facts f) {
            return serve(answer, request, handle, std::move(f));
        };
        bridge.start(std::move(facts), std::move(body), [this](grpc::Status s) { Finish(s); });
    }

private:
    // gRPC keeps `answer` until the call is finished.
    static awaitable<grpc::Status>
    serve(Answer* answer, Request request, handler handle, call_facts facts) {
        auto done = co_await handle(std::move(facts), std::move(request));
        if (!done) co_return status_of(done.error());
        *answer = std::move(*done);
        co_return grpc::Status::OK;
    }
};

// Many requests, one answer.
template <class Request, class Answer>
class reading_call final : public bridged<grpc::ServerReadReactor<Request>> {
    using base = bridged<grpc::ServerReadReactor<Request>>;

public:
    using handler = std::function<awaitable<outcome<Answer>>(call_facts, reading_call&)>;

    reading_call(call_bridge& bridge, call_facts facts, Answer* answer, handler handle)
        : base(bridge) {
        auto body = [this, answer, handle = std::move(handle)](call_facts f) {
            return serve(*this, answer, handle, std::move(f));
        };
        bridge.start(std::move(facts), std::move(body), [this](grpc::Status s) {
            this->Finish(s);
        });
    }
    void OnReadDone(bool is_good) override { base::ended(is_good); }
    void OnSendInitialMetadataDone(bool is_good) override { base::ended(is_good); }

    // The next message; nullptr: that was all.
    awaitable<result<const Request*>> next(deadline until) {
        const auto state = base::state_;
        state->step_ended.reset();
        this->StartRead(&message_);
        const auto read = co_await base::step(state, until);
        if (!read) co_return read.error();
        co_return *read ? &message_ : nullptr;
    }
    // After the last message: whether the client had said so and waits for the answer. A stream
    // that broke ends its reads in the same way, and word of its end may come later; sending fails
    // then.
    awaitable<bool> is_complete(deadline until) {
        const auto state = base::state_;
        state->step_ended.reset();
        this->StartSendInitialMetadata();
        const auto sent = co_await base::step(state, until);
        co_return sent&&* sent && !state->cancelled.is_set();
    }

private:
    static awaitable<grpc::Status>
    serve(reading_call& self, Answer* answer, handler handle, call_facts facts) {
        auto done = co_await handle(std::move(facts), self);
        if (!done) co_return status_of(done.error());
        *answer = std::move(*done);
        co_return grpc::Status::OK;
    }

    Request message_;
};

// One request, many answers.
template <class Request, class Answer>
class writing_call final : public bridged<grpc::ServerWriteReactor<Answer>> {
    using base = bridged<grpc::ServerWriteReactor<Answer>>;

public:
    using handler = std::function<awaitable<grpc::Status>(call_facts, Request, writing_call&)>;

    writing_call(
        call_bridge& bridge,
        grpc::CallbackServerContext* context,
        call_facts facts,
        const Request& request,
        handler handle
    )
        : base(bridge), context_(context) {
        auto body = [this, request, handle = std::move(handle)](call_facts f) {
            return handle(std::move(f), request, *this);
        };
        bridge.start(std::move(facts), std::move(body), [this](grpc::Status s) {
            this->Finish(s);
        });
    }
    void OnWriteDone(bool is_good) override { base::ended(is_good); }

    // Once the client has taken it, as far as flow control tells; false: it is gone or too slow.
    awaitable<bool> write(Answer message, deadline until) {
        const auto state = base::state_;
        state->step_ended.reset();
        message_ = std::move(message);
        this->StartWrite(&message_);
        const auto written = co_await base::step(state, until);
        // What is under way would hold the call for ever.
        if (!written) context_->TryCancel();
        is_late_ = !written && written.error() == errc::timeout;
        co_return written&&* written;
    }
    bool is_late() const { return is_late_; }
    runtime::event& cancelled() { return base::state_->cancelled; }

private:
    grpc::CallbackServerContext* context_;
    Answer message_;
    bool is_late_ = false;
};

}  // namespace sluice::submission
