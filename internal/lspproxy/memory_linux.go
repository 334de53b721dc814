package lspproxy

import (
	"os"
	"strconv"
	"strings"
)

// memoryLimit returns how much memory a process of ours can use, bytes: that of the machine, or of the control
// group when the group of this process, or one above it, has less. 0 = unknown.
func memoryLimit() int64 {
	limit := int64(0)
	if data, err := os.ReadFile("/proc/meminfo"); err == nil {
		for line := range strings.Lines(string(data)) {
			if v, found := strings.CutPrefix(line, "MemTotal:"); found {
				kib, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(v), "kB")), 10, 64)
				limit = kib << 10
			}
		}
	}
	data, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return limit
	}
	for line := range strings.Lines(string(data)) {
		p := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(p) != 3 {
			continue
		}
		root, file := "/sys/fs/cgroup", "memory.max"
		if p[1] == "memory" {
			root, file = "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
		} else if p[1] != "" {
			continue
		}
		for dir := p[2]; ; dir = dir[:strings.LastIndexByte(dir, '/')] {
			if data, err := os.ReadFile(root + dir + "/" + file); err == nil {
				if n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64); err == nil && n > 0 && (limit == 0 || n < limit) {
					limit = n
				}
			}
			if strings.LastIndexByte(dir, '/') < 0 {
				break
			}
		}
	}
	return limit
}
