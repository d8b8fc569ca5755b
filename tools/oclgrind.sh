#!/usr/bin/env bash
# Runs every row of the op table and a GPT step at tiny sizes under Oclgrind, which reports races between work items, accesses out of bounds and
# values that nobody wrote. Fails if it reports anything, if a result is wrong, or if nothing ran. Arguments go to the runner (--filter softmax).
# Needs: apt-get install oclgrind ocl-icd-libopencl1; exit code 77 if it is not there.
set -uo pipefail
cd "$(dirname "$0")/.."
driver=/usr/lib/oclgrind/liboclgrind-rt-icd.so
if [ ! -e "$driver" ]; then
    echo "oclgrind: $driver is not there: apt-get install oclgrind" >&2
    exit 77
fi
runner=tests/Ballast.DeviceRunner/bin/Release/net10.0/Ballast.DeviceRunner.dll
dotnet build tests/Ballast.DeviceRunner -c Release -v q --nologo >/dev/null || { dotnet build tests/Ballast.DeviceRunner -c Release -v q --nologo; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/vendors"
echo "$driver" >"$work/vendors/oclgrind.icd"

# Texts are built as written: the optimiser's "freeze" instruction is unknown to version 21.10, which then stops the kernel.
# It adds up the local memory of all kernels of a program, hence the larger limit; a kernel of its own stays within 32 KiB.
OCL_ICD_VENDORS="$work/vendors" BALLAST_CACHE="$work/cache" OCLGRIND_BUILD_OPTIONS=-O0 OCLGRIND_LOCAL_MEM_SIZE=131072 \
    OCLGRIND_DATA_RACES=1 OCLGRIND_UNINITIALIZED=1 OCLGRIND_CHECK_API=1 OCLGRIND_LOG="$work/log" \
    timeout "${OCLGRIND_SECONDS:-900}" dotnet "$runner" --device opencl:0 --tiny "$@" >"$work/out" 2>&1
status=$?
touch "$work/log"
grep -v '^ok ' "$work/out"
lines=$(wc -l <"$work/log")
calls=$(grep -c '^Oclgrind - ' "$work/out")
checks=$(grep -oE '^opencl:0: [0-9]+ passed' "$work/out" | grep -oE '[0-9]+ ' | tail -1)
if [ "$lines" -ne 0 ]; then
    head -60 "$work/log"
    echo "oclgrind: its log has $lines lines; none is allowed (the first 60 are above)" >&2
    exit 1
fi
if [ "$calls" -ne 0 ]; then echo "oclgrind: $calls calls of the driver were wrong" >&2; exit 1; fi
if [ "$status" -ne 0 ]; then echo "oclgrind: the runner ended with exit code $status" >&2; exit 1; fi
if ! grep -q '^opencl:0: Oclgrind' "$work/out" || [ "${checks:-0}" -eq 0 ]; then echo "oclgrind: nothing ran" >&2; exit 1; fi
echo "oclgrind: ${checks% } checks, empty log"
