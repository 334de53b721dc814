// Package text holds sentences for people in every language the tool speaks. A sentence is
// born where its meaning is known (a check, a command), in all languages at once, with named
// places for values; it becomes a string only at the edge, in the reader's language.
package text

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
)

// Lang is a language of the interface.
type Lang string

// The languages.
const (
	English Lang = "en"
	Chinese Lang = "zh" // Simplified Chinese
)

// FromEnv chooses the language: want when it names one, else LC_ALL, LC_MESSAGES, LANG in the
// order of setlocale(3), else English. getenv may be nil.
func FromEnv(want string, getenv func(string) string) Lang {
	names := []string{want}
	if getenv != nil {
		names = append(names, getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG"))
	}
	for _, n := range names {
		if n == "" {
			continue
		}
		if strings.HasPrefix(strings.ToLower(n), "zh") {
			return Chinese
		}
		return English
	}
	return English
}

// T is one sentence in all languages. A value stands where the sentence says {name}.
type T struct {
	En string `json:"en"`
	Zh string `json:"zh"`
}

// New makes a sentence. Both languages are required; a test of the catalog refuses an empty one.
func New(en, zh string) T { return T{En: en, Zh: zh} }

// In returns the sentence in a language, with its places unfilled.
func (t T) In(l Lang) string {
	if l == Chinese {
		return t.Zh
	}
	return t.En
}

// Msg is a sentence with its values. It survives JSON, so that a saved plan can be shown in
// another language than the one it was made in.
type Msg struct {
	T
	Args map[string]string `json:"args,omitempty"`
}

// With fills the places of a sentence: pairs of name and value, as in With("var", "GOROOT").
// A name without a value or a name that is not a string is a mistake of the programmer and panics.
func (t T) With(pairs ...any) Msg {
	if len(pairs)%2 != 0 {
		panic("text: odd number of arguments for " + t.En)
	}
	m := Msg{T: t, Args: make(map[string]string, len(pairs)/2)}
	for i := 0; i < len(pairs); i += 2 {
		m.Args[pairs[i].(string)] = fmt.Sprint(pairs[i+1])
	}
	return m
}

// In returns the finished sentence in a language. Control characters in values are made visible,
// so that a file name cannot move the cursor of a terminal.
func (m Msg) In(l Lang) string {
	s := m.T.In(l)
	if len(m.Args) == 0 {
		return s
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '{')
		if i < 0 {
			break
		}
		j := strings.IndexByte(s[i:], '}')
		if j < 0 {
			break
		}
		v, ok := m.Args[s[i+1:i+j]]
		if !ok {
			b.WriteString(s[:i+j+1])
		} else {
			b.WriteString(s[:i])
			b.WriteString(Visible(v))
		}
		s = s[i+j+1:]
	}
	b.WriteString(s)
	return b.String()
}

// IsZero reports whether there is no sentence.
func (m Msg) IsZero() bool { return m.En == "" && m.Zh == "" }

// String is the English sentence, for errors and tests.
func (m Msg) String() string { return m.In(English) }

// Visible replaces control characters and invalid UTF-8 by escapes. Newlines become "\n".
func Visible(s string) string {
	clean := true
	for _, r := range s {
		if r < ' ' || r == 0x7f || r == '\uFFFD' || (r >= 0x80 && r < 0xa0) || r == '\u202e' || r == '\u2066' {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	q, err := json.Marshal(s)
	if err != nil || len(q) < 2 {
		return "?"
	}
	out := strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(q[1 : len(q)-1]))
	return strings.Map(func(r rune) rune {
		if r == 0x7f || (r >= 0x80 && r < 0xa0) || r == '\u202e' || r == '\u2066' {
			return '?'
		}
		return r
	}, out)
}

// Error is an error that is a sentence and, maybe, what to do about it.
type Error struct {
	Msg  Msg
	Hint Msg // a command to type or a thing to look at; zero = none
}

// Error returns the English sentence without the hint.
func (e *Error) Error() string { return e.Msg.String() }

// Errorf makes an error of a sentence.
func Errorf(m, hint Msg) error { return &Error{Msg: m, Hint: hint} }

// Size writes an amount of memory or disk, in bytes, with the unit that suits it: "512 KiB", "12.3 MiB", "1.5 GiB".
func Size(n int64) string {
	switch {
	case n < 0:
		return "-" + Size(-max(n, -math.MaxInt64))
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d KiB", n>>10)
}
