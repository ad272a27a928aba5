package config

import (
	"strings"
	"testing"

	"bangui/internal/fault"
)

// loaded is what Load makes of an environment on a machine without a home.
func loaded(environ ...string) (Config, Origins, error) {
	getenv := func(name string) string {
		for _, pair := range environ {
			if value, ok := strings.CutPrefix(pair, name+"="); ok {
				return value
			}
		}
		return ""
	}
	return Load(Given{Environ: environ}, Surroundings{Root: true, Getenv: getenv, WorkDir: "/"})
}

func TestLoad_Workers(t *testing.T) {
	const postgres = "BANGUI_DATABASE=postgres://bangui@db/bangui"
	for name, c := range map[string]struct {
		environ []string
		want    int // 0 = refused
	}{
		"unset":                                 {nil, 1},
		"one":                                   {[]string{"BANGUI_WORKERS=1"}, 1},
		"several on a file":                     {[]string{"BANGUI_WORKERS=4"}, 0},
		"several by the process manager":        {[]string{"WEB_CONCURRENCY=4"}, 0},
		"ours wins":                             {[]string{"WEB_CONCURRENCY=4", "BANGUI_WORKERS=1"}, 1},
		"several that may stand by":             {[]string{"WEB_CONCURRENCY=4", "BANGUI_STANDBY=allow"}, 4},
		"several on PostgreSQL":                 {[]string{"BANGUI_WORKERS=4", postgres}, 4},
		"not a number":                          {[]string{"BANGUI_WORKERS=many"}, 0},
		"not a number from the process manager": {[]string{"WEB_CONCURRENCY=auto"}, 0},
		"none":                                  {[]string{"BANGUI_WORKERS=0"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			conf, _, err := loaded(c.environ...)
			if err == nil {
				err = conf.CheckWorkers()
			}
			switch {
			case c.want == 0 && !fault.Is(err, fault.Invalid):
				t.Errorf("it was taken: %d, %v", conf.Workers, err)
			case c.want == 0 && fault.MendOf(err) == "":
				t.Errorf("%v does not say what to do", err)
			case c.want != 0 && (err != nil || conf.Workers != c.want):
				t.Errorf("%d workers, %v; want %d", conf.Workers, err, c.want)
			}
		})
	}
}
