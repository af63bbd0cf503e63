"""What ./dev and the end-to-end tests share: servers, services, and the processes behind both."""
