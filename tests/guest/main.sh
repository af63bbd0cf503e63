#!/bin/bash
# In the guest: runs the stages that are wanted, one after the other, and says how each ended.
cd /guest-job
. ./wanted
. ./stages.sh
export SLUICE_GUEST=1
for stage in ${STAGES:-$ALL_STAGES}; do
    echo "guest: stage $stage begins (up $(cut -d' ' -f1 /proc/uptime) s)"
    if "stage_$stage"; then
        echo "guest: stage $stage passed (up $(cut -d' ' -f1 /proc/uptime) s)"
    else
        echo "guest: stage $stage FAILED"
    fi
done
