// A feed is either live or catching up: then it reads the stored output page by page until there is
// no more and nothing came meanwhile. A reader that is slow is let catch up too, so that what it
// misses is what Redis has trimmed by then, and is told as a gap; it holds up nobody else.
#include "session_live.hpp"

#include "sluice/messages/live.hpp"
#include "sluice/runtime/backoff.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sluice::websocket {
namespace {

constexpr std::int64_t pieces_a_page = 64;
constexpr std::size_t remembered_ids = 1024;
constexpr runtime::backoff_policy read_retry{
    std::chrono::milliseconds(100),
    std::chrono::milliseconds(5000)};

struct message_of {
    std::string_view code, text;
};
constexpr std::array<message_of, 6> messages_of{{
    {"not_found", "you have no submission with this id"},
    {"already_finished", "the submission has ended; GET it over HTTP"},
    {"not_watched", "this session does not watch the submission"},
    {"too_many", "this session watches as many submissions as it may"},
    {"input_full", "the submission has got as much input as it may"},
    {"unavailable", "this cannot be done just now; try again"},
}};

std::string_view text_of(std::string_view code) {
    for (const message_of& m : messages_of) {
        if (m.code == code) return m.text;
    }
    return "";
}

}  // namespace

class session_live::feed final : public output_member,
                                 public std::enable_shared_from_this<session_live::feed> {
public:
    feed(session_live& owner, std::string id, output_position from)
        : owner_(owner), id_(std::move(id)), position_(from), closed_(owner.executor_) {}

    const std::string& session_id() const override { return owner_.client_.session_id(); }

    void on_piece(const live_piece& p) override {
        if (closed_.is_set() || position_.has(p.head)) return;
        if (is_catching_up_) {
            must_read_again_ = true;
        } else if (!position_.is_next(p.head) || owner_.client_.is_behind()) {
            catch_up();
        } else {
            tell(p);
        }
    }
    void on_output_gap() override { catch_up(); }

    void catch_up() {
        if (closed_.is_set()) return;
        must_read_again_ = true;
        if (std::exchange(is_catching_up_, true)) return;
        auto reading = read(shared_from_this(), owner_.client_.keep_alive());
        if (!owner_.services_.background.spawn("output", std::move(reading))) {
            is_catching_up_ = false;
        }
    }
    void close() { closed_.set(); }

private:
    void tell(const live_piece& p) {
        const std::int64_t expected = position_.expected(p.head);
        if (p.head.seq > expected) {
            auto gap = messages::gap_frame(p.head, expected, p.head.seq - 1);
            if (!owner_.client_.show(std::make_shared<const std::string>(std::move(gap)))) return;
        }
        position_.move_to(p.head);
        owner_.client_.show(p.frame);
    }

    awaitable<void> read(std::shared_ptr<feed> self, std::shared_ptr<void>) {
        runtime::backoff delay(read_retry);
        while (!closed_.is_set() && std::exchange(must_read_again_, false)) {
            bool has_more = true;
            while (has_more && !closed_.is_set()) {
                co_await owner_.client_.pace();
                if (closed_.is_set()) break;
                auto found = co_await owner_.services_.store
                                 .read_output(id_, position_.attempt, position_.seq, pieces_a_page);
                if (closed_.is_set()) break;
                if (!found) {
                    auto over = co_await closed_.wait(deadline::in(delay.next()));
                    if (over || over.error() != errc::timeout) break;
                    continue;
                }
                delay.reset();
                for (const live_piece& p : *found) {
                    if (closed_.is_set()) break;
                    if (!position_.has(p.head)) tell(p);
                }
                has_more = static_cast<std::int64_t>(found->size()) == pieces_a_page;
            }
        }
        self->is_catching_up_ = false;
    }

    session_live& owner_;
    std::string id_;
    output_position position_;
    runtime::event closed_;
    bool is_catching_up_ = false;
    bool must_read_again_ = false;
};

session_live::session_live(
    asio::any_io_executor executor,
    live_services& services,
    live_client& client
)
    : executor_(executor)
    , services_(services)
    , client_(client)
    , owned_changed_(std::move(executor)) {}

session_live::~session_live() = default;

void session_live::note_owned(std::string_view id) {
    if (!owned_.insert(std::string(id)).second) return;
    owned_in_order_.emplace_back(id);
    if (owned_in_order_.size() > remembered_ids) {
        owned_.erase(owned_in_order_.front());
        owned_in_order_.pop_front();
    }
    owned_changed_.set();
}

void session_live::on_event(std::string_view submission_id, bool is_final) {
    note_owned(submission_id);
    if (!is_final) return;
    const auto found = feeds_.find(submission_id);
    if (found != feeds_.end()) drop(std::string(submission_id));
}

// The code of an error, "" when the submission is there, his, and has not ended. One that is
// another's and one that is not are told alike, and after the same time.
awaitable<std::string> session_live::refusal(const std::string& id) {
    const deadline until = deadline::in(services_.owner_patience);
    const auto facts = co_await services_.store.facts(id);
    if (!facts) co_return std::string("unavailable");
    if (*facts && (*facts)->owner == client_.user()) {
        note_owned(id);
        co_return std::string((*facts)->is_finished ? "already_finished" : "");
    }
    // It may have been accepted so lately that its first event is still on its way to us.
    while (!owned_.contains(id) && !is_over_) {
        owned_changed_.reset();
        auto changed = co_await owned_changed_.wait(until);
        if (!changed) co_return std::string("not_found");
    }
    co_return std::string();
}

awaitable<void> session_live::handle(client_frame frame) {
    std::string code = co_await refusal(frame.submission_id);
    if (is_over_) co_return;
    if (code.empty()) {
        if (frame.type == client_frame_type::subscribe) {
            code = co_await subscribe(frame);
        } else if (frame.type == client_frame_type::unsubscribe) {
            code = co_await unsubscribe(frame);
        } else {
            code = co_await steer(frame);
        }
    }
    if (is_over_) co_return;
    const wall_time now = services_.time.now();
    if (code.empty()) {
        client_.say(ack_frame(frame.request_id, now));
        const auto opened = feeds_.find(frame.submission_id);
        const bool is_new = frame.type == client_frame_type::subscribe && opened != feeds_.end();
        if (is_new) opened->second->catch_up();
    } else {
        client_.say(error_frame(code, text_of(code), frame.request_id, now));
    }
}

awaitable<std::string> session_live::subscribe(const client_frame& frame) {
    const std::string& id = frame.submission_id;
    if (feeds_.contains(id)) drop(id);  // from another place now
    if (feeds_.size() >= services_.max_watched) co_return std::string("too_many");
    const output_position from{frame.attempt, frame.from_seq - 1};
    auto made = std::make_shared<feed>(*this, id, from);
    feeds_[id] = made;
    auto joined = co_await services_.outputs.join(id, *made);
    if (is_over_) co_return std::string();
    live_store::watches one{{id, client_.session_id()}};
    auto attached = co_await services_.store.attach(std::move(one));
    if (is_over_) co_return std::string();
    // It ended while we were waiting: the event has closed the feed.
    const auto still = feeds_.find(id);
    if (still == feeds_.end() || still->second != made) co_return std::string("already_finished");
    if (!joined || !attached) {
        drop(id);
        co_return std::string("unavailable");
    }
    domain::control_message hello;
    hello.kind = domain::control_kind::watched;
    auto told = co_await services_.store.steer(id, std::move(hello));
    (void)told;  // full of input: whoever cares reads the lease
    co_return std::string();
}

awaitable<std::string> session_live::unsubscribe(const client_frame& frame) {
    if (!feeds_.contains(frame.submission_id)) co_return std::string("not_watched");
    drop(frame.submission_id);
    co_return std::string();
}

awaitable<std::string> session_live::steer(const client_frame& frame) {
    domain::control_message m = frame.control;
    auto done = co_await services_.store.steer(frame.submission_id, std::move(m));
    if (!done) co_return std::string("unavailable");
    co_return std::string(*done ? "" : "input_full");
}

namespace {

// Says goodbye; the session may be gone by then.
awaitable<void> detach(live_store& store, std::string id, std::string session) {
    auto nobody = co_await store.detach(id, std::move(session));
    if (!nobody || !*nobody) co_return;
    domain::control_message bye;
    bye.kind = domain::control_kind::unwatched;
    auto told = co_await store.steer(std::move(id), std::move(bye));
    (void)told;  // the lease runs out
}

}  // namespace

void session_live::drop(const std::string& id) {
    const auto found = feeds_.find(id);
    if (found == feeds_.end()) return;
    const std::shared_ptr<feed> old = found->second;
    feeds_.erase(found);
    old->close();
    services_.outputs.leave(id, *old);
    services_.background.spawn("detach", detach(services_.store, id, client_.session_id()));
}

void session_live::end() {
    is_over_ = true;
    owned_changed_.set();
    while (!feeds_.empty()) {
        const std::string id = feeds_.begin()->first;
        drop(id);
    }
}

}  // namespace sluice::websocket
