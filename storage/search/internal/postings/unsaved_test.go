package postings

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

// waiting begins to wait for room, where there is none for another batch.
func waiting(ctx context.Context, u *unsaved, stop chan struct{}) chan error {
	u.init()
	u.add(1)
	u.add(1)
	answer := make(chan error, 1)
	go func() { answer <- u.room(ctx, stop, &Config{UnsavedDocs: 10, UnsavedBatches: 2}) }()
	synctest.Wait()
	return answer
}

func TestWaitingForRoom(t *testing.T) {
	gone := errors.New("gone")
	for name, c := range map[string]struct {
		happens func(u *unsaved, cancel context.CancelCauseFunc, stop chan struct{})
		want    error
	}{
		"saved":     {func(u *unsaved, _ context.CancelCauseFunc, _ chan struct{}) { u.saved(1) }, nil},
		"closed":    {func(_ *unsaved, _ context.CancelCauseFunc, stop chan struct{}) { close(stop) }, ErrClosed},
		"cancelled": {func(_ *unsaved, cancel context.CancelCauseFunc, _ chan struct{}) { cancel(gone) }, gone},
		"failed":    {func(u *unsaved, _ context.CancelCauseFunc, _ chan struct{}) { u.fail(gone) }, ErrBehind},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var u unsaved
				ctx, cancel := context.WithCancelCause(context.Background())
				defer cancel(nil)
				stop := make(chan struct{})
				answer := waiting(ctx, &u, stop)
				select {
				case err := <-answer:
					t.Fatalf("it did not wait: %v", err)
				default:
				}
				c.happens(&u, cancel, stop)
				if err := <-answer; !errors.Is(err, c.want) {
					t.Errorf("%v, want %v", err, c.want)
				}
			})
		})
	}
}

// A failure that was overcome does not keep batches out.
func TestFailureIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var u unsaved
		answer := waiting(t.Context(), &u, nil)
		u.add(1)
		u.fail(errors.New("full"))
		if err := <-answer; !errors.Is(err, ErrBehind) {
			t.Errorf("on a full disk: %v", err)
		}
		u.saved(1)
		go func() { answer <- u.none(t.Context(), nil) }()
		synctest.Wait()
		u.saved(1)
		u.saved(1)
		if err := <-answer; err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}
