package goplsinfo

import (
	"debug/buildinfo"
	"strings"
)

// Built reads the release of gopls ("v0.24.0"), and of the Go that built it, out of a program. Distributions build
// without a module version; that is "", as is everything about a file that is no gopls.
func Built(path string) (release, by string) {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return "", ""
	}
	by, _, _ = strings.Cut(info.GoVersion, " ")
	if strings.HasPrefix(info.Main.Path, "golang.org/x/tools/gopls") && strings.HasPrefix(info.Main.Version, "v") {
		release = info.Main.Version
	}
	return release, by
}
