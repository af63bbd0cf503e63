# What a shell script may use of the system, a line for each; "overflow" recurses without end.
descend() { if (($1 == 0)); then depth=${#FUNCNAME[@]}; else descend $(($1 - 1)); fi; }
for_ever() { for_ever; }  # FUNCNEST ends it: bash takes minutes to fill its stack

if [[ $1 == overflow ]]; then
    echo recursing
    (FUNCNEST=1000 && for_ever)
    exit $?
fi

sum=0
for n in {1..16}; do (exit "$n") & pids+=($!); done
for pid in "${pids[@]}"; do wait "$pid"; sum=$((sum + $?)); done
sh -c 'kill -TERM $$' 2>/dev/null
echo "subprocesses: $sum $? $(printf 'one two' | tr a-z A-Z | sed 's/ /-/') $(cat <(echo a) <(echo b) | wc -l)"
coproc upper { while read -r line; do echo "${line^^}"; done; }
echo word >&"${upper[1]}"
read -r answer <&"${upper[0]}"
exec {close}>&"${upper[1]}" {close}>&-
echo "coprocess: $answer"

printf -v block '%*s' $((32 << 20)) ''
echo "memory: ${#block} $(head -c 100M /dev/zero | tail -c 100M | wc -c)"

word='grüße, 世界'
echo "locale: $(locale charmap) ${#word} ${word^^} $(printf '%s\n' z ä a | sort | tr -d '\n') $(LC_ALL=C; echo ${#word})"
echo "time zones: $(date -d @1700000000 '+%H:%M %Z') $(TZ=America/New_York date -d @1690000000 '+%H:%M %Z')" \
    "$(TZ=Australia/Lord_Howe date -d @1700000000 '+%H:%M %Z') $(printf '%(%H:%M %Z)T' 1700000000)"
a=$(head -c 32 /dev/urandom | sha256sum) b=$(head -c 32 /dev/urandom | sha256sum)
[[ $a != "$b" ]] && echo "urandom: differ $(head -c 64 /dev/urandom | wc -c)"

folder=$(mktemp -d) file=$(mktemp)
cat > "$folder/here" <<< "a here-string"
ln -s here "$folder/link" && cp "$folder/link" "$folder/größe" && truncate -s 8M "$file"
echo "temporary files: $(cat "$folder"/* | wc -l) $(stat -c %s "$file") ${folder%/*} $(stat -c %a "$file") $(umask)"

for n in {1..1000}; do
    exec {fd}> "$folder/$n"
    echo "$n" >&"$fd"
    fds+=("$fd")
done
for fd in "${fds[@]}"; do exec {fd}>&-; done
echo "open files: ${#fds[@]} $(cat "$folder"/[0-9]* | awk '{ s += $1 } END { print s }')"
rm -r "$folder" "$file"

descend 5000
echo "recursion: $depth $(ulimit -s)"
read -r line < /dev/stdin
echo "streams: $line" > /dev/stdout
echo "not shown" > /dev/stderr
[[ -t 0 || -t 1 ]] || echo "no terminal"
trap 'echo "trap: ends"' EXIT
exit "$2"
