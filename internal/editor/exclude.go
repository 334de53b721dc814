package editor

import (
	"path"
	"path/filepath"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/jsonc"
)

// watcherExclude is the setting of VS Code by which folders are not watched.
const watcherExclude = "files.watcherExclude"

// WatchExcluded reports whether the settings in force keep an editor of the VS Code family from watching a folder, named relative to the
// root with slashes. Of patterns it knows absolute ones, ones relative to the root, and those that begin with **/.
func WatchExcluded(e *facts.Editor, root, rel string) bool {
	for i := range e.Values {
		v := &e.Values[i]
		if v.Key == watcherExclude && v.Sub != "" && !v.Beaten && strings.TrimSpace(v.JSON) == "true" && covers(v.Sub, root, rel) {
			return true
		}
	}
	return false
}

// covers reports whether a pattern matches everything below a folder.
func covers(pattern, root, rel string) bool {
	p, ok := strings.CutSuffix(pattern, "/**")
	if !ok {
		return false
	}
	p = strings.TrimSuffix(p, "/*")
	if abs := filepath.ToSlash(root); strings.HasPrefix(p, abs+"/") {
		p = p[len(abs)+1:]
	} else if path.IsAbs(p) {
		return false
	}
	any := false
	if p, any = strings.CutPrefix(p, "**/"); p == "" || strings.Contains(p, "**") {
		return false
	}
	segments, depth := strings.Split(rel, "/"), strings.Count(p, "/")+1
	for end := depth; end <= len(segments); end++ { // the folder itself and those above it
		if ok, err := path.Match(p, strings.Join(segments[end-depth:end], "/")); err == nil && ok && (any || end == depth) {
			return true
		}
	}
	return false
}

// ExcludeWatches is the edit of the user's settings of an editor of the VS Code family after which it does not watch folders below root; nil when
// there are none, or when the settings cannot be edited. The patterns are absolute, so that other workspaces keep theirs.
func ExcludeWatches(e *facts.Editor, root string, folders []facts.TreeFolder) *facts.EditorSet {
	if len(folders) == 0 || e.Kind != facts.EditorVSCode {
		return nil
	}
	pattern := func(f facts.TreeFolder) string { return path.Join(filepath.ToSlash(root), f.Path) + "/**" }
	values := "true"
	for _, f := range folders[1:] {
		values += ", " + jsonc.Quote(pattern(f)) + ": true"
	}
	object := "{ " + jsonc.Quote(pattern(folders[0])) + ": " + values + " }"
	file, at := userFile(e)
	set := &facts.EditorSet{Path: file, Create: at < 0}
	if at < 0 {
		set.Splices = []facts.Splice{{New: "{\n  \"" + watcherExclude + "\": " + object + "\n}\n"}}
		return set
	}
	if f := e.Files[at]; f.State != facts.FileRead || f.Encoding != "" || len(f.Errors) > 0 {
		return nil
	}
	data, _, _ := read(file)
	doc := jsonc.Parse(data)
	have := doc.Find(watcherExclude)
	switch {
	case doc.Root == nil || doc.Root.Kind != jsonc.Object || len(doc.Errors) > 0:
		return nil
	case have != nil && have.Kind == jsonc.Object:
		set.Splices = doc.Add(have, pattern(folders[0]), values)
	case have != nil:
		return nil
	default:
		set.Splices = doc.Add(doc.Root, watcherExclude, object)
	}
	return set
}

// userFile is the file of the user's settings that counts here (the machine's, on a remote server; the profile's), and its index in Files, -1 =
// it is not there.
func userFile(e *facts.Editor) (path string, at int) {
	path, at = filepath.Join(e.Dir, "User", "settings.json"), -1
	if remote(e) {
		path = filepath.Join(e.Dir, "Machine", "settings.json")
	}
	for i, f := range e.Files {
		if f.Layer == "profile" || f.Path == path {
			at, path = i, f.Path
		}
	}
	return path, at
}
