// Command bangui is the console and its command line in one program.
package main

import (
	"context"
	"os"
	"path/filepath"

	"bangui/internal/cli"
)

// version is set by the linker; see the Makefile.
var version = "dev"

func main() {
	dir, err := os.Getwd()
	if err != nil {
		dir = string(filepath.Separator)
	}
	os.Exit(cli.Main(context.Background(), cli.Process{
		Program: os.Args[0],
		Args:    os.Args[1:],
		Environ: os.Environ(),
		Stdin:   os.Stdin,
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
		WorkDir: dir,
		TempDir: os.TempDir(),
		Root:    os.Geteuid() == 0,
		Version: version,
		Exit:    os.Exit,
	}))
}
