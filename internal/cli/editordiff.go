package cli

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gitobj"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/text"
)

// settingsDiff compares one file of settings, as it is on disk, with one other state of it.
type settingsDiff struct {
	Editor string              `json:"editor"`
	File   string              `json:"file"`
	With   string              `json:"with"` // a path, "HEAD", or "process N": what the editor last read
	Keys   []editor.Difference `json:"keys"` // A is the disk
}

func (s *shared) editorDiffCommand() *cobra.Command {
	with := ""
	c := &cobra.Command{
		Use:   "diff [EDITOR…]",
		Short: s.say(text.New("compare settings key by key: the disk, what the editor last read, backups, the team's", "逐键比较设置：磁盘、编辑器上次读取的、备份、团队的")),
		Long: s.say(text.New(`For each layer of settings: the file on disk against a copy beside it, against the version that the repository has
committed (the team's), against what the running gopls was started with (what the editor last read), and with --with FILE
against any other file. Comments, order and layout do not count. Nothing is changed.`,
			`对每一层设置：把磁盘上的文件与旁边的副本、与仓库已提交的版本（团队的）、与运行中的 gopls 启动时所用的值（编辑器上次读取的）相比较；用 --with FILE 可与任意文件比较。
注释、顺序和排版不计。不作任何更改。`)),
	}
	c.Flags().StringVar(&with, "with", "", s.say(text.New("another file of settings", "另一个设置文件")))
	c.RunE = func(cmd *cobra.Command, args []string) error { return s.editorDiff(cmd.Context(), args, with) }
	return c
}

func (s *shared) editorDiff(ctx context.Context, names []string, with string) error {
	w, snap, list, err := s.editorsNamed(ctx, names)
	if err != nil {
		return err
	}
	var other []byte
	if with != "" {
		if other, err = os.ReadFile(with); err != nil {
			return text.Errorf(text.New("cannot read {file}: {err}", "无法读取 {file}：{err}").With("file", with, "err", err), text.Msg{})
		}
	}
	var out []settingsDiff
	for _, e := range list {
		for i := range e.Files {
			f := &e.Files[i]
			disk, err := os.ReadFile(f.Path)
			if f.State != facts.FileRead || err != nil || !strings.HasSuffix(f.Path, ".json") {
				continue
			}
			add := func(with string, data []byte) {
				out = append(out, settingsDiff{e.Name, f.Path, with, editor.Differences(disk, data)})
			}
			if with != "" {
				add(with, other)
				continue
			}
			for _, c := range copies(f.Path) {
				if data, err := os.ReadFile(c); err == nil {
					add(c, data)
				}
			}
			if data, ok := committed(ctx, w, f.Path); ok {
				add("HEAD", data)
			}
		}
		if with == "" {
			out = append(out, unreadKeys(snap, e)...)
		}
	}
	if s.json {
		return json.NewEncoder(s.Stdout).Encode(map[string]any{"schema": jsonSchema, "diffs": out})
	}
	for _, d := range out {
		s.print(text.New("{editor}: {file} against {with}: {n} key(s) differ", "{editor}：{file} 与 {with}：{n} 个键不同").With("editor", d.Editor, "file", d.File, "with", d.With, "n", len(d.Keys)))
		for _, k := range d.Keys {
			s.print(text.New("  {key}: {a} ≠ {b}", "  {key}：{a} ≠ {b}").With("key", k.Key, "a", or(k.A, "-"), "b", or(k.B, "-")))
		}
	}
	if len(out) == 0 {
		s.print(text.New("nothing to compare with: no copy, no committed version, no running gopls of an editor", "没有可比较的对象：没有副本、没有已提交的版本、没有编辑器运行的 gopls").With())
	}
	return nil
}

// copies are the copies that people and programs leave beside a file.
func copies(path string) []string {
	var out []string
	for _, pattern := range []string{path + ".*", path + "~", filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"*")} {
		found, _ := filepath.Glob(pattern)
		out = append(out, found...)
	}
	return slices.DeleteFunc(out, func(p string) bool {
		fi, err := os.Stat(p)
		return err != nil || !fi.Mode().IsRegular() || fi.Size() > 4<<20
	})
}

// committed is a file as the last commit has it.
func committed(ctx context.Context, w probe.World, path string) ([]byte, bool) {
	r, err := gitobj.Open(w.Vars, filepath.Dir(path))
	if err != nil {
		return nil, false
	}
	return r.Show(ctx, "HEAD", path)
}

// unreadKeys are the settings that a running gopls was started without, by process.
func unreadKeys(snap *facts.Snapshot, e *facts.Editor) []settingsDiff {
	var out []settingsDiff
	for i := range snap.Gopls.Running {
		g := &snap.Gopls.Running[i]
		d := settingsDiff{Editor: e.Name, With: text.New("process {pid}", "process {pid}").With("pid", g.PID).String()}
		for _, u := range g.Unread {
			if &snap.Editors.List[u.Editor] == e {
				v := &e.Values[u.Value]
				d.File = e.Files[v.File].Path
				d.Keys = append(d.Keys, editor.Difference{Key: strings.TrimSuffix(v.Key+" / "+v.Sub, " / "), A: v.JSON, B: u.Has})
			}
		}
		if len(d.Keys) > 0 {
			out = append(out, d)
		}
	}
	return out
}
