# Tries fail2ban's expressions on lines, with fail2ban's own engine. This text is constant:
# what is tried comes as data on standard input, and what came of it goes out as JSON.
# It runs in the cage of cage.go; the limits that a process sets for itself come first.
import base64, json, logging, os, re, resource, signal, sys, time

CPU, MEMORY, BUDGET, ONCE, PROBES = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5])


def limit():
    for what, most in (
        (resource.RLIMIT_CPU, CPU), (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, 32), (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (most, most))


class Spent(BaseException):
    """An expression took longer than it may."""


class Alarm:
    """Counts the process' own time: a busy machine stops nobody. CPython's engine looks
    for signals while it matches (seen in 3.11)."""

    def __init__(self):
        self.armed = False
        signal.signal(signal.SIGPROF, self.ring)

    def ring(self, *_):
        if self.armed:
            raise Spent()

    def call(self, seconds, do, *args):
        self.armed = True
        try:
            signal.setitimer(signal.ITIMER_PROF, max(seconds, 0.001))
            return do(*args)
        finally:
            self.armed = False
            signal.setitimer(signal.ITIMER_PROF, 0)


class Expression:
    """One expression, and what was seen of it."""

    def __init__(self, kind, index, text):
        self.kind, self.index, self.text = kind, index, text
        self.hits, self.time, self.slowest, self.slowest_line = 0, 0.0, 0.0, 0
        self.stopped, self.fault, self.regex, self.match = 0, "", None, None

    def report(self):
        return {
            "kind": self.kind, "index": self.index, "text": self.text, "hits": self.hits, "microseconds": int(self.time * 1e6),
            "slowest": int(self.slowest * 1e6), "slowest_line": self.slowest_line, "stopped": self.stopped, "fault": self.fault,
        }


class Trial:
    """A filter with its expressions, each of which is timed and stopped by itself."""

    def __init__(self, order, alarm):
        self.order, self.alarm = order, alarm
        self.line, self.last, self.whose, self.spans = 0, None, {}, {}
        self.ignored, self.died = False, False
        self.until = time.thread_time() + BUDGET
        self.expressions = []
        self.date = Expression("date", 0, order["date_pattern"])
        self.build()

    def build(self):
        o = self.order
        f = self.filter = Filter(None)
        f.checkFindTime, f.checkAllRegex, f.ignorePending = False, True, False
        f.setUseDns("raw" if o["host_names"] else "no")
        f.onIgnoreRegex = self.on_ignored
        if o["max_lines"]:
            f.setMaxLines(o["max_lines"])
        if o["date_pattern"]:
            self.add(self.date, self.set_dates)
        self.prefix, self.fails, self.ignores, self.fails_by = None, [], [], {}
        if o["prefix"]:
            self.prefix = Expression("prefix", 0, o["prefix"])
            self.expressions.append(self.prefix)
            self.add(self.prefix, lambda text: setattr(f, "prefRegex", text), lambda: f.prefRegex)
        for kind, texts, put, kept in (
            ("fail", o["fail"], f.addFailRegex, "_Filter__failRegex"), ("ignore", o["ignore"], f.addIgnoreRegex, "_Filter__ignoreRegex"),
        ):
            for i, text in enumerate(texts):
                e = Expression(kind, i, text)
                self.expressions.append(e)
                if self.add(e, put, lambda: getattr(f, kept)[-1]):
                    (self.fails if kind == "fail" else self.ignores).append(e)
                    if kind == "fail":
                        self.fails_by[i] = e

    def set_dates(self, text):
        """fail2ban compiles a date pattern at the first line only; a broken one fails at each (seen on 1.0.2)."""
        self.filter.setDatePattern(text)
        self.filter.dateDetector.matchTime("-")

    def add(self, e, put, got=lambda: None):
        try:
            self.alarm.call(ONCE * 4, put, e.text)
            e.regex = got()
            if e.regex is not None:
                e.regex.of = e
            return True
        except Spent:
            e.fault = "it takes too long to be read"
        except RecursionError:
            e.fault = "it is nested too deep"
        except MemoryError:
            e.fault = "it needs too much memory"
        except Exception as x:
            # fail2ban repeats the expression, then says on another line what is wrong with it.
            e.fault = str(x).rpartition(":\n")[2].replace("\n", " ")[:500] or type(x).__name__
        return False

    def on_ignored(self, index, _):
        self.ignored = True
        self.ignores[index].hits += 1

    def forget(self):
        """What earlier lines left behind counts no more."""
        self.filter._Filter__lineBuffer, self.filter._Filter__mlfidCache = [], None
        self.whose = {}

    # search stands in for fail2ban's Regex.search.
    def search(self, e, plain, regex, lines, of):
        if e.stopped:
            regex._matchCache = None
            return
        if of and id(of[-1]) not in self.whose:
            self.note(of[-1])
        began = time.thread_time()
        try:
            self.alarm.call(min(ONCE, self.until - began), plain, regex, lines, of)
        except Spent:
            regex._matchCache = None
            e.stopped, self.died = self.line, True
        except RecursionError:
            regex._matchCache = None
            e.stopped, self.died, e.fault = self.line, True, "it recursed too deep on a line"
        took = time.thread_time() - began
        e.time += took
        if took > e.slowest:
            e.slowest, e.slowest_line = took, self.line
        if regex._matchCache:
            at = self.places(of)
            buffer = getattr(self.filter, "_Filter__lineBuffer", None)
            if e.kind == "fail" and self.prefix and buffer and id(buffer[0]) not in self.whose:
                at = self.inner(at)
            elif buffer and e.kind == "fail":
                at = self.places(buffer)
            e.match = (regex._matchCache, at)

    def note(self, parts):
        """Remember of which line a tuple of (before, date, after) is."""
        dated = "".join(parts) == self.text
        self.whose[id(parts)] = (parts, self.line, len(parts[0]), len(parts[1]) if dated else 0)
        self.last = parts

    def places(self, tuples):
        """Says where a position of the joined lines is: in which line, and where in it."""
        starts, at = [], 0
        for t in tuples:
            starts.append((at, self.whose.get(id(t))))
            at += len(t[0]) + len(t[2]) + 1

        def place(pos, end=False):
            if end and pos:
                line, column = place(pos - 1)
                return line, column + 1
            for start, known in reversed(starts):
                if pos >= start:
                    if not known:
                        return 0, 0
                    _, line, before, shift = known
                    column = pos - start
                    return line, column if column < before else column + shift
            return 0, 0
        return place

    def inner(self, outer):
        """places, for what a prefix leaves as content."""
        if not self.prefix.match:
            return outer
        match, outer = self.prefix.match
        base = match.start("content") if "content" in match.re.groupindex else 0
        return lambda pos, end=False: outer(base + pos, end)

    def process(self, raw, at=None):
        """One line: its state, and the hits as (expression, id, data)."""
        self.ignored, self.died, self.text = False, False, raw
        for e in self.expressions:
            e.match = None
        buffer = list(self.filter._Filter__lineBuffer) if self.filter.getMaxLines() > 1 else []
        full = len(buffer) >= self.filter.getMaxLines()
        try:
            if at is None:
                found = self.filter.processLine(raw)
            else:
                found = self.filter.processLine(("", time.strftime("%Y-%m-%dT%H:%M:%S ", time.localtime(at)), raw), at)
        except Spent:
            found, self.died = [], True
        joined = [t for t in buffer[int(full):] if t not in self.filter._Filter__lineBuffer] if buffer else []
        hits, nofail = [], False
        for index, fid, date, data in found:
            self.fails[index].hits += 1
            if data.get("nofail"):
                nofail = True
            else:
                hits.append((self.fails[index], fid, date, data))
        if self.prefix and self.prefix.match:
            self.prefix.hits += 1
        if self.ignored or nofail:
            return "ignored", hits, joined
        if hits:
            return "matched", hits, joined
        return ("stopped" if self.died else "missed"), hits, joined


def grouped(match, place, skip=()):
    groups = []
    for name, value in match.groupdict().items():
        if value is None or name in skip or name.startswith("skiplines"):
            continue
        line, start = place(match.start(name))
        groups.append({"name": name, "value": value[:300], "line": line, "start": start, "end": place(match.end(name), True)[1]})
    return groups


def hit_of(trial, hit):
    e, fid, _, data = hit
    match, place = e.match
    line, start = place(match.start())
    last, end = place(match.end() - (1 if match.group().endswith("\n") else 0), True)
    groups = grouped(match, place)
    if trial.prefix and trial.prefix.match:
        groups += grouped(*trial.prefix.match, skip=("content",))
    text = lambda v: "" if v is None else str(v)[:300]
    return {
        "expression": e.index, "id": text(fid), "user": text(data.get("user")), "host": text(data.get("ip4") or data.get("ip6") or data.get("dns")),
        "line": line, "start": start, "end": end if last == line else start, "groups": groups,
    }


def decoded(raw):
    """As fail2ban reads a line of a log."""
    try:
        return FileContainer.decode_line("", "utf-8", raw)
    except Exception:
        return raw.decode("utf-8", "replace")


def tried(trial, order):
    """All lines, and how they are counted: as fail2ban-regex does (1.0.2)."""
    lines, counts, stopped = [], {"tested": 0, "matched": 0, "missed": 0, "ignored": 0}, ""
    for number, entry in enumerate(order["lines"] or [], 1):
        text = decoded(base64.b64decode(entry["text"] or "")).rstrip("\r\n")
        row = {"number": number, "text": text[:4000], "cut": len(text) > 4000, "state": "skipped", "hits": [], "at": 0, "date_start": 0, "date_end": 0}
        lines.append(row)
        if not text or entry["at"] is None and text.startswith("#"):
            continue
        if stopped or time.thread_time() > trial.until:
            stopped = stopped or "the time for all expressions was over"
            row["state"] = "untried"
            continue
        trial.line, trial.last = number, None
        row["state"], hits, joined = trial.process(text, entry["at"])
        counts["tested"] += 1
        counts[row["state"] if row["state"] != "stopped" else "missed"] += 1
        row["hits"] = [hit_of(trial, h) for h in hits]
        for parts in joined:
            counts["matched"] += 1
            counts["missed"] -= 1
            known = trial.whose.get(id(parts))
            if known and lines[known[1] - 1]["state"] == "missed":
                lines[known[1] - 1]["state"] = "matched"
        dated(trial, row, entry)
        if trial.prefix and trial.prefix.stopped:
            stopped = "the prefix took too long"
        if trial.filter.getMaxLines() == 1:
            trial.whose = {}
    return lines, counts, stopped


def dated(trial, row, entry):
    when = entry["at"] if entry["at"] is not None else getattr(trial.filter, "_Filter__lastDate", None)
    if entry["at"] is not None:
        row["at"] = when
        return
    known = trial.last is not None and trial.whose.get(id(trial.last))
    if known and known[3] and when is not None:
        row["at"], row["date_start"], row["date_end"] = when, known[2], known[2] + known[3]
        trial.date.hits += 1


def main():
    global Filter, FileContainer
    limit()
    logging.getLogger("fail2ban").setLevel(100)
    from fail2ban.server.filter import FileContainer, Filter
    from fail2ban.server.failregex import Regex
    from fail2ban.server.mytime import MyTime
    from fail2ban.version import version
    MyTime.setAlternateNow(0)  # dates of any year count, as in fail2ban-regex
    try:
        from fail2ban.server.strptime import _updateTimeRE
        _updateTimeRE()
    except ImportError:
        pass
    MyTime.setAlternateNow(None)
    order = json.loads(sys.stdin.buffer.read())
    trial = Trial(order, Alarm())
    plain = Regex.search

    def search(self, lines, of=None):
        e = getattr(self, "of", None)
        if e is None:
            return plain(self, lines, of)
        e.trial.search(e, plain, self, lines, of)
    Regex.search = search

    def adopt(t):
        for e in t.expressions:
            e.trial = t
        detector = t.filter.dateDetector
        match = detector.matchTime

        def match_time(line, *args):
            if t.date.stopped:
                return (None, None)
            began = time.thread_time()
            try:
                return t.alarm.call(min(ONCE, t.until - began), match, line, *args)
            except Spent:
                t.date.stopped = t.line
                return (None, None)
            finally:
                took = time.thread_time() - began
                t.date.time += took
                if took > t.date.slowest:
                    t.date.slowest, t.date.slowest_line = took, t.line
        detector.matchTime = match_time
    adopt(trial)
    usable = bool(trial.fails) and not (trial.prefix and trial.prefix.fault) and not trial.date.fault
    lines, counts, stopped = tried(trial, order) if usable else ([], {"tested": 0, "matched": 0, "missed": 0, "ignored": 0}, "no expression can be used")
    flags = flagged(trial, lines, order, adopt) if usable and PROBES else []
    json.dump({
        "version": version, "python": sys.version.split()[0], "lines": lines, "counts": counts, "stopped": stopped, "flags": flags,
        "expressions": [e.report() for e in trial.expressions + [trial.date]],
    }, sys.stdout)
