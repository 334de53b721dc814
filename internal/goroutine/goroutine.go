// Package goroutine reads what a Go program says of its goroutines: the text of /debug/pprof/goroutine?debug=2, which is
// also what a program writes when it dies of a panic or SIGQUIT. The form is that of goroutineheader and traceback in
// src/runtime/traceback.go of Go 1.17 to 1.27.
package goroutine

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

// Goroutine is one goroutine at one moment.
type Goroutine struct {
	ID     int64
	State  string        // as the runtime says it: "chan send", "select", "running" …
	Wait   time.Duration // how long it has been in that state, in whole minutes; below one minute it is 0
	Leaked bool          // the runtime has proved that nothing can wake it (goroutine leak profile)
	Frames []Frame       // innermost first; without those of the runtime
	By     Frame         // the go statement that started it; zero for the first goroutine
	Parent int64         // the goroutine that started it, 0 = not told (before Go 1.21)
}

// Frame is one call.
type Frame struct {
	Func string // "main.(*T).work.func1"
	File string
	Line int
}

// Max is how many goroutines of a dump are read; what comes behind them is left out.
const Max = 200000

// The bounds of one goroutine.
const (
	maxLine   = 1 << 20
	maxFrames = 100
)

// ErrNone says that the text holds no goroutine.
var ErrNone = errors.New("holds no goroutines")

// Parse reads a dump. What stands before, between and behind the goroutines, such as the log of a server, is passed
// over. Text that ends in the middle gives what is whole. The error is ErrNone or that of the reader.
func Parse(r io.Reader) ([]Goroutine, error) {
	var out []Goroutine
	br := bufio.NewReaderSize(r, 64<<10)
	var p parser
	for {
		line, err := readLine(br)
		if len(line) > 0 || err == nil {
			p.line(string(line), &out)
		}
		if err == nil && len(out) < Max {
			continue
		}
		p.end(&out)
		switch {
		case err != nil && err != io.EOF && err != io.ErrUnexpectedEOF:
			return out, err
		case len(out) == 0:
			return nil, ErrNone
		}
		return out, nil
	}
}

// readLine reads a line of any length and returns at most maxLine bytes of it.
func readLine(br *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := br.ReadSlice('\n')
		if len(line) < maxLine {
			line = append(line, part...)
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		return bytes.TrimRight(line, "\r\n"), err
	}
}

// parser is between two lines.
type parser struct {
	g    *Goroutine
	call string // the function whose place the next line tells
	by   bool   // it is the go statement
}

func (p *parser) line(l string, out *[]Goroutine) {
	if g, ok := header(l); ok {
		p.end(out)
		p.g = &g
		return
	}
	switch {
	case p.g == nil:
	case strings.HasPrefix(l, "\t"):
		p.place(l[1:])
	case l == "" || strings.HasPrefix(l, "..."): // frames were left out
		if l == "" {
			p.end(out)
		}
	case strings.HasPrefix(l, "created by "):
		p.call, p.by = strings.TrimPrefix(l, "created by "), true
		if name, id, ok := strings.Cut(p.call, " in goroutine "); ok {
			p.call = name
			p.g.Parent, _ = strconv.ParseInt(strings.TrimSpace(id), 10, 64)
		}
	default:
		p.call, p.by = function(l), false
	}
}

// end closes a goroutine.
func (p *parser) end(out *[]Goroutine) {
	if p.g != nil {
		*out = append(*out, *p.g)
	}
	*p = parser{}
}

// place takes a line such as "/src/main.go:12 +0x45".
func (p *parser) place(l string) {
	if p.call == "" {
		return
	}
	l, _, _ = strings.Cut(l, " +0x")
	l, _, _ = strings.Cut(l, " fp=0x")
	f := Frame{Func: p.call, File: l}
	if i := strings.LastIndexByte(l, ':'); i > 0 {
		if n, err := strconv.Atoi(strings.TrimSpace(l[i+1:])); err == nil {
			f.File, f.Line = l[:i], n
		}
	}
	if p.by {
		p.g.By = f
	} else if len(p.g.Frames) < maxFrames && !strings.HasPrefix(p.call, "runtime.") {
		p.g.Frames = append(p.g.Frames, f)
	}
	p.call = ""
}

// function takes the arguments off a call: "main.(*T).f(0xc00001, {0x1, 0x2})".
func function(l string) string {
	if i := strings.LastIndexByte(l, '('); i > 0 && strings.HasSuffix(l, ")") {
		return l[:i]
	}
	return l
}

// header reads "goroutine 7 gp=0xc0 m=nil [chan send (leaked), 3 minutes, locked to thread]:" and what newer releases
// add behind the bracket.
func header(l string) (Goroutine, bool) {
	rest, ok := strings.CutPrefix(l, "goroutine ")
	if !ok {
		return Goroutine{}, false
	}
	open := strings.IndexByte(rest, '[')
	end := strings.IndexByte(rest, ']') // no state holds one; labels, which may, stand last
	if open <= 0 || end < open || !strings.HasSuffix(strings.TrimSpace(rest), ":") {
		return Goroutine{}, false
	}
	names := strings.Fields(rest[:open])
	if len(names) == 0 {
		return Goroutine{}, false
	}
	id, err := strconv.ParseInt(names[0], 10, 64)
	if err != nil {
		return Goroutine{}, false
	}
	g := Goroutine{ID: id}
	parts := strings.Split(rest[open+1:end], ", ")
	g.State, _, _ = strings.Cut(parts[0], " labels:")
	for _, mark := range []string{" (leaked)", " (scan)", " (durable)"} {
		if strings.Contains(g.State, mark) {
			g.State = strings.Replace(g.State, mark, "", 1)
			g.Leaked = g.Leaked || mark == " (leaked)"
		}
	}
	for _, s := range parts[1:] {
		if n, ok := strings.CutSuffix(s, " minutes"); ok {
			if m, err := strconv.ParseInt(n, 10, 32); err == nil && m > 0 {
				g.Wait = time.Duration(m) * time.Minute
			}
		}
	}
	return g, true
}
