package pressure

import (
	"slices"
	"strings"
)

// isGo reports whether the kernel's name of a process is that of a program of Go's own: the go command, what it starts, and
// language servers.
func isGo(comm string) bool {
	return slices.Contains([]string{"go", "gopls", "compile", "link", "asm", "cgo", "vet", "cover", "dlv", "staticcheck", "golangci-lint"}, comm)
}

// isEditor reports whether a process is an editor or works for one. The kernel cuts names at 15 bytes.
func isEditor(comm, command string) bool {
	switch comm {
	case "code", "code-insiders", "code-oss", "codium", "cursor", "windsurf", "code-server", "goland", "idea", "nvim", "vim", "hx", "helix", "emacs", "zed", "zed-editor", "fsnotifier":
		return true
	case "node":
		return strings.Contains(command, "vscode-server") || strings.Contains(command, "code-server") || strings.Contains(command, "extensionHost")
	case "java":
		return strings.Contains(command, "com.intellij.")
	}
	return false
}

// product is a program that reads all files of a machine.
type product struct {
	name  string
	virus bool
	comms []string // as the kernel cuts them
}

// products lists the ones that are known; from their packages' documentation.
func products() []product {
	return []product{
		{"ClamAV", true, []string{"clamd", "clamonacc", "clamscan", "clamdscan"}},
		{"Microsoft Defender", true, []string{"wdavdaemon", "mdatp"}},
		{"CrowdStrike Falcon", true, []string{"falcon-sensor", "falcon-sensor-b"}},
		{"SentinelOne", true, []string{"s1-agent", "s1-scanner", "sentinelone-age"}},
		{"Sophos", true, []string{"savd", "savscand", "sophos_threat_d"}},
		{"Trellix", true, []string{"mfetpd", "isectpd", "oasmanager", "odsscanfactory"}},
		{"Trend Micro", true, []string{"ds_am", "ds_agent"}},
		{"ESET", true, []string{"oaeventd", "odfeeder"}},
		{"Kaspersky", true, []string{"kesl", "kesl_launcher"}},
		{"Carbon Black", true, []string{"cbdaemon", "cbagentd"}},
		{"Cortex XDR", true, []string{"dypd", "traps_pmd"}},
		{"GNOME file index", false, []string{"tracker-miner-f", "tracker-extract", "localsearch-3", "localsearch-ext"}},
		{"KDE file index", false, []string{"baloo_file", "baloo_file_extr"}},
		{"Recoll", false, []string{"recollindex"}},
		{"locate", false, []string{"updatedb", "updatedb.mlocat", "updatedb.plocat"}},
	}
}

func productOf(comm string) (product, bool) {
	for _, p := range products() {
		if slices.Contains(p.comms, comm) {
			return p, true
		}
	}
	return product{}, false
}
