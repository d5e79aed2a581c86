//go:build !race

package main

// raceEnabled says that the race detector watches this run, and the nodes in it.
const raceEnabled = false
