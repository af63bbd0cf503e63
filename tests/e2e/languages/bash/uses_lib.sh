. ./lib.sh
double 21
