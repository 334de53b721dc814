package goenv

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gorescue/gorescue/internal/facts"
)

// maxFile bounds an env file that is read: 1 MiB.
const maxFile = 1 << 20

// Read reads an env file. It never fails: what went wrong is in State and Err.
func Read(path string) facts.EnvFile {
	f := facts.EnvFile{Path: path, UID: -1}
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.State = facts.FileMissing
		return f
	case err != nil:
		f.State, f.Err = facts.FileUnreadable, err.Error()
		f.Closed = closedFolder(path)
		return f
	}
	f.Size, f.Mode, f.UID = fi.Size(), uint32(fi.Mode().Perm()), ownerOf(fi)
	if !fi.Mode().IsRegular() || fi.Size() > maxFile {
		f.State, f.Err = facts.FileOdd, fi.Mode().String()
		f.Folder = fi.IsDir()
		return f
	}
	data, err := read(path)
	if err != nil {
		f.State, f.Err = facts.FileUnreadable, err.Error()
		return f
	}
	f.State = facts.FileRead
	f.BOM = bytes.HasPrefix(data, []byte("\xef\xbb\xbf"))
	f.UTF16 = bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff"))
	f.NULs = bytes.Count(data, []byte{0})
	f.Entries = Parse(data)
	f.Plain = plain(data, &f)
	return f
}

// closedFolder is the topmost folder above path that this user may not enter, nil when none is found.
func closedFolder(path string) *facts.ClosedFolder {
	var closed *facts.ClosedFolder
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if fi, err := os.Stat(dir); err == nil && fi.IsDir() {
			if !mayEnter(dir) {
				closed = &facts.ClosedFolder{Path: dir, Mode: uint32(fi.Mode().Perm()), UID: ownerOf(fi)}
			}
		}
		if dir == filepath.Dir(dir) {
			return closed
		}
	}
}

func mayEnter(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, "no-such-name"))
	return err == nil || errors.Is(err, fs.ErrNotExist)
}

func read(path string) ([]byte, error) {
	r, err := openNow(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, maxFile))
}

// Parse splits an env file into its entries. Comments and empty lines are left out.
func Parse(data []byte) []facts.EnvEntry {
	var out []facts.EnvEntry
	last := map[string]int{}
	for n, at := 1, 0; at < len(data); n++ {
		line, end := data[at:], len(data)
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			line, end = line[:i], at+i+1
		}
		e := facts.EnvEntry{Line: n, Cut: facts.Splice{Offset: at, Old: string(data[at:end])}}
		name, val, ok := strings.Cut(string(line), "=")
		switch {
		case strings.TrimSpace(string(line)) == "" || line[0] == '#':
			at = end
			continue
		case !ok:
			e.Name, e.Ignored = strings.TrimSpace(name), "no ="
		case line[0] < 'A' || line[0] > 'Z':
			e.Name, e.Value, e.Ignored = name, val, "name"
		default:
			e.Name, e.Value = name, val
			if i, seen := last[name]; seen {
				out[i].Shadow = true
			}
			last[name] = len(out)
		}
		out = append(out, e)
		at = end
	}
	return out
}

// plain is the edit that makes the same text plain UTF-8 with newline ends, as the go command reads it;
// nil when it is that already, or cannot be told.
func plain(data []byte, f *facts.EnvFile) []facts.Splice {
	var out []facts.Splice
	switch {
	case f.UTF16:
		text, ok := FromUTF16(data)
		if !ok {
			return nil
		}
		return []facts.Splice{{Old: string(data), New: strings.ReplaceAll(text, "\r\n", "\n")}}
	case f.NULs > 0:
		return nil
	case f.BOM:
		out = append(out, facts.Splice{Old: string(data[:3])})
	}
	for at := 0; ; {
		i := bytes.Index(data[at:], []byte("\r\n"))
		if i < 0 {
			break
		}
		out = append(out, facts.Splice{Offset: at + i, Old: "\r"})
		at += i + 2
	}
	if bytes.HasSuffix(data, []byte("\r")) {
		out = append(out, facts.Splice{Offset: len(data) - 1, Old: "\r"})
	}
	return out
}

// FromUTF16 decodes a text that begins with a byte order mark. ok is false for half characters and for
// what is not text.
func FromUTF16(data []byte) (text string, ok bool) {
	big := data[0] == 0xfe
	data = data[2:]
	if len(data)%2 != 0 {
		return "", false
	}
	units := make([]uint16, 0, len(data)/2)
	for i := 0; i < len(data); i += 2 {
		a, b := uint16(data[i]), uint16(data[i+1])
		if big {
			a, b = b, a
		}
		units = append(units, a|b<<8)
	}
	var out strings.Builder
	for _, r := range utf16.Decode(units) {
		if r == 0 || r == utf8.RuneError {
			return "", false
		}
		out.WriteRune(r)
	}
	return out.String(), true
}

// backups finds copies of an env file beside it, newest first, at most 20.
func backups(path string) []facts.EnvFileCopy {
	dir, base := filepath.Split(path)
	list, err := os.ReadDir(filepath.Clean(dir))
	if err != nil {
		return nil
	}
	type found struct {
		facts.EnvFileCopy
		mod int64
	}
	var all []found
	for _, e := range list {
		n := e.Name()
		like := n != base && (strings.HasPrefix(n, base) || strings.HasPrefix(n, "."+base) || strings.HasPrefix(n, "#"+base))
		if !like || !e.Type().IsRegular() {
			continue
		}
		fi, err := e.Info()
		if err != nil || fi.Size() == 0 || fi.Size() > maxFile {
			continue
		}
		data, err := read(filepath.Join(dir, n))
		if err != nil || bytes.IndexByte(data, 0) >= 0 {
			continue
		}
		sum := sha256.Sum256(data)
		all = append(all, found{facts.EnvFileCopy{Path: filepath.Join(dir, n), Size: fi.Size(), Entries: Parse(data), Sum: hex.EncodeToString(sum[:])}, fi.ModTime().UnixNano()})
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].mod > all[j].mod })
	var out []facts.EnvFileCopy
	for _, f := range all[:min(len(all), 20)] {
		out = append(out, f.EnvFileCopy)
	}
	return out
}
