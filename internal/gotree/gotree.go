// Package gotree looks at one go program or one Go tree on disk and says what is there: which release a
// program was built as, which tree it belongs to, what a tree lacks. It only reads, runs nothing, reads
// at most a stated bound of any file, and never waits for the other end of a pipe.
package gotree

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/gorescue/gorescue/internal/facts"
)

// maxScript bounds a script that is read: 64 KiB.
const maxScript = 64 << 10

// Exe is the file name of a program on this system: "go" or "go.exe".
func Exe(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

// Program says what stands at a path where a go command should be. vars is the environment in which a
// script there would run. It never fails: what went wrong is in Kind and Err.
func Program(path string, vars map[string]string) facts.GoProgram {
	p := facts.GoProgram{Path: path}
	if to, err := os.Readlink(path); err == nil {
		p.Link = to
	}
	fi, err := os.Stat(path)
	if err != nil {
		p.Kind, p.Err = kindOfError(path, err), reason(err)
		return p
	}
	p.Real, _ = filepath.EvalSymlinks(path)
	p.Size, p.Mode = fi.Size(), uint32(fi.Mode().Perm())
	p.Runs, p.NoExec = executable(path, fi)
	switch {
	case fi.IsDir():
		p.Kind, p.Runs = facts.GoFolder, false
	case !fi.Mode().IsRegular():
		p.Kind = facts.GoOdd
	case fi.Size() == 0:
		p.Kind = facts.GoEmpty
	default:
		content(&p, vars)
	}
	return p
}

// kindOfError tells a broken link from a file that is not there or not to be looked at.
func kindOfError(path string, err error) facts.GoKind {
	_, lerr := os.Lstat(path)
	switch {
	case lerr != nil && errors.Is(lerr, fs.ErrNotExist):
		return facts.GoAbsent
	case errors.Is(err, syscall.ELOOP):
		return facts.GoLoop
	case errors.Is(err, fs.ErrNotExist):
		return facts.GoDangling
	}
	return facts.GoUnreadable
}

// content fills what the bytes of a regular file say.
func content(p *facts.GoProgram, vars map[string]string) {
	f, err := Open(p.Path)
	if err != nil {
		p.Kind, p.Err = facts.GoUnreadable, reason(err)
		return
	}
	defer f.Close()
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		p.Kind, p.Err = facts.GoUnreadable, reason(err)
		return
	}
	head = head[:n]
	switch {
	case isExecutable(head):
		executableFile(p, f)
	case bytes.IndexByte(head, 0) >= 0:
		p.Kind, p.Err = facts.GoDamaged, "no program: its first bytes are neither those of an executable nor text"
	default:
		p.Kind = facts.GoScriptFile
		if p.Size <= maxScript {
			src := make([]byte, p.Size)
			if n, err := f.ReadAt(src, 0); err == nil || errors.Is(err, io.EOF) {
				p.Script = script(p.Path, src[:n], vars)
				p.Lacks = missingInterpreter(src[:n])
			}
		}
	}
}

// isExecutable reports whether a file begins as an executable of one of the systems that Go knows.
func isExecutable(head []byte) bool {
	for _, magic := range []string{"\x7fELF", "MZ", "\xcf\xfa\xed\xfe", "\xce\xfa\xed\xfe", "\xfe\xed\xfa\xcf", "\xfe\xed\xfa\xce", "\xca\xfe\xba\xbe"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}

// executableFile reads build information and, of ELF, whether all of it is there.
func executableFile(p *facts.GoProgram, f *os.File) {
	p.Kind = facts.GoProgramOf
	if e, err := elf.NewFile(f); err == nil {
		p.OS, p.Arch = "linux", archOf(e)
		if end := endOf(e); end > p.Size {
			p.Kind, p.Err = facts.GoDamaged, "cut off: it is shorter than its own headers say"
		}
		if in := interpreter(e); in != "" && (p.Arch == runtime.GOARCH) {
			if _, err := os.Stat(in); errors.Is(err, fs.ErrNotExist) {
				p.Lacks = in
			}
		}
	} else if head := make([]byte, 4); readHead(f, head) == nil && string(head) == "\x7fELF" {
		p.Kind, p.Err = facts.GoDamaged, reason(err)
	}
	info, err := buildinfo.Read(f)
	if err != nil {
		if p.Err == "" {
			p.Err = reason(err)
		}
		return
	}
	p.Version = info.GoVersion
	for _, s := range info.Settings {
		switch s.Key {
		case "GOARCH":
			if p.Arch == "" { // what the system goes by is the header
				p.Arch = s.Value
			}
		case "GOOS":
			p.OS = s.Value
		case "-trimpath":
			p.Trimmed = s.Value == "true"
		}
	}
	switch {
	case p.Kind == facts.GoDamaged:
	case info.Path == "cmd/go" || strings.HasPrefix(info.Path, "cmd/"):
		p.Kind = facts.GoBinary
		p.Root = RootOf(p.Path)
	default: // a launcher that is itself written in Go: its release is not that of a go command
		p.Version, p.Main = "", info.Path
	}
}

func readHead(f *os.File, b []byte) error {
	_, err := f.ReadAt(b, 0)
	return err
}

// archOf names the processor of an ELF file as GOARCH does, "" for one that Go does not know.
func archOf(e *elf.File) string {
	little := e.Data == elf.ELFDATA2LSB
	switch e.Machine {
	case elf.EM_X86_64:
		return "amd64"
	case elf.EM_386:
		return "386"
	case elf.EM_AARCH64:
		return "arm64"
	case elf.EM_ARM:
		return "arm"
	case elf.EM_RISCV:
		return "riscv64"
	case elf.EM_S390:
		return "s390x"
	case elf.EM_LOONGARCH:
		return "loong64"
	case elf.EM_PPC64:
		if little {
			return "ppc64le"
		}
		return "ppc64"
	}
	return ""
}

// endOf is the size that the file must have for all loaded parts to be there.
func endOf(e *elf.File) int64 {
	var end uint64
	for _, p := range e.Progs {
		if p.Type == elf.PT_LOAD && p.Filesz < 1<<40 && p.Off < 1<<40 {
			end = max(end, p.Off+p.Filesz)
		}
	}
	return int64(end)
}

// interpreter is the loader that an ELF file asks for, "" for a static one.
func interpreter(e *elf.File) string {
	for _, p := range e.Progs {
		if p.Type == elf.PT_INTERP && p.Filesz < 4096 {
			b := make([]byte, p.Filesz)
			if _, err := p.ReadAt(b, 0); err == nil {
				return strings.TrimRight(string(b), "\x00")
			}
		}
	}
	return ""
}

// RootOf is the tree in which a go program finds itself when GOROOT is not set, "" when there is none: the
// folder above its own folder, or the one above that, that has pkg/tool; first as the program was
// named, then with links followed (cmd/go/internal/cfg/cfg.go: findGOROOT).
func RootOf(program string) string {
	tries := []string{program}
	if real, err := filepath.EvalSymlinks(program); err == nil && real != program {
		if runtime.GOOS == "linux" { // os.Executable is the link's target there (/proc/self/exe)
			tries = nil
		}
		tries = append(tries, real)
	}
	for _, exe := range tries {
		for _, up := range []string{"../..", "../../.."} {
			dir := filepath.Join(exe, up)
			if fi, err := os.Stat(filepath.Join(dir, "pkg", "tool")); err == nil && fi.IsDir() {
				return dir
			}
		}
	}
	return ""
}

// reason is an error without the path, which stands beside it.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}
