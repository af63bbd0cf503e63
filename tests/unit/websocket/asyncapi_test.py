"""The AsyncAPI document, docs/websocket.md and the code name the same frames and errors."""
import pathlib
import re
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
DOCUMENT = yaml.safe_load((ROOT / "docs/api/asyncapi.yaml").read_text(encoding="utf-8"))
WORDS = (ROOT / "docs/websocket.md").read_text(encoding="utf-8")
CODE = "".join((ROOT / "services/websocket/src" / name).read_text(encoding="utf-8")
               for name in ("protocol.cpp", "session_live.cpp", "session_machine.cpp"))
MESSAGES = DOCUMENT["components"]["messages"]


def sent_by(side):
    refs = DOCUMENT["channels"]["/ws"][side]["message"]["oneOf"]
    return {MESSAGES[each["$ref"].rpartition("/")[2]]["name"] for each in refs}


class Asyncapi(unittest.TestCase):
    def test_every_message_is_in_the_channel_and_says_its_type(self):
        self.assertEqual({each["name"] for each in MESSAGES.values()}, sent_by("subscribe") | sent_by("publish"))
        for each in MESSAGES.values():
            self.assertEqual(each["payload"]["properties"]["type"]["const"], each["name"])

    def test_client_types_are_those_of_the_code(self):
        known = re.findall(r'\{"([a-z_]+)", client_frame_type::', CODE)
        self.assertEqual(set(known), sent_by("publish"))

    def test_error_codes_are_those_of_the_code(self):
        said = set(MESSAGES["error"]["payload"]["properties"]["data"]["properties"]["code"]["enum"])
        table = re.search(r"messages_of\{\{(.*?)\}\};", CODE, re.S).group(1)
        known = set(re.findall(r'\{"([a-z_]+)",', table)) | set(re.findall(r'error_frame\("([a-z_]+)"', CODE))
        self.assertEqual(said, known)

    def test_the_page_names_every_type_and_code(self):
        codes = MESSAGES["error"]["payload"]["properties"]["data"]["properties"]["code"]["enum"]
        for name in sorted(sent_by("subscribe") | sent_by("publish") | set(codes)):
            self.assertIn(f"`{name}`", WORDS)


if __name__ == "__main__":
    unittest.main()
