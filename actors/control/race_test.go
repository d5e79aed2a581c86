//go:build race

package control

// RaceEnabled says that the race detector watches this run.
const RaceEnabled = true
