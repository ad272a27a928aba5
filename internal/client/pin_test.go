package client_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"bangui/internal/client"
	"bangui/internal/fault"
)

// A pin accepts one certificate, whoever signed it and whatever its names are, and
// without one the system decides.
func TestNew_AcceptsTheNamedCertificateOnly(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"status":"ok"}`))
	}))
	t.Cleanup(server.Close)
	sum := sha256.Sum256(server.Certificate().Raw)
	right := hex.EncodeToString(sum[:])
	other := strings.Repeat("0", 64)
	for name, c := range map[string]struct {
		pin  string
		code fault.Code
	}{
		"Right":      {client.Pin(right), ""},
		"AsShown":    {client.Pin(strings.ToUpper(right[:2] + ":" + right[2:])), ""},
		"Other":      {client.Pin(other), fault.Forbidden},
		"NoPin":      {"", fault.Forbidden},
		"OtherNoSum": {"#setup=x", fault.Forbidden},
	} {
		t.Run(name, func(t *testing.T) {
			console, err := client.New(server.URL+"/"+c.pin, "test")
			if err != nil {
				t.Fatal(err)
			}
			defer console.Close()
			err = console.Get(t.Context(), "api/health", nil, nil)
			if fault.CodeOf(err) != c.code || (err != nil && !strings.Contains(fault.MendOf(err), "bangui version")) {
				t.Errorf("err = %v, mend %q", err, fault.MendOf(err))
			}
		})
	}
}

func TestNew_RefusesBadPins(t *testing.T) {
	for _, address := range []string{
		"https://localhost/" + client.Pin("abc"), "https://localhost/" + client.Pin(""), "https://localhost/" + client.Pin(strings.Repeat("g", 64)),
		"http://localhost/" + client.Pin(strings.Repeat("0", 64)),
	} {
		if _, err := client.New(address, "test"); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", address, err)
		}
	}
}
