package slab

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// Things are zero and differ, whatever is written to the others.
func TestOf(t *testing.T) {
	var s Of[[2]int]
	var all []*[2]int
	for i := range 1000 {
		p := s.New()
		if *p != [2]int{} {
			t.Fatalf("%d is %v", i, *p)
		}
		*p = [2]int{i, -i}
		all = append(all, p)
	}
	for i, p := range all {
		if *p != [2]int{i, -i} {
			t.Fatalf("%d is %v", i, *p)
		}
	}
}

// Texts stay what they were, whatever becomes of the bytes they were made of.
func TestTexts(t *testing.T) {
	var s Texts
	var buf []byte
	var all []string
	text := func(i int) string { return fmt.Sprint(i, strings.Repeat("x", i*i%1500)) }
	for i := range 1000 {
		buf = append(buf[:0], text(i)...)
		all = append(all, s.Keep(buf))
	}
	clear(buf)
	for i, got := range all {
		if got != text(i) {
			t.Fatalf("%d: %q, want %q", i, got, text(i))
		}
	}
	if s.Keep(nil) != "" {
		t.Error("no bytes are some")
	}
}

// Many things are few objects, and a few take hardly more than they need.
func TestPieces(t *testing.T) {
	var s Of[[6]int]
	var texts Texts
	text := bytes.Repeat([]byte("t"), 100)
	objects := testing.AllocsPerRun(1, func() {
		for range 10_000 {
			s.New()
			texts.Keep(text)
		}
	})
	if objects > 1000 {
		t.Errorf("20,000 things are %v objects", objects)
	}
	var one Of[[6]int]
	one.New()
	if len(one.free) > 0 {
		t.Errorf("beside a single thing there is room for %d", len(one.free))
	}
}
