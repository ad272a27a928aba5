package app

import (
	"flag"
	"net/http"
	"os"
	"regexp"
	"strings"
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

// Times of day are those of the setting time-zone, in the jobs and for the page.
func TestApp_TimesAreInTheZoneOfTheSettings(t *testing.T) {
	c := settings(t)
	c.TimeZone = "Asia/Tokyo"
	console := serve(t, c)
	session := console.signIn(t)
	for path, want := range map[string]string{
		"api/v1/about": `"time_zone":"Asia/Tokyo"`,
		"api/v1/jobs":  `daily at 03:20 (Asia/Tokyo)`,
	} {
		if _, body := send(t, http.MethodGet, console.url+path, "", session); !strings.Contains(body, want) {
			t.Errorf("%s lacks %s: %s", path, want, body)
		}
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
