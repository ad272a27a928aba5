package bangui_test

import (
	"fmt"
	"go/ast"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// requirements is how many numbers docs/security.md answers for: S1 to S50.
const requirements = 50

// TestSecurity_NamesRealTests wants each requirement once, with a test that exists or a
// sentence that says why there is none.
func TestSecurity_NamesRealTests(t *testing.T) {
	tests, wanted := goTests(t), 1
	for _, cells := range requirementRows(t) {
		number, proof := cells[0], cells[len(cells)-1]
		if len(cells) != 3 || number != fmt.Sprint("S", wanted) {
			t.Fatalf("docs/security.md has %q where S%d with three cells is expected", cells, wanted)
		}
		wanted++
		shown := 0
		for _, name := range names(proof) {
			if strings.ContainsAny(name, "./") {
				shown++
				if why := missing(name, tests); why != "" {
					t.Errorf("%s: %s", number, why)
				}
			}
		}
		_, reason, without := strings.Cut(proof, "Not yet: ")
		if shown == 0 && !without || without && len(strings.Fields(reason)) < 3 {
			t.Errorf("%s names no test and does not say why: %s", number, proof)
		}
	}
	if wanted != requirements+1 {
		t.Errorf("the table ends before S%d", wanted)
	}
}

// requirementRows are the cells of the rows of docs/security.md that begin with a number.
func requirementRows(t *testing.T) [][]string {
	t.Helper()
	content, err := os.ReadFile("docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for line := range strings.Lines(string(content)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		digits, ok := strings.CutPrefix(cells[0], "S")
		if _, err := strconv.Atoi(digits); ok && err == nil {
			all = append(all, cells)
		}
	}
	return all
}

// goTests are the names of all tests and fuzz tests, with their package as
// ARCHITECTURE.md names it; the root's is bangui.
func goTests(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, s := range sources(t) {
		in := strings.TrimPrefix(s.dir(), "internal/")
		if in == "." {
			in = strings.TrimSuffix(module, "/")
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && s.test && f.Recv == nil && f.Name.Name != "TestMain" && (strings.HasPrefix(f.Name.Name, "Test") || strings.HasPrefix(f.Name.Name, "Fuzz")) {
				all[in+"."+f.Name.Name] = true
			}
		}
	}
	return all
}

// missing says what is wrong with the name of a test; "" = it is there.
func missing(name string, tests map[string]bool) string {
	file, title, ofPage := strings.Cut(name, ": ")
	switch {
	case ofPage:
		content, err := os.ReadFile(filepath.FromSlash(file))
		if err != nil {
			return err.Error()
		}
		if !strings.HasPrefix(file, "web/test/") || !strings.Contains(string(content), "test('"+title+"', ") {
			return fmt.Sprintf("%s has no test %q", file, title)
		}
	case strings.HasPrefix(name, "scripts/"):
		if _, err := os.Stat(filepath.FromSlash(name)); err != nil {
			return err.Error()
		}
	case !tests[name]:
		return "there is no test " + name
	}
	return ""
}

// TestSecurity_FindsWhatIsMissing keeps the check itself honest.
func TestSecurity_FindsWhatIsMissing(t *testing.T) {
	tests := goTests(t)
	for _, bad := range []string{
		"bangui.TestNothing", "api.TestSetUp", "auth.Test", "auth.TestMain", "auth.each", "scripts/none.sh", "web/test/e2e/none.test.ts: x",
		"web/test/e2e/setup.test.ts: no such title", "web/test/e2e/setup.test.ts: the link makes",
	} {
		if missing(bad, tests) == "" {
			t.Errorf("%s counts as there", bad)
		}
	}
	if why := missing("auth.TestSetUp", tests); why != "" {
		t.Error(why)
	}
}

// TestNoShell keeps shells out: whatever a program of ours gets, it gets as a list.
func TestNoShell(t *testing.T) {
	shells := []string{"sh", "bash", "dash", "ash", "zsh", "busybox", "env", "xargs", "eval", "python", "python3", "perl"}
	looked := 0
	for _, s := range sources(t) {
		if s.test || !slices.Contains(s.imports, "os/exec") || strings.HasSuffix(s.dir(), "test") { // packages for tests only
			continue
		}
		looked++
		ast.Inspect(s.file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok {
				text, err := strconv.Unquote(literal.Value)
				words := strings.Fields(text)
				if err == nil && len(words) > 0 && slices.Contains(shells, filepath.Base(words[0])) {
					t.Errorf("%s: %q is a shell or starts one", files.Position(n.Pos()), text)
				}
			}
			return true
		})
	}
	if looked < 3 {
		t.Errorf("only %d files start programs", looked)
	}
}

// TestPrograms_GetAnEnvironmentOfTheirOwn keeps what stands in ours, such as a token, from
// every program that we start.
func TestPrograms_GetAnEnvironmentOfTheirOwn(t *testing.T) {
	looked := 0
	for _, s := range sources(t) {
		if s.test || !slices.Contains(s.imports, "os/exec") || strings.HasSuffix(s.dir(), "test") { // packages for tests only
			continue
		}
		started, given := 0, 0
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if of, ok := n.X.(*ast.Ident); ok && of.Name == "exec" && strings.HasPrefix(n.Sel.Name, "Command") {
					started++
				}
			case *ast.AssignStmt:
				for _, to := range n.Lhs {
					if field, ok := to.(*ast.SelectorExpr); ok && field.Sel.Name == "Env" {
						given++
					}
				}
			}
			return true
		})
		looked += started
		if given < started {
			t.Errorf("%s starts %d programs and gives %d of them an environment", s.name, started, given)
		}
	}
	if looked < 4 {
		t.Errorf("only %d programs are started", looked)
	}
}
