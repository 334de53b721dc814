// Package proxy tests gorescue proxy as a user has it: real processes, the real go command, servers on the loopback.
package proxy
