// See mail_wish.hpp.
#include "mail_wish.hpp"

#include "read_submission.hpp"

namespace sluice::submission {
namespace {

rejection no_mail(const char* why) {
    rejection no = reject("invalid_field", why);
    no.problems.push_back({"mail", "not_allowed", why, "false"});
    return no;
}

}  // namespace

awaitable<outcome<std::optional<std::string>>>
mail_wish(observe::context ctx, ports& p, user_id owner, bool is_wanted) {
    std::optional<std::string> address;
    if (!is_wanted) co_return address;
    if (p.mail == nullptr || !p.mail->is_on()) {
        co_return no_mail("no mail is sent from here: mail.smtp_url is not configured");
    }
    auto found = co_await p.mail->address_of(std::move(owner));
    if (!found) co_return storage_away(ctx, found.error());
    if (!*found) co_return no_mail("your account has no e-mail address");
    address = std::move(**found);
    co_return address;
}

}  // namespace sluice::submission
