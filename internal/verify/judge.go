package verify

import (
	"fmt"

	"github.com/gorescue/gorescue/internal/modcache"
)

// Kind says what is wrong.
type Kind string

// The kinds of defect.
const (
	SumsContradict  Kind = "sum-lines-contradict" // two go.sum lines for one version have different hashes
	Poisoned        Kind = "not-as-go-sum"        // zip, folder and record agree with each other, and not with go.sum
	ZipUnreadable   Kind = "zip-unreadable"
	ZipDiffers      Kind = "zip-differs"
	TreeDiffers     Kind = "tree-differs"
	TreeUnreadable  Kind = "tree-unreadable"
	ModDiffers      Kind = "mod-differs"
	RecordMissing   Kind = "ziphash-missing"
	RecordMalformed Kind = "ziphash-malformed"
	RecordDiffers   Kind = "ziphash-differs"
	HalfExtracted   Kind = "partial-left"
	InfoInvalid     Kind = "info-invalid"
	ListInvalid     Kind = "list-invalid"
	VendorDiffers   Kind = "vendor-differs" // of VendorFile
)

// Defect is one thing that is not as it must be.
type Defect struct {
	Kind  Kind            `json:"kind"`
	Path  string          `json:"path"`
	Got   string          `json:"got,omitempty"`
	Want  string          `json:"want,omitempty"`
	Why   string          `json:"why,omitempty"`   // the reader's words
	Files []modcache.Diff `json:"files,omitempty"` // in which the folder differs from its zip
	// Heals: the go command itself puts it right the next time it needs the version, with a zip at hand or a
	// proxy to ask (cmd/go/internal/modfetch/fetch.go).
	Heals bool `json:"heals,omitempty"`
}

// judge compares what is with what must be.
func judge(m *Module, p modcache.Paths) {
	e := &m.Exam
	if e.Closed {
		m.Unknown = "no permission: " + firstOf(e.Zip.Err, e.Tree.Err, e.Mod.Err, "the files beside the zip")
	}
	chooseReference(m)
	defect := func(d Defect) { m.Defects = append(m.Defects, d) }
	switch {
	case m.Unknown != "":
	case poisoned(m):
		defect(Defect{Kind: Poisoned, Path: p.Zip, Got: e.Zip.Hash, Want: m.Want})
	default:
		content(m, p, defect)
		record(m, p, defect)
	}
	if e.Partial {
		defect(Defect{Kind: HalfExtracted, Path: p.Partial, Heals: e.Zip.Hash != ""})
	}
	if e.Info == modcache.Invalid && m.Unknown == "" {
		defect(Defect{Kind: InfoInvalid, Path: p.Info, Heals: true})
	}
	goMod(m, p, defect)
}

// chooseReference decides by what the content is judged, unless go.sum has said so already.
func chooseReference(m *Module) {
	e := &m.Exam
	switch {
	case m.Want != "":
		m.Reference = ByGoSum
	case e.Zip.Hash != "" && e.Zip.Hash == e.Tree.Hash:
		m.Reference, m.Want = byEachOther, e.Zip.Hash
		if e.Record == m.Want {
			m.Reference = ByRecord
		}
	case e.Record != "":
		m.Reference, m.Want = ByRecord, e.Record
	case e.Zip.Hash != "" && e.Tree.There():
		m.Reference, m.Want = byEachOther, e.Zip.Hash
	default:
		m.Reference = byNothing
	}
	if m.WantMod == "" && e.ZipMod != "" {
		m.WantMod, m.ModByZip = e.ZipMod, true
	}
}

// poisoned: all parts are of one piece, but not of the one that go.sum names.
func poisoned(m *Module) bool {
	e := &m.Exam
	return m.Reference == ByGoSum && e.Zip.Hash != "" && e.Zip.Hash != m.Want &&
		(e.Tree.Hash == e.Zip.Hash || !e.Tree.There()) && (e.Record == e.Zip.Hash || e.Record == "")
}

func content(m *Module, p modcache.Paths, defect func(Defect)) {
	e := &m.Exam
	switch {
	case e.Zip.Err != "":
		defect(Defect{Kind: ZipUnreadable, Path: p.Zip, Want: m.Want, Why: e.Zip.Err})
	case e.Zip.Hash != "" && m.Want != "" && e.Zip.Hash != m.Want:
		defect(Defect{Kind: ZipDiffers, Path: p.Zip, Got: e.Zip.Hash, Want: m.Want})
	}
	if e.Partial {
		return // the go command extracts it again whatever it holds
	}
	switch {
	case e.Tree.Err != "":
		defect(Defect{Kind: TreeUnreadable, Path: p.Tree, Want: m.Want, Why: e.Tree.Err})
	case e.Tree.Hash != "" && m.Want != "" && e.Tree.Hash != m.Want:
		d := Defect{Kind: TreeDiffers, Path: p.Tree, Got: e.Tree.Hash, Want: m.Want}
		if e.Zip.Hash == m.Want {
			d.Files = e.Diffs
		}
		defect(d)
	}
}

// record judges the text beside the zip.
func record(m *Module, p modcache.Paths, defect func(Defect)) {
	e := &m.Exam
	switch {
	case e.State == modcache.Invalid:
		defect(Defect{Kind: RecordMalformed, Path: p.ZipHash, Want: m.Want, Heals: e.Zip.Hash != ""})
	case e.State == modcache.Absent && (e.Zip.There() || e.Tree.There()):
		defect(Defect{Kind: RecordMissing, Path: p.ZipHash, Want: m.Want, Heals: true})
	case e.Record != "" && m.Want != "" && e.Record != m.Want:
		defect(Defect{Kind: RecordDiffers, Path: p.ZipHash, Got: e.Record, Want: m.Want})
	}
}

func goMod(m *Module, p modcache.Paths, defect func(Defect)) {
	switch is := m.Exam.Mod; {
	case m.Unknown != "":
	case is.Err != "":
		defect(Defect{Kind: ModDiffers, Path: p.Mod, Want: m.WantMod, Why: is.Err})
	case is.Hash != "" && m.WantMod != "" && is.Hash != m.WantMod:
		defect(Defect{Kind: ModDiffers, Path: p.Mod, Got: is.Hash, Want: m.WantMod})
	}
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

func contradiction(a, b modcache.Sum) Defect {
	return Defect{Kind: SumsContradict, Path: a.File, Got: b.Hash, Want: a.Hash, Why: fmt.Sprintf("lines %d and %d", a.Line, b.Line)}
}
