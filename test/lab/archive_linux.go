package lab

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// An Archive is one file of testdata/cases or testdata/healthy.
//
// Beside the descriptive ones (title, area, symptom, cause, evidence, remedy, never, source), its
// header may hold lines for the tests:
//
//	# check: ID [ID ...] the check that must name the cause first (or one of those behind it, where less
//	                     can be proven while other programs run); default: the archive's name
//	# also: ID ...       further checks that may rightly report something here
//	# named: yes         the repair needs a person who names it: gorescue fix ID
//	# expect: propose    the right answer is a proposal; a person carries out the remedy
//	# expect: user-error in a healthy archive: the user's own error may be reported (user-...)
//	# miss: WHY          the product does not master this fault yet; it counts as a miss
//	# undo: none         the repair has effects that nothing can take back (a process was ended)
//	# undo: files        after undo the files are as before, but the failing command has itself
//	                     healed what failed when it ran first
type Archive struct {
	Name    string // file name without .txtar
	Area    string
	Check   string   // the finding expected first
	Or      []string // or one of these, where other programs of the machine decide how much can be proven
	Also    []string // further findings that are right here
	Named   bool
	Expect  string // "", "propose" or "user-error"
	NoUndo  bool
	Heals   bool
	Symptom []Pattern // what the failing check.sh prints

	Header map[string]string // every header line, by key
	txt    *txtar.Archive
}

// A Pattern is a stdout or stderr line of a script, as testscript understands it.
type Pattern struct {
	Stream string // "stdout" or "stderr"
	Expr   *regexp.Regexp
}

// Archives reads every archive of the folder dir, sorted by name.
func Archives(t testing.TB, dir string) []*Archive {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no archives in %s (%v)", dir, err)
	}
	slices.Sort(files)
	var all []*Archive
	for _, f := range files {
		a, err := load(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

// Find returns the archive of that name in dir.
func Find(t testing.TB, dir, name string) *Archive {
	t.Helper()
	a, err := load(filepath.Join(dir, name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func load(file string) (*Archive, error) {
	txt, err := txtar.ParseFile(file)
	if err != nil {
		return nil, err
	}
	a := &Archive{Name: strings.TrimSuffix(filepath.Base(file), ".txtar"), Header: map[string]string{}, txt: txt}
	script := string(txt.Comment)
	for line := range strings.Lines(script) {
		rest, ok := strings.CutPrefix(line, "# ")
		if !ok {
			break
		}
		if key, value, ok := strings.Cut(rest, ": "); ok && !strings.HasPrefix(rest, " ") {
			a.Header[key] = strings.TrimSpace(value)
		}
	}
	a.Area = a.Header["area"]
	a.Check = a.Name
	a.Also = strings.Fields(a.Header["also"])
	if ids := strings.Fields(a.Header["check"]); len(ids) > 0 {
		a.Check, a.Or = ids[0], ids[1:]
		a.Also = append(a.Also, a.Or...)
	}
	a.Named = a.Header["named"] == "yes"
	a.Expect = a.Header["expect"]
	a.NoUndo, a.Heals = a.Header["undo"] == "none", a.Header["undo"] == "files"
	if a.Symptom, err = symptom(script); err != nil {
		return nil, fmt.Errorf("%s: %v", a.Name, err)
	}
	return a, nil
}

// symptom collects the stdout and stderr lines that directly follow the failing check.
func symptom(script string) ([]Pattern, error) {
	var found []Pattern
	after := false
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		if line == "! exec bash check.sh" {
			after = true
			continue
		}
		stream, expr, _ := strings.Cut(line, " ")
		if !after || stream != "stdout" && stream != "stderr" {
			after = false
			continue
		}
		expr = strings.ReplaceAll(strings.Trim(expr, "'"), "''", "'")
		re, err := regexp.Compile("(?m)" + expr)
		if err != nil {
			return nil, err
		}
		found = append(found, Pattern{stream, re})
	}
	return found, nil
}

// Has reports whether the archive holds that file.
func (a *Archive) Has(name string) bool {
	return slices.ContainsFunc(a.txt.Files, func(f txtar.File) bool { return f.Name == name })
}

// withPhase returns the archive's text with the command phase where the repair is due: in a
// case instead of the expert's remedy, in a healthy set-up behind its last check.
func (a *Archive) withPhase() []byte {
	var out []string
	last := -1
	for _, line := range strings.Split(string(a.txt.Comment), "\n") {
		switch strings.TrimSpace(line) {
		case "exec bash remedy.sh":
			line, last = phaseCommand, -2
		case "exec bash check.sh":
			if last != -2 {
				last = len(out)
			}
		}
		out = append(out, line)
	}
	if last >= 0 {
		out = slices.Insert(out, last+1, phaseCommand)
	}
	return txtar.Format(&txtar.Archive{Comment: []byte(strings.Join(out, "\n")), Files: a.txt.Files})
}
