package startup

import (
	"bufio"
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
)

// candidate is a file that may be there.
type candidate struct {
	path string
	kind facts.StartupKind
}

// plan is which files are read, in the order in which a session reads them: pam_env(8) and
// environment.d(5) at login, then the login shell's files (bash(1) INVOCATION, zsh(1) STARTUP/SHUTDOWN
// FILES, fish(1)), then direnv's. other are files of shells that are not the login shell.
type plan struct {
	shell                           string // bash, zsh, fish, sh …
	system, session, other, project []candidate
}

func findPlan(w World, d *disk) *plan {
	p := &plan{shell: filepath.Base(cmp.Or(w.Shell, w.Env["SHELL"], passwdShell(w)))}
	etc := func(name string) string { return filepath.Join(cmp.Or(w.Root, "/"), "etc", name) }
	p.system = append(p.system, candidate{etc("environment"), facts.KindPAM})
	if w.Home != "" {
		p.system = append(p.system, candidate{filepath.Join(w.Home, ".pam_environment"), facts.KindPAM})
	}
	p.system = append(p.system, environmentD(w, d, etc("environment.d"))...)
	add := func(list *[]candidate, kind facts.StartupKind, paths ...string) {
		for _, path := range paths {
			*list = append(*list, candidate{path, kind})
		}
	}
	add(&p.system, facts.KindShell, etc("profile"))
	add(&p.system, facts.KindShell, d.glob(etc("profile.d/*.sh"))...)
	zsh := []string{etc("zsh/zshenv"), etc("zshenv"), etc("zsh/zprofile"), etc("zprofile"), etc("zsh/zshrc"), etc("zshrc"), etc("zsh/zlogin"), etc("zlogin")}
	if p.shell == "zsh" {
		add(&p.system, facts.KindShell, zsh...)
	} else {
		add(&p.system, facts.KindShell, etc("bash.bashrc"), etc("bashrc"))
		add(&p.other, facts.KindShell, zsh...)
	}
	p.home(w, d)
	p.project = projectFiles(w)
	return p
}

// home adds the files of the home folder.
func (p *plan) home(w World, d *disk) {
	if w.Home == "" {
		return
	}
	in := func(dir string, kind facts.StartupKind, names ...string) (out []candidate) {
		for _, n := range names {
			out = append(out, candidate{filepath.Join(dir, n), kind})
		}
		return out
	}
	zdot := cmp.Or(w.Env["ZDOTDIR"], w.Home)
	zsh := in(zdot, facts.KindShell, ".zshenv", ".zprofile", ".zshrc", ".zlogin")
	if zdot != w.Home {
		zsh = slices.Concat(in(w.Home, facts.KindShell, ".zshenv"), zsh, in(w.Home, facts.KindShell, ".zprofile", ".zshrc"))
	}
	var fish []candidate
	for _, config := range configDirs(w) {
		dir := filepath.Join(config, "fish")
		fish = append(fish, in(dir, facts.KindFish, "fish_variables")...)
		for _, path := range d.glob(filepath.Join(dir, "conf.d", "*.fish")) {
			fish = append(fish, candidate{path, facts.KindFish})
		}
		fish = append(fish, in(dir, facts.KindFish, "config.fish")...)
	}
	login := in(w.Home, facts.KindShell, ".bash_profile", ".bash_login", ".profile")
	rc := in(w.Home, facts.KindShell, ".bashrc")
	switch p.shell {
	case "zsh":
		p.session, p.other = zsh, slices.Concat(p.other, login, rc, fish)
	case "fish":
		p.session, p.other = fish, slices.Concat(p.other, login, rc, zsh)
	case "sh", "dash", "ash", "ksh", "mksh":
		p.session, p.other = login[2:], slices.Concat(p.other, login[:2], rc, zsh, fish)
	default:
		i := max(0, slices.IndexFunc(login, func(c candidate) bool { return exists(c.path) }))
		p.session = slices.Concat(login[i:i+1], rc)
		p.other = slices.Concat(p.other, login[i+1:], zsh, fish)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// configDirs are both the folder of XDG_CONFIG_HOME and the usual one: the variable itself may have been
// moved by a fault.
func configDirs(w World) []string {
	dirs := []string{filepath.Join(w.Home, ".config")}
	if x := w.Env["XDG_CONFIG_HOME"]; filepath.IsAbs(x) && filepath.Clean(x) != dirs[0] {
		dirs = append(dirs, filepath.Clean(x))
	}
	return dirs
}

// environmentD lists the *.conf files in the order of environment.d(5): by name, whatever the folder.
func environmentD(w World, d *disk, system string) []candidate {
	paths := d.glob(filepath.Join(system, "*.conf"))
	if w.Home != "" {
		for _, dir := range configDirs(w) {
			paths = append(paths, d.glob(filepath.Join(dir, "environment.d", "*.conf"))...)
		}
	}
	slices.SortStableFunc(paths, func(a, b string) int { return cmp.Compare(filepath.Base(a), filepath.Base(b)) })
	var out []candidate
	for _, path := range paths {
		out = append(out, candidate{path, facts.KindEnvd})
	}
	return out
}

// projectFiles are .env and .envrc of the project's folder and of those above it, up to the root of the
// repository; the outermost first.
func projectFiles(w World) (out []candidate) {
	if !filepath.IsAbs(w.Dir) {
		return nil
	}
	dir := filepath.Clean(w.Dir)
	for range 32 {
		if dir == filepath.Clean(w.Home) || dir == filepath.Dir(dir) {
			break
		}
		out = append([]candidate{{filepath.Join(dir, ".env"), facts.KindDot}, {filepath.Join(dir, ".envrc"), facts.KindDot}}, out...)
		if exists(filepath.Join(dir, ".git")) {
			return out
		}
		dir = filepath.Dir(dir)
	}
	if len(out) > 2 { // no repository: only the folder itself is the project's
		out = out[len(out)-2:]
	}
	return out
}

// passwdShell is the login shell of the user database; "" = unknown.
func passwdShell(w World) string {
	data, err := readFile(filepath.Join(cmp.Or(w.Root, "/"), "etc", "passwd"), maxSize)
	if err != nil {
		return ""
	}
	user := cmp.Or(w.Env["USER"], w.Env["LOGNAME"])
	sc := bufio.NewScanner(bytes.NewReader(data))
	for sc.Scan() {
		f := strings.Split(sc.Text(), ":")
		if len(f) == 7 && (user != "" && f[0] == user || user == "" && w.Home != "" && f[5] == w.Home) {
			return f[6]
		}
	}
	return ""
}

// loginFile is the file that a line for new terminals goes to. Where a file of the user sets PATH anew
// behind that file's back, it is that one.
func loginFile(w World, p *plan, st facts.Startup) (string, facts.StartupKind) {
	if w.Home == "" {
		return "", ""
	}
	first := func(paths ...string) string {
		for _, path := range paths[:len(paths)-1] {
			if exists(path) {
				return path
			}
		}
		return paths[len(paths)-1]
	}
	home := func(name string) string { return filepath.Join(w.Home, name) }
	file, kind := first(home(".bash_profile"), home(".bash_login"), home(".profile")), facts.KindShell
	switch p.shell {
	case "zsh":
		dir := cmp.Or(w.Env["ZDOTDIR"], w.Home)
		file = first(filepath.Join(dir, ".zprofile"), filepath.Join(dir, ".zshrc"), filepath.Join(dir, ".zprofile"))
	case "fish":
		dirs := configDirs(w)
		file, kind = filepath.Join(dirs[len(dirs)-1], "fish", "config.fish"), facts.KindFish
	case "sh", "dash", "ash", "ksh", "mksh":
		file = home(".profile")
	}
	for _, a := range slices.Backward(st.Assignments) {
		if a.Name != "PATH" || a.Keeps || a.Guarded || a.Dormant || a.Project || a.Unset || !strings.HasPrefix(a.File, w.Home+string(filepath.Separator)) {
			continue
		}
		own := slices.ContainsFunc(p.session, func(c candidate) bool { return c.path == a.File })
		decides := a.Known && a.Value == w.Env["PATH"]
		if own || a.Kind == facts.KindEnvd && decides {
			return a.File, a.Kind
		}
		if a.Kind != facts.KindEnvd {
			break
		}
	}
	return file, kind
}
