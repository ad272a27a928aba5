package api

import (
	"cmp"

	"bangui/internal/host"
	"bangui/internal/jailconf"
)

func configOf(v host.ConfigView) Config {
	c := Config{
		ETag: v.ETag, Dir: v.Dir, Broken: orNull(v.Broken), Server: optionsOf(v.Server),
		Jails:    orEmpty(mapAll(v.Jails, func(j jailconf.Jail) ConfigRow { return configRowOf(j, v.Ours) })),
		Problems: orEmpty(mapAll(v.Problems, func(p jailconf.Problem) ConfigProblem { return ConfigProblem(p) })),
		Files:    orEmpty(mapAll(v.Files, func(f host.ConfigFile) ConfigEntry { return ConfigEntry(f) })),
	}
	c.Waiting = waitingOf(v.Waiting)
	c.Allowed = ConfigAllowed{Degree: cmp.Or(string(v.Allowed.Configure), "no"), Switch: v.Allowed.Switch, LogFolders: orEmpty(v.Allowed.LogFolders)}
	return c
}

func waitingOf(w *host.WaitingChange) *ConfigWaiting {
	if w == nil {
		return nil
	}
	return &ConfigWaiting{ID: w.ID, Until: stamp(w.Until), Actor: orNull(w.Actor)}
}

func configRowOf(j jailconf.Jail, ours []host.OurJail) ConfigRow {
	row := ConfigRow{Name: j.Name, Enabled: j.Enabled, Fault: orNull(j.Fault)}
	if j.Filter != nil {
		row.Filter = orNull(j.Filter.Name)
	}
	backend, _ := j.Option("backend")
	row.Backend = orNull(backend.Value)
	if own := ourOf(ours, j.Name); own != nil {
		row.Own, row.Alone = true, own.Alone
	}
	return row
}

func ourOf(ours []host.OurJail, jail string) *host.OurJail {
	for i := range ours {
		if ours[i].Name == jail {
			return &ours[i]
		}
	}
	return nil
}

func configJailOf(j jailconf.Jail, v host.ConfigView) ConfigJail {
	c := ConfigJail{
		ConfigRow: configRowOf(j, v.Ours), ETag: v.ETag, Fatal: j.Fatal, Options: optionsOf(j.Options), Others: optionsOf(j.Others), Actions: orEmpty(mapAll(j.Actions, partOf)),
		OwnValues: []ConfigOption{}, Inherited: []ConfigOption{},
	}
	if j.Filter != nil {
		filter := partOf(*j.Filter)
		c.Uses = &filter
	}
	if own := ourOf(v.Ours, j.Name); own != nil {
		c.OwnValues, c.Inherited = optionsOf(own.Values), optionsOf(own.Inherited)
	}
	return c
}

func choiceOf(c jailconf.Choice) ConfigChoice {
	return ConfigChoice{Name: c.Name, Parameters: optionsOf(c.Parameters), Modes: orEmpty(c.Modes), Fault: orNull(c.Fault)}
}

func logOf(s host.WatchedLog) ConfigLog {
	return ConfigLog{Path: s.Path, Allowed: s.Allowed, More: s.More, Files: orEmpty(mapAll(s.Files, func(f host.WatchedFile) ConfigLogFile {
		out := ConfigLogFile{Path: f.Path, Problem: orNull(string(f.Problem)), Mode: f.Mode, Owner: f.Owner, Group: f.Group, Changed: stampOrNull(f.Changed)}
		if f.Mode != "" {
			out.Size = &f.Size
		}
		return out
	}))}
}

func partOf(p jailconf.Part) ConfigPart {
	return ConfigPart{Name: p.Name, As: p.As, Python: p.Python, Args: optionsOf(p.Args), Options: optionsOf(p.Options)}
}

func optionsOf(list []jailconf.Option) []ConfigOption {
	return orEmpty(mapAll(list, func(o jailconf.Option) ConfigOption {
		return ConfigOption{
			Name: o.Name, Value: o.Value, Raw: o.Raw, Kind: cmp.Or(string(o.Kind), "text"), Fault: orNull(o.Fault),
			Origin: configOriginOf(o.Origin),
		}
	}))
}

func configOriginOf(at jailconf.Origin) ConfigOrigin {
	return ConfigOrigin{Source: string(at.Source), File: orNull(at.File), Line: orNull(at.Line), Section: orNull(at.Section)}
}

func changeOf(c host.Change) ConfigChange {
	out := ConfigChange{
		ID: orNull(c.ID), ETag: c.ETag, Applied: c.Applied, Notes: orEmpty(c.Notes),
		Files:   orEmpty(mapAll(c.Files, func(f host.FileChange) ConfigDiff { return ConfigDiff(f) })),
		Left:    orEmpty(mapAll(c.Left, func(f host.FileLeft) ConfigLeft { return ConfigLeft(f) })),
		Effects: orEmpty(mapAll(c.Effects, effectOf)),
		Steps:   orEmpty(mapAll(c.Steps, func(s host.Step) ConfigStep { return ConfigStep{Jail: orNull(s.Jail), Do: string(s.Do)} })),
	}
	if !c.Until.IsZero() {
		until := stamp(c.Until)
		out.Until = &until
	}
	return out
}

func effectOf(e host.Effect) ConfigEffect {
	out := ConfigEffect{Jail: orNull(e.Jail), Part: orNull(e.Part), Option: e.Option}
	if !e.Added {
		out.Before = &e.Before
	}
	if !e.Gone {
		out.After = &e.After
	}
	return out
}
