package modcache

import "time"

// Stamp is the identity of files at one moment: name, device, inode, size, mode, time of the last change of
// content and of the inode of each, as one hash. Two equal stamps mean the same bytes as long as the system's clock
// was never set back, since no program can set the time of the inode's last change (ctime, inode(7)).
type Stamp struct {
	ID     string    `json:"id,omitempty"`    // "" = unknown: the system does not tell, or not reliably
	Newest time.Time `json:"newest,omitzero"` // the last ctime
	Odd    bool      `json:"odd,omitempty"`   // a modification time later than the ctime, or files on several devices
}

// with joins the stamp of a folder, or of its absence, with that of the files beside it.
func (s Stamp) with(absent bool, files Stamp) Stamp {
	if s.ID == "" && !absent || files.ID == "" {
		return Stamp{}
	}
	out := Stamp{ID: s.ID + "+" + files.ID, Newest: s.Newest, Odd: s.Odd || files.Odd}
	if files.Newest.After(out.Newest) {
		out.Newest = files.Newest
	}
	return out
}
