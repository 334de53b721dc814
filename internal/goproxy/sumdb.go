package goproxy

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/note"

	"github.com/gorescue/gorescue/internal/facts"
)

// SumDB is a checksum database as a value of GOSUMDB names it.
type SumDB struct {
	Name string // host and path
	key  string
	base string // explicit address, "" = through the proxies of GOPROXY, else https://Name
}

// ErrNoSumDB says that GOSUMDB is off.
var ErrNoSumDB = errors.New("checksum database disabled by GOSUMDB=off")

// KnownKeys are the keys of checksum databases that the go command of a Go tree knows by name
// (src/cmd/go/internal/modfetch/key.go); empty when that file cannot be read.
func KnownKeys(tree string) map[string]string {
	keys := map[string]string{}
	file := filepath.Join(tree, "src", "cmd", "go", "internal", "modfetch", "key.go")
	fi, err := os.Stat(file)
	if tree == "" || err != nil || !fi.Mode().IsRegular() || fi.Size() > 1<<20 {
		return keys
	}
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		return keys
	}
	ast.Inspect(f, func(n ast.Node) bool {
		kv, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		if k, v := literal(kv.Key), literal(kv.Value); k != "" && v != "" {
			keys[k] = v
		}
		return false
	})
	return keys
}

func literal(e ast.Expr) string {
	if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
		s, err := strconv.Unquote(l.Value)
		if err == nil {
			return s
		}
	}
	return ""
}

// ParseSumDB reads a value of GOSUMDB by the rules of cmd/go/internal/modfetch/sumdb.go (dbDial), given the keys that go
// knows by name.
func ParseSumDB(value string, known map[string]string) (SumDB, error) {
	if value == "off" {
		return SumDB{}, ErrNoSumDB
	}
	f := strings.Fields(value)
	switch {
	case len(f) == 0:
		return SumDB{}, errors.New("missing GOSUMDB")
	case len(f) > 2:
		return SumDB{}, errors.New("invalid GOSUMDB: too many fields")
	}
	key := f[0]
	if len(f) == 1 && known[key] == "" {
		// The one alias that go has is another name of the operator of the known database: same first two labels.
		for name, k := range known {
			if a, b := labels(name), labels(key); a != "" && a == b && !strings.Contains(key, "+") {
				key, f = k, []string{k, "https://" + f[0]}
			}
		}
	}
	if k := known[key]; k != "" {
		key = k
	}
	v, err := note.NewVerifier(key)
	if err != nil {
		return SumDB{}, fmt.Errorf("invalid GOSUMDB: %w", err)
	}
	u, err := url.Parse("https://" + v.Name())
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(v.Name(), "/") {
		return SumDB{}, fmt.Errorf("invalid sumdb name (must be host[/path]): %s", v.Name())
	}
	db := SumDB{Name: v.Name(), key: key}
	if len(f) == 2 {
		if _, err := url.Parse(f[1]); err != nil {
			return SumDB{}, errors.New("invalid GOSUMDB URL")
		}
		db.base = f[1]
	}
	return db, nil
}

// labels are the first two labels of a host name of at least three.
func labels(host string) string {
	p := strings.SplitN(host, ".", 3)
	if len(p) < 3 {
		return ""
	}
	return p[0] + "." + p[1]
}

// Lookup is one question to a checksum database.
type Lookup struct {
	Base  string            // where the database was reached, "" = nowhere
	Lines []string          // of go.sum, verified; nil when there is an error
	Asked []facts.NetAnswer // every request, in order
	Err   error
	// Security is set when the database contradicts itself or its key: nothing it says may be used.
	Security string
}

// Lookup asks a checksum database for the go.sum lines of one module version, verified against its signed tree, by way
// of the proxies of list as the go command does. Nothing is kept between calls: whether the database has rewritten
// its history since another time is not seen.
func (c *Client) Lookup(ctx context.Context, db SumDB, list []Entry, mod module.Version) *Lookup {
	ops := &sumOps{ctx: ctx, c: c, db: db, list: list, out: &Lookup{}, config: map[string][]byte{}, cache: map[string][]byte{}}
	lines, err := sumdb.NewClient(ops).Lookup(mod.Path, mod.Version)
	ops.mu.Lock()
	defer ops.mu.Unlock()
	if ops.out.Err = err; err == nil {
		ops.out.Lines = lines
	}
	out := *ops.out
	out.Asked = append([]facts.NetAnswer(nil), out.Asked...)
	return &out
}

// sumOps implements sumdb.ClientOps in memory.
type sumOps struct {
	ctx  context.Context
	c    *Client
	db   SumDB
	list []Entry

	once sync.Once
	base string
	err  error

	mu     sync.Mutex
	out    *Lookup
	config map[string][]byte
	cache  map[string][]byte
}

// ReadRemote implements sumdb.ClientOps.
func (o *sumOps) ReadRemote(path string) ([]byte, error) {
	o.once.Do(o.find)
	if o.err != nil {
		return nil, o.err
	}
	return o.get(o.base + path)
}

func (o *sumOps) get(address string) ([]byte, error) {
	data, a := o.c.Read(o.ctx, address, MaxText)
	o.mu.Lock()
	o.out.Asked = append(o.out.Asked, a)
	o.mu.Unlock()
	if !a.OK() {
		return nil, &AnswerError{a}
	}
	return data, nil
}

// find looks for the first proxy that says that it serves the database (modfetch/sumdb.go: initBase).
func (o *sumOps) find() {
	base := o.db.base
	for _, e := range o.list {
		if base != "" || !e.IsProxy() && e.URL != NoProxy {
			break
		}
		if e.URL == NoProxy {
			continue
		}
		at := strings.TrimSuffix(e.URL, "/") + "/sumdb/" + o.db.Name
		_, err := o.get(at + "/supported")
		var bad *AnswerError
		switch {
		case err == nil:
			base = at
		case e.OnError || errors.As(err, &bad) && bad.Answer.NotFound():
		default:
			o.err = err
			return
		}
	}
	if base == "" {
		base = "https://" + o.db.Name
	}
	o.base = strings.TrimSuffix(base, "/")
	o.mu.Lock()
	o.out.Base = o.base
	o.mu.Unlock()
}

// AnswerError is a failed answer as an error.
type AnswerError struct{ Answer facts.NetAnswer }

// Error implements error.
func (e *AnswerError) Error() string { return e.Answer.URL + ": " + e.Answer.Err }

// ReadConfig implements sumdb.ClientOps.
func (o *sumOps) ReadConfig(file string) ([]byte, error) {
	if file == "key" {
		return []byte(o.db.key), nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.config[file], nil
}

// WriteConfig implements sumdb.ClientOps.
func (o *sumOps) WriteConfig(file string, old, data []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if string(o.config[file]) != string(old) {
		return sumdb.ErrWriteConflict
	}
	o.config[file] = data
	return nil
}

// ReadCache implements sumdb.ClientOps.
func (o *sumOps) ReadCache(file string) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if data, ok := o.cache[file]; ok {
		return data, nil
	}
	return nil, os.ErrNotExist
}

// WriteCache implements sumdb.ClientOps.
func (o *sumOps) WriteCache(file string, data []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cache[file] = data
}

// Log implements sumdb.ClientOps.
func (o *sumOps) Log(string) {}

// SecurityError implements sumdb.ClientOps.
func (o *sumOps) SecurityError(msg string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.out.Security = msg
}
