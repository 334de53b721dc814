package lsp

import "errors"

// maxDepth bounds the nesting of a message.
const maxDepth = 10_000

// errStop ends a walk early; it is no mistake of the message.
var errStop = errors.New("stop")

// space returns the index of the first byte from i on that is no white space.
func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}

// object walks over the members of the JSON object that begins at i and returns where it ends. When
// member returns false the walk ends with errStop.
func object(b []byte, i int, member func(key string, from, to int) bool) (end int, err error) {
	if i >= len(b) {
		return i, errShort
	}
	if b[i] != '{' {
		return i, errSyntax
	}
	i = space(b, i+1)
	if i < len(b) && b[i] == '}' {
		return i + 1, nil
	}
	for {
		from := i
		if i, err = str(b, i); err != nil {
			return i, err
		}
		key := text(b[from:i])
		if i = space(b, i); i >= len(b) {
			return i, errShort
		}
		if b[i] != ':' {
			return i, errSyntax
		}
		from = space(b, i+1)
		if i, err = value(b, from); err != nil {
			return i, err
		}
		if !member(key, from, i) {
			return i, errStop
		}
		if i = space(b, i); i >= len(b) {
			return i, errShort
		}
		switch b[i] {
		case '}':
			return i + 1, nil
		case ',':
			i = space(b, i+1)
		default:
			return i, errSyntax
		}
	}
}

// str returns where the string that begins at i ends. A raw line break in it is an error: JSON forbids
// it, and it is how a message is told from the header of the next one.
func str(b []byte, i int) (end int, err error) {
	if i >= len(b) {
		return i, errShort
	}
	if b[i] != '"' {
		return i, errSyntax
	}
	for i++; i < len(b); i++ {
		switch b[i] {
		case '"':
			return i + 1, nil
		case '\\':
			i++
		case '\n', '\r':
			return i, errSyntax
		}
	}
	return len(b), errShort
}

// value returns where the value that begins at i ends. A number or literal ends at the first byte that
// cannot belong to it.
func value(b []byte, i int) (end int, err error) {
	if i >= len(b) {
		return i, errShort
	}
	var open []byte
	for {
		if i = space(b, i); i >= len(b) {
			return i, errShort
		}
		switch c := b[i]; {
		case c == '"':
			if i, err = str(b, i); err != nil {
				return i, err
			}
		case c == '{' || c == '[':
			if len(open) == maxDepth {
				return i, errSyntax
			}
			open = append(open, c)
			i++
		case c == '}' || c == ']':
			if len(open) == 0 || open[len(open)-1] != c-2 {
				return i, errSyntax
			}
			open = open[:len(open)-1]
			i++
		case (c == ',' || c == ':') && len(open) > 0:
			i++
			continue
		case word(c):
			for i < len(b) && word(b[i]) {
				i++
			}
		default:
			return i, errSyntax
		}
		if len(open) == 0 {
			return i, nil
		}
	}
}

// word reports whether c can be part of a number or literal.
func word(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c == '-' || c == '+' || c == '.' || c == 'E'
}
