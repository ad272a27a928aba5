package jailconf

import "slices"

// What fail2ban 1.0.2 knows, in the order in which it takes it (read in its jailreader,
// filterreader, actionreader and fail2banreader).

func named(k Kind, names ...string) []template {
	all := make([]template, len(names))
	for i, name := range names {
		all[i] = template{name: name, kind: k}
	}
	return all
}

func with(name string, k Kind, fallback string) template {
	v := value{text: fallback, kind: k, at: Origin{Source: Builtin}}
	return template{name: name, kind: k, fallback: &v}
}

func filterTemplates() []template {
	return []template{
		{name: "usedns"},
		{name: "prefregex"},
		{name: "ignoreregex"},
		{name: "failregex"},
		{name: "maxlines", kind: Number},
		{name: "datepattern"},
		{name: "journalmatch"},
	}
}

// firstTemplates are what fail2ban needs to know of a jail before it reads its filter.
func firstTemplates() []template {
	return []template{with("enabled", Switch, "False"), with("backend", Text, "auto"), with("filter", Text, "")}
}

func jailTemplates(newer bool) []template {
	all := []template{
		with("enabled", Switch, "False"), with("backend", Text, "auto"),
		{name: "maxretry", kind: Number},
		{name: "maxmatches", kind: Number},
		{name: "findtime"},
		{name: "bantime"},
		{name: "bantime.increment", kind: Switch},
		{name: "bantime.factor"},
		{name: "bantime.formula"},
		{name: "bantime.multipliers"},
		{name: "bantime.maxtime"},
		{name: "bantime.rndtime"},
		{name: "bantime.overalljails", kind: Switch},
		{name: "ignorecommand"},
		{name: "ignoreself", kind: Switch},
		{name: "ignoreip"},
		{name: "ignorecache"},
		with("filter", Text, ""),
		{name: "logtimezone"},
		{name: "logencoding"},
		{name: "logpath"},
	}
	if newer { // since 1.1.1 (read)
		all = append(all, with("skip_if_nologs", Switch, "False"), with("systemd_if_nologs", Switch, "True"))
	}
	return append(append(all, with("action", Text, "")), filterTemplates()...)
}

func actionTemplates() []template {
	return slices.Concat(
		named(Text, "actionstart"), named(Switch, "actionstart_on_demand"),
		named(Text, "actionstop", "actionflush", "actionreload", "actioncheck", "actionrepair"), named(Switch, "actionrepair_on_unban"),
		named(Text, "actionban", "actionprolong", "actionreban", "actionunban"), named(Switch, "norestored"),
	)
}

// serverTemplates are the options of fail2ban.conf's [Definition].
func serverTemplates() []template {
	return []template{
		with("socket", Text, "/var/run/fail2ban/fail2ban.sock"), with("pidfile", Text, "/var/run/fail2ban/fail2ban.pid"),
		with("loglevel", Text, "INFO"), with("logtarget", Text, "/var/log/fail2ban.log"), with("syslogsocket", Text, "auto"),
		with("allowipv6", Text, "auto"), with("dbfile", Text, "/var/lib/fail2ban/fail2ban.sqlite3"),
		{name: "dbmaxmatches", kind: Number},
		with("dbpurgeage", Text, "1d"),
	}
}
