package config

import (
	"fmt"
	"strings"
)

// Sample is a settings file in which every setting stands commented out, with its
// meaning and its default: nothing in it is set.
func Sample() string {
	var b strings.Builder
	b.WriteString("# Settings of the BanGUI console. What is commented out has its default.\n" +
		"# `bangui serve --print-config` shows each value and where it comes from; bangui.yml(5) tells more.\n")
	for _, s := range Settings() {
		fmt.Fprintf(&b, "\n# %s\n# Allowed: %s. Default: %s.\n#%s:\n", s.Meaning, s.Allowed, s.Default, s.Name)
	}
	return b.String()
}
