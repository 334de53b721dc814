package catalog_test

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/catalog"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// machine is a snapshot of the machine that runs the test.
func machine(t testing.TB) *facts.Snapshot {
	t.Helper()
	vars := map[string]string{}
	for _, kv := range os.Environ() {
		k, v, _ := strings.Cut(kv, "=")
		vars[k] = v
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	s := probe.Collect(t.Context(), probe.World{Dir: dir, Vars: vars, State: t.TempDir()}, catalog.Probes(), 30*time.Second)
	for sec, st := range s.Sections {
		if st.State == facts.Failed {
			t.Errorf("section %s: %s", sec, st.Reason)
		}
	}
	return s
}

// only returns the snapshot with every section but the given ones emptied. A section's field has its
// name as JSON name.
func only(full *facts.Snapshot, keep []facts.Section) *facts.Snapshot {
	s := *full
	s.Sections = map[facts.Section]facts.Status{}
	for _, k := range keep {
		s.Sections[k] = full.Sections[k]
	}
	v := reflect.ValueOf(&s).Elem()
	for i := range v.NumField() {
		name := strings.Split(v.Type().Field(i).Tag.Get("json"), ",")[0]
		_, section := full.Sections[facts.Section(name)]
		_, kept := s.Sections[facts.Section(name)]
		if section && !kept {
			v.Field(i).SetZero()
		}
	}
	return &s
}

func BenchmarkCollect(b *testing.B) {
	for b.Loop() {
		machine(b)
	}
}
