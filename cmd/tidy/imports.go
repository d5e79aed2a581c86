package main

import (
	"path"
	"slices"
	"sort"
	"strings"
)

// A row of the import table says what one package may import. The standard
// library is open to all but the pure packages.
type row struct {
	pure  bool     // standard library only, and there nothing with an effect: see purity.go
	ours  []string // folders of ours; "x/..." is x and all below it
	third []string // modules or packages of others, with all below them
}

// Folders that many rows name.
const (
	catalogDir   = "actors/sale/catalog"
	inventoryDir = "actors/sale/inventory"
	saleDir      = "actors/sale"
	waitroomDir  = "actors/sale/waitroom"
	paymentDir   = "actors/payment"
	luhnDir      = "actors/payment/luhn"
	slabDir      = "actors/slab"
	searchDir    = "storage/search"
)

// Modules that only one layer may know.
const (
	protoactor = "github.com/asynkron/protoactor-go"
	dragonboat = "github.com/lni/dragonboat/v4"
	pebble     = "github.com/cockroachdb/pebble/v2"
	fasthttp   = "github.com/valyala/fasthttp"
	memberlist = "github.com/hashicorp/memberlist"
	protobuf   = "google.golang.org/protobuf"
	grpc       = "google.golang.org/grpc"
	strictJSON = "github.com/go-json-experiment/json"
	sysCalls   = "golang.org/x/sys"
	terminal   = "golang.org/x/term"
	histogram  = "github.com/HdrHistogram/hdrhistogram-go"
	yaml       = "go.yaml.in/yaml/v3"
	prometheus = "github.com/prometheus/client_golang"
	exposition = "github.com/prometheus/common/expfmt"
	websocket  = "github.com/gobwas/ws"
	tokens     = "github.com/golang-jwt/jwt/v5"
	progress   = "github.com/schollz/progressbar/v3"
	porcupine  = "github.com/anishathalye/porcupine"

	bluge        = "github.com/blugelabs/bluge"
	blugeSegment = "github.com/blugelabs/bluge_segment_api"
	blugeIce     = "github.com/blugelabs/ice"
	bleve        = "github.com/blevesearch/bleve/v2"
	roaring      = "github.com/RoaringBitmap/roaring"
	otter        = "github.com/maypok86/otter/v2"
	porter       = "github.com/blevesearch/go-porterstemmer"
	xtext        = "golang.org/x/text"
)

// table is the architecture: cmd → httpapi → actors → {cluster, storage, sale}.
// storage and cluster never import each other nor anything under actors. A
// package that has no row fails: its place is decided when it is made.
var table = map[string]row{
	"cmd/boxoffice": {
		ours: []string{
			"actors/...", "cluster/...", "httpapi/...", "storage/...", "cmd/boxoffice/...",
		},
		third: []string{strictJSON, yaml, sysCalls, terminal, progress, prometheus},
	},
	"cmd/boxoffice/demo":     {ours: []string{catalogDir}},
	"cmd/boxoffice/importer": {ours: []string{catalogDir}, third: []string{strictJSON}},

	"cmd/stampede":        {ours: []string{"cmd/stampede/..."}, third: []string{fasthttp, histogram, terminal}},
	"cmd/stampede/kernel": {third: []string{sysCalls}},
	"cmd/stampede/wire":   {ours: []string{"cmd/stampede/kernel"}},
	"cmd/stampede/load":   {ours: []string{"cmd/stampede/kernel"}, third: []string{histogram, sysCalls}},
	"cmd/stampede/script": {ours: []string{"cmd/stampede/load"}, third: []string{yaml}},
	"cmd/stampede/shop": {
		ours: []string{"cmd/stampede/wire", "cmd/stampede/load", "cmd/stampede/script", "cmd/stampede/truth"},
	},
	// A siege runs its phases by a function that it is given, and so needs no engine.
	// What makes trouble beside them it does itself.
	"cmd/stampede/siege": {
		ours: []string{"cmd/stampede/wire", "cmd/stampede/script", "cmd/stampede/shop", "cmd/stampede/report"},
	},
	"cmd/stampede/truth":  {third: []string{porcupine}},
	"cmd/stampede/report": {ours: []string{"cmd/stampede/truth"}},
	"cmd/tidy":            {},

	"httpapi": {
		ours: []string{
			"actors", "actors/control", "actors/live", "actors/salepb", saleDir, catalogDir, inventoryDir, waitroomDir,
			paymentDir, luhnDir, searchDir,
		},
		third: []string{fasthttp, websocket, strictJSON, prometheus, exposition, tokens},
	},

	"actors": {
		ours: []string{
			saleDir, catalogDir, inventoryDir, waitroomDir, "actors/salepb", paymentDir, luhnDir, "storage", "cluster",
		},
		third: []string{protoactor, prometheus},
	},
	"actors/control": {
		ours:  []string{"storage", "cluster", "cluster/assign"},
		third: []string{strictJSON}, // messages between nodes and the registry's records
	},
	"actors/live": {
		ours:  []string{"actors", saleDir, catalogDir, waitroomDir},
		third: []string{prometheus, strictJSON},
	},
	"actors/salepb": {
		ours:  []string{saleDir, catalogDir, inventoryDir, waitroomDir, "actors/salepb/internal/pb"},
		third: []string{protobuf},
	},
	"actors/salepb/internal/pb": {third: []string{protobuf}},
	paymentDir:                  {ours: []string{luhnDir}, third: []string{strictJSON}},
	luhnDir:                     {pure: true},
	slabDir:                     {pure: true},

	saleDir:      {pure: true, ours: []string{catalogDir, inventoryDir, waitroomDir, slabDir}},
	inventoryDir: {pure: true, ours: []string{catalogDir}},
	waitroomDir:  {pure: true},
	catalogDir:   {pure: true},

	"storage": {
		ours:  []string{"storage/internal/..."},
		third: []string{dragonboat, pebble, sysCalls, prometheus},
	},
	"storage/internal/early": {third: []string{dragonboat}},
	"storage/internal/news":  {},
	"storage/storagetest":    {ours: []string{"storage", "storage/internal/..."}},

	searchDir: {
		ours:  []string{searchDir + "/internal/..."},
		third: []string{otter, xtext},
	},
	searchDir + "/internal/text":     {third: []string{xtext, porter}},
	searchDir + "/internal/words":    {pure: true},
	searchDir + "/internal/suggest":  {pure: true},
	searchDir + "/internal/geo":      {pure: true},
	searchDir + "/internal/columns":  {ours: []string{searchDir + "/internal/geo"}},
	searchDir + "/internal/postings": {third: []string{bluge, blugeSegment, blugeIce, roaring}},
	searchDir + "/searchtest":        {ours: []string{searchDir, searchDir + "/internal/..."}},
	// A module of its own, which the go command leaves out of "./...": what it needs of
	// others is in no go.mod of the product.
	searchDir + "/versus": {
		ours:  []string{searchDir, searchDir + "/internal/...", searchDir + "/searchtest"},
		third: []string{bluge, bleve},
	},
	"actors/indexer": {
		ours: []string{
			"actors", "actors/control", "actors/salepb", saleDir, catalogDir, "storage", searchDir, "cluster",
		},
		third: []string{strictJSON, prometheus},
	},

	"cluster": {
		ours:  []string{"cluster/certs"},
		third: []string{memberlist, protoactor, protobuf, grpc, prometheus},
	},
	"cluster/assign":      {pure: true},
	"cluster/certs":       {},
	"cluster/clustertest": {},
}

// testOnly is what tests may import on top of their package's row. Tests of a
// package may also import any package of ours that the row's packages may, and
// those whose folder ends in "test".
var testOnly = []string{
	"pgregory.net/rapid",
	"go.uber.org/goleak",
	"github.com/getkin/kin-openapi",
	"github.com/pb33f/libopenapi",
	"github.com/pb33f/libopenapi-validator",
	fasthttp,
	strictJSON,
	protobuf,
}

// checkImports holds our own packages to the table.
func checkImports(t *tree, report reporter) {
	for _, p := range t.packages {
		r, ok := table[p.dir]
		if !ok {
			report(p.dir, 0, "this package has no row in the import table (cmd/tidy/imports.go). "+
				"Decide what it may import and write the row; a package nobody placed ends up knowing everything")
			continue
		}
		for _, s := range p.files {
			eachImport(t, s, func(importPath string, line int) {
				dir, ok := t.ours(importPath)
				if !ok || dir == p.dir || allowsOurs(r, dir) || s.test && allowsInTest(r, dir) {
					return
				}
				report(s.path, line, "%s must not import %s. Imports go one way, cmd → httpapi → actors → "+
					"{cluster, storage, sale}, so that each layer can be read and tested without those above it; "+
					"it may import: %s. Say what you need as an interface here and let the layer above pass it in",
					p.dir, dir, listOr(r.ours, "nothing of ours"))
			})
		}
	}
}

// checkThirdParty holds modules of others to the table.
func checkThirdParty(t *tree, report reporter) {
	for _, p := range t.packages {
		r, ok := table[p.dir]
		if !ok {
			continue // checkImports says so
		}
		for _, s := range p.files {
			eachImport(t, s, func(importPath string, line int) {
				if _, ours := t.ours(importPath); ours || isStandard(importPath) || within(importPath, r.third) ||
					s.test && within(importPath, testOnly) {
					return
				}
				report(s.path, line, "%s must not import %s. Each module of others stays behind one package of "+
					"ours, so that it can be replaced; this one may import: %s. Use what that package offers, "+
					"or add the module to its row with the reason",
					p.dir, importPath, listOr(r.third, "the standard library"))
			})
		}
	}
}

// maxDepth bounds the longest chain of imports among our packages, in steps.
const maxDepth = 6

// checkDepth finds import chains that are too long to keep in mind.
func checkDepth(t *tree, report reporter) {
	for _, p := range t.packages {
		if chain := longestChain(t, p.dir); len(chain)-1 > maxDepth {
			report(p.dir, 0, "import depth %d, at most %d: %s. Merge two layers or pass a value instead of a package",
				len(chain)-1, maxDepth, strings.Join(chain, " → "))
		}
	}
}

// longestChain follows the imports of shipped files from dir downwards. The
// compiler forbids cycles; a chain that meets itself is cut there.
func longestChain(t *tree, dir string) []string {
	below := map[string][]string{}
	for _, p := range t.packages {
		for _, s := range p.files {
			if s.test {
				continue
			}
			for _, importPath := range s.imports {
				if d, ok := t.ours(importPath); ok {
					below[p.dir] = append(below[p.dir], d)
				}
			}
		}
		sort.Strings(below[p.dir])
	}
	known := map[string][]string{}
	var longest func(dir string) []string
	longest = func(dir string) []string {
		if chain, ok := known[dir]; ok {
			return chain
		}
		known[dir] = []string{dir}
		best := []string{}
		for _, d := range below[dir] {
			if chain := longest(d); len(chain) > len(best) {
				best = chain
			}
		}
		known[dir] = append([]string{dir}, best...)
		return known[dir]
	}
	return longest(dir)
}

// eachImport calls f with every import of the file and its line.
func eachImport(t *tree, s *source, f func(importPath string, line int)) {
	for _, imp := range s.ast.Imports {
		f(strings.Trim(imp.Path.Value, "\"`"), t.line(imp.Pos()))
	}
}

// allowsOurs says whether the row lists the folder.
func allowsOurs(r row, dir string) bool {
	return slices.ContainsFunc(r.ours, func(allowed string) bool {
		base, below := strings.CutSuffix(allowed, "/...")
		return dir == base || below && strings.HasPrefix(dir, base+"/")
	})
}

// allowsInTest says what tests may import on top of the row: what the row's
// packages may; fakes, whose folder ends in "test"; pure packages each other.
func allowsInTest(r row, dir string) bool {
	if strings.HasSuffix(path.Base(dir), "test") || r.pure && table[dir].pure {
		return true
	}
	return slices.ContainsFunc(r.ours, func(allowed string) bool {
		next, ok := table[strings.TrimSuffix(allowed, "/...")]
		return ok && (allowsOurs(next, dir) || allowsInTest(next, dir))
	})
}

// isStandard tells the standard library: its first path element has no dot.
func isStandard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

// within says whether the path is one of the roots or below one.
func within(importPath string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return importPath == root || strings.HasPrefix(importPath, root+"/")
	})
}

// listOr joins names, or says what stands for an empty list.
func listOr(names []string, empty string) string {
	if len(names) == 0 {
		return empty
	}
	return strings.Join(names, ", ")
}
