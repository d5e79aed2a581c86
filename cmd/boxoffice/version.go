package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

const versionText = `
Prints the version of this build, the Go release that made it and, where it is
known, the revision of the sources.`

// buildInfo says which build this is.
type buildInfo struct {
	Version  string // of the module; "(devel)" for a build from a checkout
	Go       string
	Revision string // of the sources; "" where it is not known
	Modified bool   // the sources were changed since that revision
}

// thisBuild reads what the linker wrote into the program.
func thisBuild() buildInfo {
	b := buildInfo{Version: "(devel)", Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

// String is the line that the command prints.
func (b buildInfo) String() string {
	s := "boxoffice " + b.Version + " " + b.Go + " " + runtime.GOOS + "/" + runtime.GOARCH
	if b.Revision != "" {
		s += " " + b.Revision
	}
	if b.Modified {
		s += " (modified)"
	}
	return s
}

// version is the command of that name.
func version(args []string, env environment) int {
	if len(args) > 0 {
		return env.fail("version", usagef("unexpected argument %q", args[0]))
	}
	fmt.Fprintln(env.stdout, thisBuild())
	return exitDone
}
