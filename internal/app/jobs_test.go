package app

import (
	"flag"
	"os"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write docs/jobs.md anew")

func TestJobsMarkdown_IsTheDocument(t *testing.T) {
	const name = "../../docs/jobs.md"
	want := JobsMarkdown()
	if *update {
		put(t, name, want)
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Errorf("docs/jobs.md is stale (make generate):\n%s", d)
	}
}

// What is shown of a job is for people who decide at night whether to run it.
func TestJobs_SayWhatTheyDo(t *testing.T) {
	name := regexp.MustCompile(`^[a-z][a-z-]{2,30}$`)
	for _, j := range JobList() {
		if !name.MatchString(j.Name) || j.Does == "" || j.Repeat == "" || j.Lost == "" || j.Timeout <= 0 || j.Run == nil {
			t.Errorf("%+v", j)
		}
	}
}
