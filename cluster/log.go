package cluster

import (
	"context"
	"log/slog"
)

// quiet is the logger of proto.actor: what it takes for errors are connections
// that broke, which the member reports in its own words.
func quiet(l *slog.Logger) *slog.Logger {
	return slog.New(quietHandler{l.Handler()}).With(slog.String("from", "proto.actor"))
}

type quietHandler struct{ slog.Handler }

func (h quietHandler) Enabled(ctx context.Context, _ slog.Level) bool {
	return h.Handler.Enabled(ctx, slog.LevelDebug)
}

func (h quietHandler) Handle(ctx context.Context, r slog.Record) error {
	r.Level = slog.LevelDebug
	return h.Handler.Handle(ctx, r)
}

func (h quietHandler) WithAttrs(a []slog.Attr) slog.Handler {
	return quietHandler{h.Handler.WithAttrs(a)}
}

func (h quietHandler) WithGroup(name string) slog.Handler {
	return quietHandler{h.Handler.WithGroup(name)}
}

// gossipLog is the writer that memberlist logs to: a line a message, which names
// its level.
type gossipLog struct{ m *Member }

// Write implements io.Writer.
func (g gossipLog) Write(line []byte) (int, error) {
	g.m.overheard(line)
	return len(line), nil
}
