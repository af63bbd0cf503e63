trap 'echo leaving' EXIT
exit 9
