// Package vscdb reads the database in which editors of the VS Code family keep their state (state.vscdb: one
// table of keys and values), and makes a changed copy of it. It opens files read-only and takes no locks;
// what it writes are bytes in memory.
package vscdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// MaxSize bounds a database of which a changed copy is made: 64 MiB.
const MaxSize = 64 << 20

// ErrDamaged says that a file is no sound database of that kind.
var ErrDamaged = errors.New("no sound database")

// Read returns the values of the given keys; a missing key is not in the map. The error wraps ErrDamaged
// when the file is no sound database.
func Read(ctx context.Context, path string, keys ...string) (map[string]string, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !fi.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", path)
	}
	f, err := os.Open(path) // readable at all?
	if err != nil {
		return nil, err
	}
	f.Close()
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: "mode=ro&immutable=1"}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if fi.Size() <= MaxSize {
		var word string
		if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&word); err != nil || word != "ok" {
			return nil, damaged(ctx, err, word)
		}
	}
	out := map[string]string{}
	for _, k := range keys {
		var v string
		switch err := db.QueryRowContext(ctx, "SELECT value FROM ItemTable WHERE key = ?", k).Scan(&v); {
		case err == nil:
			out[k] = v
		case !errors.Is(err, sql.ErrNoRows):
			return nil, damaged(ctx, err, "")
		}
	}
	return out, nil
}

func damaged(ctx context.Context, err error, word string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		word = err.Error()
	}
	return fmt.Errorf("%w: %s", ErrDamaged, word)
}

// serializer is what the driver's connections can do beside SQL.
type serializer interface {
	driver.Conn
	Serialize() ([]byte, error)
	Deserialize([]byte) error
}

// memory runs f with a connection to a copy of the database in memory.
func memory(ctx context.Context, data []byte, f func(*sql.Conn) error) error {
	if len(data) > MaxSize {
		return fmt.Errorf("larger than %d bytes", MaxSize)
	}
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := raw(conn, func(s serializer) error { return s.Deserialize(data) }); err != nil {
		return fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	return f(conn)
}

func raw(conn *sql.Conn, f func(serializer) error) error {
	return conn.Raw(func(c any) error {
		s, ok := c.(serializer)
		if !ok {
			return errors.New("the database driver cannot copy")
		}
		return f(s)
	})
}

// Get returns the value of a key in a database given as bytes, "" when the key is not there.
func Get(ctx context.Context, data []byte, key string) (value string, err error) {
	err = memory(ctx, data, func(conn *sql.Conn) error {
		err := conn.QueryRowContext(ctx, "SELECT value FROM ItemTable WHERE key = ?", key).Scan(&value)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return damaged(ctx, err, "")
		}
		return nil
	})
	return value, err
}

// With returns the bytes of a database in which key has that value, everything else as it was.
func With(ctx context.Context, data []byte, key, value string) (out []byte, err error) {
	err = memory(ctx, data, func(conn *sql.Conn) error {
		if _, err := conn.ExecContext(ctx, "INSERT OR REPLACE INTO ItemTable (key, value) VALUES (?, ?)", key, value); err != nil {
			return damaged(ctx, err, "")
		}
		return raw(conn, func(s serializer) error {
			b, err := s.Serialize()
			out = append([]byte(nil), b...)
			return err
		})
	})
	return out, err
}
