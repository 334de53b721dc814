package editor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/jsonc"
	"github.com/gorescue/gorescue/internal/vscdb"
)

// The keys of the state database (vscode, src/vs/workbench/services/workspaces/common/workspaceTrust.ts,
// src/vs/platform/extensionManagement/common/extensionManagement.ts).
const (
	trustKey    = "content.trust.model.key"
	disabledKey = "extensionsIdentifiers/disabled"
	enabledKey  = "extensionsIdentifiers/enabled"
)

// state reads what an editor remembers. Newer releases keep trust in a database that several products
// share, and read the old place when the new one has nothing. nil when there is no database.
func state(ctx context.Context, w World, e *facts.Editor, user string) *facts.EditorState {
	old := filepath.Join(user, "globalStorage", "state.vscdb")
	s := &facts.EditorState{Path: old}
	values, ok := load(ctx, s, old)
	if !ok {
		if inWorkspace(ctx, w, s, user); s.Disabled {
			s.Trust = "unknown"
			return s
		}
		return nil
	}
	if s.Err != "" {
		return s
	}
	s.Disabled = lists(values[disabledKey], goExtension)
	inWorkspace(ctx, w, s, user)
	trust := values[trustKey]
	if shared := w.home(".vscode-shared", "sharedStorage", "state.vscdb"); e.Name == "Code" && exists(shared) {
		t := &facts.EditorState{Path: shared}
		if v, ok := load(ctx, t, shared); ok && t.Err == "" && v[trustKey] != "" {
			trust, s.Path = v[trustKey], shared
		}
	}
	if v := Get(e, "security.workspace.trust.enabled", ""); v != nil && strings.TrimSpace(v.JSON) == "false" {
		s.Off = true
	}
	decide(w, s, trust)
	return s
}

// maxWorkspaces bounds how many workspaces of an editor are looked at.
const maxWorkspaces = 2000

// inWorkspace looks whether the extension is disabled, or enabled, for this workspace alone: that beats what holds everywhere (vscode,
// src/vs/workbench/services/extensionManagement/browser/extensionEnablementService.ts).
func inWorkspace(ctx context.Context, w World, s *facts.EditorState, user string) {
	top := filepath.Join(user, "workspaceStorage")
	list, _ := os.ReadDir(top)
	for _, d := range list[:min(len(list), maxWorkspaces)] {
		data, _, _ := read(filepath.Join(top, d.Name(), "workspace.json"))
		var of struct {
			Folder string `json:"folder"`
		}
		if json.Unmarshal(data, &of) != nil || !isFolder(of.Folder, w.Root) {
			continue
		}
		path := filepath.Join(top, d.Name(), "state.vscdb")
		values, err := vscdb.Read(ctx, path, disabledKey, enabledKey)
		switch {
		case err != nil:
		case lists(values[disabledKey], goExtension):
			s.Disabled, s.Here = true, path
		case lists(values[enabledKey], goExtension):
			s.Disabled = false
		}
	}
}

// isFolder reports whether a URI names a folder of this machine.
func isFolder(uri, dir string) bool {
	u, err := url.Parse(uri)
	return err == nil && u.Scheme == "file" && u.Path == filepath.ToSlash(dir)
}

// load reads the keys of one database into s; ok is false when there is none.
func load(ctx context.Context, s *facts.EditorState, path string) (map[string]string, bool) {
	s.State = facts.FileRead
	values, err := vscdb.Read(ctx, path, trustKey, disabledKey)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, false
	case errors.Is(err, vscdb.ErrDamaged):
		s.Err, s.Damaged = err.Error(), true
		for _, c := range []string{path + ".backup", path + ".bak"} {
			if _, err := vscdb.Read(ctx, c, trustKey); err == nil {
				s.Copy = fileCopy(c)
				break
			}
		}
	case err != nil:
		s.State, s.Err = facts.FileUnreadable, err.Error()
	}
	return values, true
}

func fileCopy(path string) *facts.EnvFileCopy {
	fi, err := os.Stat(path)
	if err != nil || fi.Size() > vscdb.MaxSize {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	sum := sha256.Sum256(data)
	return &facts.EnvFileCopy{Path: path, Size: int64(len(data)), Sum: hex.EncodeToString(sum[:])}
}

// lists reports whether a JSON list of {"id": …} names an extension.
func lists(raw, id string) bool {
	var list []struct {
		ID string `json:"id"`
	}
	if json.Unmarshal([]byte(raw), &list) != nil {
		return false
	}
	for _, x := range list {
		if strings.EqualFold(x.ID, id) {
			return true
		}
	}
	return false
}

// decide finds the entry with the longest path that holds the folder, and what would make it trusted.
func decide(w World, s *facts.EditorState, raw string) {
	s.Trust = "unknown"
	doc := jsonc.Parse([]byte(raw))
	list := doc.Root.Get("uriTrustInfo")
	if len(doc.Errors) > 0 || list == nil || list.Kind != jsonc.Array {
		return
	}
	var own *jsonc.Node // of the folder itself
	moved := ""
	for _, it := range list.Items {
		uri, trusted := it.Get("uri"), it.Get("trusted")
		path, scheme := uri.Get("path"), uri.Get("scheme")
		if path == nil || scheme == nil || scheme.Text != "file" || trusted == nil || trusted.Kind != jsonc.Bool {
			continue
		}
		yes := doc.Raw(trusted) == "true"
		p := filepath.Clean(filepath.FromSlash(path.Text))
		switch {
		case p == w.Root:
			own = trusted
			fallthrough
		case strings.HasPrefix(w.Root, strings.TrimSuffix(p, string(filepath.Separator))+string(filepath.Separator)):
			if len(p) >= len(s.Decides) {
				s.Decides, s.Trust = p, map[bool]string{true: "yes", false: "no"}[yes]
			}
		case yes && filepath.Base(p) == filepath.Base(w.Root) && !exists(p):
			moved = p
		}
	}
	s.Moved = moved
	if s.Trust != "no" {
		return
	}
	var text string
	if own != nil {
		text = raw[:own.Start] + "true" + raw[own.End:]
	} else {
		path, _ := json.Marshal(filepath.ToSlash(w.Root))
		entry := `{"uri":{"$mid":1,"path":` + string(path) + `,"scheme":"file"},"trusted":true}`
		if len(list.Items) > 0 {
			entry = "," + entry
		}
		text = raw[:list.End-1] + entry + raw[list.End-1:]
	}
	s.Grant = &facts.StateGrant{Value: text}
}
