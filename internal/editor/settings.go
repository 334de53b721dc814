package editor

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/jsonc"
)

// maxErrors bounds the complaints that are kept of one file.
const maxErrors = 5

// settingsFile reads one file of settings in JSON with comments; doc is nil when there is nothing to read.
func settingsFile(path, layer string) (f facts.EditorFile, doc *jsonc.Doc) {
	f = facts.EditorFile{Path: path, Layer: layer}
	var data []byte
	if data, f.Size, f.State = read(path); f.State != facts.FileRead {
		return f, nil
	}
	text := data
	if utf16ed(data) {
		f.Encoding = "utf-16"
		s, ok := fromUTF16(data)
		if !ok {
			return f, nil
		}
		f.Plain = []facts.Splice{{Old: string(data), New: s}}
		text = []byte(s)
	} else if bytes.IndexByte(data, 0) >= 0 {
		f.Encoding = "zeros"
		f.Copy = copyOf(path, func([]byte) bool { return true })
		return f, nil
	}
	f.Go = bytes.Contains(text, []byte(`"go.`)) || bytes.Contains(text, []byte(`"gopls`)) || bytes.Contains(text, []byte(`"[go]"`))
	doc = jsonc.Parse(text)
	if f.Encoding != "" {
		return f, nil // an editor sees no setting in it
	}
	damage(&f, doc)
	for _, dup := range doc.Duplicates() {
		if !aboutGo(append(dup.Path, dup.Key)) {
			continue
		}
		tw := facts.SettingsTwice{Key: strings.Join(append(dup.Path, dup.Key), " / ")}
		for _, i := range dup.At {
			tw.Lines = append(tw.Lines, doc.Line(dup.Object.Members[i].Start))
		}
		if join, conflicts, ok := doc.Join(dup); ok {
			tw.Join, tw.Conflicts = join, conflicts
		} else {
			tw.Conflicts = conflicts
		}
		if same(doc, dup) {
			continue // the same value twice changes nothing
		}
		f.Twice = append(f.Twice, tw)
	}
	return f, doc
}

func same(doc *jsonc.Doc, dup jsonc.Duplicate) bool {
	for _, i := range dup.At[1:] {
		a, b := dup.Object.Members[dup.At[0]].Value, dup.Object.Members[i].Value
		if a == nil || b == nil || doc.Raw(a) != doc.Raw(b) {
			return false
		}
	}
	return true
}

func aboutGo(path []string) bool {
	k := path[0]
	return strings.HasPrefix(k, "go.") || k == "gopls" || strings.HasPrefix(k, "gopls.") || k == "[go]" || k == "lsp"
}

// damage fills what is wrong with the text and how it is mended.
func damage(f *facts.EditorFile, doc *jsonc.Doc) {
	if len(doc.Errors) == 0 {
		return
	}
	for _, e := range doc.Errors[:min(len(doc.Errors), maxErrors)] {
		first := bytes.LastIndexByte(doc.Src[:e.Offset], '\n') + 1
		end := len(doc.Src)
		if n := bytes.IndexByte(doc.Src[e.Offset:], '\n'); n >= 0 {
			end = e.Offset + n
		}
		near := strings.ToValidUTF8(strings.TrimSpace(string(doc.Src[first:min(end, first+120)])), "?")
		f.Errors = append(f.Errors, facts.SettingsError{Line: doc.Line(e.Offset), Col: 1 + utf8.RuneCount(doc.Src[first:e.Offset]), Text: string(e.Problem), Near: near})
	}
	m := jsonc.Mend(doc.Src)
	f.Damage, f.Mend, f.Lost, f.Clash = string(m.Damage), m.Edit, m.Lost, m.Clash
	if m.Damage == jsonc.CutOff {
		cut := bytes.TrimRight(doc.Src, " \t\r\n")
		f.Copy = copyOf(f.Path, func(data []byte) bool { return bytes.HasPrefix(data, cut) })
	}
}

// copyOf finds a sound older copy of a settings file beside it, the newest first: one that fits.
func copyOf(path string, fits func([]byte) bool) *facts.EnvFileCopy {
	dir, base := filepath.Split(path)
	list, err := os.ReadDir(dir)
	if err != nil || len(list) > 2000 {
		return nil
	}
	type found struct {
		path string
		at   int64
		data []byte
	}
	var all []found
	for _, e := range list {
		n := e.Name()
		if n == base || !strings.Contains(n, strings.TrimSuffix(base, ".json")) {
			continue
		}
		fi, err := os.Stat(filepath.Join(dir, n))
		if err != nil || !fi.Mode().IsRegular() {
			continue
		}
		data, _, state := read(filepath.Join(dir, n))
		if state != facts.FileRead || len(data) == 0 || !fits(data) {
			continue
		}
		if d := jsonc.Parse(data); len(d.Errors) > 0 || d.Root == nil || d.Root.Kind != jsonc.Object {
			continue
		}
		all = append(all, found{filepath.Join(dir, n), fi.ModTime().UnixNano(), data})
	}
	if len(all) == 0 {
		return nil
	}
	sort.Slice(all, func(i, j int) bool { return all[i].at > all[j].at })
	sum := sha256.Sum256(all[0].data)
	return &facts.EnvFileCopy{Path: all[0].path, Size: int64(len(all[0].data)), Sum: hex.EncodeToString(sum[:])}
}

// utf16ed reports whether bytes are text in UTF-16: a byte order mark, or every other byte of the start is zero.
func utf16ed(data []byte) bool {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return true
	}
	head := data[:min(len(data), 64)&^1]
	if len(head) < 8 {
		return false
	}
	zeros := [2]int{}
	for i, b := range head {
		if b == 0 {
			zeros[i%2]++
		}
	}
	half := len(head) / 2
	return zeros[0] == 0 && zeros[1] > half*3/4 || zeros[1] == 0 && zeros[0] > half*3/4
}

// fromUTF16 decodes UTF-16 with or without a byte order mark. ok is false for what is no such text.
func fromUTF16(data []byte) (string, bool) {
	big := bytes.HasPrefix(data, []byte("\xfe\xff")) || !bytes.HasPrefix(data, []byte("\xff\xfe")) && len(data) > 1 && data[0] == 0
	if bytes.HasPrefix(data, []byte("\xfe\xff")) || bytes.HasPrefix(data, []byte("\xff\xfe")) {
		data = data[2:]
	}
	if len(data)%2 != 0 {
		return "", false
	}
	units := make([]uint16, 0, len(data)/2)
	for i := 0; i < len(data); i += 2 {
		lo, hi := data[i], data[i+1]
		if big {
			lo, hi = hi, lo
		}
		units = append(units, uint16(hi)<<8|uint16(lo))
	}
	runes := utf16.Decode(units)
	for _, r := range runes {
		if r == utf8.RuneError || r == 0 {
			return "", false
		}
	}
	return string(runes), true
}

// objects are the settings whose entries are judged one by one.
func objects() []string {
	return []string{"gopls", "go.alternateTools", "go.toolsEnvVars", watcherExclude}
}

// values lists what one file says about Go. file is its index in Editor.Files.
func values(doc *jsonc.Doc, file int) []facts.EditorValue {
	var out []facts.EditorValue
	if doc == nil || doc.Root == nil {
		return nil
	}
	for i, m := range doc.Root.Members {
		relevant := strings.HasPrefix(m.Key, "go.") || m.Key == "gopls" || strings.HasPrefix(m.Key, "gopls.") || m.Key == "security.workspace.trust.enabled" || m.Key == watcherExclude
		if m.Value == nil || !relevant {
			continue
		}
		if m.Value.Kind == jsonc.Object && contains(objects(), m.Key) {
			for j, sub := range m.Value.Members {
				if sub.Value == nil {
					continue
				}
				v := value(doc, m.Value, j, file)
				v.Key, v.Sub = m.Key, sub.Key
				if m.Key == "gopls" && sub.Key == "gopls" && sub.Value.Kind == jsonc.Object {
					v.Nested = lift(doc, m.Value, j)
				}
				if len(m.Value.Members) == 1 { // the object would be empty
					v.Cut = doc.Remove(doc.Root, i)
				}
				out = append(out, v)
			}
			continue
		}
		v := value(doc, doc.Root, i, file)
		v.Key = m.Key
		out = append(out, v)
	}
	return out
}

func value(doc *jsonc.Doc, n *jsonc.Node, i, file int) facts.EditorValue {
	m := n.Members[i]
	return facts.EditorValue{
		File: file, Line: doc.Line(m.Start), JSON: strings.ToValidUTF8(doc.Raw(m.Value), "?"), Cut: doc.Remove(n, i),
		At:    facts.Splice{Offset: m.Value.Start, Old: doc.Raw(m.Value)},
		KeyAt: facts.Splice{Offset: m.Start, Old: string(doc.Src[m.Start:m.End])},
	}
}

// lift puts the entries of an inner object in the place of its member; nil when a name would stand twice.
func lift(doc *jsonc.Doc, outer *jsonc.Node, i int) []facts.Splice {
	m := outer.Members[i]
	inner := m.Value
	for _, e := range inner.Members {
		if e.Key != m.Key && outer.Get(e.Key) != nil {
			return nil
		}
	}
	if len(inner.Members) == 0 {
		return doc.Remove(outer, i)
	}
	start, end := inner.Members[0].Start, inner.End-1
	text := strings.TrimRight(string(doc.Src[start:end]), " \t\r\n")
	end = inner.End
	last := inner.Members[len(inner.Members)-1]
	if last.Comma >= 0 && m.Comma >= 0 { // one comma is enough
		text = strings.TrimRight(string(doc.Src[start:last.Comma])+string(doc.Src[last.Comma+1:inner.End-1]), " \t\r\n")
	}
	inside, outside := doc.Indent(inner.Members[0].Start), doc.Indent(m.Start)
	if outside != "" && strings.HasPrefix(inside, outside) && inside != outside {
		text = strings.ReplaceAll(text, "\n"+inside, "\n"+outside)
	}
	return []facts.Splice{{Offset: m.Start, Old: string(doc.Src[m.Start:end]), New: text}}
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

// beat marks the values that a stronger layer, or a later place of the same file, has too.
func beat(list []facts.EditorValue) {
	seen := map[string]bool{}
	for i := len(list) - 1; i >= 0; i-- {
		k := list[i].Key + "\x00" + list[i].Sub
		list[i].Beaten = seen[k]
		seen[k] = true
	}
}
