# attack: read back or truncate the input and output that the host holds
# stdin: host bytes
# expect: exit=0 limit=none says=host bytes
# walls: sealed memfd for stdin, pipes owned by the program only
import os

for flags in (os.O_WRONLY, os.O_RDWR):
    try:
        fd = os.open("/proc/self/fd/0", flags)
        os.write(fd, b"changed")
        os._exit(42)
    except OSError as e:
        print(e.errno)
with open("/dev/stdin") as f:
    print(f.read())
