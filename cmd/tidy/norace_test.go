//go:build !race

package main

// raceEnabled says that the race detector watches this run.
const raceEnabled = false
