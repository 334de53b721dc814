package env

import (
	"strconv"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/goenv"
)

// knownFlags are the flags that some command of go1.21 to go1.27 has. A word of GOFLAGS with another name stops every
// command (cmd/go/internal/base/goflags.go: InitGOFLAGS, hasFlag); one that only another command has is passed over.
const knownFlags = ` C a artifacts asan asmflags bench benchmem benchtime blockprofile blockprofilerate buildmode buildvcs c cache changed ` +
	`compat compiled compiler count cover covermode coverpkg coverprofile cpu cpuprofile d debug-actiongraph debug-runtime-trace ` +
	`debug-trace deps diff dropexclude dropgodebug dropignore dropreplace droprequire dropretract droptool dropuse e exclude exec ` +
	`export f failfast find fix fmt fullpath fuzz fuzzcache fuzzminimizetime fuzztime gccgoflags gcflags go godebug i ignore insecure ` +
	`installsuffix json ldflags linkshared list m memprofile memprofilerate mod modcache modcacherw modfile module msan ` +
	`mutexprofile mutexprofilefraction n o outputdir overlay p parallel pgo pkgdir print r race replace require retract retracted ` +
	`reuse run short shuffle skip t tags test testcache timeout tool toolchain toolexec trace trimpath u use v vendor versions vet ` +
	`vettool w work x `

// valueFlags need a value: -name alone is refused. Of these, textFlags take a text that has blanks as a rule.
const (
	valueFlags = ` asmflags buildmode compiler covermode coverpkg coverprofile exec gccgoflags gcflags installsuffix ldflags mod modfile overlay p parallel pgo pkgdir tags timeout toolexec count cpu run skip bench `
	textFlags  = ` asmflags gccgoflags gcflags ldflags tags toolexec exec run skip bench `
	boolFlags  = ` a asan benchmem cover failfast fullpath linkshared modcacherw msan n race short trimpath v work x `
)

// word is one word of GOFLAGS.
type word struct {
	goenv.Word
	name  string // without hyphens; "" = not of the form of a flag
	value string
	has   bool // has a value, maybe empty
}

func in(list, name string) bool { return name != "" && strings.Contains(list, " "+name+" ") }

// parseWord reads a word as the go command does (cmd/go/internal/base/goflags.go: InitGOFLAGS).
func parseWord(w goenv.Word) word {
	t := w.Text
	out := word{Word: w}
	if !strings.HasPrefix(t, "-") || t == "-" || t == "--" || strings.HasPrefix(t, "---") || strings.HasPrefix(t, "-=") || strings.HasPrefix(t, "--=") {
		return out
	}
	out.name, out.value, out.has = strings.Cut(strings.TrimPrefix(t[1:], "-"), "=")
	return out
}

// words splits GOFLAGS. ok is false when a quote is open.
func words(value string) (out []word, ok bool) {
	list, err := goenv.Words(value)
	for _, w := range list {
		out = append(out, parseWord(w))
	}
	return out, err == nil
}

// fault is what keeps GOFLAGS from being read.
type fault struct {
	kind    faultKind
	word    string // the first word that go refuses
	message string // of the go command
	right   string // GOFLAGS as it was meant, as far as that can be told; what cannot be told is left out
}

type faultKind int

const (
	noFault faultKind = iota
	badQuote
	missingEquals // a flag and its value are two words
	notAFlag
	unknownFlag
)

// syntax finds the first thing in GOFLAGS that stops every command, and what was meant.
func syntax(value string) fault {
	list, ok := words(value)
	if !ok {
		f := fault{kind: badQuote, message: "unterminated string"}
		if at := openQuote(value, list); at >= 0 {
			f.word, f.message = value[at:], "unterminated "+value[at:at+1]+" string"
			if closed := value + value[at:at+1]; syntax(closed).kind == noFault {
				f.right = closed
			} else {
				f.right = syntax(strings.TrimSpace(value[:at])).orAll(strings.TrimSpace(value[:at]))
			}
		}
		return f
	}
	var f fault
	var out []string
	for i := 0; i < len(list); {
		group := 1 // how many words belong together
		for ; i+group < len(list) && takes(list[i], list[i+1:i+group], list[i+group]); group++ {
		}
		if text, fit := together(value, list[i:i+group]); fit {
			out = append(out, text)
		}
		for j := i; j < i+group && f.kind == noFault; j++ {
			f = refusal(list, j)
		}
		i += group
	}
	if f.kind != noFault {
		f.right = strings.Join(out, " ")
	}
	return f
}

// orAll is the corrected value, or the given one when nothing was wrong with it.
func (f fault) orAll(value string) string {
	if f.kind == noFault {
		return value
	}
	return f.right
}

// openQuote is where the quote stands that is not closed.
func openQuote(value string, before []word) int {
	at := 0
	if n := len(before); n > 0 {
		at = before[n-1].End
	}
	for ; at < len(value); at++ {
		if value[at] == '"' || value[at] == '\'' {
			return at
		}
	}
	return -1
}

// refusal says why go refuses the word at i, kind noFault when it does not.
func refusal(list []word, i int) fault {
	w := list[i]
	switch {
	case w.name == "" && i > 0 && in(valueFlags, list[i-1].name) && !list[i-1].has:
		return fault{kind: missingEquals, word: w.Text, message: "non-flag " + strconv.Quote(w.Text)}
	case w.name == "":
		return fault{kind: notAFlag, word: w.Text, message: "non-flag " + strconv.Quote(w.Text)}
	case !in(knownFlags, w.name) && !strings.HasPrefix(w.name, "test."):
		return fault{kind: unknownFlag, word: w.Text, message: "unknown flag -" + w.name}
	}
	return fault{}
}

// takes reports whether the word next belongs to the flag w, which took the words of between already: it is no flag that go
// knows, and w is a flag whose value may have blanks or was written apart.
func takes(w word, between []word, next word) bool {
	if !in(knownFlags, w.name) || in(knownFlags, next.name) {
		return false
	}
	if !w.has {
		return in(valueFlags, w.name) && next.name == "" && len(between) == 0 || in(textFlags, w.name)
	}
	return in(textFlags, w.name)
}

// together is the text of one flag out of the words that belong together. fit is false for what go does not take.
func together(value string, group []word) (text string, fit bool) {
	first := group[0]
	if first.name == "" || !in(knownFlags, first.name) && !strings.HasPrefix(first.name, "test.") {
		return "", false
	}
	if len(group) == 1 {
		return value[first.Start:first.End], true
	}
	var rest []string
	for _, w := range group[1:] {
		rest = append(rest, w.Text)
	}
	flag := first.Text
	if !first.has {
		flag += "=" + strings.Join(rest, " ")
	} else {
		flag += " " + strings.Join(rest, " ")
	}
	name, v, _ := strings.Cut(flag, "=")
	if n := len(v); n > 1 && (v[0] == '"' || v[0] == '\'') && v[n-1] == v[0] {
		v = v[1 : n-1] // quotes inside a word mean nothing to go
	}
	text, err := goenv.QuoteWord(name + "=" + v)
	return text, err == nil
}

// badValue says why go refuses the value of a flag, "" when it does not. The texts are those of the go command.
func badValue(w word) string {
	switch {
	case w.name == "C":
		return "-C flag must be first flag on command line"
	case in(valueFlags, w.name) && !w.has:
		return "flag needs an argument: -" + w.name
	case in(boolFlags, w.name) && w.has:
		if _, err := strconv.ParseBool(w.value); err != nil {
			return "invalid boolean value " + strconv.Quote(w.value) + " for flag -" + w.name
		}
	case w.name == "buildvcs" && w.has && w.value != "auto":
		if _, err := strconv.ParseBool(w.value); err != nil {
			return "value is neither 'auto' nor a valid bool"
		}
	case w.name == "mod" && !in("  readonly vendor mod ", w.value) && w.value != "":
		return "-mod=" + w.value + " not supported (can be '', 'mod', 'readonly', or 'vendor')"
	case w.name == "buildmode" && !in(" archive c-archive c-shared default exe pie shared plugin ", w.value):
		return "buildmode=" + w.value + " not supported"
	case w.name == "compiler" && !in(" gc gccgo ", w.value):
		return "unknown compiler " + strconv.Quote(w.value)
	case w.name == "covermode" && !in(" set count atomic ", w.value):
		return `valid modes are "set", "count", or "atomic"`
	case w.name == "modfile" && !strings.HasSuffix(w.value, ".mod"):
		return "-modfile=" + w.value + ": file does not have .mod extension"
	case w.name == "p" || w.name == "parallel" || w.name == "count":
		if n, err := strconv.Atoi(w.value); err != nil || w.name == "p" && n <= 0 {
			return "invalid value " + strconv.Quote(w.value) + " for flag -" + w.name
		}
	case w.name == "timeout":
		if _, err := time.ParseDuration(w.value); err != nil {
			return "invalid value " + strconv.Quote(w.value) + " for flag -timeout"
		}
	case in(" gcflags ldflags asmflags gccgoflags ", w.name):
		return badPattern(w.name, w.value)
	}
	return ""
}

// badPattern checks [pattern=]flags (cmd/go/internal/load/flag.go: PerPackageFlag.Set).
func badPattern(name, value string) string {
	v := strings.TrimSpace(value)
	if v == "" {
		return ""
	}
	if !strings.HasPrefix(v, "-") {
		i := strings.Index(v, "=")
		if i < 0 {
			return "invalid value " + strconv.Quote(value) + " for flag -" + name + " (from $GOFLAGS): missing =<value> in <pattern>=<value>"
		}
		if i == 0 {
			return "invalid value " + strconv.Quote(value) + " for flag -" + name + " (from $GOFLAGS): missing <pattern> in <pattern>=<value>"
		}
		v = v[i+1:]
	}
	if _, err := goenv.Words(v); err != nil {
		return "invalid value " + strconv.Quote(value) + " for flag -" + name + " (from $GOFLAGS): " + err.Error()
	}
	return ""
}

// without takes one word out of a value and leaves every other byte but the blank beside it.
func without(value string, w word) string {
	before, after := strings.TrimRight(value[:w.Start], " \t\r\n"), strings.TrimLeft(value[w.End:], " \t\r\n")
	if before == "" || after == "" {
		return strings.TrimSpace(before + after)
	}
	return before + " " + after
}
