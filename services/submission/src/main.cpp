// sluice-submission: the public HTTP front. Everything it is made of is put together in app.cpp.
#include "app.hpp"

#include "sluice/runtime/service_main.hpp"

int main(int argc, char** argv) {
    sluice::submission::config settings;
    return sluice::runtime::run_service(argc, argv, sluice::submission::definition(settings));
}
