# attack: plant links where the host might write next, as root (Judge0 28185, 28189)
# family: Judge0 CVE-2024-28185, 28189
# host: file
# also: the host opens, chowns and deletes nothing by path in a box; the test compares the file
# that the links name
# control: none - there is no host-side write by path that could be put back
# expect: exit=0 limit=none
import os
import sys

# The names under which judges keep scripts, input and output beside the program.
for name in ("run", "run.sh", "compile.sh", "stdin.txt", "stdout.txt", "stderr.txt", "metadata.txt", "out"):
    os.symlink(sys.argv[1], name)
os.rename("/box/attack", "/box/attack.old")
os.symlink(sys.argv[1], "/box/attack")
