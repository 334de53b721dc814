package goenv

import (
	"io/fs"
	"os"
)

const usualConfig = `AppData\Roaming`

// homeVar names the home folder (go/build: defaultGOPATH).
const homeVar = "USERPROFILE"

func ownerOf(fs.FileInfo) int { return -1 }

func openNow(path string) (*os.File, error) { return os.Open(path) }

// programs are the files that a program of that name may be.
func programs(path string) []string {
	return []string{path, path + ".exe", path + ".bat", path + ".cmd"}
}

func executable(fs.FileInfo) bool { return true }
