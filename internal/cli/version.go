package cli

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/gorescue/gorescue/internal/text"
)

// version is the version of this program as the Go linker recorded it.
func version() string {
	bi, ok := debug.ReadBuildInfo()
	if !ok || bi.Main.Version == "" {
		return "(devel)"
	}
	return bi.Main.Version
}

func (s *shared) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: s.say(text.New("print the version", "显示版本")),
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if s.json {
				return json.NewEncoder(s.Stdout).Encode(map[string]string{"version": version(), "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH})
			}
			_, err := fmt.Fprintf(s.Stdout, "gorescue %s (%s %s/%s)\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
