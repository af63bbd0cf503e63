# attack: hide the link in the middle of the path that is collected
# family: go-judge #176
# walls: collect_no_links
# collect: out
# expect: exit=0 collect=refused
# without: exit=0 says=daemon:*:1:1
import os

os.makedirs("out/deep")
os.symlink("../../../usr/share/base-passwd", "out/deep/link")
