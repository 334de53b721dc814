package goenv

import (
	"errors"
	"fmt"
	"strings"
)

// Word is one word of a value that the go command splits.
type Word struct {
	Text       string // without the quotes around it
	Start, End int    // where it stands in the value, quotes included
}

// Words splits a value as the go command splits GOFLAGS, CC, CXX, FC and -toolexec (cmd/internal/quoted: Split):
// at blanks, tabs and line ends; a word that begins with a quote goes to the next quote of the same kind,
// and quotes further inside mean nothing. The error is that of an unterminated quote.
func Words(value string) ([]Word, error) {
	const blank = " \t\n\r"
	var out []Word
	for at := 0; at < len(value); {
		if strings.IndexByte(blank, value[at]) >= 0 {
			at++
			continue
		}
		w := Word{Start: at}
		if q := value[at]; q == '"' || q == '\'' {
			n := strings.IndexByte(value[at+1:], q)
			if n < 0 {
				return out, fmt.Errorf("unterminated %c string", q)
			}
			w.Text, w.End = value[at+1:at+1+n], at+n+2
		} else {
			n := strings.IndexAny(value[at:], blank)
			if n < 0 {
				n = len(value) - at
			}
			w.Text, w.End = value[at:at+n], at+n
		}
		out = append(out, w)
		at = w.End
	}
	return out, nil
}

// errBothQuotes says that a word has both kinds of quote and can therefore not be written.
var errBothQuotes = errors.New("a word with both kinds of quote cannot be quoted")

// QuoteWord writes a word so that Words reads it back. It fails for a word that has both kinds of quote where quotes
// are needed.
func QuoteWord(w string) (string, error) {
	switch {
	case w != "" && !strings.ContainsAny(w, " \t\n\r") && w[0] != '"' && w[0] != '\'':
		return w, nil
	case !strings.Contains(w, "'"):
		return "'" + w + "'", nil
	case !strings.Contains(w, `"`):
		return `"` + w + `"`, nil
	}
	return "", errBothQuotes
}
