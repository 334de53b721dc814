// Package goplsinfo holds what is known of gopls releases: which settings each takes, and which Go commands
// each works with. The data are embedded files, derived from golang/tools, gopls/internal/settings and
// gopls/internal/util/goversion at the tags gopls/v0.11.0 to gopls/v0.24.0. Releases that are newer are not
// judged.
package goplsinfo

import (
	_ "embed" // the data
	"encoding/json"
	"fmt"
	"go/version"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/semver"

	"github.com/gorescue/gorescue/internal/jsonc"
)

//go:embed settings.tsv
var settingsTSV string

//go:embed releases.csv
var releasesCSV string

// Setting is one setting of gopls.
type Setting struct {
	Name  string
	Type  string // bool, string, number, duration, []string, filters, map, flags (map to bool), enum:A,B, any
	Since int    // minor version that first takes it, 0 = before v0.12
	Until int    // minor version that first refuses it, 0 = none
	Now   string // its new name, "" = none
}

// Release is one release of gopls with the Go commands it warns about or refuses ("1.18", "1.19-1.20",
// "<=1.17").
type Release struct {
	Version string // v0.24.0
	Needs   string // Go line of its go.mod: what builds it
	LastGo  string // last Go that compiles it, "" = none known
	Warned  string
	Refused string
}

// Settings returns all settings.
func Settings() []Setting {
	var out []Setting
	for line := range strings.Lines(settingsTSV) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(f) != 5 || strings.HasPrefix(line, "#") {
			continue
		}
		since, _ := strconv.Atoi(f[2])
		until, _ := strconv.Atoi(f[3])
		out = append(out, Setting{f[0], f[1], since, until, f[4]})
	}
	return out
}

// Releases returns all releases, the oldest first.
func Releases() []Release {
	var out []Release
	for line := range strings.Lines(releasesCSV) {
		f := strings.Split(strings.TrimRight(line, "\n"), ",")
		if len(f) == 6 && !strings.HasPrefix(line, "#") {
			out = append(out, Release{"v" + f[0], f[2], f[3], f[4], f[5]})
		}
	}
	return out
}

// Newest is the newest release in the data.
func Newest() string { r := Releases(); return r[len(r)-1].Version }

// Minor is the second number of a release ("v0.24.1" → 24); -1 when it is none.
func Minor(release string) int {
	if !semver.IsValid(release) || semver.Major(release) != "v0" {
		return -1
	}
	n, err := strconv.Atoi(strings.TrimPrefix(semver.MajorMinor(release), "v0."))
	if err != nil {
		return -1
	}
	return n
}

// Judged reports whether the data tell something of a release.
func Judged(release string) bool {
	return Minor(release) >= 12 && Minor(release) <= Minor(Newest())
}

// Lookup finds a setting by its name, of which gopls looks at the part behind the last point.
func Lookup(name string) (Setting, bool) {
	name = name[strings.LastIndexByte(name, '.')+1:]
	list := Settings()
	i := slices.IndexFunc(list, func(s Setting) bool { return s.Name == name })
	if i < 0 {
		return Setting{}, false
	}
	return list[i], true
}

// Like returns the one setting in force for a release whose name is nearly this one; "" when there is none
// or there are several.
func Like(name, release string) string {
	short := name[strings.LastIndexByte(name, '.')+1:]
	best, at, tie := "", 3, false
	for _, s := range Settings() {
		if s.Until > 0 || Minor(release) >= 0 && s.Since > Minor(release) {
			continue
		}
		switch d := distance(strings.ToLower(short), strings.ToLower(s.Name)); {
		case d < at:
			best, at, tie = s.Name, d, false
		case d == at:
			tie = true
		}
	}
	if tie || len(short) < 5 {
		return ""
	}
	return best
}

// distance is the number of letters to insert, delete or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diag := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diag
			if a[i-1] != b[j-1] {
				cost++
			}
			diag = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}

// Fits says what type a value has and what type the setting wants; ok is true when it fits. mended is the value
// in the right type when nothing has to be guessed, "" otherwise.
func (s Setting) Fits(raw string) (got, want, mended string, ok bool) {
	doc := jsonc.Parse([]byte(raw))
	n := doc.Root
	if n == nil || len(doc.Errors) > 0 {
		return "", "", "", true // a syntax error is another matter
	}
	got = kindName(n.Kind)
	kind, choices, _ := strings.Cut(s.Type, ":")
	switch kind {
	case "bool":
		if n.Kind == jsonc.String && (n.Text == "true" || n.Text == "false") {
			mended = n.Text
		}
		return got, "bool", mended, n.Kind == jsonc.Bool
	case "number":
		if n.Kind == jsonc.String && json.Valid([]byte(n.Text)) {
			mended = n.Text
		}
		return got, "number", mended, n.Kind == jsonc.Number
	case "string":
		return got, "string", "", n.Kind == jsonc.String
	case "duration":
		if n.Kind != jsonc.String {
			return got, "string", "", false
		}
		_, err := time.ParseDuration(n.Text)
		return strconv.Quote(n.Text), `duration as "500ms"`, "", err == nil
	case "[]string":
		if n.Kind == jsonc.String && n.Text != "" && !strings.ContainsAny(n.Text, " \t") {
			mended = "[" + raw + "]"
		}
		all := n.Kind == jsonc.Array && !slices.ContainsFunc(n.Items, func(i *jsonc.Node) bool { return i.Kind != jsonc.String })
		return got, "JSON array of string", mended, all
	case "filters":
		if n.Kind != jsonc.Array {
			return got, "JSON array of string", "", false
		}
		for _, i := range n.Items {
			if i.Kind != jsonc.String || !ValidFilter(i.Text) {
				return doc.Raw(i), "+ or - and a folder, with no wildcard but **", "", false
			}
		}
		return got, "", "", true
	case "map", "flags":
		if n.Kind != jsonc.Object {
			return got, "JSON object", "", false
		}
		for _, m := range n.Members {
			if kind == "flags" && m.Value != nil && m.Value.Kind != jsonc.Bool {
				return fmt.Sprintf("%s for %q", kindName(m.Value.Kind), m.Key), "bool", "", false
			}
		}
	case "enum":
		list := strings.Split(choices, ",")
		if n.Kind != jsonc.String {
			return got, "one of " + choices, "", false
		}
		return strconv.Quote(n.Text), "one of " + choices, "", slices.ContainsFunc(list, func(c string) bool { return strings.EqualFold(c, n.Text) })
	}
	return got, "", "", true
}

// ValidFilter reports whether gopls takes an entry of directoryFilters; one that it does not take makes it pass over the whole list
// (golang/tools, gopls/internal/settings: validateDirectoryFilter).
func ValidFilter(f string) bool {
	if f == "" || f[0] != '+' && f[0] != '-' {
		return false
	}
	return !slices.ContainsFunc(strings.Split(f[1:], "/"), func(part string) bool { return part != "**" && strings.ContainsAny(part, "*?") })
}

func kindName(k jsonc.Kind) string {
	return map[jsonc.Kind]string{jsonc.Object: "object", jsonc.Array: "array", jsonc.String: "string", jsonc.Number: "number", jsonc.Bool: "bool", jsonc.Null: "null"}[k]
}

// Refuses reports whether a gopls release refuses a Go command, and which is the last release that neither does
// nor warns.
func Refuses(release, goVersion string) (refuses bool, last string) {
	for _, r := range Releases() {
		if !In(r.Refused, goVersion) && !In(r.Warned, goVersion) {
			last = r.Version
		}
		if semver.Compare(r.Version, release) <= 0 {
			refuses = In(r.Refused, goVersion)
		}
	}
	return refuses, last
}

// In reports whether a Go release ("go1.17.13") is in a range of languages: "1.18", "1.13-1.15", "<=1.12".
func In(ranges, goVersion string) bool {
	lang := version.Lang(goVersion)
	if lang == "" || ranges == "" {
		return false
	}
	if top, ok := strings.CutPrefix(ranges, "<="); ok {
		return version.Compare(lang, "go"+top) <= 0
	}
	from, to, ok := strings.Cut(ranges, "-")
	if !ok {
		to = from
	}
	return version.Compare(lang, "go"+from) >= 0 && version.Compare(lang, "go"+to) <= 0
}
