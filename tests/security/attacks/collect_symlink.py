# attack: make the collector follow a link to another file (go-judge 176, Compiler Explorer 6026)
# family: go-judge #176, Compiler Explorer #6026
# walls: collect_no_links
# collect: out
# expect: exit=0 collect=refused
# without: exit=0 says=root:x:0
import os

os.symlink("/etc/passwd", "out/result")
