package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// pathMap is the setting for a fail2ban whose files we see elsewhere than it does.
func pathMap() Setting {
	return Setting{
		Name: "path-map", Default: "empty", Allowed: "pairs THERE=HERE of absolute paths, separated by commas, such as /config=/fail2ban/config; at most 20",
		Meaning: "Where we see the log and the database that fail2ban names by another path, when one of us runs in a container. The logs that jails read must be here at the paths that fail2ban names.",
		parse: func(c *Config, text string, _ Surroundings) (err error) {
			c.PathMap, err = parsePathMap(text)
			return err
		},
		show: func(c Config) string { return showPathMap(c.PathMap) },
	}
}

func parsePathMap(text string) (map[string]string, error) {
	const most = 20
	pairs := map[string]string{}
	for pair := range strings.SplitSeq(text, ",") {
		if pair = strings.TrimSpace(pair); pair == "" {
			continue
		}
		there, here, ok := strings.Cut(pair, "=")
		if !ok || !filepath.IsAbs(there) || !filepath.IsAbs(here) || strings.ContainsFunc(pair, isControl) || len(pairs) == most {
			return nil, errNotAllowed
		}
		there = filepath.Clean(there)
		if _, twice := pairs[there]; twice {
			return nil, fmt.Errorf("%q stands in it twice", there)
		}
		pairs[there] = filepath.Clean(here)
	}
	return pairs, nil
}

func showPathMap(pairs map[string]string) string {
	var all []string
	for _, there := range slices.Sorted(maps.Keys(pairs)) {
		all = append(all, there+"="+pairs[there])
	}
	return strings.Join(all, ",")
}
