package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"boxoffice/actors/indexer"
)

// The kinds of values an option can have. Each is a flag.Value: Set reads what
// a person writes, String is what Set would read back. What Set says of a bad
// value is shown behind the option's name, so it speaks of the value only.

// textValue is any text; who uses it says what it may be.
type textValue string

func (v *textValue) String() string     { return string(*v) }
func (v *textValue) Set(s string) error { *v = textValue(s); return nil }

// switchValue is on or off. As a flag it needs no value.
type switchValue bool

func (v *switchValue) String() string { return strconv.FormatBool(bool(*v)) }

func (v *switchValue) Set(s string) error {
	b, err := strconv.ParseBool(s)
	if err != nil {
		return fmt.Errorf("%q is neither true nor false", s)
	}
	*v = switchValue(b)
	return nil
}

// countValue is a number of things: whole, and never negative.
type countValue int

func (v *countValue) String() string { return strconv.Itoa(int(*v)) }

func (v *countValue) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return fmt.Errorf("%q is not a whole number from 0", s)
	}
	*v = countValue(n)
	return nil
}

// wishValue is a number from 0 that may be left out: nil.
type wishValue struct{ n *int }

func (v *wishValue) String() string {
	if v.n == nil {
		return ""
	}
	return strconv.Itoa(*v.n)
}

func (v *wishValue) Set(s string) error {
	v.n = new(int)
	return (*countValue)(v.n).Set(s)
}

// durationValue is a time span from 0, with its unit.
type durationValue time.Duration

func (v *durationValue) String() string { return time.Duration(*v).String() }

func (v *durationValue) Set(s string) error {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return fmt.Errorf("%q is not a duration such as 90s, 5m or 1h30m", s)
	}
	*v = durationValue(d)
	return nil
}

// listValue is several texts, separated by commas. Empty parts are left out.
type listValue []string

func (v *listValue) String() string { return strings.Join(*v, ",") }

func (v *listValue) Set(s string) error {
	*v = nil
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			*v = append(*v, part)
		}
	}
	return nil
}

// allRoles are the roles that a node can have.
func allRoles() []string { return []string{indexer.RoleSearch} }

// rolesValue is several roles, separated by commas; "all" and "none" stand alone.
type rolesValue []string

func (v *rolesValue) String() string {
	switch {
	case len(*v) == 0:
		return "none"
	case len(*v) == len(allRoles()):
		return "all"
	}
	return strings.Join(*v, ",")
}

func (v *rolesValue) Set(s string) error {
	switch strings.TrimSpace(s) {
	case "all":
		*v = allRoles()
		return nil
	case "none":
		*v = nil
		return nil
	}
	var roles listValue
	_ = roles.Set(s) // takes everything
	*v = nil
	for _, role := range roles {
		if !slices.Contains(allRoles(), role) {
			return fmt.Errorf("%q is no role: all, none, or some of %s", role, strings.Join(allRoles(), ", "))
		}
		if !slices.Contains(*v, role) {
			*v = append(*v, role)
		}
	}
	if len(*v) == 0 {
		return errors.New("there is no role: say none")
	}
	return nil
}

// bytesValue is a size: a number, with a fraction or without, and a unit.
type bytesValue int64

// byteUnits has the units from the largest; those with an i are powers of 1024.
var byteUnits = []struct {
	name string
	size int64
}{
	{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1}, {"", 1},
}

// String uses the largest unit that divides the size.
func (v *bytesValue) String() string {
	for _, u := range byteUnits {
		if n := int64(*v); n >= u.size && n%u.size == 0 {
			return strconv.FormatInt(n/u.size, 10) + u.name
		}
	}
	return "0"
}

// Set takes units in any case, with a blank before them or not. A fraction of a
// byte is cut.
func (v *bytesValue) Set(s string) error {
	s = strings.TrimSpace(s)
	number := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	unit := s[len(number):]
	f, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !(f >= 0) {
		return fmt.Errorf("%q is not a size such as 512MiB or 2GB", s)
	}
	for _, u := range byteUnits {
		if strings.EqualFold(u.name, unit) {
			if f*float64(u.size) >= math.MaxInt64 {
				return fmt.Errorf("%q is too much", s)
			}
			*v = bytesValue(f * float64(u.size))
			return nil
		}
	}
	return fmt.Errorf("unknown unit %q: B, kB, MB, GB, TB, KiB, MiB, GiB or TiB", unit)
}

// choiceValue is one of a few words.
type choiceValue struct {
	word  *string
	words []string
}

// String has to work for a zero value too: package flag asks for one.
func (v choiceValue) String() string {
	if v.word == nil {
		return ""
	}
	return *v.word
}

func (v choiceValue) Set(s string) error {
	for _, w := range v.words {
		if s == w {
			*v.word = s
			return nil
		}
	}
	return fmt.Errorf("%q is none of %s", s, strings.Join(v.words, ", "))
}
