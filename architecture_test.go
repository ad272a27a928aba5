// Package bangui_test keeps the code as ARCHITECTURE.md describes it.
package bangui_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "bangui/"

// source is one Go file of ours.
type source struct {
	name    string // path from the root
	test    bool
	file    *ast.File
	imports []string
}

func (s source) dir() string { return path.Dir(s.name) }

var files = token.NewFileSet()

// sources are all Go files of the module; read once per test, it takes little.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == "testdata" || (name != "." && strings.HasPrefix(entry.Name(), "."))) {
			return fs.SkipDir
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(files, name, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		s := source{name: filepath.ToSlash(name), test: strings.HasSuffix(name, "_test.go"), file: parsed}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, imported)
		}
		all = append(all, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("only %d Go files found", len(all))
	}
	return all
}

// section is the part of ARCHITECTURE.md under a heading of the second level.
func section(t *testing.T, heading string) string {
	t.Helper()
	content, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(content), "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("ARCHITECTURE.md has no section %q", heading)
	}
	text, _, _ := strings.Cut(after, "\n## ")
	return text
}

var code = regexp.MustCompile("`([^`]+)`")

// rows are the cells of the table in a section, without its heading.
func rows(t *testing.T, heading string) [][]string {
	t.Helper()
	var all [][]string
	for line := range strings.Lines(section(t, heading)) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		all = append(all, cells)
	}
	if len(all) == 0 {
		t.Fatalf("section %q has no table", heading)
	}
	return all
}

func names(cell string) []string {
	var all []string
	for _, m := range code.FindAllStringSubmatch(cell, -1) {
		all = append(all, m[1])
	}
	return all
}

func TestImports(t *testing.T) {
	allowed := map[string][]string{}
	for _, cells := range rows(t, "Packages") {
		if len(cells) != 3 {
			t.Fatalf("a row of the package table has %d cells: %v", len(cells), cells)
		}
		allowed[names(cells[0])[0]] = names(cells[2])
	}
	present := map[string]bool{}
	for _, s := range sources(t) {
		if s.dir() == "." {
			continue
		}
		name := strings.TrimPrefix(s.dir(), "internal/")
		present[name] = true
		may, ok := allowed[name]
		if !ok {
			t.Errorf("package %s has no row in ARCHITECTURE.md", name)
			allowed[name] = nil
			continue
		}
		if s.test {
			continue // tests may look further: a real server, a real store
		}
		for _, imported := range s.imports {
			inner, ours := strings.CutPrefix(imported, module)
			if inner = strings.TrimPrefix(inner, "internal/"); ours && !slices.Contains(may, inner) {
				t.Errorf("%s imports %s, which ARCHITECTURE.md does not allow", s.name, inner)
			}
		}
	}
	for name := range allowed {
		if !present[name] {
			t.Errorf("ARCHITECTURE.md has a row for %s, which does not exist", name)
		}
	}
}

func TestPackages(t *testing.T) {
	forbidden := []string{"util", "utils", "common", "helpers", "helper_functions", "shared", "types", "models", "core", "base", "manager", "misc"}
	comments := map[string]int{}
	for _, s := range sources(t) {
		if slices.Contains(forbidden, s.file.Name.Name) {
			t.Errorf("%s: a package called %s says nothing about what it holds", s.name, s.file.Name.Name)
		}
		if s.test {
			continue
		}
		if _, seen := comments[s.dir()]; !seen {
			comments[s.dir()] = 0
		}
		if s.file.Doc != nil {
			comments[s.dir()]++
		}
	}
	for dir, n := range comments {
		if n != 1 {
			t.Errorf("package %s has %d package comments, want one", dir, n)
		}
	}
}

// TestOnlyHere keeps calls with an effect on the outside where a reader expects them.
func TestOnlyHere(t *testing.T) {
	rules := []struct {
		call  string   // package.name as the source spells it
		tests bool     // the rule holds for tests too
		where []string // packages or files
		why   string
	}{
		{"time.Sleep", false, []string{"internal/fail2ban/fail2bantest"}, "wait for what you wait for, with a deadline"},
		{"os.Getenv", false, []string{"cmd/bangui", "internal/fail2ban/fail2bantest", "internal/store/storetest"}, "the environment is read in main and handed on"},
		{"os.LookupEnv", false, []string{"cmd/bangui"}, "the environment is read in main and handed on"},
		{"os.Environ", false, []string{"cmd/bangui"}, "the environment is read in main and handed on"},
		{"os.Exit", false, []string{"cmd/bangui", "cmd/geodata", "internal/history/historytest/cmd/makebans"}, "only main ends the process"},
		{"http.Get", true, nil, "requests need a context and a client with limits"},
		{"http.DefaultClient", false, nil, "it has no time limit"},
		{"http.DefaultServeMux", true, nil, "it is a global"},
		{"http.ListenAndServe", true, nil, "it has no limits"},
		{"http.Client", false, []string{"internal/client"}, "the console asks nobody on the network"},
		{"http.NewRequest", false, nil, "the console asks nobody on the network"},
		{"http.NewRequestWithContext", false, []string{"internal/client"}, "the console asks nobody on the network"},
		{"net.Dialer", false, []string{"internal/client", "internal/fail2ban", "internal/helper"}, "the console connects to nobody on the network"},
		{"net.Dial", false, nil, "the console connects to nobody on the network"},
		{"net.DialTimeout", false, nil, "the console connects to nobody on the network"},
		{"tls.Dial", false, nil, "the console connects to nobody on the network"},
		{"net.Resolver", false, nil, "the console asks no name server"},
		{"net.LookupHost", false, nil, "the console asks no name server"},
		{"net.LookupAddr", false, nil, "the console asks no name server"},
	}
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			of, ok := selector.X.(*ast.Ident)
			if !ok {
				return true
			}
			for _, r := range rules {
				if of.Name+"."+selector.Sel.Name == r.call && (r.tests || !s.test) && !slices.Contains(r.where, s.dir()) {
					t.Errorf("%s: no %s here: %s", files.Position(n.Pos()), r.call, r.why)
				}
			}
			return true
		})
	}
}

// TestPrograms keeps the starting of other programs to the packages that need it.
func TestPrograms(t *testing.T) {
	var may []string
	for _, cells := range rows(t, "Other programs") {
		may = append(may, names(cells[0])...)
	}
	used := map[string]bool{}
	for _, s := range sources(t) {
		if s.test || !slices.Contains(s.imports, "os/exec") {
			continue
		}
		name := strings.TrimPrefix(s.dir(), "internal/")
		used[name] = true
		if !slices.Contains(may, name) {
			t.Errorf("%s imports os/exec; ARCHITECTURE.md does not list %s among those that may", s.name, name)
		}
	}
	for _, name := range may {
		if !used[name] {
			t.Errorf("ARCHITECTURE.md lets %s start programs, but it starts none", name)
		}
	}
}

// TestNoRegistrationByInit keeps start-up explicit.
func TestNoRegistrationByInit(t *testing.T) {
	for _, s := range sources(t) {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: no init functions", files.Position(f.Pos()))
			}
		}
	}
}

// TestDependencies wants a line in ARCHITECTURE.md for each module that our own
// code imports, and no line without one.
func TestDependencies(t *testing.T) {
	listed := map[string]bool{}
	for _, cells := range rows(t, "Dependencies") {
		listed[names(cells[0])[0]] = false
	}
	for _, s := range sources(t) {
		for _, imported := range s.imports {
			if strings.HasPrefix(imported, module) || !strings.Contains(strings.SplitN(imported, "/", 2)[0], ".") {
				continue
			}
			found := false
			for name := range listed {
				if imported == name || strings.HasPrefix(imported, name+"/") {
					listed[name], found = true, true
				}
			}
			if !found {
				t.Errorf("%s imports %s, whose module has no line under Dependencies in ARCHITECTURE.md", s.name, imported)
			}
		}
	}
	for name, used := range listed {
		if !used {
			t.Errorf("ARCHITECTURE.md lists the dependency %s, which nothing imports", name)
		}
	}
}

// TestHelperNeedsNothing keeps the code that carries requests to root small: of others'
// modules it imports none.
func TestHelperNeedsNothing(t *testing.T) {
	looked := false
	for _, s := range sources(t) {
		if s.dir() != "internal/helper" || s.test {
			continue
		}
		looked = true
		for _, imported := range s.imports {
			if !strings.HasPrefix(imported, module) && strings.Contains(strings.SplitN(imported, "/", 2)[0], ".") {
				t.Errorf("%s imports %s; the helper needs the standard library only", s.name, imported)
			}
		}
	}
	if !looked {
		t.Error("there is no package helper")
	}
}

// TestNoPlacesOfThisMachine keeps paths and registry hosts out of what we publish.
func TestNoPlacesOfThisMachine(t *testing.T) {
	places := []string{"/wo" + "rk/", "/fa" + "rm/", "registry." + "npmjs", "proxy." + "golang.org", "deb." + "debian.org"}
	for _, pattern := range []string{"*.md", "*/*.md", "Makefile", "scripts/*", ".ci/*", "web/package.json", "web/package-lock.json", "packaging/geo/package*.json", "go.mod", "*.go", "*/*.go", "*/*/*.go"} {
		matches, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range matches {
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, place := range places {
				if strings.Contains(string(content), place) {
					t.Errorf("%s names %s", name, place)
				}
			}
		}
	}
}

// Cheap hashes of passwords are for tests: nothing of the product asks for them.
func TestProduct_HashesPasswordsAtTheirCost(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			var set ast.Expr
			switch n := n.(type) {
			case *ast.KeyValueExpr:
				set = n.Key
			case *ast.AssignStmt:
				if field, ok := n.Lhs[0].(*ast.SelectorExpr); ok {
					set = field.Sel
				}
			}
			if name, ok := set.(*ast.Ident); ok && name.Name == "CheapHashes" {
				t.Errorf("%s asks for cheap hashes", s.name)
			}
			return true
		})
	}
}
