package payment

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
)

// victimLedger is set in the process that TestKill kills: its ledger.
const victimLedger = "BOXOFFICE_PAYMENT_TEST_VICTIM"

func TestMain(m *testing.M) {
	if path := os.Getenv(victimLedger); path != "" {
		victim(path)
		return
	}
	os.Exit(m.Run())
}

// victim pays and captures without an end, from many goroutines, and prints each
// booking when it has been told that it is captured.
func victim(path string) {
	s, err := NewSandbox(SandboxConfig{Ledger: path})
	if err != nil {
		fmt.Println(err)
		return
	}
	p := provider{Gateway: s, approved: "pm_card_visa"}
	ctx := context.Background()
	var all sync.WaitGroup
	for caller := range 16 {
		all.Go(func() {
			for n := 0; ; n++ {
				booking := fmt.Sprintf("%d-%d-%d", os.Getpid(), caller, n)
				o, err := p.Authorise(ctx, p.request(booking))
				if err == nil {
					err = p.Capture(ctx, CaptureKey(booking), o.PaymentID)
				}
				if err != nil {
					fmt.Println(err)
					return
				}
				fmt.Println(booking)
			}
		})
	}
	all.Wait()
}

// TestKill kills a process in the middle of its work, a few times on one ledger:
// all that it was told is there, once.
func TestKill(t *testing.T) {
	path := ledgerPath(t)
	told := map[string]bool{}
	for round := range 3 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), victimLedger+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			told[lines.Text()] = true
			if n == 500*(round+1) {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("it ended by itself")
		}
	}
	wantNil(t, "open again and close", openSandbox(t, path).Close())
	captured := map[string]bool{}
	for _, p := range audited(t, path) {
		captured[p.Booking] = p.Taken() > 0
	}
	for booking := range told {
		if !captured[booking] {
			t.Errorf("%q was told and is not in the ledger", booking)
		}
	}
	t.Logf("%d told, %d in the ledger", len(told), len(captured))
}
