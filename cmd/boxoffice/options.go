package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// envPrefix begins the environment variables that are options.
const envPrefix = "BOXOFFICE_"

// maxConfigBytes bounds a configuration file.
const maxConfigBytes = 1 << 20

// option is one row of a command's table of options: a flag --name, the
// environment variable BOXOFFICE_NAME and the member "name" of the configuration
// file, all at once. Its value is bound to a field of the command's
// configuration and holds the default until it is set.
type option struct {
	name   string
	short  string // another name of the flag, "o" for -o; "": none
	arg    string // what the help text calls the value; "" for a switch
	help   string
	value  flag.Value
	secret bool // never printed
	many   bool // may be given several times; the values are joined with commas
}

// env is the name of the option's environment variable.
func (o option) env() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(o.name, "-", "_"))
}

// shown is the value as it may be printed.
func (o option) shown() string {
	v := o.value.String()
	if o.secret && v != "" {
		return "[set]"
	}
	return v
}

// usageError is a mistake of the caller: exit code 2.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

// usagef makes a usageError.
func usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// isUsage reports whether an error is a mistake of the caller.
func isUsage(err error) bool {
	var u usageError
	return errors.As(err, &u)
}

// load sets options by precedence: a flag wins over the environment, that over
// the configuration file, that over the default. The file is the one that the
// option "config" names, in commands that have it. An environment variable that
// is set to nothing counts as not set. load returns the arguments that are not
// flags; flags may stand before, between and after them. Every mistake is a
// usageError, but for a file that cannot be read.
func load(opts []option, args []string, env environment) (rest []string, err error) {
	flags, rest, err := parseFlags(opts, args)
	if err != nil {
		return nil, err
	}
	vars := env.variables()
	path := vars[envPrefix+"CONFIG"]
	if f := flags["config"]; len(f) > 0 {
		path = f[len(f)-1]
	}
	if hasOption(opts, "config") && path != "" {
		if err := loadFile(opts, path); err != nil {
			return nil, err
		}
	}
	// Before the flags, after the file: what is set last wins.
	for _, o := range opts {
		if v := vars[o.env()]; v != "" {
			if err := o.value.Set(v); err != nil {
				return nil, usagef("%s: %v", o.env(), o.hide(err))
			}
		}
	}
	for _, o := range opts {
		if v := flags[o.name]; len(v) > 0 {
			text := v[len(v)-1]
			if o.many {
				text = strings.Join(v, ",")
			}
			if err := o.value.Set(text); err != nil {
				return nil, usagef("--%s: %v", o.name, o.hide(err))
			}
		}
	}
	return rest, nil
}

// hide keeps a secret out of an error text.
func (o option) hide(err error) error {
	if o.secret {
		return errors.New("the value is not valid")
	}
	return err
}

// hasOption reports whether a table has an option of that name.
func hasOption(opts []option, name string) bool {
	return slices.ContainsFunc(opts, func(o option) bool { return o.name == name })
}

// collector records what a flag was given, so that it can be applied after the
// environment and the file.
type collector struct {
	isSwitch bool
	values   []string
}

func (c *collector) String() string     { return "" }
func (c *collector) IsBoolFlag() bool   { return c.isSwitch }
func (c *collector) Set(s string) error { c.values = append(c.values, s); return nil }

// parseFlags separates flags from other arguments. Both -name and --name work;
// "--" ends the flags; "-" is no flag.
func parseFlags(opts []option, args []string) (map[string][]string, []string, error) {
	set := flag.NewFlagSet("", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	given := make(map[string]*collector, len(opts))
	for _, o := range opts {
		given[o.name] = &collector{isSwitch: o.arg == ""}
		set.Var(given[o.name], o.name, o.help)
		if o.short != "" {
			set.Var(given[o.name], o.short, o.help)
		}
	}
	// Package flag stops at the first argument that is no flag: take that one and
	// go on behind it.
	var rest []string
	for {
		if err := set.Parse(args); err != nil {
			text := strings.Replace(err.Error(), "flag provided but not defined: -", "unknown flag --", 1)
			return nil, nil, usageError{strings.Replace(text, "flag needs an argument: -", "no value for --", 1)}
		}
		left := set.Args()
		if n := len(args) - len(left); n > 0 && args[n-1] == "--" {
			rest = append(rest, left...)
			break
		}
		if len(left) == 0 {
			break
		}
		rest, args = append(rest, left[0]), left[1:]
	}
	flags := make(map[string][]string)
	for name, c := range given {
		flags[name] = c.values
	}
	return flags, rest, nil
}

// loadFile sets options from a YAML file: one mapping from option names to
// scalars or, for options that take several values, lists of scalars.
func loadFile(opts []option, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open the configuration: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxConfigBytes+1))
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	if len(text) > maxConfigBytes {
		return usagef("%s: more than %d bytes", path, maxConfigBytes)
	}
	if err := loadYAML(opts, text); err != nil {
		return usagef("%s: %v", path, err)
	}
	return nil
}

// loadYAML is loadFile for its content.
func loadYAML(opts []option, text []byte) error {
	dec := yaml.NewDecoder(strings.NewReader(string(text)))
	var doc yaml.Node
	if err := dec.Decode(&doc); err == io.EOF {
		return nil
	} else if err != nil {
		return err
	}
	if err := dec.Decode(new(yaml.Node)); err != io.EOF {
		return errors.New("one YAML document is expected")
	}
	root := doc.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil
	}
	if root.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: a mapping of options is expected", root.Line)
	}
	seen := make(map[string]bool)
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, node := root.Content[i], root.Content[i+1]
		at := slices.IndexFunc(opts, func(o option) bool { return o.name == key.Value && o.name != "config" })
		if at < 0 {
			return fmt.Errorf("line %d: unknown member %q", key.Line, key.Value)
		}
		if seen[key.Value] {
			return fmt.Errorf("line %d: %q is there twice", key.Line, key.Value)
		}
		seen[key.Value] = true
		if err := opts[at].setNode(node); err != nil {
			return fmt.Errorf("line %d: %s: %w", node.Line, key.Value, opts[at].hide(err))
		}
	}
	return nil
}

// setNode sets an option from a YAML value.
func (o option) setNode(node *yaml.Node) error {
	var parts []string
	switch {
	case node.Kind == yaml.SequenceNode && o.many:
		for _, item := range node.Content {
			if item.Kind != yaml.ScalarNode || item.Tag == "!!null" {
				return errors.New("a list of plain values is expected")
			}
			parts = append(parts, item.Value)
		}
	case node.Kind == yaml.ScalarNode && node.Tag != "!!null":
		parts = []string{node.Value}
	default:
		return errors.New("a plain value is expected")
	}
	return o.value.Set(strings.Join(parts, ","))
}

// variables is the environment as a map, BOXOFFICE_ variables only.
func (env environment) variables() map[string]string {
	vars := make(map[string]string)
	for _, entry := range env.environ {
		if name, value, ok := strings.Cut(entry, "="); ok && strings.HasPrefix(name, envPrefix) {
			vars[name] = value
		}
	}
	return vars
}

// says reports whether the environment has a variable of any name.
func (env environment) says(name string) bool {
	return slices.ContainsFunc(env.environ, func(entry string) bool { return strings.HasPrefix(entry, name+"=") })
}

// strangers is the BOXOFFICE_ variables that no command knows, sorted: most
// likely misspelt, so worth a warning.
func (env environment) strangers() []string {
	known := make(map[string]bool)
	for _, c := range commands() {
		for _, o := range c.options {
			known[o.env()] = true
		}
	}
	var out []string
	for name := range env.variables() {
		if !known[name] {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// help is a command's help text: usage, what it does, and its options with
// their defaults.
func (c command) help() string {
	var b strings.Builder
	b.WriteString("usage: boxoffice " + c.name)
	if len(c.options) > 0 {
		b.WriteString(" [OPTIONS]")
	}
	if c.args != "" {
		b.WriteString(" " + c.args)
	}
	b.WriteString("\n\n" + strings.TrimSpace(c.text) + "\n")
	if len(c.options) == 0 {
		return b.String()
	}
	b.WriteString("\noptions (each is also an environment variable: --min-free-disk is BOXOFFICE_MIN_FREE_DISK):\n")
	for _, o := range c.options {
		name := "--" + o.name
		if o.short != "" {
			name = "-" + o.short + ", " + name
		}
		if o.arg != "" {
			name += " " + o.arg
		}
		fmt.Fprintf(&b, "  %-26s %s", name, o.help)
		if v := o.shown(); v != "" && v != "false" && v != "0" {
			fmt.Fprintf(&b, " (default %s)", v)
		}
		b.WriteString("\n")
	}
	return b.String()
}
