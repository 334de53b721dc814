// Package goplshealth measures whether a gopls works for a folder: it starts it as an editor does, waits for
// the load, and asks for a completion in a real file whose text, in memory alone, has a few lines more. Whether
// the answer holds what those lines declare is what counts: "Finished loading packages" is said in a broken
// workspace too. Nothing is written but what gopls itself keeps in its cache.
package goplshealth

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gorescue/gorescue/internal/lsp"
)

// WarmBudget is what a completion may take once everything is loaded.
const WarmBudget = 1500 * time.Millisecond

// Options says what to start. All fields but Settings, Flags and Limit are required.
type Options struct {
	Program  string
	Flags    []string
	Environ  []string
	Root     string         // folder that is opened
	File     string         // a Go file below it, absolute
	Text     []byte         // its content
	Settings map[string]any // what the editor answers to workspace/configuration
	Limit    time.Duration  // for each step; 0 = 20 s
}

// Result is what was measured. Durations are 0 for steps that were not reached.
type Result struct {
	Initialize time.Duration `json:"initialize"`
	Loaded     time.Duration `json:"loaded"` // from the start until gopls said that it had loaded
	Cold       time.Duration `json:"cold"`   // the first completion
	Warm       time.Duration `json:"warm"`   // the second one
	Complete   bool          `json:"complete"`
	Server     string        `json:"server"`             // version as it says itself
	Messages   []string      `json:"messages,omitempty"` // errors and warnings that gopls showed, at most 20
	Failed     string        `json:"failed,omitempty"`   // the step that failed, and how
	Dump       string        `json:"dump,omitempty"`     // after a time-out: its goroutines, from SIGQUIT; at most 64 KiB
	Stderr     string        `json:"stderr,omitempty"`   // its end, at most 2 KiB
}

// Healthy reports whether everything was answered rightly and in time.
func (r *Result) Healthy() bool { return r.Failed == "" && r.Complete && r.Warm <= WarmBudget }

const probeName = "gorescueProbe"

// client is one conversation.
type client struct {
	opt    Options
	in     io.WriteCloser
	mu     sync.Mutex
	next   int64
	wait   map[int64]chan lsp.Message
	res    *Result
	loaded chan struct{}
	once   sync.Once
	ended  chan struct{}
}

// Measure starts gopls, measures, and ends it. It returns after the process has ended.
func Measure(ctx context.Context, opt Options) *Result {
	if opt.Limit == 0 {
		opt.Limit = 20 * time.Second
	}
	res := &Result{}
	cmd := exec.CommandContext(ctx, opt.Program, opt.Flags...)
	cmd.Dir, cmd.Env = opt.Root, opt.Environ
	var stderr tail
	cmd.Stderr = &stderr
	cmd.WaitDelay = 2 * time.Second
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		res.Failed = "start: no pipe"
		return res
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		res.Failed = "start: " + err.Error()
		return res
	}
	c := &client{opt: opt, in: in, wait: map[int64]chan lsp.Message{}, res: res, loaded: make(chan struct{}), ended: make(chan struct{})}
	go c.read(out)
	err := c.talk(ctx, began)
	if err != nil {
		res.Failed = err.Error()
	}
	if strings.Contains(res.Failed, noAnswer) { // where does it hang?
		_ = cmd.Process.Signal(syscall.SIGQUIT)
	} else {
		_ = in.Close()
	}
	select {
	case <-c.ended:
	case <-time.After(3 * time.Second):
		_ = cmd.Process.Kill()
	}
	<-c.ended
	_ = cmd.Wait() // how it ended is told by what it said
	text := stderr.String()
	if i := strings.Index(text, "goroutine "); i >= 0 && strings.Contains(res.Failed, noAnswer) {
		res.Dump, text = text[i:min(len(text), i+64<<10)], text[:i]
	}
	res.Stderr = strings.TrimSpace(text[max(0, len(text)-2<<10):])
	return res
}

const noAnswer = "no answer within"

// talk is the conversation.
func (c *client) talk(ctx context.Context, began time.Time) error {
	answer, err := c.call(ctx, "initialize", map[string]any{
		"rootUri":          uri(c.opt.Root),
		"workspaceFolders": []any{map[string]any{"uri": uri(c.opt.Root), "name": filepath.Base(c.opt.Root)}},
		"clientInfo":       map[string]any{"name": "gorescue"},
		"capabilities": map[string]any{
			"workspace": map[string]any{"configuration": true, "workspaceFolders": true},
			"window":    map[string]any{"workDoneProgress": true},
		},
		"initializationOptions": c.opt.Settings,
	})
	if err != nil {
		return err
	}
	c.res.Initialize = time.Since(began)
	c.res.Server = lsp.String(answer, "serverInfo", "version")
	if v := lsp.String([]byte(c.res.Server), "Version"); v != "" {
		c.res.Server = v
	}
	c.notify("initialized", map[string]any{})
	text, line, col := overlay(c.opt.Text)
	doc := map[string]any{"uri": uri(c.opt.File)}
	c.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": uri(c.opt.File), "languageId": "go", "version": 1, "text": text}})
	select {
	case <-c.loaded:
		c.res.Loaded = time.Since(began)
	case <-c.ended:
		return fmt.Errorf("load: gopls ended")
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(c.opt.Limit):
		return fmt.Errorf("load: %s %v", noAnswer, c.opt.Limit)
	}
	ask := map[string]any{"textDocument": doc, "position": map[string]any{"line": line, "character": col}}
	for i, took := range []*time.Duration{&c.res.Cold, &c.res.Warm} {
		t := time.Now()
		answer, err := c.call(ctx, "textDocument/completion", ask)
		if err != nil {
			return err
		}
		*took = time.Since(t)
		has := bytes.Contains(answer, []byte(`"`+probeName))
		c.res.Complete = has
		if !has && i == 1 {
			return fmt.Errorf("completion: the answer lacks what the file itself declares")
		}
	}
	return nil
}

// overlay is the text with a declaration more, and the place behind the beginning of its name.
func overlay(text []byte) (string, int, int) {
	const name = "var _ = gorescueP"
	s := strings.TrimRight(string(text), "\n") + "\n\nfunc " + probeName + "() int { return 0 }\n\n" + name
	return s + "\n", strings.Count(s, "\n"), len(name)
}

func uri(path string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
}

func (c *client) send(body []byte) {
	_, _ = c.in.Write(lsp.AppendFrame(nil, body)) // a gopls that has ended shows as the end of its output
}

func (c *client) notify(method string, params any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.send(lsp.Notification(method, params))
}

// call asks and waits for the answer.
func (c *client) call(ctx context.Context, method string, params any) ([]byte, error) {
	ch := make(chan lsp.Message, 1)
	c.mu.Lock()
	c.next++
	id := c.next
	c.wait[id] = ch
	c.send(lsp.Request(lsp.NumberID(id), method, params))
	c.mu.Unlock()
	select {
	case m := <-ch:
		if m.Error != nil {
			return nil, fmt.Errorf("%s: %s", method, lsp.String(m.Error, "message"))
		}
		return m.Result, nil
	case <-c.ended:
		return nil, fmt.Errorf("%s: gopls ended", method)
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(c.opt.Limit):
		return nil, fmt.Errorf("%s: %s %v", method, noAnswer, c.opt.Limit)
	}
}

// read takes what gopls sends until it ends.
func (c *client) read(out io.Reader) {
	defer close(c.ended)
	var d lsp.Decoder
	d.Damaged = func(k lsp.Damage, sample []byte) { c.say("damaged stream: " + string(k) + ": " + string(sample)) }
	buf := make([]byte, 64<<10)
	for {
		n, err := out.Read(buf)
		d.Feed(buf[:n])
		for m, ok := d.Next(); ok; m, ok = d.Next() {
			c.handle(m)
		}
		if err != nil {
			return
		}
	}
}

func (c *client) handle(m lsp.Message) {
	switch {
	case m.IsResponse():
		if id, ok := m.Number(); ok {
			c.mu.Lock()
			ch := c.wait[id]
			delete(c.wait, id)
			c.mu.Unlock()
			if ch != nil {
				ch <- m
			}
		}
	case m.IsRequest():
		var result any
		if m.Method == "workspace/configuration" {
			var p struct{ Items []json.RawMessage }
			_ = json.Unmarshal(m.Params, &p)
			list := make([]any, len(p.Items))
			for i := range list {
				list[i] = c.opt.Settings
			}
			result = list
		}
		c.mu.Lock()
		c.send(lsp.Response(m.ID, result))
		c.mu.Unlock()
	default:
		c.note(m)
	}
}

// note looks at what gopls tells: errors, and the end of the load.
func (c *client) note(m lsp.Message) {
	var p struct {
		Type    int
		Message string
		URI     string
		Value   struct{ Kind, Title, Message string }

		Diagnostics []struct {
			Severity int
			Source   string
			Message  string
		}
	}
	if json.Unmarshal(m.Params, &p) != nil {
		return
	}
	switch m.Method {
	case "window/showMessage":
		if p.Type <= 2 {
			c.say(p.Message)
		}
	case "$/progress":
		switch {
		case strings.HasPrefix(p.Value.Title, "Error loading workspace"):
			c.say(p.Value.Title + ": " + p.Value.Message)
		case p.Value.Kind == "end" && strings.HasPrefix(p.Value.Message, "Error loading packages"):
			c.say(p.Value.Message)
			fallthrough
		case p.Value.Kind == "end" && strings.HasPrefix(p.Value.Message, "Finished loading packages"):
			c.once.Do(func() { close(c.loaded) })
		}
	case "textDocument/publishDiagnostics":
		for _, d := range p.Diagnostics {
			if strings.HasSuffix(p.URI, "/go.mod") && d.Severity == 1 || strings.HasSuffix(p.URI, "/go.work") && d.Severity == 1 || strings.HasPrefix(d.Message, "No packages found") {
				c.say(filepath.Base(p.URI) + ": " + d.Message)
			}
		}
	}
}

func (c *client) say(s string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.res.Messages {
		if m == s {
			return
		}
	}
	if len(c.res.Messages) < 20 {
		c.res.Messages = append(c.res.Messages, s)
	}
}

// tail keeps the first MiB of what is written.
type tail struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := 1<<20 - t.b.Len(); room > 0 {
		t.b.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}

// String is what was kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}
