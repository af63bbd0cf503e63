# attack: read back or change the input that the host holds
# family: input
# stdin: host bytes
# also: the input is a sealed memfd
# control: none - the service seals it before the manager sees it; the attack proves its way on a
# file of its own
# expect: exit=0 limit=none says=host bytes
import os

for flags in (os.O_WRONLY, os.O_RDWR):
    try:
        fd = os.open("/proc/self/fd/0", flags)
        os.write(fd, b"changed")
        os._exit(42)
    except OSError:
        pass
# The same on an unsealed file of its own, to show that the way is the right one.
own = os.memfd_create("own")
fd = os.open("/proc/self/fd/%d" % own, os.O_RDWR)
assert os.write(fd, b"changed") == 7
with open("/dev/stdin") as f:
    print(f.read())
