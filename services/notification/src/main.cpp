// sluice-notification: makes results durable and tells their users.
#include "app.hpp"

int main(int argc, char** argv) {
    sluice::notification::config settings;
    return sluice::runtime::run_service(
        argc,
        argv,
        sluice::notification::make_definition(settings)
    );
}
