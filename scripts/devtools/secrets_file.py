"""Passwords of a private installation: made once, kept in one file that only its owner reads."""

import json
import os
import secrets

NAMES = {
    "rabbitmq": ["admin", "submission", "execution", "notification"],
    "redis": ["admin", "submission", "execution", "notification", "websocket"],
    "postgres": ["postgres", "sluice_owner", "sluice_submission_app", "sluice_notification_app"],
}


def generate():
    made = {group: {name: secrets.token_hex(16) for name in names} for group, names in NAMES.items()}
    made["rabbitmq_cookie"] = secrets.token_hex(16)
    return made


def load_or_make(path):
    """The passwords in `path`; what a newer version asks for beside them is added."""
    made = generate()
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            kept = json.load(file)
        for group, value in kept.items():
            if isinstance(value, dict):
                made.setdefault(group, {}).update(value)
            else:
                made[group] = value
    descriptor = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump(made, file, indent=1)
    os.replace(path + ".new", path)
    return made
