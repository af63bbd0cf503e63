# attack: let the compiler read a file of the host (DMOJ 318: compiling is running code)
# family: DMOJ #318
# walls: old_root_detached
# host: file
# needs: /usr/bin/gcc
# expect: exit=0 limit=none
# without: exit=42
import subprocess
import sys

for root in ("", "/.old"):
    source = 'asm(".incbin \\"' + root + sys.argv[1] + '\\"");'
    made = subprocess.run(
        ["/usr/bin/gcc", "-x", "c", "-c", "-o", "/tmp/x.o", "-"], input=source.encode(), capture_output=True
    )
    if made.returncode == 0 and b"host secret" in open("/tmp/x.o", "rb").read():
        sys.exit(42)
    if b"not found" not in made.stderr and b"No such file" not in made.stderr:
        sys.exit(1)
