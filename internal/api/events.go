package api

import (
	"net/http"
	"reflect"
	"strconv"

	"bangui/internal/auth"
	"bangui/internal/event"
	"bangui/internal/host"

	"github.com/danielgtaylor/huma/v2"
)

// Event is one event of the stream.
type Event struct {
	ID         *string `json:"id" doc:"null for passing events (found), which can't be resumed."`
	Kind       string  `json:"kind" enum:"ban,unban,found,jail,host,notice,lease,job"`
	At         string  `json:"at" format:"date-time"`
	Host       string  `json:"host"`
	Jail       *string `json:"jail"`
	Address    *string `json:"address"`
	BannedAt   *string `json:"banned_at" format:"date-time"`
	BanSeconds *int64  `json:"ban_seconds"`
	ExpiresAt  *string `json:"expires_at" format:"date-time"`
	BanCount   *int    `json:"ban_count"`
	Failures   *int    `json:"failures"`
	Restored   bool    `json:"restored" doc:"fail2ban put the ban back after its restart."`
	Origin     *string `json:"origin" enum:"fail2ban,manual"`
	Actor      *string `json:"actor"`
	Reason     *string `json:"reason"`
	EndReason  *string `json:"end_reason" enum:"expired,unbanned,fail2ban-stopped,replaced,unknown"`
	State      *string `json:"state" enum:"running,idle,stopped,starting,online,degraded,unreachable" doc:"Of a jail or a host: its new state."`
	Detail     *string `json:"detail"`
	Count      int     `json:"count" doc:"How many failures a found event stands for."`
}

// Hello is the first event of a stream.
type Hello struct {
	Version string `json:"version"`
	Resumed bool   `json:"resumed"`
	Reset   bool   `json:"reset" doc:"What came after the last id is not kept any more: fetch everything again."`
}

// Counters are the counters of a host, at most once a second and only when they changed.
type Counters struct {
	Host   string         `json:"host"`
	AsOf   *string        `json:"as_of" format:"date-time"`
	State  string         `json:"state" enum:"starting,online,degraded,unreachable"`
	Totals Totals         `json:"totals"`
	Jails  []JailCounters `json:"jails"`
}

// JailCounters are the counters of one jail.
type JailCounters struct {
	Name            string `json:"name"`
	State           string `json:"state" enum:"running,idle,stopped"`
	CurrentlyBanned int    `json:"currently_banned"`
	TotalBanned     int    `json:"total_banned"`
	CurrentlyFailed int    `json:"currently_failed"`
	TotalFailed     int    `json:"total_failed"`
}

// registerEvents adds the stream by hand: the library's own needs integer ids.
func (a *API) registerEvents() {
	r := route{
		method: http.MethodGet, path: "/api/v1/events", id: "streamEvents", summary: "What happens, as server-sent events", tag: "events",
		role: auth.Viewer, tier: looks, class: classRead,
	}
	a.table.row(r)
	a.table.HandleFunc(r.method+" "+r.path, a.streamEvents)
	schemas := a.huma.OpenAPI().Components.Schemas
	oneOf := []*huma.Schema{
		schemas.Schema(reflect.TypeFor[Event](), true, ""), schemas.Schema(reflect.TypeFor[Hello](), true, ""), schemas.Schema(reflect.TypeFor[Counters](), true, ""),
	}
	zero, most := 0.0, float64(maxReplayed)
	a.huma.OpenAPI().AddOperation(&huma.Operation{
		OperationID: r.id, Method: r.method, Path: r.path, Summary: r.summary, Tags: []string{r.tag},
		Parameters: []*huma.Param{
			{Name: "Last-Event-ID", In: "header", Schema: &huma.Schema{Type: "string"}, Description: "Resume after this event."},
			{Name: "last_event_id", In: "query", Schema: &huma.Schema{Type: "string"}, Description: "The same, where headers can't be set."},
			{Name: "replay", In: "query", Schema: &huma.Schema{Type: "integer", Minimum: &zero, Maximum: &most}, Description: "Send the newest n recorded events first."},
		},
		Responses: map[string]*huma.Response{"200": {
			Description: "A stream; each event's name is its kind, or hello, or counters. Recorded events and hello carry an id from which to resume.",
			Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{OneOf: oneOf}}},
		}},
	})
}

func (a *API) eventOf(e event.Event) Event {
	out := Event{
		Kind: string(e.Kind), At: stamp(e.At), Host: a.Hosts.Alias(e.HostID), Jail: orNull(e.Jail), Address: orNull(e.Address),
		BanCount: orNull(e.BanCount), Failures: orNull(e.Failures), Restored: e.Restored, Origin: orNull(string(e.Origin)),
		Actor: orNull(e.Actor), Reason: orNull(e.Reason), EndReason: orNull(string(e.EndReason)),
		State: orNull(e.State), Detail: orNull(e.Detail), Count: max(1, e.Count),
	}
	if e.ID > 0 {
		id := strconv.FormatInt(e.ID, 10)
		out.ID = &id
	}
	if !e.BannedAt.IsZero() {
		out.BannedAt, out.BanSeconds, out.ExpiresAt = stampOrNull(e.BannedAt), &e.BanSeconds, stampOrNull(e.Expires())
	}
	return out
}

func (a *API) countersOf(h host.Host) Counters {
	s := h.State()
	c := Counters{Host: a.Hosts.Alias(s.ID), AsOf: stampOrNull(s.AsOf), State: string(s.Reach), Totals: totalsOf(s)}
	c.Jails = mapAll(h.Jails(), func(j host.Jail) JailCounters {
		return JailCounters{
			Name: j.Name, State: string(j.State), CurrentlyBanned: j.CurrentlyBanned, TotalBanned: j.TotalBanned,
			CurrentlyFailed: j.CurrentlyFailed, TotalFailed: j.TotalFailed,
		}
	})
	return c
}
