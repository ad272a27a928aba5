# Finds all failures in a log, with fail2ban's own filter, as its server would have while
# the log was written. Behind engine.py, whose cage and limits it shares; what it is given
# comes on standard input: one line of JSON, then the log.
CLOCK_DECIMALS = 6


class Clock:
    """Time as the log has it: the latest that was read so far."""

    def __init__(self):
        self.now, self.last, self.first = 0.0, 0.0, 0.0

    def time(self):
        return self.now

    @staticmethod
    def sleep(_):
        pass


class Replay:
    """A jail's filter with the log's clock in place of the machine's."""

    def __init__(self, order, alarm, clock, until):
        self.alarm, self.clock, self.since, self.until = alarm, clock, order["since"], until
        self.counts = {"lines": 0, "old": 0, "undated": 0, "stopped": 0, "names": 0, "failures": 0}
        self.fault = ""
        f = self.filter = Filter(None)
        f.checkFindTime = False
        f.setUseDns(order["use_dns"])
        self.encoding = f.setLogEncoding(order["encoding"])
        if order["time_zone"]:
            f.setLogTimeZone(order["time_zone"])
        if order["date_pattern"]:
            self.take("the date pattern", f.setDatePattern, order["date_pattern"])
        if order["max_lines"]:
            f.setMaxLines(order["max_lines"])
        if order["prefix"]:
            self.take("prefregex", lambda text: setattr(f, "prefRegex", text), order["prefix"])
        for text in order["fail"]:
            self.take("failregex", f.addFailRegex, text)
        for text in order["ignore"]:
            self.take("ignoreregex", f.addIgnoreRegex, text)
        plain = f.findFailure
        f.findFailure = lambda parts, date, noDate=False: self.find(plain, parts, date, noDate)

    def take(self, what, put, text):
        try:
            self.alarm.call(ONCE * 4, put, text)
        except Spent:
            self.fault = self.fault or "%s takes too long to be read: %s" % (what, text[:200])
        except Exception as x:
            said = str(x).rpartition(":\n")[2].replace("\n", " ")[:300] or type(x).__name__
            self.fault = self.fault or "%s can't be used: %s" % (what, said)

    def find(self, plain, parts, date, no_date):
        """Filter.findFailure, behind the date: too old lines are passed over as the server
        does while it starts; a line without a date has that of the line before."""
        if date is None or date < 1:
            date = self.clock.last
        if not date:
            self.counts["undated"] += 1
            return []
        self.clock.last = date
        self.clock.first = self.clock.first or date
        self.clock.now = max(self.clock.now, min(date, self.until))
        if date < self.since:
            self.counts["old"] += 1
            return []
        return plain(parts, date, no_date)

    def line(self, raw, journal):
        """The failures of one line, as (time, id, user)."""
        at = None
        if journal:
            stamp, _, raw = raw.partition(b"\t")
            at = int(stamp) / 1e6
        text = FileContainer.decode_line("", self.encoding, raw).rstrip("\r\n")
        self.counts["lines"] += 1
        try:
            if at is None:
                found = self.alarm.call(ONCE, self.filter.processLine, text)
            else:
                parts = ("", time.strftime("%Y-%m-%dT%H:%M:%S ", time.localtime(at)), text)
                found = self.alarm.call(ONCE, self.filter.processLine, parts, at)
        except (Spent, RecursionError):
            self.counts["stopped"] += 1
            return []
        self.counts["failures"] += len(found)
        return [(min(date, self.until), str(fid)[:200], str(data.get("user") or "")[:64]) for _, fid, date, data in found]

    def dns(self, _):
        """In place of DNSUtils.dnsToIp: names are not looked up."""
        self.counts["names"] += 1
        return []


def replay():
    global Filter, FileContainer
    limit()
    os.nice(10)
    logging.getLogger("fail2ban").setLevel(100)
    from fail2ban.server import filter as filters, utils
    from fail2ban.server.filter import FileContainer, Filter
    from fail2ban.server.ipdns import DNSUtils
    from fail2ban.server.mytime import MyTime
    from fail2ban.version import version
    MyTime.setAlternateNow(0)  # dates of any year count, as in fail2ban-regex
    try:
        from fail2ban.server.strptime import _updateTimeRE
        _updateTimeRE()
    except ImportError:
        pass
    MyTime.setAlternateNow(None)
    clock = Clock()
    utils.time = clock  # connections that a filter remembers are forgotten by the log's time

    class LogTime(MyTime):
        time = staticmethod(clock.time)
    filters.MyTime = LogTime  # dates are still read by the machine's: which year it is
    order = json.loads(sys.stdin.buffer.readline())
    r = Replay(order, Alarm(), clock, time.time())
    DNSUtils.dnsToIp = staticmethod(r.dns)
    out = sys.stdout
    most, stopped = 1 << 20, 8
    while not r.fault:
        raw = sys.stdin.buffer.readline(most)
        if not raw:
            break
        for at, fid, user in r.line(raw, order["journal"]):
            out.write(json.dumps([round(at, CLOCK_DECIMALS), round(clock.now, CLOCK_DECIMALS), fid, user]))
            out.write("\n")
        if r.counts["stopped"] >= stopped:
            r.fault = "expressions took too long on %d lines" % stopped
    out.write(json.dumps(dict(r.counts, version=version, fault=r.fault, first=clock.first, last=clock.now)))
    out.write("\n")


replay()
