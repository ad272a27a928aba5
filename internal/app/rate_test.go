package app

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"bangui/internal/store/postgrestest"
)

// Two consoles on one PostgreSQL take sign-ins from one share: what was tried at one
// counts at the other.
func TestApp_ConsolesShareTheRateOfSignIns(t *testing.T) {
	address := postgrestest.Database(t)
	var consoles []running
	for range 2 {
		c := settings(t)
		c.Database, c.Postgres = "", address
		consoles = append(consoles, serve(t, c))
	}
	const most = 20
	for n := range most + 2 {
		response, body := send(t, http.MethodPost, consoles[n%2].url+"api/v1/auth/login", fmt.Sprintf(`{"username":"nobody%d","password":"wrong"}`, n))
		left, want := response.Header.Get("RateLimit"), fmt.Sprintf(`"login";r=%d;`, max(0, most-1-n))
		if !strings.Contains(left, want) {
			t.Errorf("attempt %d: %s lacks %s", n+1, left, want)
		}
		if refused := strings.Contains(body, "rate_limited"); refused != (n >= most) {
			t.Errorf("attempt %d: %d %s", n+1, response.StatusCode, body)
		}
	}
}
