package expression

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"

	"bangui/internal/fault"
)

// folders are where a program is looked for that is named without one; PATH is not asked,
// because what asks may be root.
var folders = []string{"/usr/bin", "/usr/local/bin", "/bin"} //nolint:gochecknoglobals // a constant list

// interpreter is the Python that a program of fail2ban runs in, by its first line: the
// fail2ban that this one loads is the fail2ban of this machine.
func interpreter(program string) (string, error) {
	file, err := os.Open(program)
	if err != nil {
		return "", noPython(err)
	}
	defer file.Close()
	const most = 256
	first, err := bufio.NewReaderSize(file, most).ReadSlice('\n')
	line, is := strings.CutPrefix(strings.TrimSpace(string(first)), "#!")
	words := strings.Fields(line)
	if err != nil || !is || len(words) == 0 {
		return "", noPython(err)
	}
	path := words[0]
	if filepath.Base(path) == "env" && len(words) > 1 {
		path = words[len(words)-1]
	}
	if !strings.HasPrefix(filepath.Base(path), "python") {
		return "", noPython(nil)
	}
	if filepath.IsAbs(path) {
		return path, nil
	}
	for _, folder := range folders {
		if _, err := os.Stat(filepath.Join(folder, path)); err == nil {
			return filepath.Join(folder, path), nil
		}
	}
	return "", noPython(nil)
}

func noPython(err error) error {
	return fault.Wrap(err, fault.Unsupported, "expressions are tried with the Python and fail2ban of this machine, and they are not here").
		WithMend("Install fail2ban beside BanGUI's helper (Debian: apt-get install fail2ban). Where fail2ban runs in another container, use its fail2ban-regex.")
}
