package main

import (
	"go/ast"
	"go/token"
	"strings"
)

// selfEvident are methods whose name is their whole contract, given by an
// interface of the standard library.
var selfEvident = map[string]bool{
	"Error": true, "String": true, "Unwrap": true, "Is": true, "As": true, "Len": true, "Less": true, "Swap": true,
	"Read": true, "Write": true, "Close": true, "MarshalJSON": true, "UnmarshalJSON": true,
	"MarshalText": true, "UnmarshalText": true,
}

// whyDocs ends the messages of this rule.
const whyDocs = "Say what it means, its unit and bounds, its errors, who may call it and what blocks"

// checkDocumented wants a comment at every exported name: functions, methods of
// exported types, types, values, methods of exported interfaces.
func checkDocumented(t *tree, report reporter) {
	for _, p := range t.packages {
		for _, s := range p.shipped() {
			for _, d := range s.ast.Decls {
				switch d := d.(type) {
				case *ast.FuncDecl:
					if d.Doc == nil && d.Name.IsExported() && reachable(d) {
						report(s.path, t.line(d.Pos()), "%s has no comment. %s", d.Name.Name, whyDocs)
					}
				case *ast.GenDecl:
					checkDeclDocs(t, s, d, report)
				}
			}
		}
	}
}

// reachable tells functions, and methods of exported types that need words.
func reachable(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	return !selfEvident[d.Name.Name] && ast.IsExported(receiverName(d))
}

// receiverName is the name of a method's type.
func receiverName(d *ast.FuncDecl) string {
	typ := d.Recv.List[0].Type
	for {
		switch x := typ.(type) {
		case *ast.StarExpr:
			typ = x.X
		case *ast.IndexExpr:
			typ = x.X
		case *ast.IndexListExpr:
			typ = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// checkDeclDocs looks at types, constants and variables. A comment on a group of
// values stands for its members, one at the end of a line for that line.
func checkDeclDocs(t *tree, s *source, d *ast.GenDecl, report reporter) {
	if d.Tok == token.IMPORT {
		return
	}
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if !spec.Name.IsExported() {
				continue
			}
			if d.Doc == nil && spec.Doc == nil && spec.Comment == nil {
				report(s.path, t.line(spec.Pos()), "type %s has no comment. %s", spec.Name.Name, whyDocs)
			}
			if i, ok := spec.Type.(*ast.InterfaceType); ok {
				checkInterfaceDocs(t, s, spec.Name.Name, i, report)
			}
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				if name.IsExported() && d.Doc == nil && spec.Doc == nil && spec.Comment == nil {
					report(s.path, t.line(name.Pos()), "%s has no comment. %s", name.Name, whyDocs)
				}
			}
		}
	}
}

// checkInterfaceDocs wants a comment at each method that others must write.
func checkInterfaceDocs(t *tree, s *source, typ string, i *ast.InterfaceType, report reporter) {
	for _, m := range i.Methods.List {
		for _, name := range m.Names {
			if name.IsExported() && m.Doc == nil && m.Comment == nil {
				report(s.path, t.line(name.Pos()), "%s.%s has no comment. %s", typ, name.Name, whyDocs)
			}
		}
	}
}

// checkPackageComments wants exactly one package comment a package.
func checkPackageComments(t *tree, report reporter) {
	for _, p := range t.packages {
		shipped := p.shipped()
		if len(shipped) == 0 {
			continue
		}
		var having []*source
		for _, s := range shipped {
			if s.ast.Doc != nil {
				having = append(having, s)
			}
		}
		switch len(having) {
		case 0:
			report(p.dir, 0, "no package comment. It is the package's manual and the first page a newcomer opens: "+
				"what it is for, its rules, its bounds")
		case 1:
			checkPackageComment(t, shipped[0].ast.Name.Name, having[0], report)
		default:
			report(having[1].path, t.line(having[1].ast.Doc.Pos()),
				"a second package comment, the first is in %s. go doc would join them in the order of file names",
				having[0].path)
		}
	}
}

// checkPackageComment wants the comment to begin as go doc expects it.
func checkPackageComment(t *tree, name string, s *source, report reporter) {
	want := "Package " + name
	if name == "main" {
		want = "Command "
	}
	if !strings.HasPrefix(s.ast.Doc.Text(), want) {
		report(s.path, t.line(s.ast.Doc.Pos()),
			"the package comment begins with %q: go doc lists packages by that line",
			want)
	}
}
