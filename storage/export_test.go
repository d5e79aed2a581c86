package storage

import "log/slog"

// SetFreeSpace replaces the look at the disk of a log that is opened with cfg.
func SetFreeSpace(cfg *Config, free func(dir string) (uint64, error)) { cfg.freeSpace = free }

// SetApplying has a log that is opened with cfg call a function before it applies.
func SetApplying(cfg *Config, f func()) { cfg.applying = f }

// Fatal does what the state store does when it cannot go on.
func Fatal(log *slog.Logger) {
	storeLogger{log}.Fatalf("sync of %s: %v", "a file", "input/output error")
}

// HostLink is the path that only works under a host name.
func HostLink(dir, host string) string { return dir + "/" + raftDir + "/" + host }
