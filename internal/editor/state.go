package editor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
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
)

// state reads what an editor remembers. Newer releases keep trust in a database that several products
// share, and read the old place when the new one has nothing. nil when there is no database.
func state(ctx context.Context, w World, e *facts.Editor, user string) *facts.EditorState {
	old := filepath.Join(user, "globalStorage", "state.vscdb")
	s := &facts.EditorState{Path: old}
	values, ok := load(ctx, s, old)
	if !ok {
		return nil
	}
	if s.Err != "" {
		return s
	}
	s.Disabled = lists(values[disabledKey], goExtension)
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
