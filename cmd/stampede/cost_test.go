package main

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// BenchmarkGenerator is what a request costs the generator, in CPU time of its own
// process: against a server that does nothing, in a process of its own.
func BenchmarkGenerator(b *testing.B) {
	base, err := startBaseline("constant", "-size", "700")
	if err != nil {
		b.Fatal(err)
	}
	defer base.stop(&err)
	for _, how := range []string{
		"--model closed --users 64", "--rate 100", "--rate 500", "--rate 2000", "--rate 5000", "--rate 20000",
	} {
		b.Run(strings.ReplaceAll(how, "--", ""), func(b *testing.B) {
			for b.Loop() {
				args := fmt.Sprintf("view --url %s --duration 2s --quiet %s", base.url, how)
				o, err := parseRun(strings.Fields(args), io.Discard)
				if err != nil {
					b.Fatal(err)
				}
				r, err := stampede(b.Context(), o, io.Discard)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(r.Setup.CPUPer, "µs-CPU/request")
			}
		})
	}
}
