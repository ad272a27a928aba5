package helper_test

import (
	"encoding"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"bangui/internal/event"
	"bangui/internal/helper"
	"bangui/internal/host"
	"bangui/internal/jailconf"
)

var update = flag.Bool("update", false, "write testdata anew")

// What crosses the socket has the shape that was recorded for its protocol number:
// whoever changes it gives it another number, so that two versions that don't
// understand each other say so.
func TestProtocol_ShapeBelongsToItsNumber(t *testing.T) {
	var b strings.Builder
	seen := map[reflect.Type]bool{}
	for _, message := range append(helper.Messages(),
		host.State{}, host.Jail{}, host.JailDetail{}, host.Ban{}, host.BanOrder{}, host.LiftOrder{}, host.Outcome{}, host.Evidence{}, host.OwnJail{}, host.ConfigView{}, host.ConfigSnapshot{}, host.ChangeOrder{}, host.Change{}, host.Choices{}, host.WatchedLog{}, host.ServerView{}, host.RestartOrder{}, host.Restarted{}, host.LogQuery{}, host.LogPage{}, host.PutBackOrder{}, host.BacktestOrder{}, host.Backtest{}, jailconf.Recipe{}, host.RecipeView{}, event.Event{}) {
		describe(&b, reflect.TypeOf(message), seen)
	}
	verbs := helper.Verbs()
	slices.Sort(verbs)
	fmt.Fprintln(&b, "verbs:", strings.Join(verbs, " "))
	name := filepath.Join("testdata", fmt.Sprintf("protocol-%d.golden", helper.Protocol))
	if *update {
		if err := os.WriteFile(name, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the messages are no longer those of protocol %d: if a release went out with it, raise helper.Protocol; then run this test with -update\n%s", helper.Protocol, b.String())
	}
}

// describe writes the fields of a struct and of those in it.
func describe(b *strings.Builder, of reflect.Type, seen map[reflect.Type]bool) {
	for of.Kind() == reflect.Slice || of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	_, isText := reflect.TypeAssert[encoding.TextUnmarshaler](reflect.New(of))
	_, isJSON := reflect.TypeAssert[json.Unmarshaler](reflect.New(of))
	if of.Kind() != reflect.Struct || seen[of] || isText || isJSON {
		return
	}
	seen[of] = true
	fmt.Fprintln(b, of)
	for field := range of.Fields() {
		fmt.Fprintf(b, "\t%s %s %s\n", field.Name, field.Type, field.Tag.Get("json"))
	}
	for field := range of.Fields() {
		describe(b, field.Type, seen)
	}
}
