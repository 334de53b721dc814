package conflict

import "testing"

func TestFind(t *testing.T) {
	data := "a\n<<<<<<< HEAD\nb\n||||||| base\nx\n=======\nc\n>>>>>>> other\nd\n"
	got := Find(data)
	if len(got) != 1 || got[0].Line != 2 || got[0].Ours != "b\n" || got[0].Theirs != "c\n" {
		t.Fatalf("%+v", got)
	}
	if c := got[0]; data[c.At.Offset:c.At.Offset+len(c.At.Old)] != c.At.Old {
		t.Errorf("the splice does not fit: %+v", c.At)
	}
	if got := Find("<<<<<<< HEAD\nb\n=======\n"); got != nil {
		t.Errorf("without an end: %+v", got)
	}
}

func FuzzFind(f *testing.F) {
	f.Add("<<<<<<< a\n=======\n>>>>>>> b\n")
	f.Add("<<<<<<< a\n<<<<<<< b\n>>>>>>> c")
	f.Fuzz(func(t *testing.T, data string) {
		for _, c := range Find(data) {
			if data[c.At.Offset:c.At.Offset+len(c.At.Old)] != c.At.Old {
				t.Fatalf("the splice does not fit: %+v", c)
			}
		}
	})
}
