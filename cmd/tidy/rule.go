package main

import (
	"fmt"
	"sort"
)

// A violation is one place that breaks one rule.
type violation struct {
	rule string // the rule's name
	path string // slash path from the root of the tree
	line int    // 0: the whole file or folder
	say  string // what is wrong, why it is a rule, what to do instead
}

// String gives the form that editors jump on: path:line: rule: say.
func (v violation) String() string {
	if v.line == 0 {
		return fmt.Sprintf("%s: %s: %s", v.path, v.rule, v.say)
	}
	return fmt.Sprintf("%s:%d: %s: %s", v.path, v.line, v.rule, v.say)
}

// A rule looks at the whole tree and gives what breaks it.
type rule struct {
	name string
	find func(*tree, reporter)
}

// A reporter takes a violation of the rule that runs.
type reporter func(path string, line int, format string, args ...any)

// rules is every rule, in the order in which the documentation tells them.
var rules = []rule{
	{"imports", checkImports},
	{"third-party", checkThirdParty},
	{"depth", checkDepth},
	{"purity", checkPurity},
	{"file-size", checkFileSizes},
	{"function-size", checkFunctionSizes},
	{"line-length", checkLineLength},
	{"comments", checkComments},
	{"exported", checkExportedCount},
	{"documented", checkDocumented},
	{"package-comment", checkPackageComments},
	{"bans", checkBans},
	{"sleep", checkSleep},
	{"unfinished", checkUnfinished},
	{"top-level", checkTopLevel},
	{"words", checkWords},
	{"pins", checkPins},
}

// check runs every rule and sorts what they found by place.
func check(t *tree) []violation {
	var found []violation
	for _, r := range rules {
		r.find(t, func(path string, line int, format string, args ...any) {
			found = append(found, violation{r.name, path, line, fmt.Sprintf(format, args...)})
		})
	}
	sort.SliceStable(found, func(i, j int) bool {
		if found[i].path != found[j].path {
			return found[i].path < found[j].path
		}
		return found[i].line < found[j].line
	})
	return found
}
