# Associative arrays, a loop over stdin, a pipe, arguments, the environment and a file.
declare -A sum
while read -r name amount; do
    sum[$name]=$(( ${sum[$name]:-0} + amount ))
done
for name in "${!sum[@]}"; do echo "$name ${sum[$name]}"; done | sort
printf 'args %s\n' "$*"
echo "region $REGION"
printf '%s\n' one two three > list.txt
wc -l < list.txt | tr -d ' '
