package editor

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/gotree"
)

// The bounds of a look at logs.
const (
	maxLogs    = 20
	maxLogTail = 256 << 10
)

// sessionLogs are the logs of the newest session of an editor of the VS Code family: a folder for each start, named by its time, with
// one folder for each window (vscode, src/vs/platform/environment/common/environmentService.ts: logsHome).
func sessionLogs(dir string) []string {
	sessions, err := os.ReadDir(filepath.Join(dir, "logs"))
	if err != nil || len(sessions) == 0 {
		return nil
	}
	last := ""
	for _, s := range sessions {
		if s.IsDir() && s.Name() > last {
			last = s.Name()
		}
	}
	if last == "" {
		return nil
	}
	top := filepath.Join(dir, "logs", last)
	here, _ := filepath.Glob(filepath.Join(top, "*.log"))
	windows, _ := filepath.Glob(filepath.Join(top, "window*", "*.log"))
	all := slices.Concat(here, windows)
	return all[:min(len(all), maxLogs)]
}

// Complaint is a line of a log.
type Complaint struct {
	File string
	Line int // counted from the end of what was passed over, 0 = the log is longer than what was read
	Text string
}

// Complaints returns the lines of logs for which about holds and that are not older than age: by the time at their start, or else by that of
// the last change of the file.
func Complaints(logs []string, age time.Duration, about func(line string) bool) []Complaint {
	var out []Complaint
	since := time.Now().Add(-age)
	for _, path := range logs {
		data, whole, changed := tail(path)
		if changed.Before(since) {
			continue
		}
		n := 0
		for line := range bytes.Lines(data) {
			n++
			text := strings.ToValidUTF8(strings.TrimSpace(string(line[:min(len(line), 400)])), "?")
			if !about(text) {
				continue
			}
			if at, ok := stamp(text); ok && at.Before(since) {
				continue
			}
			c := Complaint{File: path, Text: text}
			if whole {
				c.Line = n
			}
			out = append(out, c)
		}
	}
	return out
}

// stamp reads the local time at the start of a line: "2026-01-31 12:34:56.789 [error] …".
func stamp(line string) (time.Time, bool) {
	const layout = "2006-01-02 15:04:05"
	if len(line) < len(layout) {
		return time.Time{}, false
	}
	t, err := time.ParseInLocation(layout, line[:len(layout)], time.Local)
	return t, err == nil
}

// tail is the end of a regular file.
func tail(path string) (data []byte, whole bool, changed time.Time) {
	fi, err := os.Stat(path)
	if err != nil || !fi.Mode().IsRegular() {
		return nil, false, time.Time{}
	}
	f, err := gotree.Open(path)
	if err != nil {
		return nil, false, time.Time{}
	}
	defer f.Close()
	from := max(0, fi.Size()-maxLogTail)
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return nil, false, time.Time{}
	}
	data, _ = io.ReadAll(io.LimitReader(f, maxLogTail))
	return data, from == 0, fi.ModTime()
}

// AboutWatching reports whether a line says that folders cannot be watched for want of inotify watches or instances. The texts are those of
// VS Code ("Inotify limit reached (ENOSPC)"), Node.js ("System limit for number of file watchers reached", "EMFILE: too many open files,
// watch") and of inotify_add_watch(2) as others print it.
func AboutWatching(line string) bool {
	l := strings.ToLower(line)
	has := func(words ...string) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(l, w) })
	}
	return has("inotify limit") || has("number of file watchers") || has("limit of inotify") || has("inotify watch", "limit") ||
		has("enospc", "watch") || has("emfile", "watch") || has("inotify", "no space left on device") || has("inotify", "too many open files")
}
