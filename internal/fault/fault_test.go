package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"bangui/internal/fault"
)

func TestError_CodeMessageAndMend(t *testing.T) {
	cause := errors.New("open /x: permission denied")
	coded := fault.Wrap(cause, fault.PermissionDenied, "the log can't be read").WithMend("Run it as root.")
	for name, err := range map[string]error{
		"itself": coded, "wrapped": fmt.Errorf("start: %w", coded), "joined": errors.Join(errors.New("first"), coded),
		"wrapped and joined": fmt.Errorf("stop: %w", errors.Join(coded, cause)),
	} {
		if fault.CodeOf(err) != fault.PermissionDenied || fault.MessageOf(err) != "the log can't be read" || fault.MendOf(err) != "Run it as root." {
			t.Errorf("%s: %s, %q, %q", name, fault.CodeOf(err), fault.MessageOf(err), fault.MendOf(err))
		}
		if !errors.Is(err, cause) {
			t.Errorf("%s: the cause is lost", name)
		}
	}
	if plain := errors.New("secret"); fault.CodeOf(plain) != fault.Internal || fault.MessageOf(plain) == "secret" || fault.MendOf(plain) != "" {
		t.Error("an error without a code is shown as it is")
	}
	if fault.CodeOf(nil) != "" || fault.Is(nil, fault.Internal) {
		t.Error("no error has a code")
	}
}
