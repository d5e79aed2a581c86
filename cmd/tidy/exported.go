package main

import (
	"go/ast"
	"go/token"
)

// exportedMax is how many names of a package one can keep in mind.
const exportedMax = 40

// checkExportedCount holds packages to a number of names one can learn.
func checkExportedCount(t *tree, report reporter) {
	for _, p := range t.packages {
		if n := exportedCount(p); n > exportedMax {
			report(p.dir, 0, "%d exported names, at most %d (methods not counted; a const group of one type is one, "+
				"a sealed interface with its types is one). Whoever uses the package has to know them all: "+
				"unexport, or split the package", n, exportedMax)
		}
	}
}

// exportedCount counts a package's exported top-level names.
func exportedCount(p *pkg) int {
	count := 0
	for _, s := range p.shipped() {
		groups := map[string]bool{} // types whose const groups were counted
		for _, d := range s.ast.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.IsExported() {
					count++
				}
			case *ast.GenDecl:
				count += exportedInDecl(d, groups)
			}
		}
	}
	return count - sealedTypes(p)
}

// sealedTypes counts the exported types that belong to an exported sealed
// interface: those that carry its unexported method.
func sealedTypes(p *pkg) int {
	seals := map[string]bool{}
	for _, s := range p.shipped() {
		for _, d := range s.ast.Decls {
			eachSeal(d, func(method string) { seals[method] = true })
		}
	}
	types := map[string]bool{}
	for _, s := range p.shipped() {
		for _, d := range s.ast.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && f.Recv != nil && seals[f.Name.Name] && ast.IsExported(receiverName(f)) {
				types[receiverName(f)] = true
			}
		}
	}
	return len(types)
}

// eachSeal calls f with the unexported methods of the declaration's exported
// interfaces.
func eachSeal(d ast.Decl, f func(method string)) {
	g, ok := d.(*ast.GenDecl)
	if !ok {
		return
	}
	for _, spec := range g.Specs {
		typ, ok := spec.(*ast.TypeSpec)
		if !ok || !typ.Name.IsExported() {
			continue
		}
		if i, ok := typ.Type.(*ast.InterfaceType); ok {
			for _, m := range i.Methods.List {
				if len(m.Names) == 1 && !m.Names[0].IsExported() {
					f(m.Names[0].Name)
				}
			}
		}
	}
}

// exportedInDecl counts the names of one declaration. Constants of one type count
// once a group.
func exportedInDecl(d *ast.GenDecl, groups map[string]bool) int {
	count := 0
	typ := ""
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Name.IsExported() {
				count++
			}
		case *ast.ValueSpec:
			if id, ok := spec.Type.(*ast.Ident); ok {
				typ = id.Name
			} else if len(spec.Values) > 0 {
				typ = "" // an iota list keeps the type of the line before
			}
			for _, name := range spec.Names {
				if !name.IsExported() {
					continue
				}
				if key := groupKey(d, typ); key != "" && groups[key] {
					continue
				} else if key != "" {
					groups[key] = true
				}
				count++
			}
		}
	}
	return count
}

// groupKey names the const group a constant belongs to; "" where it stands alone.
func groupKey(d *ast.GenDecl, typ string) string {
	if d.Tok != token.CONST || !d.Lparen.IsValid() || typ == "" {
		return ""
	}
	return typ
}
