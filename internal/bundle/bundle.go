// Package bundle is the document that leaves a machine: the facts of one moment, redacted by their classes, with the
// last minutes of the black box. It is judged elsewhere by the same checks, and two of them, or one and the
// present, are compared by what can explain a fault.
package bundle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/gorescue/gorescue/internal/blackbox"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/redact"
	"github.com/gorescue/gorescue/internal/text"
)

// Kind and Schema name the format. Schema is raised when a field changes its meaning or goes away.
const (
	Kind   = "gorescue snapshot"
	Schema = 1
)

// Bundle is the document. Ring may be empty; its last sample is of the moment of the facts.
type Bundle struct {
	Kind   string           `json:"kind"`
	Schema int              `json:"schema"`
	Tool   string           `json:"tool"`
	Taken  time.Time        `json:"taken"`
	Facts  *facts.Snapshot  `json:"facts"`
	Ring   *blackbox.Series `json:"ring,omitempty"`
	Events []blackbox.Event `json:"events,omitempty"`
}

// Sample is the last sample, nil = none.
func (b *Bundle) Sample() *blackbox.Sample {
	list, err := b.Ring.Samples()
	if err != nil || len(list) == 0 {
		return nil
	}
	return list[len(list)-1]
}

// Make redacts facts, samples and events into a bundle. samples are in the order of time. The originals stay as they are.
func Make(r *redact.Redactor, s *facts.Snapshot, samples []*blackbox.Sample, events []blackbox.Event) (*Bundle, error) {
	clean, err := r.Snapshot(s)
	if err != nil {
		return nil, err
	}
	b := &Bundle{Kind: Kind, Schema: Schema, Tool: s.Tool, Taken: s.Taken.UTC().Round(0), Facts: clean}
	if b.Ring, err = blackbox.Pack(samples, r.Value); err != nil {
		return nil, err
	}
	for _, e := range events {
		e.Subject = r.Text(e.Subject)
		args := make(map[string]string, len(e.Msg.Args))
		for k, v := range e.Msg.Args {
			args[k] = r.Text(v)
		}
		e.Msg.Args = args
		b.Events = append(b.Events, e)
	}
	return b, nil
}

// Encode is the document as bytes. It is an error when one of the secrets that r knows is in it all the same.
func (b *Bundle) Encode(r *redact.Redactor) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(b); err != nil {
		return nil, err
	}
	if r.Known(out.String()) {
		return nil, fmt.Errorf("a credential is left in the document: it is not written")
	}
	return out.Bytes(), nil
}

// maxSize bounds a document that is read: 64 MiB.
const maxSize = 64 << 20

// ReadFile reads a document from a file.
func ReadFile(path string) (*Bundle, error) {
	refuse := func(why text.Msg) error {
		return text.Errorf(text.New("cannot read {file} as a snapshot: {why}", "无法将 {file} 读作快照：{why}").With("file", path, "why", why.String()),
			text.New("gorescue snapshot -o {file} makes one", "gorescue snapshot -o {file} 可生成快照").With("file", path))
	}
	fi, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, refuse(text.New("{err}", "{err}").With("err", err))
	case !fi.Mode().IsRegular():
		return nil, refuse(text.New("it is no regular file", "它不是普通文件").With())
	case fi.Size() > maxSize:
		return nil, refuse(text.New("it is larger than 64 MiB", "它超过 64 MiB").With())
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, refuse(text.New("{err}", "{err}").With("err", err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSize))
	if err != nil {
		return nil, refuse(text.New("{err}", "{err}").With("err", err))
	}
	b, err := Decode(data)
	if err != nil {
		return nil, refuse(text.New("{err}", "{err}").With("err", err))
	}
	return b, nil
}

// Decode reads a document, also a snapshot of facts alone.
func Decode(data []byte) (*Bundle, error) {
	if !bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n\ufeff"), []byte("{")) {
		return nil, fmt.Errorf("it is no JSON object")
	}
	var head struct {
		Kind     string
		Schema   int
		Sections map[facts.Section]json.RawMessage
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("it is no JSON: %v", err)
	}
	b := &Bundle{}
	switch {
	case head.Kind == Kind && head.Schema > Schema, head.Kind == "" && head.Schema > facts.Schema:
		return nil, fmt.Errorf("a newer gorescue made it (schema %d): update this one", head.Schema)
	case head.Kind == Kind:
		if err := json.Unmarshal(data, b); err != nil {
			return nil, fmt.Errorf("it is damaged: %v", err)
		}
	case head.Kind == "" && head.Sections != nil:
		b.Facts = &facts.Snapshot{}
		if err := json.Unmarshal(data, b.Facts); err != nil {
			return nil, fmt.Errorf("it is damaged: %v", err)
		}
		b.Kind, b.Schema, b.Tool, b.Taken = Kind, Schema, b.Facts.Tool, b.Facts.Taken
	default:
		return nil, fmt.Errorf("it is another JSON document")
	}
	if b.Facts == nil || b.Facts.Sections == nil {
		return nil, fmt.Errorf("it holds no facts")
	}
	if b.Facts.Schema > facts.Schema {
		return nil, fmt.Errorf("a newer gorescue made it (facts of schema %d): update this one", b.Facts.Schema)
	}
	if _, err := b.Ring.Samples(); err != nil {
		return nil, fmt.Errorf("its samples are damaged: %v", err)
	}
	return b, nil
}
