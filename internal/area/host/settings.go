package host

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/cpu"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goenv"
	"github.com/gorescue/gorescue/internal/gosrc"
	"github.com/gorescue/gorescue/internal/probe"
)

// scanTime bounds the look at the Go files of the folder.
const scanTime = 300 * time.Millisecond

func settings(ctx context.Context, w probe.World, _ *facts.Snapshot) (probe.Install, error) {
	st := goenv.Resolve(w.Vars, goroot(w))
	st.Named = named(w, &st)
	st.CPULevel = cpuLevel()
	st.Place.Bazel = bazel(w.Dir)
	st.Netrc = netrc(w)
	if platformMatters(&st) {
		scan, stop := context.WithTimeout(ctx, scanTime)
		st.Place.Source = gosrc.Scan(scan, w.Dir, gosrc.Platform{GOOS: st.Get("GOOS"), GOARCH: st.Get("GOARCH"), Tags: tags(st.Get("GOFLAGS"))})
		stop()
	}
	if st.Get("GOOS") != runtime.GOOS || st.Get("GOARCH") != runtime.GOARCH {
		st.Place.Source.Runner = goenv.InPath(w.Get("PATH"), "go_"+st.Get("GOOS")+"_"+st.Get("GOARCH")+"_exec")
	}
	return func(s *facts.Snapshot) { s.Settings = st }, ctx.Err()
}

// platformMatters reports whether somebody set what makes the content of Go files matter.
func platformMatters(st *facts.Settings) bool {
	for _, n := range []string{"GOOS", "GOARCH", "CGO_ENABLED", "CC", "CXX", "FC", "PKG_CONFIG"} {
		if v := st.Values[n]; v.Origin != facts.FromDefault && v.Value != "" {
			return true
		}
	}
	return false
}

// tags are the build tags of GOFLAGS.
func tags(goflags string) []string {
	words, err := goenv.Words(goflags)
	if err != nil {
		return nil
	}
	var out []string
	for _, w := range words {
		if v, ok := strings.CutPrefix(strings.TrimPrefix(w.Text, "-"), "tags="); ok {
			out = strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' })
		} else if v, ok := strings.CutPrefix(w.Text, "-tags="); ok {
			out = strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' })
		}
	}
	return out
}

// cpuLevel is the highest GOAMD64 whose instructions this processor has (go.dev/wiki/MinimumRequirements); 0 on
// other architectures.
func cpuLevel() int {
	x := &cpu.X86
	switch {
	case runtime.GOARCH != "amd64":
		return 0
	case !(x.HasSSE3 && x.HasSSSE3 && x.HasSSE41 && x.HasSSE42 && x.HasPOPCNT && x.HasCX16):
		return 1
	case !(x.HasAVX && x.HasAVX2 && x.HasBMI1 && x.HasBMI2 && x.HasFMA && x.HasOSXSAVE):
		return 2
	case !(x.HasAVX512F && x.HasAVX512BW && x.HasAVX512CD && x.HasAVX512DQ && x.HasAVX512VL):
		return 3
	}
	return 4
}

// maxNetrc bounds a netrc file that is read: 256 KiB.
const maxNetrc = 256 << 10

// netrc finds the file of credentials (cmd/go/internal/auth: netrcPath). Of its content only the names of machines
// are kept.
func netrc(w probe.World) facts.Netrc {
	var n facts.Netrc
	usual := ""
	if home := w.Get("HOME"); home != "" {
		usual = filepath.Join(home, netrcName)
	}
	n.Path = usual
	if v := w.Get("NETRC"); v != "" {
		n.Path = v
		if v != usual && isFile(usual) {
			n.Usual = usual
		}
	}
	n.State, n.Machines = readNetrc(n.Path)
	if n.State == facts.FileMissing && n.Usual != "" {
		_, n.Machines = readNetrc(n.Usual)
	}
	return n
}

func isFile(path string) bool {
	s := state(path)
	return s == facts.NamedFile || s == facts.NamedProgram
}

func readNetrc(path string) (facts.FileState, []string) {
	if path == "" {
		return facts.FileMissing, nil
	}
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return facts.FileMissing, nil
	case err != nil:
		return facts.FileUnreadable, nil
	case !fi.Mode().IsRegular() || fi.Size() > maxNetrc:
		return facts.FileOdd, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return facts.FileUnreadable, nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxNetrc))
	if err != nil {
		return facts.FileUnreadable, nil
	}
	var machines []string
	words := strings.Fields(string(data))
	for i := 0; i+1 < len(words); i++ {
		switch words[i] {
		case "machine":
			machines = append(machines, words[i+1])
			i++
		case "login", "password", "account":
			i++ // whatever it is
		}
	}
	return facts.FileRead, machines
}
