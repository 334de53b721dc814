package lsp

import (
	"bufio"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/proc"
)

// echoVariable makes the test program a language server that answers at once.
const echoVariable = "GORESCUE_TEST_ECHO"

// echo answers every message with itself under the same id.
func echo(r io.Reader, w io.Writer) {
	br := bufio.NewReaderSize(r, 64<<10)
	tp := textproto.NewReader(br)
	for {
		h, err := tp.ReadMIMEHeader()
		if err != nil {
			return
		}
		n, _ := strconv.Atoi(h.Get("Content-Length"))
		body := make([]byte, n)
		if _, err := io.ReadFull(br, body); err != nil {
			return
		}
		id := ""
		if _, err := fmt.Sscanf(string(body), `{"id":%s`, &id); err != nil {
			continue // a notification
		}
		out := fmt.Sprintf(`{"id":%s"result":{"capabilities":{}}}`, id[:1+indexComma(id)])
		fmt.Fprintf(w, "Content-Length: %d\r\n\r\n%s", len(out), out)
	}
}

func indexComma(s string) int { return slices.Index([]byte(s), ',') }

// BenchmarkMessage is the round trip of a request of an editor to a server that answers at once: without the
// supervisor, and through it. The difference is what two passes through it cost.
func BenchmarkMessage(b *testing.B) {
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	for name, args := range map[string][]string{"direct": {self}, "supervised": {theLab.Product, "lsp", "--gopls=" + self}} {
		b.Run(name, func(b *testing.B) { roundTrips(b, args) })
	}
}

func roundTrips(b *testing.B, args []string) {
	dir, err := os.MkdirTemp(theLab.Root, "bench-")
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(environ(filepath.Join(dir, "ws")), echoVariable+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	br := bufio.NewReader(out)
	tp := textproto.NewReader(br)
	trip := func(i int, method string) {
		body := fmt.Sprintf(`{"id":%d,"jsonrpc":"2.0","method":%q,"params":{"textDocument":{"uri":"file:///home/dev/project/internal/server/server.go"},"position":{"line":120,"character":14},"context":{"triggerKind":1}}}`, i, method)
		fmt.Fprintf(in, "Content-Length: %d\r\n\r\n%s", len(body), body)
		h, err := tp.ReadMIMEHeader()
		if err != nil {
			b.Fatal(err)
		}
		n, _ := strconv.ParseInt(h.Get("Content-Length"), 10, 64)
		if _, err := io.CopyN(io.Discard, br, n); err != nil {
			b.Fatal(err)
		}
	}
	trip(0, "initialize")
	var took []time.Duration
	i := 0
	for b.Loop() {
		i++
		begin := time.Now()
		trip(i, "textDocument/completion")
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1e3, "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1e3, "p99-µs")
	if v, ok := proc.VitalsOf(cmd.Process.Pid); ok {
		b.ReportMetric(float64(v.RSS)/(1<<20), "MiB")
	}
	in.Close()
	_ = cmd.Wait()
}
