package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"bangui/internal/config"
	"bangui/internal/fault"
)

// documents writes what a package ships beside the program and what only the
// program itself knows: man pages, completion, the settings file.
func (c *command) documents() *cobra.Command {
	return &cobra.Command{
		Use:    "documents FOLDER",
		Short:  "Write man pages, completion and a settings file into a folder",
		Hidden: true, // for those who make packages
		Args:   exactly(1, "the folder to write into"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := writeDocuments(cmd.Root(), args[0]); err != nil {
				return fault.Wrap(err, fault.Conflict, "the documents can't be written: %v", err)
			}
			return nil
		},
	}
}

func writeDocuments(root *cobra.Command, folder string) error {
	for _, dir := range []string{"man", "completion"} {
		if err := os.MkdirAll(filepath.Join(folder, dir), 0o755); err != nil { //nolint:gosec // documents are for everybody
			return err
		}
	}
	completion := filepath.Join(folder, "completion")
	all := []error{
		written(filepath.Join(folder, "bangui.yml"), text(config.Sample())),
		written(filepath.Join(completion, "bash"), func(w io.Writer) error { return root.GenBashCompletionV2(w, true) }),
		written(filepath.Join(completion, "zsh"), root.GenZshCompletion),
		written(filepath.Join(completion, "fish"), func(w io.Writer) error { return root.GenFishCompletion(w, true) }),
	}
	for name, page := range manPages(root) {
		all = append(all, written(filepath.Join(folder, "man", name), text(page)))
	}
	return errors.Join(all...)
}

func text(content string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, content)
		return err
	}
}

func written(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644) //nolint:gosec // documents are for everybody
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
