package lspdoor_test

import (
	"errors"
	"os"
	"testing"

	"github.com/gorescue/gorescue/internal/lspdoor"
)

func TestDoor(t *testing.T) {
	if _, err := lspdoor.Ask(os.Getpid()); !errors.Is(err, lspdoor.ErrNone) {
		t.Fatalf("a door before it is open: %v", err)
	}
	answer := "http://127.0.0.1:1"
	shut := lspdoor.Open(func() string { return answer })
	for _, want := range []string{"http://127.0.0.1:1", ""} {
		answer = want
		if got, err := lspdoor.Ask(os.Getpid()); err != nil || got != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
	shut()
	if _, err := lspdoor.Ask(os.Getpid()); !errors.Is(err, lspdoor.ErrNone) {
		t.Errorf("a door after it was shut: %v", err)
	}
}
