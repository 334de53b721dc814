package proc

import (
	"reflect"
	"testing"

	"github.com/gorescue/gorescue/internal/facts"
)

func TestParseLocks(t *testing.T) {
	for _, tc := range []struct {
		line string
		want []Lock
	}{
		{"1: FLOCK  ADVISORY  WRITE 5585 fe:00:9978330 0 EOF\n", []Lock{{ID: 1, Kind: "FLOCK", Write: true, PID: 5585, Major: 0xfe, Inode: 9978330}}},
		{"12: -> FLOCK  ADVISORY  READ 77 fe:1a:3 0 EOF\n", []Lock{{ID: 12, Kind: "FLOCK", PID: 77, Major: 0xfe, Minor: 0x1a, Inode: 3, Waiting: true}}},
		{"3:   ->  -> POSIX  ADVISORY  WRITE 9 00:2b:5 128 191\n", []Lock{{ID: 3, Kind: "POSIX", Write: true, PID: 9, Minor: 0x2b, Inode: 5, Waiting: true}}},
		{"4: OFDLCK ADVISORY  READ  -1 00:2b:5 0 EOF\n", []Lock{{ID: 4, Kind: "OFDLCK", PID: -1, Minor: 0x2b, Inode: 5}}},
		{"5: LEASE  ACTIVE    READ 8 fe:00:7 0 EOF\n", []Lock{{ID: 5, Kind: "LEASE", PID: 8, Major: 0xfe, Inode: 7}}},
		{"6: POSIX  *NOINODE* READ 8 <none>:0 0 EOF\nx: FLOCK\n: \n1:\n\n7: FLOCK ADVISORY WRITE a fe:0:1 0 EOF", nil},
	} {
		if got := parseLocks(tc.line); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%q: %+v, want %+v", tc.line, got, tc.want)
		}
	}
}

func FuzzParseLocks(f *testing.F) {
	f.Add("1: FLOCK  ADVISORY  WRITE 5585 fe:00:9978330 0 EOF\n1: -> FLOCK  ADVISORY  WRITE 5 fe:00:9978330 0 EOF\n")
	f.Add("9: -> -> ->\n1: -> a b c d e\n")
	f.Fuzz(func(t *testing.T, data string) {
		for _, l := range parseLocks(data) {
			if l.Kind == "" || l.Kind == "->" {
				t.Errorf("%+v", l)
			}
		}
		parseTCP(data)
	})
}

func TestParseTCP(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0000000000000000 100 0 0 10 0
   1: 0100007F:A000 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 4243 1 0000000000000000 20 4 30 10 -1
`
	want := []socket{{port: 8080, state: tcpListen, inode: "4242"}, {port: 0xa000, state: tcpEstablished, inode: "4243"}}
	if got := parseTCP(table); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestTable(t *testing.T) {
	tab := newTable([]facts.Proc{{PID: 5, PPID: 3}, {PID: 3, PPID: 2}, {PID: 4, PPID: 3}, {PID: 2, PPID: 1}, {PID: 9, PPID: 8}, {PID: 8, PPID: 9}})
	var pids []int
	for _, p := range tab.Tree(2) {
		pids = append(pids, p.PID)
	}
	if !reflect.DeepEqual(pids, []int{2, 3, 4, 5}) {
		t.Errorf("tree %v", pids)
	}
	if !tab.Under(5, 2) || tab.Under(2, 5) || tab.Under(9, 2) || len(tab.Tree(9)) != 2 || tab.Tree(77) != nil {
		t.Error("wrong relations")
	}
}

func TestJoin(t *testing.T) {
	if got := join([]byte("go\x00build\x00\xff\x00")); got != "go build ?" {
		t.Errorf("%q", got)
	}
}
