package lsp

import (
	"crypto/sha256"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// edits is how many edits a server must take, of 12,000 in all; GORESCUE_EDITS sets another number for each.
func edits(t *testing.T, n int) int {
	if v := os.Getenv("GORESCUE_EDITS"); v != "" {
		var err error
		if n, err = strconv.Atoi(v); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// TestEdits edits at random in four documents while gopls is killed at any moment, and then asks gopls itself
// what it has: every byte and every version must be the editor's. gopls shows its overlays on its debug page.
func TestEdits(t *testing.T) {
	t.Parallel()
	for version, n := range map[string]int{newest: 6_000, older: 3_000, oldest: 3_000} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			e := start(t, small(t), theLab.Product, "lsp", "--gopls="+gopls(version), "--max-restarts=1000", "--max-pause=100ms")
			e.settings["diagnosticsTrigger"] = "Save" // what gopls thinks of the nonsense is not asked
			e.introduce()
			e.waitLoaded(2 * time.Minute)
			r := rand.New(rand.NewPCG(42, uint64(len(version))))
			n, kills, pid, begin := edits(t, n), 0, 0, time.Now()
			next := 100
			for i := range n {
				e.randomEdit(r)
				if i == next {
					pid = e.server(0)
					e.signal(pid, syscall.SIGKILL)
					kills++
					next = i + 1 + r.IntN(600)
					if kills%6 == 0 {
						e.compare(t)
					}
				}
				if i%50 == 0 { // as fast as a person with a macro, not as fast as a pipe
					time.Sleep(10 * time.Millisecond)
				}
			}
			e.compare(t)
			t.Logf("%d edits, %d kills, %v", n, kills, time.Since(begin).Round(time.Millisecond))
			if kills < n/600 {
				t.Error("too few kills to prove anything")
			}
			e.eventually(10*time.Second, "every request answered", func() bool {
				e.mu.Lock()
				defer e.mu.Unlock()
				return len(e.waiting) == 0
			})
		})
	}
}

var pieces = []string{"a", "func f() {}\n", "\n", "\r\n", "\t", "ä", "世界", "😀", "e\u0301", "\ufeff", "\u2028", "\"", "// x\n", "👩‍👩‍👧", "\x00", "var x = 1\n"}

// randomEdit is one deed: mostly a small edit; at times a whole text, a close, an open, a question.
func (e *editor) randomEdit(r *rand.Rand) {
	name := fmt.Sprintf("f%d.go", r.IntN(4))
	text, isOpen := e.docs[name]
	if !isOpen {
		e.openText(name, "package main\n", r.IntN(5))
		return
	}
	switch r.IntN(60) {
	case 0:
		e.close(name)
		return
	case 1:
		e.versions[name]++
		e.docs[name] = "package main\n\n// 😀\n"
		e.tell("textDocument/didChange", map[string]any{"textDocument": map[string]any{"uri": e.uri(name), "version": e.versions[name]}, "contentChanges": []any{map[string]any{"text": e.docs[name]}}})
		return
	case 2, 3:
		e.ask("textDocument/hover", map[string]any{"textDocument": map[string]any{"uri": e.uri(name)}, "position": position(text, 0)})
		return
	}
	from := len("package main\n") // a changed package clause makes gopls start the go command: not every time
	if r.IntN(20) == 0 {
		from = 0
	}
	cuts := []int{len(text)}
	for i := range text {
		if i >= from {
			cuts = append(cuts, i)
		}
	}
	k := r.IntN(len(cuts))
	l := min(len(cuts)-1, k+r.IntN(4))
	if r.IntN(2) == 0 {
		l = k
	}
	i, j := min(cuts[k], cuts[l]), max(cuts[k], cuts[l])
	if j-i > 100 {
		j = i
	}
	e.replace(name, i, j, pieces[r.IntN(len(pieces))])
}

var (
	sessionLink = regexp.MustCompile(`"/session/([^"]+)"`)
	fileLink    = regexp.MustCompile(`"/file/([^"]+)"`)
	shownURI    = regexp.MustCompile(`URI: <b>([^<]*)</b>`)
	shownVer    = regexp.MustCompile(`Version: <b>(\d+)</b>`)
)

// compare waits until gopls has exactly the documents of the editor.
func (e *editor) compare(t *testing.T) {
	t.Helper()
	var diff string
	for end := time.Now().Add(90 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		got, err := e.overlays()
		if err != nil {
			diff = err.Error()
			continue
		}
		if diff = e.difference(got); diff == "" {
			return
		}
	}
	t.Fatalf("gopls has not what the editor has: %s", diff)
}

type overlay struct {
	sum     string
	version int
	text    string
}

func (e *editor) difference(got map[string]overlay) string {
	if len(got) != len(e.docs) {
		return fmt.Sprintf("%d documents, want %d", len(got), len(e.docs))
	}
	for name, text := range e.docs {
		o, ok := got[e.uri(name)]
		if want := fmt.Sprintf("%x", sha256.Sum256([]byte(text))); !ok || o.sum != want || o.version != e.versions[name] {
			return fmt.Sprintf("%s: version %d, want %d\n%q\n%q", name, o.version, e.versions[name], o.text, text)
		}
	}
	return ""
}

// overlays reads the debug pages of gopls.
func (e *editor) overlays() (map[string]overlay, error) {
	var m message
	select {
	case m = <-e.ask("workspace/executeCommand", map[string]any{"command": "gopls.start_debugging", "arguments": []any{map[string]string{"Addr": "localhost:0"}}}):
	case <-time.After(60 * time.Second):
		return nil, fmt.Errorf("no answer to start_debugging")
	}
	if m.Error != nil {
		return nil, fmt.Errorf("start_debugging: %s", m.Error.Message)
	}
	url := strings.Trim(string(m.Result), `{}"URLs:[] `)
	url = "http:" + url[strings.Index(url, "//"):]
	page, err := get(url + "/")
	if err != nil {
		return nil, err
	}
	session := sessionLink.FindStringSubmatch(page)
	if session == nil {
		return nil, fmt.Errorf("no session in %s", page)
	}
	if page, err = get(url + "/session/" + session[1]); err != nil {
		return nil, err
	}
	out := map[string]overlay{}
	links := fileLink.FindAllStringSubmatch(page, -1)
	slices.SortFunc(links, func(a, b []string) int { return strings.Compare(a[1], b[1]) })
	for _, l := range links {
		file, err := get(url + "/file/" + l[1])
		if err != nil {
			return nil, err
		}
		uri, ver := shownURI.FindStringSubmatch(file), shownVer.FindStringSubmatch(file)
		if uri == nil || ver == nil {
			return nil, fmt.Errorf("no document in %s", file)
		}
		_, text, _ := strings.Cut(file, "<pre>")
		text, _, _ = strings.Cut(text, "</pre>")
		v, _ := strconv.Atoi(ver[1])
		out[html.UnescapeString(uri[1])] = overlay{sum: l[1][strings.LastIndexByte(l[1], '/')+1:], version: v, text: html.UnescapeString(text)}
	}
	if len(out) < len(links) { // two documents with one text have one page: tell them apart by the list
		for _, m := range regexp.MustCompile(`"/file/([^"]+)">([^<]+)<`).FindAllStringSubmatch(page, -1) {
			uri := html.UnescapeString(m[2])
			if _, ok := out[uri]; !ok {
				name := uri[strings.LastIndexByte(uri, '/')+1:]
				out[uri] = overlay{sum: m[1][strings.LastIndexByte(m[1], '/')+1:], version: e.versions[name]}
			}
		}
	}
	return out, nil
}

func get(url string) (string, error) {
	c := http.Client{Timeout: 10 * time.Second}
	resp, err := c.Get(url)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}
