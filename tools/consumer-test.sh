#!/usr/bin/env bash
# Packs, then uses the packages as a stranger would: a fresh project outside the repository, restored from the packages alone. One line for each
# thing shown, "ok" or "FAILED". `--fast` leaves out ahead-of-time publishing and the tool. Exit code 0 if nothing failed.
set -uo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
fast=""
[ "${1:-}" = --fast ] && fast=1
repository=$PWD
work=$(mktemp -d)
[ -n "${KEEP:-}" ] && echo "kept: $work" || trap 'rm -rf "$work"' EXIT
failures=0 lines=0

# check TEXT COMMAND...: one line of the result; what the command printed is shown where it failed.
check() {
    local text=$1
    shift
    lines=$((lines + 1))
    if "$@" >"$work/log" 2>&1; then echo "ok      $text"; else
        echo "FAILED  $text"
        tail -${TAIL:-12} "$work/log" | sed "s|$work/||g; s/^/            /"
        failures=$((failures + 1))
    fi
}

# ---- the packages
version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
pack() {
    local project
    for project in Ballast ${fast:-Ballast.Cli}; do
        [ "$project" = 1 ] && continue
        dotnet pack "src/$project" -c Release --artifacts-path artifacts -o "$work/feed" -p:ContinuousIntegrationBuild=true --nologo -v q || return 1
    done
}
check "dotnet pack gives the packages, validated" pack
package="$work/feed/Ballast.$version.nupkg"
content() { unzip -Z1 "$package"; }
small() { local bytes; bytes=$(stat -c %s "$package") && echo "$bytes bytes" && [ "$bytes" -lt 5000000 ]; }
check "Ballast.$version.nupkg is under 5 MB ($(stat -c %s "$package" 2>/dev/null) bytes)" small
floors() {
    local floor file
    content >"$work/content" && unzip -Z1 "${package%.nupkg}.snupkg" >>"$work/content" || return 1
    for floor in Ballast Ballast.Tensors Ballast.Cpu Ballast.Gpu Ballast.Formats Ballast.Modules; do
        for file in dll xml pdb; do grep -qx "lib/net10.0/$floor.$file" "$work/content" || { echo "$floor.$file is missing"; return 1; }; done
    done
    [ "$(grep -c '^lib/.*\.dll$' "$work/content")" = 6 ] && ! grep -E '^runtimes/|\.(so|dylib)$' "$work/content" &&
        ! unzip -p "$package" '*.nuspec' | grep '<dependency '
}
check "all floors with documentation and symbols, no native file, no dependency" floors
compiler_parts() {
    local part
    for part in analyzers/dotnet/cs/Ballast.{Generators,CodeFixes}.dll buildTransitive/Ballast.{props,targets} README.md LICENSE; do
        grep -qx "$part" "$work/content" || { echo "$part is missing"; return 1; }
    done
}
check "generator, rules and fixes, build files, README and licence" compiler_parts
no_paths() {
    mkdir -p "$work/unpacked" && unzip -qo "$package" -d "$work/unpacked" && unzip -qo "${package%.nupkg}.snupkg" -d "$work/unpacked" || return 1
    ! grep -rlaF "$repository" "$work/unpacked"
}
check "no path of this machine in it" no_paths

# ---- a project of a stranger: own packages folder, and of other feeds nothing but what the SDK itself asks for to publish ahead of time
sdk="$work/sdk-packages"
mkdir -p "$sdk" "$work/app" "$work/packages"
global=$(dotnet nuget locals global-packages --list | sed 's/^global-packages: //')
if ! ls -d "$global"/runtime.*.microsoft.dotnet.ilcompiler >/dev/null 2>&1; then
    dotnet restore tests/Ballast.PtxEmulator -r linux-x64 -v q >/dev/null # brings the SDK's ahead-of-time compiler
fi
for name in "$global"/microsoft.dotnet.ilcompiler "$global"/runtime.*.microsoft.dotnet.ilcompiler "$global"/microsoft.net.illink.tasks \
    "$global"/microsoft.netcore.app.runtime.* "$global"/microsoft.aspnetcore.app.runtime.*; do
    [ -e "$name" ] && ln -s "$name" "$sdk/"
done
cat >"$work/nuget.config" <<EOF
<configuration>
  <packageSources><clear /><add key="local" value="$work/feed" /></packageSources>
  <fallbackPackageFolders><clear /><add key="sdk" value="$sdk" /></fallbackPackageFolders>
</configuration>
EOF
export NUGET_PACKAGES="$work/packages"
aot=true
[ -n "$fast" ] && aot=false
fresh() { # fresh FOLDER: the stranger's project
    mkdir -p "$1"
    cp "$repository"/packaging/consumer/*.cs "$1/"
    sed "s/VERSION/$version/; s:<PublishAot>true:<PublishAot>$aot:" "$repository/packaging/consumer/app.csproj" >"$1/app.csproj"
}
# forget FILE: the mask becomes a plain tensor; prints the line of it.
forget() {
    sed -i 's/public Buffer Mask { get; } = new(\(.*\));$/public Tensor Mask = \1;/' "$1"
    grep -n 'public Tensor Mask' "$1" | cut -d: -f1
}
cd "$work"
fresh app
run_jit() { (cd app && dotnet run -c Release >"$work/jit" 2>"$work/jit.err") || { cat "$work/jit" "$work/jit.err"; return 1; }; }
check "a fresh console project with 'using Ballast;' compiles and runs" run_jit
moves() { cat "$1" && grep -qx "cast: weight bfloat16, mask bfloat16" "$1" && grep -qx "moved: weight meta, mask meta" "$1" && [ "$(grep -c '^state ' "$1")" -gt 20 ]; }
check "its mask moves and casts with it; a GPT is built, moved, saved and loaded" moves jit

fresh wrong
line=$(forget wrong/CausalAttention.cs)
fails_at() { # fails_at LINE FILE COMMAND...: fails with BAL0001 there and nowhere else
    local at=$1 file=$2
    shift 2
    if "$@" >"$work/build" 2>&1; then echo "it compiled"; return 1; fi
    cat "$work/build"
    grep -qE "$file\($at,[0-9]+\): error BAL0001" "$work/build" && [ "$(grep -E ': error ' "$work/build" | grep -vc 'BAL0001')" = 0 ]
}
check "with one plain tensor field it fails with BAL0001 at line $line" fails_at "$line" CausalAttention.cs dotnet build wrong -c Release --nologo -v q
message=$(grep -m1 'error BAL0001' "$work/build" | sed "s|^$work/||; s| \[$work.*||")
fix() {
    dotnet format analyzers wrong/app.csproj --diagnostics BAL0001 --severity error --no-restore && cat wrong/CausalAttention.cs &&
        ! cmp -s wrong/CausalAttention.cs "$repository/packaging/consumer/CausalAttention.cs" && grep 'Mask' wrong/CausalAttention.cs | grep -q Buffer
}
check "dotnet format analyzers makes it a Buffer" fix
fixed() { (cd wrong && dotnet run -c Release) >"$work/fixed" 2>&1; moves "$work/fixed" && diff "$work/jit" "$work/fixed"; }
check "then it compiles and the tensor moves" fixed

# ---- many kinds of mistakes in several files: one run of the formatter
mistakes() {
    fresh many && rm many/*.cs && cp "$repository"/packaging/mistakes/*.cs many/ && dotnet restore many -v q &&
        dotnet format analyzers many/app.csproj --no-restore
}
mended() {
    (cd many && dotnet run -c Release) >"$work/many.out" 2>&1
    cat "$work/many.out"
    grep -qx "all 8 modules moved" "$work/many.out"
}
check "one run of dotnet format analyzers over a project with many kinds of mistakes" mistakes
check "then it compiles, and every tensor of every module moves" mended

# ---- a project that gets the package through another project
transitive() {
    fresh upper && mkdir -p lower &&
        sed -e "s/VERSION/$version/" -e 's:<OutputType>.*</OutputType>::' "$repository/packaging/consumer/app.csproj" >lower/lower.csproj &&
        mv upper/CausalAttention.cs lower/ &&
        sed -i 's:<PackageReference Include="Ballast".*/>:<ProjectReference Include="../lower/lower.csproj" />:' upper/app.csproj &&
        printf '\npartial class Own : Module { public Buffer Table = new(Tensor.Ones(2)); }\n' >>upper/Program.cs &&
        (cd upper && dotnet run -c Release) >"$work/upper.out" 2>&1 && moves "$work/upper.out" &&
        printf '\npartial class Wrong : Module { public Tensor Lost = Tensor.Ones(2); }\n' >>upper/Program.cs &&
        fails_at "$(wc -l <upper/Program.cs)" Program.cs dotnet build upper -c Release --nologo -v q
}
check "the rules follow into a project that gets the package through another" transitive
no_alias() {
    fresh plain && printf 'System.Buffer.BlockCopy(new int[1], 0, new int[1], 0, 4);\n' | cat - plain/Program.cs >plain/P.cs &&
        { grep -h '^using' plain/P.cs | sort -u; grep -v '^using' plain/P.cs; } >plain/Program.cs && rm plain/P.cs &&
        sed -i 's/Buffer Mask/Ballast.Buffer Mask/' plain/CausalAttention.cs && dotnet build plain -c Release --nologo -v q -p:BallastBufferAlias=false
}
check "BallastBufferAlias=false takes the alias away" no_alias

# ---- the same as a file-based program
mkdir -p single
file_based() { { echo "#:package Ballast@$version"; [ -n "$fast" ] && echo "#:property PublishAot=false"; cat "$1/Program.cs"; grep -v '^using' "$1/CausalAttention.cs"; } >"$2"; }
file_based app single/app.cs
run_file() { (cd single && dotnet run app.cs) >"$work/file" 2>&1; diff "$work/jit" "$work/file"; }
check "a file-based program (#:package) compiles, runs and gives the same state" run_file
line=$(forget single/app.cs)
check "with one plain tensor field it fails with BAL0001 at line $line" fails_at "$line" app.cs dotnet build single/app.cs
fix_file() { # dotnet format takes projects: the program is fixed as the project that the SDK makes of it, and goes back into its file
    dotnet project convert single/app.cs -o single-project && dotnet restore single-project -v q &&
        dotnet format analyzers single-project/app.csproj --diagnostics BAL0001 --severity error --no-restore &&
        { grep '^#:' single/app.cs; cat single-project/app.cs; } >single/fixed.cs && (cd single && dotnet run fixed.cs) >"$work/file" 2>&1
    cat "$work/file"
    diff "$work/jit" "$work/file"
}
check "after dotnet format analyzers it compiles and the tensor moves" fix_file

# ---- ahead of time
median() { # median PROGRAM: ms from start to exit, of 20
    local i from
    [ -x "$1" ] || return 1
    for i in $(seq 20); do
        from=${EPOCHREALTIME/./}
        "$1" >/dev/null || return 1
        echo $((${EPOCHREALTIME/./} - from))
    done | sort -n | awk '{ v[NR] = $1 } END { printf "%.1f", (v[10] + v[11]) / 2000 }'
}
if [ -z "$fast" ]; then
    publish() { dotnet publish app -c Release -r linux-x64 -o aot -p:TrimmerSingleWarn=false --nologo 2>&1 | tee "$work/publish.log"; return "${PIPESTATUS[0]}"; }
    check "published with NativeAOT" publish
    no_warning() { [ -e aot/app ] && ! grep -E 'warning|IL[0-9]{4}' "$work/publish.log"; }
    check "no IL warning" no_warning
    same() { aot/app >"$work/aot.out" && diff "$work/jit" "$work/aot.out"; }
    check "it gives the same state dict as under the JIT" same
    bytes=$(stat -c %s aot/app 2>/dev/null)
    check "it is under 6 MB ($bytes bytes)" test "${bytes:-9999999}" -lt 6000000
    ms=$(median aot/app)
    check "it builds, moves, saves, loads and ends within 30 ms of its start ($ms ms, median of 20)" awk "BEGIN { exit !(${ms:-99} < 30) }"
    publish_file() { dotnet publish single/fixed.cs -r linux-x64 -o single-aot && single-aot/fixed >"$work/aot.out" && diff "$work/jit" "$work/aot.out"; }
    file_based app single/fixed.cs
    check "the file-based program published with NativeAOT gives the same state dict" publish_file
    no_gpu() {
        dotnet publish app -c Release -r linux-x64 -o aot-small -p:BallastGpu=false -p:OptimizationPreference=Size -p:StackTraceSupport=false \
            -p:UseSystemResourceKeys=true --nologo && aot-small/app >"$work/aot.out" && diff "$work/jit" "$work/aot.out"
    }
    check "as small as it gets (no GPU, optimised for size, no stack traces, no texts of the framework's errors)" no_gpu
    [ -x aot-small/app ] && echo "        $(stat -c %s aot-small/app) bytes, $(median aot-small/app) ms"
    tool() {
        dotnet tool install Ballast.Cli --version "$version" --tool-path "$work/tool" --configfile "$work/nuget.config" && "$work/tool/ballast" --version &&
            "$work/tool/ballast" devices
    }
    check "the tool installs from its package and runs ($(stat -c %s "feed/Ballast.Cli.$version.nupkg") bytes)" tool
fi

echo "what a consumer reads:  $message"
echo "consumer test: $((lines - failures)) of $lines"
exit $((failures > 0))
