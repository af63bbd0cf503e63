# attack: make the collected folder itself a link out of the box
# collect: out
# expect: error=collect_failed
# walls: openat2 RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS
import os

os.rmdir("out")
os.symlink("/usr", "out")
