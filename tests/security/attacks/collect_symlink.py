# attack: make the collector follow a link to a file of the host
# collect: out
# expect: error=collect_failed
# walls: openat2 RESOLVE_NO_SYMLINKS
import os

os.symlink("/etc/passwd", "out/result")
