package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"bangui/internal/fault"
)

// maxFile bounds the settings file; ours is far below.
const maxFile = 1 << 20

// Given is what somebody wrote down, before it is understood.
type Given struct {
	Flags   map[string]string // by setting name; only flags that were really given
	Environ []string          // NAME=value; only BANGUI_ names count
	File    string            // path of the YAML file; "" = none, unless BANGUI_CONFIG names one
}

// Origins says for each setting where its value came from: "default", "file NAME:LINE",
// "environment BANGUI_…" or "flag --…".
type Origins map[string]string

// foreign are environment names with our prefix that belong to the command line, or to
// the compose files, which a shell may still have exported.
func foreign(name string) bool {
	return slices.Contains([]string{
		"BANGUI_CONFIG", "BANGUI_URL", "BANGUI_TOKEN",
		"BANGUI_HOST", "BANGUI_PORT", "BANGUI_SUBNET", "BANGUI_VERSION",
	}, name)
}

// Load makes one Config of all sources and validates it. Every error is a fault
// Invalid that names the setting, its value, and what is allowed.
func Load(g Given, s Surroundings) (Config, Origins, error) {
	settings := Settings()
	l := loader{surroundings: s, config: Defaults(s), origins: Origins{}, known: map[string]Setting{}}
	for _, setting := range settings {
		l.known[setting.Name] = setting
		l.origins[setting.Name] = "default"
	}
	for _, step := range []func(Given) error{l.file, l.environment, l.flags, l.concurrency} {
		if err := step(g); err != nil {
			return Config{}, nil, err
		}
	}
	if l.origins["database"] == "default" {
		l.config.Database = filepath.Join(l.config.DataDir, "bangui.db")
	}
	if err := l.config.Validate(); err != nil {
		return Config{}, nil, err
	}
	return l.config, l.origins, nil
}

type loader struct {
	surroundings Surroundings
	config       Config
	origins      Origins
	known        map[string]Setting
}

// set takes one value; origin is where it stands.
func (l *loader) set(name, value, origin string) error {
	setting, ok := l.known[name]
	if !ok {
		return fault.New(fault.Invalid, "there is no setting %q (%s)", name, origin).WithMend("%s", l.nearest(name))
	}
	if err := setting.parse(&l.config, value, l.surroundings); err != nil {
		shown := value
		if setting.hide != nil {
			shown = setting.hide(value)
		}
		message := fmt.Sprintf("setting %s = %q (%s) can't be taken", name, shown, origin)
		if !errors.Is(err, errNotAllowed) {
			message += ": " + err.Error()
		}
		return fault.New(fault.Invalid, "%s", message).WithMend("Allowed: %s.", setting.Allowed)
	}
	l.origins[name] = origin
	return nil
}

func (l *loader) environment(g Given) error {
	names := map[string]string{}
	for name, setting := range l.known {
		names[setting.Env()] = name
	}
	environ := slices.Sorted(slices.Values(g.Environ))
	for _, pair := range environ {
		variable, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(variable, "BANGUI_") || foreign(variable) {
			continue
		}
		name := cmp.Or(names[variable], variable)
		if err := l.set(name, value, "environment "+variable); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) flags(g Given) error {
	for _, setting := range Settings() {
		if value, ok := g.Flags[setting.Name]; ok {
			if err := l.set(setting.Name, value, "flag --"+setting.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// file reads the YAML file: one flat mapping from names to values.
func (l *loader) file(g Given) error {
	name := cmp.Or(g.File, l.surroundings.Getenv("BANGUI_CONFIG"))
	if name == "" {
		return nil
	}
	content, err := os.ReadFile(name)
	if err != nil {
		why := err
		if path, ok := errors.AsType[*fs.PathError](err); ok {
			why = path.Err
		}
		return fault.Wrap(err, fault.Invalid, "the settings file %q can't be read (%s)", name, why).
			WithMend("Name the right one with --config or BANGUI_CONFIG, and run this as a user who may read it.")
	}
	if len(content) > maxFile {
		return fault.New(fault.Invalid, "the settings file %q is larger than 1 MiB", name)
	}
	tree, err := parser.ParseBytes(content, 0)
	if err != nil {
		return fault.New(fault.Invalid, "the settings file %q is not YAML: %s", name, firstLine(err.Error()))
	}
	return l.documents(name, tree)
}

func (l *loader) documents(name string, tree *ast.File) error {
	for _, doc := range tree.Docs {
		switch body := doc.Body.(type) {
		case nil, *ast.NullNode, *ast.CommentGroupNode:
		case *ast.MappingNode:
			for _, pair := range body.Values {
				if err := l.pair(name, pair); err != nil {
					return err
				}
			}
		case *ast.MappingValueNode:
			if err := l.pair(name, body); err != nil {
				return err
			}
		default:
			return fault.New(fault.Invalid, "the settings file %q holds no list of `name: value`", name)
		}
	}
	return nil
}

func (l *loader) pair(file string, pair *ast.MappingValueNode) error {
	origin := fmt.Sprintf("file %s:%d", file, pair.Key.GetToken().Position.Line)
	key := pair.Key.GetToken().Value
	value, err := plain(pair.Value)
	if err != nil {
		return fault.New(fault.Invalid, "setting %s (%s): %s", key, origin, err.Error())
	}
	return l.set(key, value, origin)
}

// plain is a YAML value as the text one would give to a flag.
func plain(node ast.Node) (string, error) {
	switch n := node.(type) {
	case *ast.NullNode:
		return "", nil
	case *ast.SequenceNode:
		parts := make([]string, len(n.Values))
		for i, v := range n.Values {
			part, err := plain(v)
			if err != nil {
				return "", err
			}
			parts[i] = part
		}
		return strings.Join(parts, ","), nil
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case ast.ScalarNode:
		return n.GetToken().Value, nil
	default:
		return "", errors.New("the value must be plain text, a number, true or false, or a list of them")
	}
}

// nearest suggests the known name that looks most like a mistyped one.
func (l *loader) nearest(name string) string {
	name = strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, "BANGUI_"), "_", "-"))
	best, distance := "", len(name)/2+1
	names := make([]string, 0, len(l.known))
	for _, s := range Settings() {
		names = append(names, s.Name)
		if d := edits(name, s.Name); d < distance {
			best, distance = s.Name, d
		}
	}
	if best != "" {
		return fmt.Sprintf("Did you mean %s? There are: %s.", best, strings.Join(names, ", "))
	}
	return fmt.Sprintf("There are: %s.", strings.Join(names, ", "))
}

// edits is the Levenshtein distance of two short strings.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal, row[j+1] = row[j+1], min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
