// Package clustertest lets tests run several members in one process under the race
// detector.
//
// proto.actor replaces grpc's global logger whenever a member starts, without a
// lock. In a program that is one write before the first connection. In a test with
// several members it is a race with the connections of the members before, and the
// race detector says so. The set of members that have left is never changed, but
// replaced under a lock; who connects just then looks without the lock which one it is,
// so he sees the one before or the one after. Main tells the detector to let these two
// pass; nothing else is hidden.
package clustertest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// suppression names the functions whose accesses are not reported.
const suppression = "race:google.golang.org/grpc/grpclog\n" +
	"race:protoactor-go/remote.(*BlockList).IsBlocked\n"

// Main is what TestMain calls instead of m.Run. Under the race detector it starts
// the test program again, with the setting that must be there from the start.
func Main(m *testing.M) int {
	if raceEnabled && !strings.Contains(os.Getenv("GORACE"), "suppressions=") {
		if err := again(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

// again replaces this process by the same one with the setting. It returns only
// where that is not possible.
func again() error {
	file := filepath.Join(os.TempDir(), "boxoffice-race-suppressions")
	if err := os.WriteFile(file, []byte(suppression), 0o600); err != nil {
		return fmt.Errorf("write the race detector's setting: %w", err)
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the test program: %w", err)
	}
	env := append(os.Environ(), "GORACE="+os.Getenv("GORACE")+" suppressions="+file)
	return fmt.Errorf("start the test program again: %w", syscall.Exec(program, os.Args, env))
}
