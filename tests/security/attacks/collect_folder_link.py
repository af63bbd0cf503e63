# attack: make the collected folder itself a link out of the box
# family: go-judge #176
# walls: collect_no_links
# collect: out
# expect: exit=0 collect=refused
# without: exit=0 says=daemon:*:1:1
import os

os.rmdir("out")
os.symlink("/usr/share/base-passwd", "out")
