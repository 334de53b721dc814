//go:build !linux

package proc

import (
	"os"

	"github.com/gorescue/gorescue/internal/facts"
)

// Get knows no process here.
func Get(int) (facts.Proc, bool) { return facts.Proc{}, false }

// Terminal is never true here.
func Terminal(int) (has, foreground bool) { return false, false }

// Program is the name that a process goes by.
func Program(p facts.Proc) string { return p.Comm }

// Processes cannot tell here.
func Processes() (Table, error) { return Table{}, ErrUnknown }

// Effort is unknown here.
func Effort([]facts.Proc) Work { return Work{} }

// Runnable is never true here.
func Runnable([]facts.Proc) bool { return false }

// Locks cannot tell here.
func Locks() ([]Lock, error) { return nil, ErrUnknown }

// Held is never true here.
func Held(Lock) bool { return false }

// Files cannot tell here.
func Files(int) ([]File, error) { return nil, ErrUnknown }

// Matches is never true here.
func (Lock) Matches(os.FileInfo) (inode, device bool) { return false, false }

// Same is never true here.
func Same(int, int, os.FileInfo) bool { return false }

// Holders are unknown here.
func Holders(Lock, Table) []facts.Proc { return nil }

// PathOf is unknown here.
func PathOf(int, Lock) string { return "" }

// Connected is unknown here.
func Connected(int, []File) bool { return false }

// Listening is unknown here.
func Listening(int) (yes bool, hungUp int, known bool) { return false, 0, false }

// Ports are unknown here.
func Ports(int) []int { return nil }
