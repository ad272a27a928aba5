package audit

import (
	"fmt"
	"strings"

	"bangui/internal/fault"
)

// Result is what became of one object of a change that has many, in a word. Three words
// have a meaning here: failed, refused (it is protected) and needs_confirmation.
type Result struct{ Word, Object string }

// Results put what became of many objects into words and one outcome: Failed when
// anything failed, Refused when nothing was tried, OK else.
func Results(all []Result) (outcome Outcome, code fault.Code, words string) {
	var order []string
	objects := map[string][]string{}
	for _, r := range all {
		if objects[r.Word] == nil {
			order = append(order, r.Word)
		}
		objects[r.Word] = append(objects[r.Word], r.Object)
	}
	for i, word := range order {
		order[i] = fmt.Sprintf("%s (%d): %s", word, len(objects[word]), strings.Join(objects[word], ", "))
	}
	words = strings.Join(order, "; ")
	refused, unsure := len(objects["refused"]), len(objects["needs_confirmation"])
	switch {
	case len(objects["failed"]) > 0:
		return Failed, "", words
	case len(all) == 0 || refused+unsure < len(all):
		return OK, "", words
	case refused > 0:
		return Refused, fault.Protected, words
	default:
		return Refused, fault.NeedsConfirm, words
	}
}

// Targets are the objects of a change in few words.
func Targets(objects, jails []string) string {
	const most = 3
	text := strings.Join(objects[:min(most, len(objects))], ", ")
	if more := len(objects) - most; more > 0 {
		text += fmt.Sprintf(", %d more", more)
	}
	if len(jails) > 0 {
		text += " in " + strings.Join(jails, ", ")
	}
	return text
}
