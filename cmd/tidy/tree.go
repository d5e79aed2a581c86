package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// maxText is the size from which a file counts as data: its words are not read.
const maxText = 1 << 20

// tree is everything the rules look at.
type tree struct {
	module   string
	fset     *token.FileSet
	top      []string // names at the root, without what .gitignore hides
	texts    []text
	packages []*pkg // by folder
}

// text is a file of words: everything below maxText that has no zero byte.
type text struct {
	path string
	body []byte
}

// pkg is the Go files of one folder, the external test package among them.
type pkg struct {
	dir   string // slash path from the root: "actors/sale"
	files []*source
}

// source is one parsed Go file.
type source struct {
	path      string
	ast       *ast.File
	body      []byte
	lines     []string
	test      bool
	generated bool
	imports   map[string]string // name in this file → import path
}

// findRoot climbs from dir to the folder that holds go.mod.
func findRoot(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.mod in this folder or above it")
		}
		dir = up
	}
}

// loadTree reads and parses the tree whose root holds go.mod. A Go file that does
// not parse is an error: no rule can say anything about it.
func loadTree(root fs.FS) (*tree, error) {
	t := &tree{fset: token.NewFileSet()}
	mod, err := fs.ReadFile(root, "go.mod")
	if err != nil {
		return nil, err
	}
	t.module = moduleName(mod)
	if t.module == "" {
		return nil, errors.New("go.mod names no module")
	}
	ignored := ignoredNames(root)
	byDir := map[string]*pkg{}
	err = fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		if name == ".git" || ignored(name, d.IsDir()) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.Contains(name, "/") {
			t.top = append(t.top, name)
		}
		if !d.Type().IsRegular() {
			return nil
		}
		return t.addFile(root, name, byDir)
	})
	sort.Slice(t.packages, func(i, j int) bool { return t.packages[i].dir < t.packages[j].dir })
	return t, err
}

// addFile reads one file: its words, and its syntax where it is Go.
func (t *tree) addFile(root fs.FS, name string, byDir map[string]*pkg) error {
	info, err := fs.Stat(root, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // gone since the folder was listed
	}
	if err != nil || info.Size() >= maxText {
		return err
	}
	body, err := fs.ReadFile(root, name)
	if err != nil {
		return err
	}
	if bytes.IndexByte(body, 0) >= 0 {
		return nil
	}
	t.texts = append(t.texts, text{name, body})
	if path.Ext(name) != ".go" || strings.Contains("/"+name, "/testdata/") {
		return nil
	}
	dir := path.Dir(name)
	p := byDir[dir]
	if p == nil {
		p = &pkg{dir: dir}
		byDir[dir] = p
		t.packages = append(t.packages, p)
	}
	s, err := t.parse(name, body)
	if err != nil {
		return err
	}
	p.files = append(p.files, s)
	return nil
}

// parse makes a source of a Go file's bytes.
func (t *tree) parse(name string, body []byte) (*source, error) {
	f, err := parser.ParseFile(t.fset, name, body, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", name, err)
	}
	s := &source{
		path:      name,
		ast:       f,
		body:      body,
		lines:     strings.Split(strings.TrimSuffix(string(body), "\n"), "\n"),
		test:      strings.HasSuffix(name, "_test.go"),
		generated: ast.IsGenerated(f),
		imports:   map[string]string{},
	}
	for _, imp := range f.Imports {
		p, err := strconv.Unquote(imp.Path.Value)
		if err != nil {
			return nil, fmt.Errorf("import of %s: %w", name, err)
		}
		s.imports[localName(imp, p)] = p
	}
	return s, nil
}

// localName is the name by which the file speaks of an import. Where none is
// written it is guessed from the path: the last element, without a version or "go-".
func localName(imp *ast.ImportSpec, importPath string) string {
	if imp.Name != nil {
		return imp.Name.Name
	}
	name := path.Base(importPath)
	if len(name) > 1 && name[0] == 'v' && strings.Trim(name[1:], "0123456789") == "" {
		name = path.Base(path.Dir(importPath))
	}
	return strings.TrimPrefix(name, "go-")
}

// line gives the line of a position in its file.
func (t *tree) line(pos token.Pos) int { return t.fset.Position(pos).Line }

// span is the number of lines from one position to another, both counted.
func (t *tree) span(from, to token.Pos) int { return t.line(to) - t.line(from) + 1 }

// ours says whether an import path is of this module, and its folder.
func (t *tree) ours(importPath string) (dir string, ok bool) {
	if importPath == t.module {
		return ".", true
	}
	return strings.CutPrefix(importPath, t.module+"/")
}

// sources gives the files that people wrote: tests too, generated files not.
func (t *tree) sources() []*source {
	var all []*source
	for _, p := range t.packages {
		all = append(all, p.written()...)
	}
	return all
}

// written gives the package's files without the generated ones.
func (p *pkg) written() []*source {
	return slices.DeleteFunc(slices.Clone(p.files), func(s *source) bool { return s.generated })
}

// shipped gives the package's written files without tests.
func (p *pkg) shipped() []*source {
	return slices.DeleteFunc(p.written(), func(s *source) bool { return s.test })
}

// moduleName finds the module line of a go.mod.
func moduleName(mod []byte) string {
	for line := range strings.Lines(string(mod)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "module "); ok {
			return strings.TrimSpace(name)
		}
	}
	return ""
}

// ignoredNames reads .gitignore. It knows the forms the project uses: a name, a
// "*.suffix", a leading slash (root only) and a trailing slash (folders only).
func ignoredNames(root fs.FS) func(name string, dir bool) bool {
	var patterns []string
	if b, err := fs.ReadFile(root, ".gitignore"); err == nil {
		for line := range strings.Lines(string(b)) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				patterns = append(patterns, line)
			}
		}
	}
	return func(name string, dir bool) bool {
		for _, p := range patterns {
			p, foldersOnly := strings.CutSuffix(p, "/")
			p, rootOnly := strings.CutPrefix(p, "/")
			if foldersOnly && !dir || rootOnly && strings.Contains(name, "/") {
				continue
			}
			if ok, err := path.Match(p, path.Base(name)); err == nil && ok {
				return true
			}
		}
		return false
	}
}
