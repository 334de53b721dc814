package lsp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Encoding is the unit in which a position counts columns (PositionEncodingKind).
type Encoding string

// The encodings. The empty string means UTF16, as in the protocol.
const (
	UTF8  Encoding = "utf-8"
	UTF16 Encoding = "utf-16"
	UTF32 Encoding = "utf-32"
)

// Document is an open document as the editor has it.
type Document struct {
	URI      string
	Language string
	Version  int64
	Text     []byte
}

type position struct{ Line, Character uint32 }

type change struct {
	Range *struct{ Start, End position }
	Text  *string
}

// Open makes a document of the params of textDocument/didOpen.
func Open(params []byte) (*Document, error) {
	var p struct {
		TextDocument struct {
			URI, LanguageID, Text string
			Version               int64
		}
	}
	if err := json.Unmarshal(params, &p); err != nil {
		return nil, err
	}
	d := p.TextDocument
	return &Document{URI: d.URI, Language: d.LanguageID, Version: d.Version, Text: []byte(d.Text)}, nil
}

// OpenParams returns the params of textDocument/didOpen for the document as it is now.
func (d *Document) OpenParams() any {
	return map[string]any{"textDocument": map[string]any{
		"uri": d.URI, "languageId": d.Language, "version": d.Version, "text": string(d.Text),
	}}
}

// Apply applies the params of textDocument/didChange. Changes apply one after the other, each to what
// the one before it left. Lines end with "\n" (which "\r\n" also does; a lone "\r" ends none, as in
// gopls/internal/protocol/mapper.go); a position behind the end of its line means that end, as the
// protocol says; one in the middle of a character means its start. Nothing is changed when there is an error.
func (d *Document) Apply(params []byte, enc Encoding) error {
	var p struct {
		TextDocument   struct{ Version *int64 }
		ContentChanges []change
	}
	if err := json.Unmarshal(params, &p); err != nil {
		return err
	}
	for i, c := range p.ContentChanges {
		if c.Text == nil {
			return fmt.Errorf("change %d has no text", i)
		}
		if r := c.Range; r != nil && (r.End.Line < r.Start.Line || r.End.Line == r.Start.Line && r.End.Character < r.Start.Character) {
			return fmt.Errorf("change %d ends before it starts", i)
		}
	}
	for _, c := range p.ContentChanges {
		if c.Range == nil {
			d.Text = []byte(*c.Text)
			continue
		}
		line := lines(d.Text, 0, c.Range.Start.Line)
		start := column(d.Text, line, c.Range.Start.Character, enc)
		line = lines(d.Text, line, c.Range.End.Line-c.Range.Start.Line)
		end := max(start, column(d.Text, line, c.Range.End.Character, enc))
		d.Text = slices.Replace(d.Text, start, end, []byte(*c.Text)...)
	}
	if p.TextDocument.Version != nil {
		d.Version = *p.TextDocument.Version
	}
	return nil
}

// lines returns where the line begins that is n lines below the one at from; the end of the text when
// there are not so many.
func lines(text []byte, from int, n uint32) int {
	for ; n > 0; n-- {
		i := bytes.IndexByte(text[from:], '\n')
		if i < 0 {
			return len(text)
		}
		from += i + 1
	}
	return from
}

// column returns the byte n units behind the start of a line.
func column(text []byte, line int, n uint32, enc Encoding) int {
	at := line
	for n > 0 {
		if at == len(text) {
			return at
		}
		if text[at] == '\n' {
			if at > line && text[at-1] == '\r' {
				at--
			}
			return at
		}
		r, size := utf8.DecodeRune(text[at:])
		units := uint32(1)
		switch {
		case enc == UTF8:
			units = uint32(size)
		case enc != UTF32 && r > 0xffff:
			units = 2
		}
		if units > n {
			return at // in the middle of a character
		}
		n -= units
		at += size
	}
	return at
}
