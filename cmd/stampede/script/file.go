package script

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Read reads a file; name is what errors call it. What the file leaves out is as in
// the ready-made scenario that it names.
func Read(name string, data []byte) (*Script, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s: it is not a mapping; `stampede init view` prints an example", name)
	}
	root := doc.Content[0]
	scenario := child(root, "scenario")
	if scenario == nil {
		return nil, fmt.Errorf("%s:%d: scenario: it is missing; there are %s",
			name, root.Line, strings.Join(Names(), ", "))
	}
	s, err := New(scenario.Value)
	if err != nil {
		return nil, fmt.Errorf("%s:%d: scenario: %w", name, scenario.Line, err)
	}
	r := reader{file: name, groups: s.table(), seen: map[string]bool{}}
	r.mapping("", root)
	if len(r.wrong) > 0 {
		return nil, errors.Join(r.wrong...)
	}
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", name, r.lineOf(err, root), err)
	}
	return s, nil
}

// child gives the value of a mapping's member; nil where there is none.
func child(n *yaml.Node, name string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}

// reader sets members from a file. All that is wrong is told at once.
type reader struct {
	file   string
	groups []group
	seen   map[string]bool
	wrong  []error
}

// say notes an error at a line.
func (r *reader) say(n *yaml.Node, member string, format string, args ...any) {
	r.wrong = append(r.wrong, fmt.Errorf("%s:%d: %s: %s", r.file, n.Line, member, fmt.Sprintf(format, args...)))
}

// mapping reads the members of a group.
func (r *reader) mapping(in string, n *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name := full(in, key.Value)
		if r.seen[name] {
			r.say(key, name, "it is there twice")
			continue
		}
		r.seen[name] = true
		if in == "" && r.isGroup(key.Value) {
			if value.Kind != yaml.MappingNode {
				r.say(value, name, "its members are wanted, indented below it: %s", r.names(key.Value))
				continue
			}
			r.mapping(key.Value, value)
			continue
		}
		m, ok := r.member(in, key.Value)
		if !ok {
			what := "a script"
			if in != "" {
				what = in
			}
			r.say(key, name, "there is no such member; %s has %s", what, r.names(in))
			continue
		}
		r.value(m, name, value)
	}
}

// value sets one member.
func (r *reader) value(m member, name string, n *yaml.Node) {
	if m.add == nil {
		if n.Kind != yaml.ScalarNode {
			r.say(n, name, "one value is wanted")
		} else if err := m.set(n.Value); err != nil {
			r.say(n, name, "%v", err)
		}
		return
	}
	items := n.Content
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
		items = []*yaml.Node{n}
	} else if n.Kind != yaml.SequenceNode && n.Kind != yaml.ScalarNode {
		r.say(n, name, "a list is wanted")
		return
	}
	m.wipe()
	for _, item := range items {
		if item.Kind != yaml.ScalarNode {
			r.say(item, name, "a list of texts is wanted")
		} else if err := m.add(item.Value); err != nil {
			r.say(item, name, "%v", err)
		}
	}
}

// isGroup says whether there is a group of that name.
func (r *reader) isGroup(name string) bool {
	return name != "" && slices.ContainsFunc(r.groups, func(g group) bool { return g.name == name })
}

// member gives a member of a group.
func (r *reader) member(in, name string) (member, bool) {
	for _, g := range r.groups {
		for _, m := range g.members {
			if g.name == in && m.name == name {
				return m, true
			}
		}
	}
	return member{}, false
}

// names are what a group can have.
func (r *reader) names(in string) string {
	var all []string
	for _, g := range r.groups {
		if in == "" && g.name != "" {
			all = append(all, g.name)
		}
		for _, m := range g.members {
			if g.name == in {
				all = append(all, m.name)
			}
		}
	}
	return strings.Join(all, ", ")
}

// lineOf is the line of the member that an error of Validate begins with.
func (r *reader) lineOf(err error, root *yaml.Node) int {
	at := root
	name, _, _ := strings.Cut(err.Error(), ":")
	for part := range strings.SplitSeq(name, ".") {
		if next := child(at, part); next != nil {
			at = next
		}
	}
	return at.Line
}

// Text is the file, with a comment on every member. Groups that are of no use to the
// scenario are left out.
func (s *Script) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s.\n# Run it with: stampede run FILE.yaml. Times are like 500ms, 10s, 2m.\n",
		s.Scenario, s.Says())
	for _, g := range s.table() {
		if g.of != nil && !slices.Contains(g.of, s.Scenario) {
			continue
		}
		indent := ""
		b.WriteByte('\n')
		if g.name != "" {
			fmt.Fprintf(&b, "# %s\n%s:\n", g.help, g.name)
			indent = "  "
		}
		for _, m := range g.members {
			m.write(&b, indent)
		}
	}
	return b.String()
}

// write writes a member with its comment.
func (m member) write(b *strings.Builder, indent string) {
	values := m.get()
	fmt.Fprintf(b, "%s# %s\n%s%s:", indent, m.help, indent, m.name)
	switch {
	case m.add == nil:
		fmt.Fprintf(b, " %s\n", values[0])
	case len(values) == 0:
		b.WriteString(" []\n")
	default:
		b.WriteByte('\n')
		for _, v := range values {
			fmt.Fprintf(b, "%s  - %s\n", indent, v)
		}
	}
}
