// The login of other surfaces than our own (gRPC), over the same use case.
#pragma once

#include "ports.hpp"

namespace sluice::submission {

class account_login final : public password_login {
public:
    explicit account_login(account_ports& p) : p_(p) {}
    awaitable<result<std::optional<access_token>>>
    login(std::string name, std::string password, std::string client_address) override;

private:
    account_ports& p_;
};

}  // namespace sluice::submission
