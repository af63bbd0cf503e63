#!/bin/bash
# PID 1 of the guest, once the job is unpacked: mounts what a machine has (cgroup v2 alone), runs the job, then
# cuts the power.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
mount -t proc -o nosuid,nodev,noexec proc /proc
mount -t sysfs -o nosuid,nodev,noexec sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t tmpfs -o mode=1777 shm /dev/shm
chmod 1777 /tmp # not a mount: a clone below /tmp lies there in the guest too
mount -t tmpfs -o mode=0755 run /run
mount -t cgroup2 -o nosuid,nodev,noexec,nsdelegate cgroup /sys/fs/cgroup
# lo up, as on every machine; the image has no iproute2. netdevice(7): SIOCSIFFLAGS of {"lo", IFF_UP}.
python3 -c 'import fcntl, socket, struct; fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sH22x", b"lo", 1))'
bash /guest-job/main.sh
[ ! -x /guest-job/become ] || exec /guest-job/become # another PID 1, which cuts the power itself
echo "guest: power off"
sync
echo o >/proc/sysrq-trigger
sleep 60
