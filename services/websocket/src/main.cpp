// sluice-websocket: holds the users' connections and relays their events.
#include "app.hpp"

int main(int argc, char** argv) {
    sluice::websocket::config settings;
    return sluice::runtime::run_service(argc, argv, sluice::websocket::make_definition(settings));
}
