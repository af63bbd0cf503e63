set -euo pipefail
echo before
ls /no/such/folder
echo after
