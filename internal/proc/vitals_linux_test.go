package proc

import (
	"os"
	"testing"
	"time"
)

func TestVitals(t *testing.T) {
	a, ok := VitalsOf(os.Getpid())
	if !ok || a.RSS < 1<<20 || a.State == 0 {
		t.Fatalf("%+v, %v", a, ok)
	}
	for end := time.Now().Add(200 * time.Millisecond); time.Now().Before(end); {
	}
	if b, _ := VitalsOf(os.Getpid()); b.CPU <= a.CPU {
		t.Errorf("processor time stood still at %v", b.CPU)
	}
	ran, _ := Threads(os.Getpid())
	all := time.Duration(0)
	for _, d := range ran {
		all += d
	}
	if all < 100*time.Millisecond {
		t.Errorf("all threads together ran for %v", all)
	}
	if _, ok := VitalsOf(1 << 30); ok {
		t.Error("a process that cannot be")
	}
}
