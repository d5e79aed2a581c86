package actors

import (
	"errors"
	"sync"
	"testing"
)

func TestGate(t *testing.T) {
	emptied := 0
	g := gate{emptied: func() { emptied++ }}
	for range 2 {
		if _, err := g.enter(2); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := g.enter(2); !errors.Is(err, ErrOverloaded) || g.inside() != 2 {
		t.Errorf("the third of two: %v, %d inside", err, g.inside())
	}
	if g.closeEmpty() {
		t.Error("closed with two inside")
	}
	g.close()
	g.close()
	if _, err := g.enter(2); !errors.Is(err, errMoved) || g.inside() != 2 {
		t.Errorf("through a closed gate: %v, %d inside", err, g.inside())
	}
	g.leave()
	if emptied != 0 {
		t.Error("empty with one inside")
	}
	g.leave()
	if g.inside() != 0 || emptied != 1 {
		t.Errorf("%d inside, want 0; told %d times", g.inside(), emptied)
	}
}

// Whoever got in before the gate closed is counted; nobody gets in after.
func TestGateClosesEmptyOnlyWhenEmpty(t *testing.T) {
	for range 200 {
		g := gate{emptied: func() {}}
		var callers sync.WaitGroup
		entered := make(chan struct{}, 8)
		for range 8 {
			callers.Go(func() {
				if _, err := g.enter(100); err == nil {
					entered <- struct{}{}
				}
			})
		}
		closed := g.closeEmpty()
		callers.Wait()
		if closed && len(entered) > 0 || g.inside() != len(entered) {
			t.Fatalf("closed %v with %d entered and %d inside", closed, len(entered), g.inside())
		}
	}
}
