package storage

import "log/slog"

// SetFreeSpace replaces the look at the disk of a log that is opened with cfg.
func SetFreeSpace(cfg *Config, free func(dir string) (uint64, error)) { cfg.freeSpace = free }

// Fatal does what the state store does when it cannot go on.
func Fatal(log *slog.Logger) {
	storeLogger{log}.Fatalf("sync of %s: %v", "a file", "input/output error")
}

// HostLink is the path that only works under a host name.
func HostLink(dir, host string) string { return dir + "/" + raftDir + "/" + host }

// LogBegins is the first entry that the Raft log of a shard has on a node.
func LogBegins(n Node, shard uint64) (uint64, error) {
	r, err := n.(*replicated).host.GetLogReader(shard)
	if err != nil {
		return 0, err
	}
	first, _ := r.GetRange()
	return first, nil
}

// Incoming is whether a node has seen a snapshot of a shard that is coming.
func Incoming(n Node, shard uint64) bool {
	s := n.(*replicated).shards[shard]
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.incoming
}
