package lsp

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestProfile: gorescue profile finds its way into a gopls behind the supervisor, which no other tool can enter, while it
// works, and says what it does. The editor is told nothing of it.
func TestProfile(t *testing.T) { // alone: it makes gopls work, and measures it
	ws := tools(t)
	e := supervise(t, ws, newest)
	const name = "go/packages/packages.go"
	e.open(name)
	e.waitLoaded(2 * time.Minute)
	ended, stop := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		r := rand.New(rand.NewPCG(2, 2))
		for {
			select {
			case <-stop:
				return
			default:
				e.work(r, name)
			}
		}
	}()
	for _, target := range []int{e.cmd.Process.Pid, e.server(0)} {
		cmd := exec.Command(theLab.Product, "profile", strconv.Itoa(target), "--json", "--for", "3s")
		cmd.Env = append(os.Environ(), "GORESCUE_STATE="+t.TempDir())
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		began := time.Now()
		err := cmd.Run()
		var a struct {
			Findings []any
			Program  struct {
				PID int
				CPU struct {
					Activities []struct {
						Func  string
						Value int64
					}
				}
				Requests []struct{ Func string }
				Work     []struct {
					What, On string
					Busy     int64 `json:"busy_ns"`
				}
				Heap struct{ Live []int64 }
			}
		}
		if err != nil || json.Unmarshal(out.Bytes(), &a) != nil || len(a.Findings) > 0 {
			t.Errorf("%v: %s%s", err, out.String(), errs.String())
			continue
		}
		t.Logf("took %v: doing %v, requests %v", time.Since(began).Round(time.Millisecond), a.Program.CPU.Activities, a.Program.Requests)
		if a.Program.PID != e.server(0) || len(a.Program.CPU.Activities) == 0 || len(a.Program.Heap.Live) == 0 {
			t.Errorf("pid %d (gopls is %d): %+v", a.Program.PID, e.server(0), a.Program)
		}
		checked := slices.IndexFunc(a.Program.Work, func(w struct {
			What, On string
			Busy     int64 `json:"busy_ns"`
		}) bool {
			return w.What == "type-checking" && strings.Contains(w.On, "go/packages") && w.Busy > 0
		})
		if checked < 0 {
			t.Errorf("the package that is edited is not named: %+v", a.Program.Work)
		}
	}
	close(stop)
	<-ended
	for _, m := range e.messages() {
		if strings.Contains(m, "Debug") {
			t.Errorf("the editor was told %q", m)
		}
	}
}
