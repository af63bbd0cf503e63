#!/bin/bash
# Writes the unit in which systemd will run the tests, and leaves /guest-job/become, which PID 1 executes.
. /guest-job/wanted
echo "nobody:300000:64" | tee /etc/subuid >/etc/subgid
cat >/etc/systemd/system/sluice-test.service <<UNIT
[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
User=nobody
Group=nogroup
Delegate=yes
Environment=SLUICE_GUEST=1 SLUICE_JAIL=subids SLUICE_CGROUP_PARENT=auto SLUICE_FIRST_UID=300000
StandardOutput=tty
StandardError=tty
TTYPath=/dev/console
ExecStart=/bin/bash /guest-job/in_service.sh
ExecStopPost=+/bin/sh -c 'sync; echo o >/proc/sysrq-trigger; sleep 30'
TimeoutStartSec=300
UNIT
printf '[Unit]\nRequires=sluice-test.service\n' >/etc/systemd/system/sluice-test.target
ln -sf sluice-test.target /etc/systemd/system/default.target
cat >/guest-job/in_service.sh <<'UNIT'
. /guest-job/wanted
cat /proc/self/cgroup
"$MANAGER" --self-check
code=0
for program in $PROGRAMS; do
    "$program" -w NoTests "limits of one run*,kill ends*,what a compiler made*,a program reads its input*" || code=1
done
# One process in the unit's own folder would forbid controllers below it: we were moved to a leaf.
grep -q '/sluice-test.service/main$' /proc/self/cgroup || code=1
[ "$code" -ne 0 ] || echo "guest: stage in_service passed"
UNIT
chmod 755 /guest-job/*.sh
printf '#!/bin/bash\necho "guest: stage in_service begins"\nexec /lib/systemd/systemd\n' >/guest-job/become
chmod 755 /guest-job/become
