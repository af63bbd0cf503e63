# attack: make the collector follow a link of /proc, which leads past every path check
# family: go-judge #176
# walls: collect_no_links
# collect: out
# expect: exit=0 collect=refused
# without: exit=0 says=root:x:0
import os

os.symlink("/proc/self/root/etc/passwd", "out/result")
