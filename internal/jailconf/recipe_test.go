package jailconf_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"bangui/internal/jailconf"
)

// recipesOf are the filters or actions of a folder.
func recipesOf(t testing.TB, dir string, place jailconf.Place) (*jailconf.Tree, []jailconf.Recipe) {
	t.Helper()
	tree, err := jailconf.ReadTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	running := version(t)
	c, err := jailconf.Resolve(tree, running)
	if err != nil {
		t.Fatal(err)
	}
	return tree, jailconf.Recipes(tree, running, c, place)
}

func recipe(t testing.TB, all []jailconf.Recipe, name string) jailconf.Recipe {
	t.Helper()
	for _, r := range all {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("there is no %s", name)
	return jailconf.Recipe{}
}

// optionOf is one option of a recipe.
func optionOf(t testing.TB, tree *jailconf.Tree, r jailconf.Recipe, section, name string) jailconf.RecipeOption {
	t.Helper()
	for _, s := range jailconf.Detail(tree, version(t), r).Sections {
		for _, o := range s.Options {
			if s.Name == section && o.Name == name {
				return o
			}
		}
	}
	t.Fatalf("%s has no %s in [%s]", r.Name, name, section)
	return jailconf.RecipeOption{}
}

func TestRecipes_AllOfTheDistribution(t *testing.T) {
	for place, folder := range map[jailconf.Place]string{jailconf.InFilter: "filter.d", jailconf.InAction: "action.d"} {
		_, all := recipesOf(t, copyStock(t), place)
		var want []string
		for _, pattern := range []string{"*.conf", "*.py"} {
			files, err := filepath.Glob(filepath.Join(stock, folder, pattern))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				want = append(want, strings.TrimSuffix(filepath.Base(f), ".conf"))
			}
		}
		slices.Sort(want)
		var got []string
		for _, r := range all {
			got = append(got, r.Name)
			if r.State != jailconf.Packaged || r.Fault != "" || len(r.Files) != 1 || r.Files[0].Ours {
				t.Errorf("%+v", r)
			}
		}
		if !slices.Equal(got, want) || len(got) < 60 {
			t.Errorf("%s has %q, listed were %q", folder, want, got)
		}
	}
}

func TestRecipes_SayWhoUsesThem(t *testing.T) {
	dir := copyStock(t)
	write(t, dir, "jail.local", "[DEFAULT]\nbanaction = nftables\n[mine]\nenabled = true\nfilter = sshd[mode=aggressive]\nlogpath = /dev/null\n")
	_, filters := recipesOf(t, dir, jailconf.InFilter)
	sshd, common := recipe(t, filters, "sshd"), recipe(t, filters, "common")
	if want := []jailconf.Use{{Jail: "sshd", Enabled: true}, {Jail: "mine", Enabled: true}}; !slices.Equal(sshd.UsedBy, want) {
		t.Errorf("sshd is used by %v", sshd.UsedBy)
	}
	if sshd.Shared || !slices.Equal(sshd.Includes, []string{"filter.d/common.conf"}) || sshd.About != "Fail2Ban filter for openssh" {
		t.Errorf("%+v", sshd)
	}
	if !common.Shared || len(common.UsedBy) > 0 || !slices.Contains(common.IncludedBy, "sshd") || !slices.Contains(common.IncludedBy, "postfix") {
		t.Errorf("%+v", common)
	}
	_, actions := recipesOf(t, dir, jailconf.InAction)
	nftables, iptables := recipe(t, actions, "nftables"), recipe(t, actions, "iptables-multiport")
	if len(nftables.UsedBy) < 50 || !nftables.UsedBy[0].Enabled || slices.Contains(nftables.UsedBy, jailconf.Use{Jail: "recidive"}) {
		t.Errorf("nftables is used by %v", nftables.UsedBy)
	}
	if len(iptables.UsedBy) > 0 || !slices.Contains(iptables.Includes, "action.d/iptables.conf") {
		t.Errorf("%+v", iptables)
	}
	if smtp := recipe(t, actions, "smtp.py"); !smtp.Python || smtp.Shared {
		t.Errorf("%+v", smtp)
	}
}

func TestRecipes_SayWhoseTheyAre(t *testing.T) {
	dir := copyStock(t)
	write(t, dir, "filter.d/sshd.local", jailconf.Mark+"\n[Definition]\nmaxlines = 2\nextra = 1\n")
	write(t, dir, "filter.d/mine.local", "# What my program logs\n[Definition]\nfailregex = ^bad <HOST>$\n")
	write(t, dir, "filter.d/postfix.d/more.local", "[Definition]\nmaxlines = 3\n")
	write(t, dir, "filter.d/broken.local", "[Definition]\nno option\n")
	write(t, dir, "filter.d/loop.local", "[Definition]\nfailregex = <a>\na = <failregex>\n")
	write(t, dir, "filter.d/.hidden.conf", "[Definition]\n")
	write(t, dir, "filter.d/deep/er.conf", "[Definition]\n")
	tree, filters := recipesOf(t, dir, jailconf.InFilter)
	for name, want := range map[string]jailconf.RecipeState{
		"sshd": jailconf.Changed, "postfix": jailconf.Changed, "mine": jailconf.OwnMade, "broken": jailconf.OwnMade, "dovecot": jailconf.Packaged,
	} {
		if got := recipe(t, filters, name); got.State != want || (got.Fault != "") != (name == "broken") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if loop := recipe(t, filters, "loop"); !strings.Contains(loop.Fault, "leads back to itself") {
		t.Errorf("%+v", loop)
	}
	for _, r := range filters {
		if strings.Contains(r.Name, "hidden") || r.Name == "er" {
			t.Errorf("%s is none", r.Name)
		}
	}
	sshd := recipe(t, filters, "sshd")
	if len(sshd.Files) != 2 || sshd.Files[0].Ours || !sshd.Files[1].Ours || recipe(t, filters, "mine").About != "What my program logs" {
		t.Errorf("%+v", sshd.Files)
	}
	if o := optionOf(t, tree, sshd, "Definition", "maxlines"); o.Raw != "2" || *o.Packaged != "1" || *o.Local != "2" || !o.Known || o.Code || o.Origin.File != "filter.d/sshd.local" || o.Origin.Line != 3 {
		t.Errorf("%+v", o)
	}
	if o := optionOf(t, tree, sshd, "Definition", "extra"); o.Packaged != nil || *o.Local != "1" || o.Known || !o.Code {
		t.Errorf("%+v", o)
	}
	if o := optionOf(t, tree, sshd, "DEFAULT", "_daemon"); o.Raw != `sshd` || o.Local != nil {
		t.Errorf("%+v", o)
	}
	if d := jailconf.Detail(tree, version(t), recipe(t, filters, "broken")); len(d.Sections) > 0 {
		t.Errorf("%+v", d)
	}
}

// What a recipe says without a jail is what a jail that says nothing else gets of it.
func TestDetail_IsWhatFail2banMakesOfIt(t *testing.T) {
	dir := copyStock(t)
	tree, filters := recipesOf(t, dir, jailconf.InFilter)
	_, actions := recipesOf(t, dir, jailconf.InAction)
	var jails strings.Builder
	jails.WriteString("[INCLUDES]\n[DEFAULT]\nbackend = polling\nlogpath = /dev/null\n")
	shared := func(r jailconf.Recipe) bool { return r.Shared || r.Python }
	filters, actions = slices.DeleteFunc(filters, shared), slices.DeleteFunc(actions, shared)
	for _, r := range filters {
		fmt.Fprintf(&jails, "[f-%s]\nenabled = true\nfilter = %s\n", r.Name, r.Name)
	}
	for _, r := range actions {
		fmt.Fprintf(&jails, "[a-%s]\nenabled = true\naction = %s[actname=x]\n", r.Name, r.Name)
	}
	if err := os.WriteFile(filepath.Join(dir, "jail.conf"), []byte(jails.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "jail.d")); err != nil {
		t.Fatal(err)
	}
	got, want, running := map[string]any{}, map[string]any{}, version(t)
	for _, c := range theirs(t, dir) {
		flatCommand(want, c)
	}
	for _, r := range slices.Concat(filters, actions) {
		list := jailconf.Part{Name: r.Name}
		for _, s := range jailconf.Detail(tree, running, r).Sections {
			for _, o := range s.Options {
				if o.Known && o.Name != "timeout" {
					o.Value = strings.NewReplacer("<name>", "a-"+r.Name, "<actname>", "x").Replace(o.Value)
					list.Options = append(list.Options, kinded(o))
				}
			}
		}
		commands := fill(nil, "f-"+r.Name, list.Options)
		if r.Place == jailconf.InAction {
			list.As = "x"
			commands = actionCommands("a-"+r.Name, list, dir)
		}
		for _, c := range commands {
			flatCommand(got, c)
		}
	}
	for key, value := range got {
		if !reflect.DeepEqual(want[key], value) {
			t.Errorf("%s\n is %.1000v\nnot %.1000v", key, value, want[key])
		}
	}
	if len(got) < 400 {
		t.Errorf("only %d options were compared", len(got))
	}
}

// flatCommand puts the options of a filter or an action into a map; a jail's are left out.
func flatCommand(into map[string]any, c []any) {
	if len(c) < 4 {
		return
	}
	key := fmt.Sprint(c[1], " ", c[2])
	switch c[2] {
	case "action":
		if pairs, multi := c[len(c)-1].([]any); multi {
			for _, p := range pairs {
				if pair, ok := p.([]any); ok {
					into[fmt.Sprint(key, " ", pair[0])] = fmt.Sprint(pair[1])
				}
			}
			return
		}
		into[fmt.Sprint(key, " ", c[4])] = fmt.Sprint(c[5])
	case "addfailregex", "addignoreregex":
		list, multi := c[3].([]any)
		if !multi {
			list = c[3:]
		}
		into[key] = fmt.Sprint(list...)
	case "prefregex", "maxlines", "datepattern":
		into[key] = fmt.Sprint(c[3])
	case "addjournalmatch":
		into[key] = fmt.Sprint(into[key], c[3:])
	}
}

// kinded is an option as fail2ban types it.
func kinded(o jailconf.RecipeOption) jailconf.Option {
	kind := jailconf.Text
	switch o.Name {
	case "maxlines":
		kind = jailconf.Number
	case "actionstart_on_demand", "actionrepair_on_unban", "norestored":
		kind = jailconf.Switch
	}
	return jailconf.Option{Name: o.Name, Value: o.Value, Kind: kind}
}
