package shop

import "testing"

// TestHouse wants the names of tickets to be those of the document.
func TestHouse(t *testing.T) {
	h := House{ID: "e", Seats: 2601}
	for n, want := range map[int]string{0: "S1-R1-1", 49: "S1-R1-50", 50: "S1-R2-1",
		2499: "S1-R50-50", 2600: "S2-R3-1"} {
		if got := h.Ticket(n); got != want {
			t.Errorf("ticket %d is %s, want %s", n, got, want)
		}
	}
}
