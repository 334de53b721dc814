package goproxy

import (
	"slices"
	"strings"

	"golang.org/x/mod/module"
)

// defaultVCS is what counts behind the rules of GOVCS (cmd/go/internal/vcs/vcs.go: defaultGOVCS).
const defaultVCS = "public:git|hg,private:all"

// VCSRule finds the rule of GOVCS that decides about a module which is fetched from its repository, and what it allows: "all",
// "off", or names such as "git|hg". goprivate tells public from private ones. A malformed item, which go refuses, is passed over.
func VCSRule(govcs, goprivate, path string) (rule, allowed string) {
	for item := range strings.SplitSeq(govcs+","+defaultVCS, ",") {
		pattern, list, ok := strings.Cut(strings.TrimSpace(item), ":")
		pattern, list = strings.TrimSpace(pattern), strings.TrimSpace(list)
		if !ok || pattern == "" || list == "" {
			continue
		}
		match := false
		switch pattern {
		case "private":
			match = module.MatchPrefixPatterns(goprivate, path)
		case "public":
			match = !module.MatchPrefixPatterns(goprivate, path)
		default:
			match = module.MatchPrefixPatterns(pattern, path)
		}
		if match {
			return strings.TrimSpace(item), list
		}
	}
	return "", "off"
}

// Allows reports whether a list of GOVCS allows a version control system.
func Allows(list, vcs string) bool {
	return slices.ContainsFunc(strings.Split(list, "|"), func(a string) bool {
		a = strings.TrimSpace(a)
		return a == "all" || a == vcs
	})
}
