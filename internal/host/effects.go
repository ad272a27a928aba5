package host

import (
	"maps"
	"slices"
	"strings"

	"bangui/internal/jailconf"
)

// maxEffects bounds what is told about one change; its steps are always whole.
const maxEffects = 1000

// CompareConfigs is what differs for fail2ban between two configurations.
func CompareConfigs(before, after *jailconf.Config) []Effect {
	effects, _ := compare(before, after)
	return effects
}

// compare is what differs for fail2ban between two configurations, and what it has to do
// to get from one to the other (fail2ban.md 6.3).
func compare(before, after *jailconf.Config) (effects []Effect, steps []Step) {
	if e := differences("", flat(before.Server, "", nil), flat(after.Server, "", nil)); len(e) > 0 {
		effects, steps = append(effects, e...), append(steps, Step{Do: StepSet})
	}
	var starts []Step
	for _, name := range jailNames(before, after) {
		old, now := before.Jail(name), after.Jail(name)
		e := differences(name, flatJail(old), flatJail(now))
		was, is := old != nil && old.Enabled, now != nil && now.Enabled
		if len(e) == 0 {
			continue
		}
		effects = append(effects, e...)
		switch {
		case was && is && restarts(old, now):
			steps = append(steps, Step{name, StepRestart})
		case was && is:
			steps = append(steps, Step{name, StepReload})
		case was:
			steps = append(steps, Step{name, StepStop})
		case is:
			starts = append(starts, Step{name, StepStart})
		}
	}
	return effects[:min(len(effects), maxEffects)], append(steps, starts...)
}

func jailNames(configs ...*jailconf.Config) []string {
	var names []string
	for _, c := range configs {
		for _, j := range c.Jails {
			if !slices.Contains(names, j.Name) {
				names = append(names, j.Name)
			}
		}
	}
	return names
}

// restarts reports whether a jail has to be restarted: a plain reload leaves a new action
// out without a word, keeps the firewall objects of the old parameters, and takes no
// other backend.
func restarts(old, now *jailconf.Jail) bool {
	a, _ := old.Option("backend")
	b, _ := now.Option("backend")
	same := func(a, b jailconf.Part) bool {
		return a.Name == b.Name && a.As == b.As && maps.Equal(flat(a.Options, "", nil), flat(b.Options, "", nil)) &&
			(!a.Python || maps.Equal(flat(a.Args, "", nil), flat(b.Args, "", nil)))
	}
	return a.Value != b.Value || !slices.EqualFunc(old.Actions, now.Actions, same)
}

// flatJail are all options of a jail by part and name.
func flatJail(j *jailconf.Jail) map[[2]string]string {
	all := map[[2]string]string{}
	if j == nil {
		return all
	}
	flat(j.Options, "", all)
	if j.Filter != nil {
		flat(j.Filter.Options, "filter "+j.Filter.Name, all)
	}
	for _, a := range j.Actions {
		flat(a.Options, "action "+a.As, all)
		if a.Python {
			flat(a.Args, "action "+a.As, all)
		}
	}
	return all
}

func flat(list []jailconf.Option, part string, into map[[2]string]string) map[[2]string]string {
	if into == nil {
		into = map[[2]string]string{}
	}
	for _, o := range list {
		into[[2]string{part, o.Name}] = o.Value
	}
	return into
}

func differences(jail string, before, after map[[2]string]string) []Effect {
	var all []Effect
	for where, value := range before {
		if now, ok := after[where]; !ok || now != value {
			all = append(all, Effect{Jail: jail, Part: where[0], Option: where[1], Before: cut(value, maxEffectText), After: cut(now, maxEffectText), Gone: !ok})
		}
	}
	for where, value := range after {
		if _, ok := before[where]; !ok {
			all = append(all, Effect{Jail: jail, Part: where[0], Option: where[1], After: cut(value, maxEffectText), Added: true})
		}
	}
	slices.SortFunc(all, func(a, b Effect) int { return strings.Compare(a.Part+"\x00"+a.Option, b.Part+"\x00"+b.Option) })
	return all
}

func sortedNames(files map[string]*string) []string { return slices.Sorted(maps.Keys(files)) }
