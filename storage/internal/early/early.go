// Package early prepares the process for the consensus library before that
// library is initialised.
//
// The library reads its soft settings once, while its packages are initialised,
// from a file of a fixed name in the working directory, and it logs meanwhile.
// There is no other way to set them. Go initialises a package as soon as all that
// it imports is ready, and of several ready ones the first by import path; this
// path sorts before github.com. So this package may import nothing but the
// standard library's small packages and the library's logger. It writes the
// settings to a temporary directory and goes there; Return goes back and removes
// it. Package storage calls Return from its init.
//
// Where there is no place for a temporary directory the library's own settings
// stay: slower, not wrong. Settings says how many were taken.
package early

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/lni/dragonboat/v4/logger"
)

// settings of the library. Its default of 512 entries a slice is allocated anew
// on almost every apply: 32 halves the CPU time of a batch. Queues of 256 refuse
// earlier, which is what a caller with a deadline wants. A replica that is behind gets
// at most 4 MiB of entries in a message, not 64: the goroutine that reads them, on each
// side, is the one that commits for all shards. Five messages go a second while a shard
// is idle, and one with each of its commits.
const settings = `{
	"InMemEntrySliceSize": 32,
	"MinEntrySliceFreeSize": 8,
	"StreamConnections": 1,
	"IncomingProposalQueueLength": 256,
	"IncomingReadIndexQueueLength": 256,
	"MaxEntrySize": 4194304
}`

var (
	before string // the working directory; "": it was never left
	during string // the temporary one

	taken atomic.Int64
	sink  atomic.Pointer[slog.Logger]
)

func init() {
	logger.SetLoggerFactory(func(pkg string) logger.ILogger { return &adapter{pkg: pkg} })
	wd, err := os.Getwd()
	if err != nil {
		return
	}
	dir, err := os.MkdirTemp("", "boxoffice-settings-")
	if err != nil {
		return
	}
	err = os.WriteFile(dir+"/dragonboat-soft-settings.json", []byte(settings), 0o600)
	if err == nil {
		err = os.Chdir(dir)
	}
	if err != nil {
		_ = os.RemoveAll(dir) // nobody to tell yet, and nothing depends on it
		return
	}
	before, during = wd, dir
}

// Return goes back to the working directory of before. It panics if it cannot:
// every relative path of the process would be wrong.
func Return() {
	if before == "" {
		return
	}
	if err := os.Chdir(before); err != nil {
		panic("storage: return to the working directory: " + err.Error())
	}
	_ = os.RemoveAll(during) // an empty directory may stay behind: harmless
	before = ""
}

// Settings is how many of the soft settings the library has taken: all six, or
// none.
func Settings() int { return int(taken.Load()) }

// LogTo sends what the library logs from now on to l. It is one for the process.
func LogTo(l *slog.Logger) { sink.Store(l) }

// adapter is the library's logger of one of its packages.
type adapter struct {
	pkg    string
	warned atomic.Int64 // when, in nanoseconds since 1970
}

// transportPause is the time between two warnings of the transport.
const transportPause = 10 * time.Second

func (a *adapter) SetLevel(logger.LogLevel) {}
func (a *adapter) Debugf(string, ...any)    {}

// Infof drops what the library says of its normal life, many lines a shard; of
// what it says while it is initialised it counts the settings.
func (a *adapter) Infof(format string, _ ...any) {
	if a.pkg == "settings" && strings.HasPrefix(format, "Setting ") {
		taken.Add(1)
	}
}

// Warningf logs for those who debug: the library warns of every election.
func (a *adapter) Warningf(format string, args ...any) { a.log(slog.LevelDebug, format, args) }

// Errorf logs an error. Those of the transport are other nodes that cannot be reached:
// there are many a second then, and one in a while says as much.
func (a *adapter) Errorf(format string, args ...any) {
	level := slog.LevelError
	if a.pkg == "transport" {
		level = slog.LevelWarn
		now, last := time.Now().UnixNano(), a.warned.Load()
		if time.Duration(now-last) < transportPause || !a.warned.CompareAndSwap(last, now) {
			level = slog.LevelDebug
		}
	}
	a.log(level, format, args)
}

// Panicf is how the library stops a process that must not go on, after a disk
// error for example.
func (a *adapter) Panicf(format string, args ...any) {
	a.log(slog.LevelError, format, args)
	panic(a.pkg + ": " + fmt.Sprintf(format, args...))
}

func (a *adapter) log(level slog.Level, format string, args []any) {
	if l := sink.Load(); l != nil {
		l.Log(context.Background(), level, fmt.Sprintf(format, args...), "part", a.pkg)
	}
}
