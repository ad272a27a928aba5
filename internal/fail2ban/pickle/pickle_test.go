package pickle_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"bangui/internal/fail2ban/pickle"

	"github.com/google/go-cmp/cmp"
)

// capture is one line of testdata/captures: bytes of a real server.
type capture struct {
	Name    string          `json:"name"`
	Command json.RawMessage `json:"command"`
	Request string          `json:"request"`
	Reply   string          `json:"reply"`
	JSON    json.RawMessage `json:"json"`
}

func captures(tb testing.TB) map[string][]capture {
	tb.Helper()
	files, err := filepath.Glob("../testdata/captures/*.jsonl")
	if err != nil || len(files) != 3 {
		tb.Fatalf("captures: %v, %v", files, err)
	}
	all := map[string][]capture{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			var c capture
			if err := json.Unmarshal(line, &c); err != nil {
				tb.Fatalf("%s: %v", file, err)
			}
			all[filepath.Base(file)] = append(all[filepath.Base(file)], c)
		}
	}
	return all
}

func unhex(tb testing.TB, text string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func decode(b []byte) (any, error) { return pickle.Decode(bufio.NewReader(bytes.NewReader(b))) }

// asJSON gives a value in the form of the captures' field "json".
func asJSON(v any) any {
	all := func(items []any) []any {
		out := make([]any, len(items))
		for i, item := range items {
			out[i] = asJSON(item)
		}
		return out
	}
	switch c := v.(type) {
	case int64:
		return float64(c)
	case []byte:
		return map[string]any{"$bytes": hex.EncodeToString(c)}
	case []any:
		return all(c)
	case pickle.Set:
		return map[string]any{"$set": all(c)}
	case pickle.Dict:
		m := map[string]any{}
		for _, p := range c {
			m[fmt.Sprint(p.Key)] = asJSON(p.Value)
		}
		return m
	case pickle.Object:
		m := map[string]any{"$class": c.Class, "args": all(c.Args)}
		if c.State != nil {
			m["state"] = asJSON(c.State)
		}
		return m
	default:
		return v
	}
}

func TestDecode_Captures(t *testing.T) {
	for file, lines := range captures(t) {
		decoded := 0
		for _, c := range lines {
			if c.Reply == "" || len(c.JSON) == 0 || string(c.JSON) == "null" {
				continue
			}
			v, err := decode(unhex(t, c.Reply))
			if err != nil {
				t.Errorf("%s: %s: %v", file, c.Name, err)
				continue
			}
			var want any
			if err := json.Unmarshal(c.JSON, &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, asJSON(v)); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", file, c.Name, diff)
			}
			decoded++
		}
		if decoded < 300 {
			t.Errorf("%s: only %d replies were decoded", file, decoded)
		}
	}
}

// An id that holds the end marker must not end the value.
func TestDecode_StopsAtStop(t *testing.T) {
	reply := []byte("\x80\x02]X\x15\x00\x00\x00x<F2B_END_COMMAND>yyya.<F2B_END_COMMAND>")
	binary.LittleEndian.PutUint32(reply[4:], 21)
	in := bufio.NewReader(bytes.NewReader(reply))
	v, err := pickle.Decode(in)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{"x<F2B_END_COMMAND>yyy"}, v); diff != "" {
		t.Error(diff)
	}
	rest := make([]byte, 17)
	if _, err := in.Read(rest); err != nil || string(rest) != "<F2B_END_COMMAND>" {
		t.Errorf("left behind the value: %q, %v", rest, err)
	}
}

// A long reply that comes a byte at a time is read once, and not searched anew with each
// byte (a trap that peers fell into): eight times as long is not 64 times the work.
func TestDecode_ReadsEachByteOnce(t *testing.T) {
	work := func(bans int) time.Duration {
		list := make([]any, bans)
		for i := range list {
			list[i] = fmt.Sprintf("10.0.%d.%d \t2026-11-26 10:00:00 + 600 = 2026-11-26 10:10:00", i>>8, i&255)
		}
		reply, err := pickle.Encode([]any{0, list})
		if err != nil {
			t.Fatal(err)
		}
		least := time.Hour
		for range 5 {
			before := cpu(t)
			if _, err := pickle.Decode(bufio.NewReader(iotest.OneByteReader(bytes.NewReader(reply)))); err != nil {
				t.Fatal(err)
			}
			least = min(least, cpu(t)-before)
		}
		return least
	}
	few, many := work(250), work(2000)
	if many > 24*few {
		t.Errorf("250 bans took %v of the processor, 2,000 took %v", few, many)
	}
}

// cpu is the processor time that this process has used.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func TestDecode_Refuses(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("]", n) + strings.Repeat("a", n-1) + "." }
	// Each round doubles a list of the last: 40 rounds would be 2^40 items.
	laughs := "]q\x00"
	for i := range 40 {
		laughs += fmt.Sprintf("](h%ch%ceq%c", i, i, i+1)
	}
	cases := map[string]string{
		"nothing":                   "",
		"cut":                       "\x80\x02]X\x04\x00\x00\x00pi",
		"empty stack":               ".",
		"two values":                "NN.",
		"persistent id":             "P1\n.",
		"extension":                 "\x82\x01.",
		"instance":                  "(iposix\nsystem\n.",
		"next buffer":               "\x97.",
		"append to nothing":         "Na.",
		"append to a number":        "K\x01K\x02a.",
		"pop below a mark":          "K\x01(a.",
		"odd dict":                  "}(K\x01u.",
		"unknown memo":              "h\x07.",
		"call of a string":          "X\x01\x00\x00\x00x)R.",
		"state of a number":         "K\x01}b.",
		"length of 4 GiB":           "\x80\x02X\xff\xff\xff\xff..",
		"length of 2^63":            "\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.",
		"nested deep":               nested(100_000),
		"billion laughs":            laughs + ".",
		"long number of protocol 0": "L" + strings.Repeat("9", 1000) + "L\n.",
	}
	for name, bytes := range cases {
		t.Run(name, func(t *testing.T) {
			if v, err := decode([]byte(bytes)); err == nil {
				t.Errorf("it was taken: %.80v", v)
			}
		})
	}
	for _, name := range []string{"nested deep", "billion laughs", "length of 4 GiB"} {
		if _, err := decode([]byte(cases[name])); !errors.Is(err, pickle.ErrLimit) {
			t.Errorf("%s: %v, want a limit", name, err)
		}
	}
}

// The bytes that make Python's unpickler run a command are a value here.
func TestDecode_BuildsNothing(t *testing.T) {
	v, err := decode([]byte("cos\nsystem\n(X\x04\x00\x00\x00exittR."))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(pickle.Object{Class: "os.system", Args: []any{"exit"}}, v); diff != "" {
		t.Error(diff)
	}
}

func TestEncode_Refuses(t *testing.T) {
	for name, value := range map[string]any{
		"end marker":    []any{"set", "sshd", "banip", "1.2.3.4<F2B_END_COMMAND>"},
		"close marker":  []any{"<F2B_CLOSE_COMMAND>"},
		"line feed":     []any{"a\nb"},
		"return":        []any{"a\rb"},
		"NUL":           []any{"a\x00b"},
		"not UTF-8":     []any{"\xff"},
		"long":          []any{strings.Repeat("x", pickle.MaxString+1)},
		"a map":         map[string]any{},
		"bytes":         []byte("x"),
		"nested marker": []any{[]any{[]string{"<F2B_"}}},
	} {
		if b, err := pickle.Encode(value); err == nil {
			t.Errorf("%s was taken: %q", name, b)
		}
	}
	if _, err := pickle.EncodeStream([]any{"two\nlines"}); err != nil {
		t.Errorf("EncodeStream refused a line break: %v", err)
	}
	if _, err := pickle.EncodeStream([]any{"<F2B_\nEND_COMMAND>", "x\n<F2B_END_COMMAND>"}); err == nil {
		t.Error("EncodeStream took the end marker")
	}
}

// Python's own unpickler, with every class denied, reads back what we encode.
func TestEncode_PythonReadsBack(t *testing.T) {
	var requests []string
	var want []any
	add := func(value any) {
		b, err := pickle.Encode(value)
		if err != nil {
			t.Fatalf("%v: %v", value, err)
		}
		requests, want = append(requests, hex.EncodeToString(b)), append(want, value)
	}
	for _, lines := range captures(t) {
		for _, c := range lines {
			var command []any
			if json.Unmarshal(c.Command, &command) != nil || len(command) == 0 {
				continue
			}
			if _, err := pickle.Encode(command); err == nil {
				add(command)
			}
		}
	}
	add([]any{nil, true, false, 0, -1, 1 << 40, -(1 << 40), 1.5, "äß\t\u2028", []any{}, []any{[]any{"x"}}})
	if len(requests) < 500 {
		t.Fatalf("only %d commands", len(requests))
	}
	const script = `
import sys, json, pickle, io
class U(pickle.Unpickler):
    def find_class(self, m, n): raise Exception("class " + m + "." + n)
for line in sys.stdin:
    print(json.dumps(U(io.BytesIO(bytes.fromhex(line.strip()))).load()))
`
	cmd := exec.Command("python3", "-c", script)
	cmd.Stdin = strings.NewReader(strings.Join(requests, "\n"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	i := 0
	for line := range bytes.Lines(out) {
		wantJSON, err := json.Marshal(want[i])
		if err != nil {
			t.Fatal(err)
		}
		var a, b any
		if json.Unmarshal(line, &a) != nil || json.Unmarshal(wantJSON, &b) != nil {
			t.Fatalf("%s", line)
		}
		if diff := cmp.Diff(b, a); diff != "" {
			t.Errorf("%s: %s", wantJSON, diff)
		}
		i++
	}
	if i != len(want) {
		t.Errorf("Python read %d of %d", i, len(want))
	}
}

func FuzzDecode(f *testing.F) {
	for _, lines := range captures(f) {
		for i, c := range lines {
			if i%7 == 0 && len(c.Reply) < 4000 {
				f.Add(unhex(f, c.Reply))
			}
		}
	}
	f.Fuzz(func(_ *testing.T, b []byte) {
		if v, err := decode(b); err == nil {
			asJSON(v) // whoever walks the value must come to an end
		}
	})
}

func FuzzEncode(f *testing.F) {
	f.Add("sshd", int64(3))
	f.Add("<F2B_END_COMMAND>", int64(-1))
	f.Fuzz(func(t *testing.T, s string, n int64) {
		b, err := pickle.Encode([]any{s, n})
		if err != nil {
			return
		}
		if bytes.Contains(b, []byte("<F2B_")) {
			t.Fatalf("a marker got through: %q", b)
		}
		v, err := decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]any{s, n}, v); diff != "" {
			t.Fatal(diff)
		}
	})
}
