package action

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/proc"
)

// holderOf says who holds a lock file.
func holderOf(file string) string {
	const unknown = "another program holds it"
	fi, err := os.Stat(file)
	if err != nil {
		return unknown
	}
	table, err := proc.Processes()
	if err != nil {
		return unknown
	}
	locks, err := proc.Locks()
	if err != nil {
		return unknown
	}
	for _, l := range locks {
		if inode, _ := l.Matches(fi); !inode || l.Waiting {
			continue
		}
		for _, p := range proc.Holders(l, table) {
			return "held by " + describe(p)
		}
	}
	return unknown
}

func describe(p facts.Proc) string {
	state := ""
	if p.State == "T" {
		state = ", which is suspended (kill -CONT " + fmt.Sprint(p.PID) + " lets it go on)"
	}
	return fmt.Sprintf("process %d (%s)%s", p.PID, p.Command, state)
}

// userOf says which program has files of a folder open, or compiles in it; "" when none is seen. A shell that stands
// in the folder does no harm and is none.
func userOf(tree string) string {
	table, err := proc.Processes()
	if err != nil {
		return ""
	}
	tools := []string{"go", "compile", "asm", "cgo", "vet", "link", "gcc", "clang", "cc1", "gopls"}
	for _, pid := range table.Pids() {
		if pid == os.Getpid() {
			continue
		}
		files, err := proc.Files(pid)
		if err != nil {
			continue
		}
		for _, f := range files {
			if strings.HasPrefix(f.Path, tree+"/") {
				if p, ok := proc.Get(pid); ok {
					return describe(p) + " has " + f.Path + " open"
				}
			}
		}
		if p, ok := proc.Get(pid); ok && (p.Dir == tree || strings.HasPrefix(p.Dir, tree+"/")) && slices.Contains(tools, p.Comm) {
			return describe(p) + " works in it"
		}
	}
	return ""
}
