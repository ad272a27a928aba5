package api

import (
	"context"
	"net/http"

	"bangui/internal/auth"
	"bangui/internal/host"
)

// ManualJail is our own jail for bans by hand, as offered or as installed.
type ManualJail struct {
	Name      string `json:"name"`
	Path      string `json:"path" doc:"The one file that is written."`
	Content   string `json:"content"`
	Diff      string `json:"diff" doc:"Unified diff of what installing would change; empty when there is nothing to do."`
	Installed bool   `json:"installed"`
	Running   bool   `json:"running"`
	Foreign   bool   `json:"foreign" doc:"A jail of this name exists that BanGUI did not make; it is left alone."`
}

func (a *API) registerManualJail() {
	const path = "/api/v1/hosts/{host}/manual-jail"
	register(a, route{
		method: http.MethodGet, path: path, id: "getManualJail", summary: "Our jail for bans by hand: the file, its diff, whether it is there", tag: "jails",
		role: auth.Viewer, tier: looks, class: classRead,
	}, func(ctx context.Context, in *HostPath) (*answer[ManualJail], error) {
		return a.manualJail(ctx, in.Host, nil)
	})
	register(a, route{
		method: http.MethodPut, path: path, id: "addManualJail", summary: "Write our jail's file, start the jail, verify it", tag: "jails",
		role: auth.Admin, tier: writesTo, class: classSteer, audit: "manual_jail.add",
	}, func(ctx context.Context, in *HostPath) (*answer[ManualJail], error) {
		return a.manualJail(ctx, in.Host, host.Host.AddManualJail)
	})
	register(a, route{
		method: http.MethodDelete, path: path, id: "removeManualJail", summary: "Stop our jail and remove its file", tag: "jails",
		role: auth.Admin, tier: writesTo, class: classSteer, audit: "manual_jail.remove",
	}, func(ctx context.Context, in *HostPath) (*answer[ManualJail], error) {
		return a.manualJail(ctx, in.Host, host.Host.RemoveManualJail)
	})
}

// manualJail changes our jail, if asked to, and answers with how it stands then.
func (a *API) manualJail(ctx context.Context, name string, change func(host.Host, context.Context) error) (*answer[ManualJail], error) {
	h, err := a.Hosts.Get(name)
	if err != nil {
		return nil, err
	}
	if change != nil {
		if before, err := h.ManualJail(ctx); err == nil {
			noteOf(ctx).Before = standing(before)
		}
		if err := change(h, ctx); err != nil {
			return nil, err
		}
	}
	own, err := h.ManualJail(ctx)
	if err != nil {
		return nil, err
	}
	noteOf(ctx).After = standing(own)
	return answerWith(ManualJail(own)), nil
}

// standing is what there is of our jail: its file, and whether it runs.
func standing(own host.OwnJail) string {
	state := "stopped"
	if own.Running {
		state = "running"
	}
	switch {
	case !own.Installed:
		return state + ", without a file of ours"
	case own.Diff != "":
		return state + ", its file differs from ours:\n" + own.Diff
	default:
		return state + ", " + own.Path + ":\n" + own.Content
	}
}
