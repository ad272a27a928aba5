package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"bangui/internal/auth"
	"bangui/internal/fault"
	"bangui/internal/host"
	"bangui/internal/versions"
)

// Versions are what the API asks of the history of the configuration;
// *versions.History is one.
type Versions interface {
	List(ctx context.Context, of host.Host, before versions.Place, limit int) ([]versions.Version, error)
	Detail(ctx context.Context, of host.Host, id int64) (versions.Detail, error)
	Restore(ctx context.Context, of host.Host, id int64, o versions.Order) (host.Change, error)
	Drift(ctx context.Context, of host.Host) (versions.Drift, error)
	Revert(ctx context.Context, of host.Host, o versions.Order) (host.Change, error)
	Adopt(ctx context.Context, of host.Host, etag, actor, reason string) (versions.Version, error)
}

// ConfigVersion is fail2ban's configuration after one change.
type ConfigVersion struct {
	ID      string   `json:"id"`
	At      string   `json:"at" format:"date-time"`
	Kind    string   `json:"kind" enum:"first,applied,reverted,restored,adopted,by_hand" doc:"first: what BanGUI found at its first look. by_hand: changed on the host, and found when the next change was made."`
	Actor   *string  `json:"actor" doc:"null = nobody is known."`
	Reason  *string  `json:"reason"`
	Change  *string  `json:"change" doc:"Id of the change on the host."`
	Until   *string  `json:"until" format:"date-time" doc:"The host takes it back then unless it is confirmed; null = it holds."`
	Before  *string  `json:"etag_before"`
	After   string   `json:"etag_after"`
	Changed []string `json:"changed" doc:"Files that differ from the version before."`
}

// ConfigDifference is one file that differs.
type ConfigDifference struct {
	Name     string `json:"name"`
	Diff     string `json:"diff" doc:"Unified."`
	Writable bool   `json:"writable" doc:"BanGUI may write it, so that it can put it back."`
}

// ConfigVersionDetail is a version with what it changed.
type ConfigVersionDetail struct {
	ConfigVersion
	Oldest  bool               `json:"oldest" doc:"Nothing is kept of what was before."`
	Files   []ConfigDifference `json:"files"`
	Effects []ConfigEffect     `json:"effects" doc:"Values that count and differ, for fail2ban as it is installed now."`
	Broken  *string            `json:"broken" doc:"Why the effects can't be told."`
}

// ConfigDrift is what was changed by hand since the newest version.
type ConfigDrift struct {
	ETag      string             `json:"etag" doc:"Of the configuration as it is now."`
	Known     *ConfigVersion     `json:"known" doc:"The newest version; null = BanGUI has not looked yet."`
	Drifted   bool               `json:"drifted"`
	Unsettled bool               `json:"unsettled" doc:"A change is under way, so that nothing can be told now."`
	Files     []ConfigDifference `json:"files"`
	Effects   []ConfigEffect     `json:"effects"`
	Broken    *string            `json:"broken" doc:"Why the effects can't be told."`
}

type versionsInput struct {
	HostPath
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
	Cursor string `query:"cursor" maxLength:"300"`
}

type versionPath struct {
	HostPath
	Version string `path:"version" maxLength:"20"`
}

func versionID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, fault.New(fault.NotFound, "there is no version %q", text)
	}
	return id, nil
}

type bringBody struct {
	ETag           string `json:"etag" minLength:"1" maxLength:"100" doc:"Of the configuration as it was looked at."`
	Reason         string `json:"reason" required:"false" maxLength:"500"`
	ConfirmSeconds int    `json:"confirm_seconds" required:"false" minimum:"0" maximum:"600" doc:"Taken back unless it is confirmed within this time, at least 10; 0 = it holds."`
	DryRun         bool   `json:"dry_run" required:"false" doc:"Say what it would do, and try it on a copy; change nothing."`
}

func (b bringBody) order(ctx context.Context) versions.Order {
	return versions.Order{DryRun: b.DryRun, ChangeOrder: host.ChangeOrder{
		ETag: b.ETag, Actor: noteOf(ctx).Actor.Name, Reason: b.Reason, ConfirmWithin: time.Duration(b.ConfirmSeconds) * time.Second,
	}}
}

type restoreInput struct {
	HostPath
	Version string `path:"version" maxLength:"20"`
	Body    bringBody
}

func (in restoreInput) dry() bool                        { return in.Body.DryRun }
func (in restoreInput) order() (list any, reason string) { return in.Body, in.Body.Reason }
func (in restoreInput) target() string                   { return in.Host + " version " + in.Version }

type revertInput struct {
	HostPath
	Body bringBody
}

func (in revertInput) dry() bool                        { return in.Body.DryRun }
func (in revertInput) order() (list any, reason string) { return in.Body, in.Body.Reason }
func (in revertInput) target() string                   { return in.Host }

type adoptInput struct {
	HostPath
	Body struct {
		ETag   string `json:"etag" minLength:"1" maxLength:"100" doc:"Of the drift that was looked at."`
		Reason string `json:"reason" required:"false" maxLength:"500"`
	}
}

func (in adoptInput) order() (list any, reason string) { return in.Body, in.Body.Reason }
func (in adoptInput) target() string                   { return in.Host }

func (a *API) registerVersions() {
	const base = "/api/v1/hosts/{host}/config"
	register(a, route{
		method: http.MethodGet, path: base + "/versions", id: "listConfigVersions", summary: "Versions of the configuration, newest first", tag: "config",
		role: auth.Admin, tier: looks, class: classRead,
	}, a.listVersions)
	register(a, route{
		method: http.MethodGet, path: base + "/versions/{version}", id: "getConfigVersion", summary: "One version: who, why, and what it changed", tag: "config",
		role: auth.Admin, tier: looks, class: classRead,
	}, a.getVersion)
	register(a, route{
		method: http.MethodPost, path: base + "/versions/{version}/restore", id: "restoreConfigVersion", summary: "Bring the files of a version back, or say what that would do", tag: "config",
		role: auth.Admin, tier: writesTo, class: classSteer, audit: "config.restore", limit: changeLimit,
	}, a.restoreVersion)
	register(a, route{
		method: http.MethodGet, path: base + "/drift", id: "getConfigDrift", summary: "What was changed by hand since the newest version", tag: "config",
		role: auth.Admin, tier: looks, class: classRead,
	}, a.getDrift)
	register(a, route{
		method: http.MethodPost, path: base + "/drift/adopt", id: "adoptConfigDrift", summary: "Take over what was changed by hand as a version", tag: "config",
		role: auth.Admin, tier: own, class: classSteer, audit: "config.adopt",
	}, a.adoptDrift)
	register(a, route{
		method: http.MethodPost, path: base + "/drift/revert", id: "revertConfigDrift", summary: "Put back what was changed by hand, or say what that would do", tag: "config",
		role: auth.Admin, tier: writesTo, class: classSteer, audit: "config.revert_drift", limit: changeLimit,
	}, a.revertDrift)
}

func (a *API) listVersions(ctx context.Context, in *versionsInput) (*answer[page[ConfigVersion]], error) {
	h, err := a.Hosts.Get(in.Host)
	if err != nil {
		return nil, err
	}
	var before versions.Place
	if in.Cursor != "" {
		place, err := strconv.ParseInt(in.Cursor, 10, 64)
		if err != nil || place < 1 {
			return nil, fault.New(fault.Invalid, "the cursor is broken").WithMend("Begin with the first page.")
		}
		before = versions.Place(place)
	}
	list, err := a.Versions.List(ctx, h, before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	more := len(list) > in.Limit
	list = list[:min(len(list), in.Limit)]
	out := pageOf(mapAll(list, versionOf))
	if more {
		next := fmt.Sprint(list[len(list)-1].ID)
		out.Next = &next
	}
	return answerWith(out), nil
}

func (a *API) getVersion(ctx context.Context, in *versionPath) (*answer[ConfigVersionDetail], error) {
	h, err := a.Hosts.Get(in.Host)
	if err != nil {
		return nil, err
	}
	id, err := versionID(in.Version)
	if err != nil {
		return nil, err
	}
	d, err := a.Versions.Detail(ctx, h, id)
	if err != nil {
		return nil, err
	}
	return answerWith(ConfigVersionDetail{
		ConfigVersion: versionOf(d.Version), Oldest: d.Oldest, Files: differencesOf(d.Files), Effects: orEmpty(mapAll(d.Effects, effectOf)), Broken: orNull(d.Broken),
	}), nil
}

func (a *API) restoreVersion(ctx context.Context, in *restoreInput) (*answer[ConfigChange], error) {
	h, err := a.Hosts.Get(in.Host)
	if err != nil {
		return nil, err
	}
	id, err := versionID(in.Version)
	if err != nil {
		return nil, err
	}
	return changed(ctx, func() (host.Change, error) { return a.Versions.Restore(ctx, h, id, in.Body.order(ctx)) })
}

func (a *API) getDrift(ctx context.Context, in *HostPath) (*answer[ConfigDrift], error) {
	h, err := a.Hosts.Get(in.Host)
	if err != nil {
		return nil, err
	}
	d, err := a.Versions.Drift(ctx, h)
	if err != nil {
		return nil, err
	}
	out := ConfigDrift{
		ETag: d.ETag, Drifted: len(d.Files) > 0, Unsettled: d.Unsettled, Files: differencesOf(d.Files), Effects: orEmpty(mapAll(d.Effects, effectOf)), Broken: orNull(d.Broken),
	}
	if d.Known != nil {
		known := versionOf(*d.Known)
		out.Known = &known
	}
	return answerWith(out), nil
}

func (a *API) revertDrift(ctx context.Context, in *revertInput) (*answer[ConfigChange], error) {
	h, err := a.Hosts.Get(in.Host)
	if err != nil {
		return nil, err
	}
	return changed(ctx, func() (host.Change, error) { return a.Versions.Revert(ctx, h, in.Body.order(ctx)) })
}

func (a *API) adoptDrift(ctx context.Context, in *adoptInput) (*answer[ConfigVersion], error) {
	h, err := a.Hosts.Get(in.Host)
	if err != nil {
		return nil, err
	}
	v, err := a.Versions.Adopt(ctx, h, in.Body.ETag, noteOf(ctx).Actor.Name, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	noteOf(ctx).After = "version " + strconv.FormatInt(v.ID, 10)
	return answerWith(versionOf(v)), nil
}

func versionOf(v versions.Version) ConfigVersion {
	out := ConfigVersion{
		ID: fmt.Sprint(v.ID), At: stamp(v.At), Kind: string(v.Kind), Actor: orNull(v.Actor), Reason: orNull(v.Reason), Change: orNull(v.Change),
		Before: orNull(v.Before), After: v.After, Changed: orEmpty(v.Changed),
	}
	if !v.Until.IsZero() {
		until := stamp(v.Until)
		out.Until = &until
	}
	return out
}

func differencesOf(list []versions.FileDifference) []ConfigDifference {
	return orEmpty(mapAll(list, func(f versions.FileDifference) ConfigDifference { return ConfigDifference(f) }))
}
