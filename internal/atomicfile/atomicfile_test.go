//go:build unix

package atomicfile_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gorescue/gorescue/internal/atomicfile"
)

func put(t *testing.T, path string, im atomicfile.Image) {
	t.Helper()
	if err := atomicfile.Put(path, atomicfile.Temp(path, "t"), im); err != nil {
		t.Fatal(err)
	}
}

func look(t *testing.T, path string) atomicfile.Image {
	t.Helper()
	im, err := atomicfile.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

func image(kind atomicfile.Kind, mode os.FileMode, data string) atomicfile.Image {
	return atomicfile.Image{Kind: kind, Mode: mode, UID: os.Getuid(), GID: os.Getgid(), Data: []byte(data)}
}

// TestPutThere takes each state to each other state and back: exactly the first must be there again.
func TestPutThereAndBack(t *testing.T) {
	states := map[string]atomicfile.Image{
		"absent": {},
		"file":   image(atomicfile.File, 0o640, "one\n"),
		"empty":  image(atomicfile.File, 0o755|os.ModeSetuid, ""),
		"link":   {Kind: atomicfile.Link, Target: "else where"},
	}
	when := time.Date(2001, 2, 3, 4, 5, 6, 789, time.UTC)
	for from, a := range states {
		for to, b := range states {
			path := filepath.Join(t.TempDir(), "x")
			if a.Kind == atomicfile.File {
				a.ModTime = when
			}
			put(t, path, a)
			before := look(t, path)
			put(t, path, b)
			if !atomicfile.Same(look(t, path), b) {
				t.Errorf("%s to %s: %+v", from, to, look(t, path))
			}
			put(t, path, before)
			after := look(t, path)
			if !atomicfile.Same(after, before) || before.Kind == atomicfile.File && !after.ModTime.Equal(when) {
				t.Errorf("%s to %s and back: %+v, was %+v", from, to, after, before)
			}
			if left, _ := os.ReadDir(filepath.Dir(path)); len(left) > 1 {
				t.Errorf("%s to %s: left behind %v", from, to, left)
			}
		}
	}
}

func TestOddThings(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if im := look(t, pipe); im.Kind != atomicfile.Other {
		t.Errorf("pipe: %+v", im)
	}
	if err := atomicfile.Put(pipe, pipe+".tmp", image(atomicfile.File, 0o600, "x")); err == nil {
		t.Error("a pipe was replaced")
	}
	if err := atomicfile.Put(dir, dir+".tmp", image(atomicfile.File, 0o600, "x")); err == nil {
		t.Error("a folder was replaced by a file")
	}
	big := filepath.Join(dir, "big")
	if err := os.WriteFile(big, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(big, atomicfile.MaxSize+1); err != nil {
		t.Fatal(err)
	}
	if im := look(t, big); !im.Opaque || im.Data != nil {
		t.Errorf("big file: opaque %v, %d bytes", im.Opaque, len(im.Data))
	}
}

// otherDisk is a folder on another file system than dir; "" when the machine has none.
func otherDisk(t *testing.T, dir string) string {
	t.Helper()
	var a, b unix.Stat_t
	if unix.Stat(dir, &a) != nil || unix.Stat("/dev/shm", &b) != nil || a.Dev == b.Dev {
		return ""
	}
	d, err := os.MkdirTemp("/dev/shm", "gorescue-test-")
	if err != nil {
		return ""
	}
	t.Cleanup(func() { _ = atomicfile.RemoveTree(d) })
	return d
}

func TestMoveAndBack(t *testing.T) {
	places := []string{t.TempDir()}
	if d := otherDisk(t, places[0]); d != "" {
		places = append(places, d)
	} else {
		t.Log("no second file system here: moving across is not shown")
	}
	for _, place := range places {
		src := filepath.Join(t.TempDir(), "tree")
		if err := os.MkdirAll(filepath.Join(src, "a", "b"), 0o755); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(src, "a", "f"), image(atomicfile.File, 0o444, "data"))
		put(t, filepath.Join(src, "l"), atomicfile.Image{Kind: atomicfile.Link, Target: "a/f"})
		if err := os.Chmod(filepath.Join(src, "a"), 0o555); err != nil {
			t.Fatal(err)
		}
		dst := filepath.Join(place, "moved")
		if err := atomicfile.Move(src, dst); err != nil {
			t.Fatal(err)
		}
		if im := look(t, src); im.Kind != atomicfile.Absent {
			t.Errorf("still there: %+v", im)
		}
		if err := atomicfile.Move(dst, dst); err == nil {
			t.Error("moved onto something")
		}
		if err := atomicfile.Back(src, dst); err != nil {
			t.Fatal(err)
		}
		if im := look(t, filepath.Join(src, "a", "f")); string(im.Data) != "data" || im.Mode != 0o444 {
			t.Errorf("%+v", im)
		}
		if im := look(t, filepath.Join(src, "a")); im.Mode != 0o555 {
			t.Errorf("mode of the folder: %v", im.Mode)
		}
		if err := os.Chmod(filepath.Join(src, "a"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBackHealsAnInterruptedMove has the copy complete and the original in part.
func TestBackHealsAnInterruptedMove(t *testing.T) {
	dir := t.TempDir()
	src, dst := filepath.Join(dir, "src"), filepath.Join(dir, "dst")
	for _, d := range []string{src, dst} {
		if err := os.MkdirAll(filepath.Join(d, "sub"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	put(t, filepath.Join(dst, "sub", "one"), image(atomicfile.File, 0o600, "1"))
	put(t, filepath.Join(dst, "two"), image(atomicfile.File, 0o600, "2"))
	put(t, filepath.Join(src, "two"), image(atomicfile.File, 0o600, "2"))
	if err := atomicfile.Back(src, dst); err != nil {
		t.Fatal(err)
	}
	if string(look(t, filepath.Join(src, "sub", "one")).Data) != "1" || string(look(t, filepath.Join(src, "two")).Data) != "2" {
		t.Error("not whole again")
	}
	if look(t, dst).Kind != atomicfile.Absent {
		t.Error("the copy stays")
	}
}
