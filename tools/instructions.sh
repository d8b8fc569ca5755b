#!/usr/bin/env bash
# Counts the instructions of a training step and of a decoded token, in the program as native code on one thread, under Valgrind: the same count on
# every machine, because Valgrind gives every program the same processor (AVX2). Fails where a count is above the bound in
# tests/Ballast.Bounds/bounds.json; --renew writes the bounds instead.
# Needs: apt-get install valgrind, a C linker; exit code 77 if it is not there.
set -uo pipefail
cd "$(dirname "$0")/.."
command -v valgrind >/dev/null || { echo "instructions: valgrind is not there: apt-get install valgrind" >&2; exit 77; }
verb=judge
if [ "${1:-}" = --renew ]; then verb=note; elif [ $# -gt 0 ]; then echo "usage: $0 [--renew]" >&2; exit 2; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet publish tests/Ballast.Bounds -c Release -r linux-x64 -p:PublishAot=true -p:IlcInstructionSet=x86-64-v3 -o "$work/bounds" -v q --nologo >"$work/publish" ||
    { tail -5 "$work/publish" >&2; exit 1; }
rm -f "$work"/bounds/*.dbg # Valgrind 3.19 stops at debug information that it does not know

# executed NAME TIMES: instructions of the whole program. A limit for the heap keeps its reservation small enough for Valgrind.
executed() {
    DOTNET_GCHeapHardLimit=0x20000000 timeout 300 valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null "$work/bounds/Ballast.Bounds" run "$1" "$2" \
        2>"$work/log" >&2 || { tail -5 "$work/log" >&2; return 1; }
    sed -nE 's/.*I +refs: +([0-9,]+).*/\1/p' "$work/log" | tr -d ,
}

# count NAME FEW MANY: the difference between many runs and few is free of the program's start.
status=0
count() {
    local few many
    few=$(executed "$1" "$2") && many=$(executed "$1" "$3") && [ -n "$few" ] && [ -n "$many" ] || { status=1; return; }
    "$work/bounds/Ballast.Bounds" "$verb" "$1" $(((many - few) / ($3 - $2))) || status=1
}
# Small work: Valgrind takes a multiply-add apart, which makes a large product a hundred times slower.
count "train small gpt step" 2 8
count "decoded token" 4 24
exit "$status"
