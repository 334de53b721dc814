// Package facts holds the snapshot: everything that was observed about a Go environment,
// one struct per section, with no judgement in it. It is a leaf: it imports nothing of this
// project and every other package talks in its types. Probes fill it, checks read it, and a
// snapshot written on one machine can be judged on another.
package facts

import "time"

// Schema is the version of the snapshot document. It is raised when a field changes its
// meaning or goes away; a new optional field does not raise it.
const Schema = 1

// Section names one part of the snapshot, filled by exactly one probe.
type Section string

// The sections. What each one answers stands at the type of its field in Snapshot.
const (
	SecHost       Section = "host"
	SecProcess    Section = "process"
	SecStartup    Section = "startup"
	SecSettings   Section = "settings"
	SecToolchain  Section = "toolchain"
	SecProject    Section = "project"
	SecDirs       Section = "dirs"
	SecLocks      Section = "locks"
	SecGit        Section = "git"
	SecBuild      Section = "build"
	SecPolicy     Section = "policy"
	SecWorkspace  Section = "workspace"
	SecSums       Section = "sums"
	SecVendor     Section = "vendor"
	SecSumSources Section = "sum-sources"
	SecNetwork    Section = "network"
	SecModules    Section = "modules"
	SecTrials     Section = "trials"
	SecEditors    Section = "editors"
	SecGopls      Section = "gopls"
	SecPressure   Section = "pressure"
	SecExperiment Section = "experiment"
	SecProgram    Section = "program"
)

// State says how the collection of a section ended.
type State string

// The states of a section. The zero value means that the section was not asked for.
const (
	OK       State = "ok"
	Skipped  State = "skipped"
	Failed   State = "failed"
	TimedOut State = "timed out"
)

// Status is the outcome of one probe.
type Status struct {
	State   State         `json:"status"`
	Reason  string        `json:"reason,omitempty" class:"source"` // why it is not OK; empty when OK
	Started time.Time     `json:"started"`
	Took    time.Duration `json:"took_ns"`
}

// Snapshot is the document. A field is meaningful only when its section's status is OK;
// otherwise it is the zero value and says nothing ("could not look" is never "healthy").
type Snapshot struct {
	Schema   int                `json:"schema"`
	Incident string             `json:"incident" class:"public"` // random id of this run, also on every command it starts
	Taken    time.Time          `json:"taken"`
	Tool     string             `json:"tool" class:"public"` // version of gorescue
	Dir      string             `json:"dir" class:"path"`
	Sections map[Section]Status `json:"sections"`

	Host       Host       `json:"host"`
	Process    Process    `json:"process"`
	Startup    Startup    `json:"startup"`
	Settings   Settings   `json:"settings"`
	Toolchain  Toolchain  `json:"toolchain"`
	Project    Project    `json:"project"`
	Dirs       Dirs       `json:"dirs"`
	Locks      Locks      `json:"locks"`
	Git        Git        `json:"git"`
	Build      Build      `json:"build"`
	Policy     Policy     `json:"policy"`
	Workspace  Workspace  `json:"workspace"`
	Sums       Sums       `json:"sums"`
	Vendor     Vendor     `json:"vendor"`
	SumSources SumSources `json:"sum_sources"`
	Network    Network    `json:"network"`
	ModFiles   ModFiles   `json:"modules"`
	Trials     Trials     `json:"trials"`
	Editors    Editors    `json:"editors"`
	Gopls      Gopls      `json:"gopls"`
	Pressure   Pressure   `json:"pressure"`
	Experiment Experiment `json:"experiment"`
	Program    Program    `json:"program"`
}

// Has reports whether every named section was collected.
func (s *Snapshot) Has(sections ...Section) bool {
	for _, sec := range sections {
		if s.Sections[sec].State != OK {
			return false
		}
	}
	return true
}

// Splice is an exact textual edit of a file: the bytes Old at Offset give way to New.
// It does not apply to a file which has other bytes there.
type Splice struct {
	Offset int    `json:"offset"`
	Old    string `json:"old" class:"secret"` // text of a file of the user: only a repair on this machine needs it
	New    string `json:"new" class:"secret"`
}

// Proc is one process as others saw it at one moment.
type Proc struct {
	PID     int           `json:"pid"`
	Start   int64         `json:"start"` // clock ticks since boot at its start; with PID names it for good; 0 = unknown
	PPID    int           `json:"ppid"`
	UID     int           `json:"uid"`
	Comm    string        `json:"comm" class:"source"`
	Command string        `json:"command" class:"source"` // arguments joined by blanks, cut at 400 bytes
	Dir     string        `json:"dir" class:"path"`
	State   string        `json:"state" class:"public"` // R, S, D, T, Z … of proc(5)
	Age     time.Duration `json:"age_ns"`
}
