#!/usr/bin/env bash
# Fuzzes the front end: fuzz/run.sh TARGET [SECONDS]. Needs cargo-fuzz (cargo install cargo-fuzz), a C++ compiler, and
# nightly Rust or, as here, a stable one that is told to be.
#
# The corpus begins with files of tests/run and of the Go tree ($BURROW_GOROOT, or what `burrow env GOROOT` says). What
# is found lies in fuzz/artifacts/TARGET; it ends as a test in the crate that it is about.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

target=${1:?usage: run.sh parse|check|outline|constant|constraint|modfile [SECONDS]}
seconds=${2:-300}
goroot=${BURROW_GOROOT:-$(../target/release/burrow env GOROOT)}
corpus=corpus/$target
max_len=4096

# every N: of the files named on standard input each N-th goes into the corpus, if it is small.
every() {
	local n=0 file
	while read -r file; do
		n=$((n + 1))
		if [ $((n % $1)) = 0 ] && [ "$(stat -c %s "$file")" -le "$max_len" ]; then
			cp "$file" "$corpus/$(sha1sum "$file" | cut -c1-16)"
		fi
	done
}

# lines COMMAND...: each line of its output is one file of the corpus.
lines() {
	local line
	"$@" | sort -u | head -n 500 | while IFS= read -r line; do
		printf '%s\n' "$line" >"$corpus/$(printf %s "$line" | sha1sum | cut -c1-16)"
	done
}

if [ ! -d "$corpus" ]; then
	mkdir -p "$corpus"
	case $target in
	parse)
		find ../tests/run -name '*.go' | sort | every 1
		find "$goroot/src" -name '*.go' | sort | every 20
		;;
	check | outline)
		grep -L '^import' -r ../tests/run "$goroot/src/internal/types/testdata" --include='*.go' | sort | every 1
		;;
	constraint)
		lines grep -rhE '^(//go:build|// \+build) ' "$goroot/src" --include='*.go'
		lines find "$goroot/src/os" "$goroot/src/syscall" -name '*.go' -printf '%f\n'
		;;
	modfile)
		find "$goroot/src" -name 'go.mod' | sort | every 1
		printf 'module m\ngo 1.27\nrequire (\n\ta.b/c v1.0.0 // indirect\n)\nreplace a.b/c v1.0.0 => ../c\nignore ./x\ngodebug x=1\n' \
			>"$corpus/all"
		;;
	constant)
		lines printf '%s\n' '1 2 + 3 *' '0x7fffffffffffffff 1 + neg' '1e400 1e-400 *' '0x1p-1074 2.5 /' '500 1 <<' \
			'-1 not8 //' '1.5 2 complex float int' '"abc "def + 1' 'true true &&' '0b1_01 0o17 ^ &^ | &' '1e1000000 1e999999 -'
		;;
	esac
	echo "corpus: $(find "$corpus" -type f | wc -l) files"
fi

case $target in
parse | check | outline) dict=-dict=go.dict ;;
*) dict= ;;
esac

# The stack that the compiler's own threads have.
ulimit -s $((1 << 20))
# Without the address sanitizer: the code is safe Rust, and twice as fast so.
RUSTC_BOOTSTRAP=1 exec cargo fuzz run --fuzz-dir . --sanitizer none "$target" -- \
	-max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -max_len="$max_len" $dict
