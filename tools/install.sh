#!/usr/bin/env bash
# install.sh [DIR]: makes the folder of real tools which the archives in testdata need:
#
#	DIR/lspdrive                  a scriptable LSP client that behaves like an editor (testdata/tools)
#	DIR/gopls/VERSION/gopls       real language servers, each built with the Go release of its time
#	DIR/go/VERSION                trees of other Go releases (links into the module cache)
#	DIR/code-server/VERSION       a real VS Code server: npm packages, of whose native parts only what it
#	                              does not start without is built (no terminal, no search)
#
# DIR defaults to $GORESCUE_TOOLS, then to gorescue-tools in the user's cache folder. Everything is
# pinned here, comes through the go command as the machine has it set up, and is kept: a second run
# only looks whether all is there. The last line printed is the folder.
set -eu

gopls='v0.24.0 go1.27.4
v0.20.0 go1.25.0
v0.16.2 go1.23.0'
trees='1.25.0 1.17.13'
codeserver='4.100.3' # with VS Code 1.100.3; runs in Node.js 20

here=$(cd "$(dirname "$0")" && pwd)
dir=${1:-${GORESCUE_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/gorescue-tools}}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
say() { echo "tools: $*" >&2; }

# One run at a time: a second one waits and then finds everything in place.
exec 9>"$dir/.lock"
if command -v flock >/dev/null; then flock 9; fi

# The settings of the one who runs this must not leak into the tools.
unset GOROOT GOOS GOARCH GOBIN GOWORK GOTOOLCHAIN
export GOFLAGS=

for v in $trees; do
	if [ ! -x "$dir/go/$v/bin/go" ]; then
		say "Go $v"
		mkdir -p "$dir/go"
		ln -sfn "$(cd / && GOTOOLCHAIN=go$v go env GOROOT)" "$dir/go/$v"
	fi
done

sum=$(cksum <"$here/../testdata/tools/lspdrive.go")
if [ ! -x "$dir/lspdrive" ] || [ "$(cat "$dir/lspdrive.sum" 2>/dev/null)" != "$sum" ]; then
	say lspdrive
	(cd "$here/../testdata/tools" && GOWORK=off CGO_ENABLED=0 go build -o "$dir/lspdrive" lspdrive.go)
	echo "$sum" >"$dir/lspdrive.sum"
fi

while read -r v toolchain; do
	if [ ! -x "$dir/gopls/$v/gopls" ]; then
		say "gopls $v (built with $toolchain, some minutes)"
		tmp=$dir/gopls/.$v.tmp
		rm -rf "$tmp"
		mkdir -p "$tmp"
		(cd / && CGO_ENABLED=0 GOTOOLCHAIN=$toolchain GOBIN=$tmp go install "golang.org/x/tools/gopls@$v")
		rm -rf "$dir/gopls/$v"
		mv "$tmp" "$dir/gopls/$v"
	fi
done <<<"$gopls"

if [ ! -e "$dir/code-server/$codeserver/node_modules/code-server/ready" ]; then
	say "code-server $codeserver"
	at=$dir/code-server/$codeserver
	rm -rf "$at"
	mkdir -p "$at"
	echo '{"private":true}' >"$at/package.json"
	node=$(readlink -f "$(command -v node)")
	export npm_config_nodedir="${node%/bin/*}" npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false
	(
		cd "$at"
		npm install --silent --ignore-scripts "code-server@$codeserver"
		npm rebuild --silent argon2
		cd node_modules/code-server/lib/vscode
		npm install --silent --omit=dev --ignore-scripts
		ln -sfn node_modules node_modules.asar
	) >&2
	: >"$at/node_modules/code-server/ready"
fi

echo "$dir"
