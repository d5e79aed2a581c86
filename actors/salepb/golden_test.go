package salepb

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/golden.txt anew")

const goldenFile = "testdata/golden.txt"

// golden is one thing with its bytes and the way back from them.
type golden struct {
	name   string
	value  any
	bytes  []byte
	decode func([]byte) (any, error)
}

func goldens() []golden {
	var gs []golden
	for _, r := range exampleRecords {
		gs = append(gs, golden{strings.TrimPrefix(fmt.Sprintf("%T", r), "*sale."), r, AppendRecord(nil, r),
			func(b []byte) (any, error) { return DecodeRecord(b) }})
	}
	return append(gs,
		golden{"Checkpoint", exampleCheckpoint, EncodeCheckpoint(exampleCheckpoint),
			func(b []byte) (any, error) { return DecodeCheckpoint(b) }},
		golden{"Summary", exampleSummary, AppendSummary(nil, exampleSummary),
			func(b []byte) (any, error) { return DecodeSummary(b) }},
		golden{"Checkpoint", roomCheckpoint, EncodeCheckpoint(roomCheckpoint),
			func(b []byte) (any, error) { return DecodeCheckpoint(b) }},
		golden{"Summary", roomSummary, AppendSummary(nil, roomSummary),
			func(b []byte) (any, error) { return DecodeSummary(b) }},
		golden{"Details", exampleDetails, EncodeDetails(exampleDetails),
			func(b []byte) (any, error) { return DecodeDetails(b) }},
	)
}

// TestGolden holds the code to bytes that earlier versions wrote.
func TestGolden(t *testing.T) { checkGolden(t, goldenFile, goldens()) }

// checkGolden compares things with the bytes in a file, both ways.
func checkGolden(t *testing.T, file string, gs []golden) {
	for i, seen := 0, map[string]int{}; i < len(gs); i++ {
		if seen[gs[i].name]++; seen[gs[i].name] > 1 {
			gs[i].name = fmt.Sprint(gs[i].name, seen[gs[i].name])
		}
	}
	if *rewrite {
		var out bytes.Buffer
		for _, g := range gs {
			fmt.Fprintf(&out, "%s %x\n", g.name, g.bytes)
		}
		if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stored := readGolden(t, file)
	if len(stored) != len(gs) {
		t.Errorf("%s has %d lines; there are %d examples", file, len(stored), len(gs))
	}
	for _, g := range gs {
		want := stored[g.name]
		if !bytes.Equal(g.bytes, want) {
			t.Errorf("%s is written as\n%x, stored is\n%x", g.name, g.bytes, want)
		}
		got, err := g.decode(want)
		if err != nil {
			t.Errorf("%s: %v", g.name, err)
		} else if !reflect.DeepEqual(got, g.value) {
			t.Errorf("%s is read as %+v, want %+v", g.name, got, g.value)
		}
	}
}

func readGolden(t *testing.T, file string) map[string][]byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	stored := map[string][]byte{}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		name, digits, _ := strings.Cut(lines.Text(), " ")
		if stored[name], err = hex.DecodeString(digits); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return stored
}
